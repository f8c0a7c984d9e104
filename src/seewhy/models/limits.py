"""How often an endpoint is called: at most so many requests a minute, and how long to wait before trying again."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Awaitable, Callable

MINUTE = 60.0
FIRST_WAIT = 0.5
"""Seconds before the first retry. What fails for a moment (a restart, a full queue) is often over by then."""
LONGEST_WAIT = 30.0
"""Seconds between retries, at most, where the endpoint does not say how long to wait."""
JITTER = 0.25
"""Waits are shortened or lengthened by up to this part, so that requests that failed together return one by one."""


class RateLimiter:
    """At most `per_minute` starts in any 60 seconds, in the order in which they were asked for.

    A limit under one a minute stretches the window instead: 0.5 is one start in 120 seconds. Used from one event loop.
    """

    def __init__(
        self,
        per_minute: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """
        Args:
            per_minute: starts in a minute; 0: no limit.
            clock: seconds, never going back.
            sleep: waits for so many seconds of that clock.
        """
        self._clock = clock
        self._sleep = sleep
        starts = max(1, int(per_minute))
        self._window = MINUTE * starts / per_minute if per_minute else 0.0
        self._starts: deque[float] = deque(maxlen=starts)

    async def turn(self) -> None:
        """Wait until the next start is due. A turn is taken when it is asked for: giving up does not return it."""
        if not self._window:
            return
        now = self._clock()
        due = now
        if len(self._starts) == self._starts.maxlen:
            due = max(now, self._starts[0] + self._window)
        self._starts.append(due)
        if due > now:
            await self._sleep(due - now)


def wait_before(attempt: int, key: str, first: float = FIRST_WAIT) -> float:
    """Seconds to wait before a retry: twice as long each time, give or take what the request's key decides.

    Args:
        attempt: number of the retry, from 1.
        key: of the request; the same key waits the same, on every machine.
    """
    draw = int.from_bytes(hashlib.sha256(f"{key} {attempt}".encode()).digest()[:4], "big") / 2**32
    return min(LONGEST_WAIT, first * 2.0 ** (attempt - 1)) * (1 + JITTER * (2 * draw - 1))

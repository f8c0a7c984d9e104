"""How often: turns with a clock of their own, and waits."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from seewhy.models.limits import FIRST_WAIT, JITTER, LONGEST_WAIT, RateLimiter, wait_before


class Clock:
    """A clock that goes on while someone sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def starts(per_minute: float, count: int, gap: float = 0.0) -> list[float]:
    """Seconds at which so many requests start that come one after the other."""

    async def run() -> list[float]:
        clock = Clock()
        limiter = RateLimiter(per_minute, clock=clock, sleep=clock.sleep)
        begun = []
        for _ in range(count):
            await limiter.turn()
            begun.append(clock.now - 1000.0)
            clock.now += gap
        return begun

    return asyncio.run(run())


def test_no_limit() -> None:
    assert starts(0, 1000) == [0.0] * 1000


def test_at_most_so_many_in_any_minute() -> None:
    begun = starts(3, 10)
    assert begun == [0, 0, 0, 60, 60, 60, 120, 120, 120, 180]
    uneven = starts(3, 10, gap=7)
    assert all(later - earlier >= 60 for earlier, later in zip(uneven, uneven[3:], strict=False))
    assert uneven[:3] == [0, 7, 14]


def test_who_comes_seldom_never_waits() -> None:
    assert starts(3, 6, gap=20) == [0, 20, 40, 60, 80, 100]


@pytest.mark.parametrize(("per_minute", "window"), [(0.5, 120), (1, 60), (2.5, 48)])
def test_fractions(per_minute: float, window: float) -> None:
    per_window = max(1, int(per_minute))
    assert starts(per_minute, 3 * per_window)[::per_window] == pytest.approx([0, window, 2 * window])


def test_those_who_ask_together_go_in_order() -> None:
    async def run() -> list[tuple[int, float]]:
        clock = 0.0
        order: list[tuple[int, float]] = []
        waited: list[tuple[float, asyncio.Future[None]]] = []

        async def sleep(seconds: float) -> None:
            future = asyncio.get_running_loop().create_future()
            waited.append((clock + seconds, future))
            await future

        limiter = RateLimiter(2, clock=lambda: clock, sleep=sleep)

        async def one(number: int) -> None:
            await limiter.turn()
            order.append((number, clock))

        tasks = [asyncio.create_task(one(number)) for number in range(6)]
        await asyncio.sleep(0)
        for due, future in sorted(waited, key=lambda item: item[0]):
            clock = due
            future.set_result(None)
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(run()) == [(0, 0), (1, 0), (2, 60), (3, 60), (4, 120), (5, 120)]


def test_waits_double_up_to_a_limit() -> None:
    for attempt in itertools.chain(range(1, 8), [30]):
        plain = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1))
        for key in "abc":
            assert plain * (1 - JITTER) <= wait_before(attempt, key) <= plain * (1 + JITTER)


def test_waits_differ_between_requests_and_not_between_runs() -> None:
    assert len({wait_before(1, str(number)) for number in range(50)}) == 50
    assert wait_before(2, "key") == wait_before(2, "key")
    assert wait_before(2, "key") == pytest.approx(0.76747, abs=1e-5)

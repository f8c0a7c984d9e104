"""Hearing which video is damaged, when several are read at a time.

Sources say it by a warning (`DamagedVideoWarning`). Python catches warnings for a whole process only: of two threads
that each catch them, one gets those of both, and the hook of the first is put back by the second. Here the hook is set
by whoever listens first and taken away by the last, and hands each warning to the listener of the thread, or of the
thread for which it reads (see `ahead`).
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from seewhy.video.source import DamagedVideoWarning

_listener: ContextVar[list[str] | None] = ContextVar("damage", default=None)


@contextmanager
def hearing_damage() -> Iterator[list[str]]:
    """What is said, inside the block, about damage of the video that is read in it; each thing once, in order.

    Nobody else hears it. Other warnings go their way.

    >>> with hearing_damage() as said:
    ...     warnings.warn("decoded up to 0.3 s", DamagedVideoWarning)
    >>> said
    ['decoded up to 0.3 s']
    """
    said: list[str] = []
    token = _listener.set(said)
    _hook.take()
    try:
        yield said
    finally:
        _hook.leave()
        _listener.reset(token)


class _Hook:
    """Where Python shows warnings; in place while anybody listens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners = 0
        self._caught = warnings.catch_warnings()
        self._shown: Any = None

    def take(self) -> None:
        with self._lock:
            self._listeners += 1
            if self._listeners == 1:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.simplefilter("always", DamagedVideoWarning)
                self._shown, warnings.showwarning = warnings.showwarning, self._show

    def leave(self) -> None:
        with self._lock:
            self._listeners -= 1
            if self._listeners == 0:
                self._caught.__exit__(None, None, None)

    def _show(self, message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        said = _listener.get()
        if said is None or not issubclass(category, DamagedVideoWarning):
            self._shown(message, category, *where, **more)
        elif str(message) not in said:
            said.append(str(message))


_hook = _Hook()

"""The same thing done for several items side by side, in threads: for work that waits for others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(work: Callable[[Item], Result], items: Sequence[Item], width: int) -> list[Result]:
    """Results in the order of the items, made by at most `width` threads; by none, where that makes no difference.

    When one item raises, or the user interrupts, what has not begun is not begun, and nobody waits for the rest.
    """
    if width <= 1 or len(items) <= 1:
        return [work(item) for item in items]
    pool = ThreadPoolExecutor(min(width, len(items)), "seewhy")
    try:
        futures = [pool.submit(work, item) for item in items]
        results = [future.result() for future in futures]
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return results

"""The same thing done for many frames, on as many cores as this process may use.

numpy and OpenCV let go of the interpreter while they compute, so threads are enough. How many there may
be, OpenCV's own setting says: worker processes that share a machine each lower it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import cv2

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """`[function(item) for item in items]`: the same results in the same order; `function` has no side effects.

    >>> each(lambda n: n * n, range(4))
    [0, 1, 4, 9]
    """
    threads = cv2.getNumThreads()
    if threads <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(threads, thread_name_prefix="perceive") as pool:
        return list(pool.map(function, items))

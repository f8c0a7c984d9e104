"""The same thing done for several items side by side, in threads: for work that waits for others, or for a device."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, Generic, Self, TypeVar

Task = TypeVar("Task")
Item = TypeVar("Item")
Result = TypeVar("Result")

_STOP_SECONDS = 5.0
"""How long threads are waited for that were told to stop."""


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


def in_flight(work: Callable[[Item], Result], items: Iterable[Item], width: int) -> Iterator[Result]:
    """Results in the order of the items. At most `width` of them are being made, or wait to be taken, at a time.

    Items are taken one by one in the thread of the caller, who deals with a result while others are made. When an item
    raises, or the caller goes away, what is under way is waited for, and nothing more is begun.

    >>> list(in_flight(abs, iter([-1, 2, -3]), width=2))
    [1, 2, 3]
    """
    if width <= 1:
        yield from map(work, items)
        return
    under_way: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(width, "seewhy") as pool:
        try:
            for item in items:
                under_way.append(pool.submit(work, item))
                del item  # it is large, perhaps: not held while the caller deals with a result
                if len(under_way) == width:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class Threads(Generic[Task, Result]):
    """Works on tasks as `workers.Pool` does, in threads of this process: for work that computes outside of the
    interpreter, with models that each process would have to load for itself. What kills one task kills all.

    Args:
        work: done for each task, in several threads at a time.
        threads: how many.
        over: set when a run ends before its tasks do, so that work can stop where it stands.
    """

    def __init__(self, work: Callable[[Task, Callable[[str], None]], Result], threads: int, over: Event) -> None:
        self._work, self._threads, self._over = work, threads, over

    def run(self, tasks: Iterable[Task], stage: Callable[[Task, str], None]) -> Iterator[tuple[Task, Result]]:
        """Results as they come, in any order; one for each task. A task is taken when a thread is free for it.

        Args:
            stage: told what a task's work says of itself; in the thread of the caller.

        Raises:
            Exception: whatever `work` raised.
        """
        waiting = iter(tasks)
        given: SimpleQueue[tuple[Task] | None] = SimpleQueue()
        said: SimpleQueue[tuple[str, Task, Any]] = SimpleQueue()
        threads: list[Thread] = []
        busy = 0
        try:
            for task in islice(waiting, self._threads):
                given.put((task,))
                busy += 1
                # Whoever interrupts does not wait for one that computes; it ends with the process then.
                threads.append(Thread(target=self._serve, args=(given, said), name="seewhy-video", daemon=True))
                threads[-1].start()
            while busy:
                kind, task, value = said.get()
                if kind == "stage":
                    stage(task, value)
                    continue
                busy -= 1
                if kind == "raised":
                    raise value
                for following in islice(waiting, 1):  # before the result is dealt with, so that nobody waits for that
                    given.put((following,))
                    busy += 1
                yield task, value
        finally:
            if busy:
                self._over.set()
            for _ in threads:
                given.put(None)
            until = time.monotonic() + _STOP_SECONDS
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))

    def _serve(self, given: SimpleQueue[tuple[Task] | None], said: SimpleQueue[tuple[str, Task, Any]]) -> None:
        while (taken := given.get()) is not None and not self._over.is_set():
            (task,) = taken

            def tell(name: str, task: Task = task) -> None:
                said.put(("stage", task, name))

            try:
                said.put(("done", task, self._work(task, tell)))
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits for the result
                said.put(("raised", task, error))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

"""Batches out of calls that are made at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from seewhy.models.local.batching import Batcher
from seewhy.models.local.devices import Device
from seewhy.models.local.pool import ModelPool

CPU = Device("cpu", "float32")
PATIENCE = 30
"""seconds, after which a test fails instead of hanging"""


class Gate:
    """Work whose first batch waits until it is let through, so that the others are there before it ends."""

    def __init__(self, work: Callable[[list[int]], list[int]]) -> None:
        self.work = work
        self.batches: list[list[int]] = []
        self.begun, self.open = threading.Event(), threading.Event()

    def __call__(self, items: list[int]) -> list[int]:
        self.batches.append(items)
        self.begun.set()
        assert self.open.wait(PATIENCE)
        return self.work(items)


def _doubled(items: list[int]) -> list[int]:
    return [2 * item for item in items]


@contextmanager
def _asked_together(batcher: Batcher[int, int], gate: Gate, items: list[int]) -> Iterator[list[Future[int]]]:
    """Each item is asked for by a thread of its own, all while the first one's batch is running."""
    with ThreadPoolExecutor(len(items)) as threads:
        first = threads.submit(batcher, items[0])
        assert gate.begun.wait(PATIENCE)
        others = []
        for number, item in enumerate(items[1:], start=1):
            others.append(threads.submit(batcher, item))
            with batcher._change:
                assert batcher._change.wait_for(lambda n=number: len(batcher._waiting) >= n, PATIENCE)  # type: ignore[misc]
        gate.open.set()
        yield [first, *others]


@pytest.fixture(autouse=True)
def _queue_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits in the queue says so, so that tests need not sleep."""
    waiting = Batcher._next

    def told(self: Batcher[int, int], tickets: object) -> object:
        with self._change:
            self._change.notify_all()
        return waiting(self, tickets)  # type: ignore[arg-type]

    monkeypatch.setattr(Batcher, "_next", told)


def test_who_is_alone_gets_the_batches_that_it_asks_for() -> None:
    batches: list[list[int]] = []

    def work(items: list[int]) -> list[int]:
        batches.append(items)
        return _doubled(items)

    batcher = Batcher(work, most=3)
    assert batcher.all(range(8)) == [0, 2, 4, 6, 8, 10, 12, 14]
    assert batcher(8) == 16
    assert batches == [[0, 1, 2], [3, 4, 5], [6, 7], [8]]
    assert batcher.all([]) == []


def test_what_waits_while_a_batch_runs_goes_together_into_the_next() -> None:
    gate = Gate(_doubled)
    batcher = Batcher(gate, most=4)
    with _asked_together(batcher, gate, [1, 2, 3, 4, 5, 6, 7]) as results:
        assert [result.result(PATIENCE) for result in results] == [2, 4, 6, 8, 10, 12, 14]
    assert gate.batches == [[1], [2, 3, 4, 5], [6, 7]]


def test_many_threads_get_their_own_results() -> None:
    together = threading.Barrier(8)

    def ask(thread: int) -> list[int]:
        together.wait(PATIENCE)
        return batcher.all(range(100 * thread, 100 * thread + 50))

    batcher = Batcher(_doubled, most=8)
    with ThreadPoolExecutor(8) as threads:
        for thread, results in enumerate(threads.map(ask, range(8))):
            assert results == _doubled(list(range(100 * thread, 100 * thread + 50)))


def test_only_one_batch_runs_at_a_time() -> None:
    running = threading.Semaphore(1)

    def work(items: list[int]) -> list[int]:
        assert running.acquire(blocking=False), "two at a time"
        running.release()
        return _doubled(items)

    batcher = Batcher(work, most=2)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(batcher, range(200))) == _doubled(list(range(200)))


def test_a_bad_item_fails_alone() -> None:
    def work(items: list[int]) -> list[int]:
        if 3 in items:
            raise ValueError("three")
        return _doubled(items)

    gate = Gate(work)
    batcher = Batcher(gate, most=4)
    with _asked_together(batcher, gate, [1, 2, 3, 4]) as results:
        assert [results[place].result(PATIENCE) for place in (0, 1, 3)] == [2, 4, 8]
        with pytest.raises(ValueError, match="three"):
            results[2].result(PATIENCE)
    assert gate.batches == [[1], [2, 3, 4], [2], [3], [4]]
    assert batcher(5) == 10


def test_of_several_items_the_first_that_fails_is_told_and_the_rest_is_not_worked_on() -> None:
    batches: list[list[int]] = []

    def work(items: list[int]) -> list[int]:
        batches.append(items)
        if min(items) >= 2:
            raise ValueError(f"{items[0]} is too many")
        return items

    batcher = Batcher(work, most=1)
    with pytest.raises(ValueError, match="2 is too many"):
        batcher.all(range(10))
    assert batches == [[0], [1], [2]]
    assert not batcher._waiting


def test_results_that_are_missing_are_noticed() -> None:
    with pytest.raises(ValueError, match="0 results came of a batch of 1"):
        Batcher(lambda items: items[1:], most=2)(1)


def test_an_interrupted_leader_leaves_the_others_their_items() -> None:
    first = True

    def work(items: list[int]) -> list[int]:
        nonlocal first
        if first:
            first = False
            raise KeyboardInterrupt
        return _doubled(items)

    gate = Gate(work)
    batcher = Batcher(gate, most=4)
    with _asked_together(batcher, gate, [1, 2, 3]) as results:
        assert [result.result(PATIENCE) for result in results[1:]] == [4, 6]
        with pytest.raises(KeyboardInterrupt):
            results[0].result(PATIENCE)
    assert gate.batches == [[1], [2, 3]], "nobody wants the first one's item any more"


class Memory:
    """A device with room for so many items at a time."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.batches: list[int] = []

    def __call__(self, items: list[int]) -> list[int]:
        self.batches.append(len(items))
        if len(items) > self.room:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return _doubled(items)


def test_out_of_memory_halves_the_batch_for_good() -> None:
    memory = Memory(room=2)
    batcher = Batcher(memory, most=8, pool=ModelPool())
    assert batcher.all(range(10)) == _doubled(list(range(10)))
    assert batcher.most == 2
    memory.batches.clear()
    assert batcher.all(range(5)) == _doubled(list(range(5)))
    assert memory.batches == [2, 2, 1]


def test_out_of_memory_releases_models_that_nobody_uses() -> None:
    pool, memory = ModelPool(), Memory(room=0)

    class Idle:
        def __del__(self) -> None:
            memory.room = 1

    with pool.use("idle", CPU, Idle):
        pass
    with pool.use("busy", CPU, object):
        assert Batcher(memory, most=1, pool=pool)(4) == 8
        assert pool.loaded == ("busy",)
    assert memory.batches == [1, 1], "tried again with the memory of the other"


def test_an_item_that_does_not_fit_by_itself_says_so() -> None:
    batcher = Batcher(Memory(room=0), most=4, pool=ModelPool())
    with pytest.raises(RuntimeError, match="out of memory"):
        batcher.all([1, 2, 3])


def test_what_was_computed_is_let_go_before_the_next_attempt() -> None:
    """An error that is kept would keep all that its traceback reaches: the memory that is missing."""
    alive = 0

    class Tensor:
        def __init__(self) -> None:
            nonlocal alive
            alive += 1

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    before: list[int] = []

    def work(items: list[int]) -> list[int]:
        before.append(alive)
        _held = Tensor()
        if len(items) > 1:
            raise RuntimeError("CUDA out of memory")
        return items

    assert Batcher(work, most=4, pool=ModelPool()).all([1, 2, 3, 4]) == [1, 2, 3, 4]
    assert before == [0] * 7


def test_a_batch_holds_something() -> None:
    with pytest.raises(ValueError, match="at least one item"):
        Batcher(_doubled, most=0)

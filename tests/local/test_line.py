"""Who goes together, who waits, and who need not wait any more."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from seewhy.errors import Cancelled
from seewhy.models.failures import Failure
from seewhy.models.local.decoding import ModelInput, Writer
from seewhy.models.local.line import SHORT, Job, Line, fitting, together


class Nothing:
    """A guide."""

    def allow(self, mask: object) -> bool:
        return True

    def take(self, token: int) -> bool:
        return True


def job(size: int = 10, group: str = "a", cancel: Event | None = None) -> Job:
    return Job(group, ModelInput((0,) * size), lambda: Writer(Nothing(), 1), cancel)


def sizes(jobs: Sequence[Job]) -> list[int]:
    return [one.size for one in jobs]


def test_those_of_one_model_and_of_similar_length_go_together() -> None:
    jobs = [job(1000), job(4000), job(900), job(1000, "b"), job(1800), job(500), job(400)]
    assert sizes(together(jobs, 8)) == [1000, 900, 500]
    assert sizes(together(jobs, 2)) == [1000, 900]
    assert sizes(together(jobs[1:], 8)) == [4000]
    assert sizes(together([job(1000), job(1900), job(800)], 8)) == [1000, 800]


def test_short_ones_go_together_whatever_they_are() -> None:
    assert sizes(together([job(3), job(SHORT), job(40), job(SHORT + 1)], 8)) == [3, 40, SHORT]


def test_batches_fit_the_room_and_what_does_not_goes_alone() -> None:
    jobs = [job(100), job(10), job(500), job(90), job(20)]
    assert [sizes(batch) for batch in fitting(jobs, room=250, reply=10)] == [[10, 20], [90, 100], [500]]
    assert [sizes(batch) for batch in fitting(jobs, room=3000, reply=10)] == [[10, 20, 90, 100, 500]]
    assert [sizes(batch) for batch in fitting(jobs, room=1, reply=10)] == [[10], [20], [90], [100], [500]]


class Working:
    """What a line has done: the sizes of each batch."""

    def __init__(self, hold: Event | None = None) -> None:
        self.batches: list[list[int]] = []
        self.begun = Event()
        self.hold = hold
        self.error: Exception | None = None

    def __call__(self, jobs: Sequence[Job]) -> None:
        self.batches.append(sizes(jobs))
        self.begun.set()
        if self.hold is not None:
            self.hold.wait(10)
        if self.error is not None:
            raise self.error
        for one in jobs:
            one.writer = one.begin()
            one.writer.end = "given up" if one.given_up else "whole"
            one.settle()


def ask(line: Line, one: Job, delay: float = 0.0) -> Writer:
    with line.coming():
        time.sleep(delay)
        line.join(one)
    return line.wait(one)


def test_who_comes_at_the_same_time_goes_together() -> None:
    work = Working()
    line = Line(work, 4)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda size: ask(line, job(size), delay=0.1), range(1, 9)))
    assert [one.end for one in done] == ["whole"] * 8
    assert max(map(len, work.batches)) == 4
    assert sorted(size for batch in work.batches for size in batch) == [*range(1, 9)]


def test_the_thread_is_there_only_while_somebody_waits() -> None:
    line = Line(Working(), 4)
    for _ in range(3):
        assert ask(line, job()).end == "whole"
        deadline = time.monotonic() + 5
        while line._thread is not None and time.monotonic() < deadline:
            time.sleep(0.005)
        assert line._thread is None


def test_a_waiting_one_that_is_given_up_is_not_worked_on() -> None:
    hold = Event()
    work = Working(hold)
    line = Line(work, 1)
    cancel = Event()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, line, job(1))
        assert work.begun.wait(5)
        second = pool.submit(ask, line, job(2, cancel=cancel))
        cancel.set()
        with pytest.raises(Failure, match="given up") as caught:
            second.result(5)
        hold.set()
        assert first.result(5).end == "whole"
    assert caught.value.kind is Cancelled
    assert work.batches == [[1]]


def test_an_error_reaches_everyone_it_concerns_and_nobody_else() -> None:
    work = Working()
    line = Line(work, 2)
    work.error = ValueError("broken")
    with ThreadPoolExecutor(2) as pool:
        for asked in [pool.submit(ask, line, job(size), 0.05) for size in (1, 2)]:
            with pytest.raises(ValueError, match="broken"):
                asked.result(5)
    work.error = None
    assert ask(line, job(3)).end == "whole"


def test_who_interrupts_the_wait_wants_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(seconds: float) -> bool:
        raise KeyboardInterrupt

    one = job()
    monkeypatch.setattr(one.settled, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ask(Line(Working(), 1), one)
    assert one.given_up


def test_closing_gives_up_what_waits_and_what_is_under_way() -> None:
    hold = Event()
    work = Working(hold)
    line = Line(work, 1)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask, line, job(size)) for size in (1, 2)]
        assert work.begun.wait(5)
        deadline = time.monotonic() + 5
        while not line._waiting and time.monotonic() < deadline:
            time.sleep(0.005)
        closing = pool.submit(line.close)
        told = [one.exception(5) for one in asked]
        hold.set()
        closing.result(5)
    assert [getattr(error, "kind", None) for error in told] == [Cancelled, Cancelled]
    assert work.batches == [[1]]
    with pytest.raises(Failure, match="closed"):
        ask(line, job())

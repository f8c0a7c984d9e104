"""The line of requests before the models of this machine.

Callers wait in their own threads. One thread, which is there only while somebody waits, takes those that go well
together and has them written side by side: the one that has waited longest, and others for the same model and of
similar length.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Event, Thread

from seewhy.errors import Cancelled
from seewhy.models.failures import Failure
from seewhy.models.local.decoding import ModelInput, Writer

LOOK_SECONDS = 0.05
"""How often a waiting caller looks whether it should give up."""
TOGETHER_SECONDS = 0.01
"""For which the first in line waits for others: those that are asked side by side come within it."""
PREPARING_SECONDS = 0.5
"""For which it waits at most for those that are known to come, whose pictures are being prepared."""
CLOSE_SECONDS = 10.0
"""For which closing waits for the text under way: it ends with its next token, unless the model is being loaded."""
STRETCH = 2
"""The longest of those that go together has at most so many times the tokens of the shortest, so that at most half of
what is computed is padding."""
SHORT = 256
"""Tokens up to which it does not matter: a pass over them takes hardly longer than one over a few."""


@dataclass(eq=False)
class Job:
    """One text that somebody waits for."""

    group: Hashable
    """only those of one group can go together: a model"""
    given: ModelInput
    begin: Callable[[], Writer]
    """a writer at its beginning; called again when the text has to be begun anew"""
    cancel: Event | None = None
    writer: Writer | None = None
    """whose text is at its end; None: it has not been written"""
    error: BaseException | None = None
    settled: Event = field(default_factory=Event)
    left: bool = False
    """nobody waits for it any more"""

    @property
    def size(self) -> int:
        """Tokens that are read."""
        return len(self.given.tokens)

    @property
    def given_up(self) -> bool:
        return self.left or (self.cancel is not None and self.cancel.is_set())

    def settle(self, error: BaseException | None = None) -> None:
        self.error = error
        self.settled.set()


class Line:
    """Who waits. Safe to use from many threads."""

    def __init__(self, work: Callable[[Sequence[Job]], None], most: int) -> None:
        """
        Args:
            work: writes the texts of jobs of one group, and settles each; what it raises settles the rest.
            most: jobs that it is given at a time.
        """
        self._work = work
        self._most = most
        self._change = Condition()
        self._waiting: list[Job] = []
        self._under_way: list[Job] = []
        self._coming = 0
        self._thread: Thread | None = None
        self._closed = False

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Within the block somebody prepares a job: the line waits for it, a moment."""
        with self._change:
            self._coming += 1
        try:
            yield
        finally:
            with self._change:
                self._coming -= 1
                self._change.notify_all()

    def join(self, job: Job) -> None:
        """Line up. Who joins within `coming` is waited for until then."""
        with self._change:
            if self._closed:
                raise Failure(Cancelled, "the model is closed")
            self._waiting.append(job)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="seewhy-language", daemon=True)
                self._thread.start()
            self._change.notify_all()

    def wait(self, job: Job) -> Writer:
        """Wait for a job that has joined; its text, at its end.

        Raises:
            Failure: it was given up.
            Exception: what kept it from being written.
        """
        try:
            while not job.settled.wait(LOOK_SECONDS):
                if job.given_up:
                    raise Failure(Cancelled, "given up while it was waited for")
        finally:
            job.left = True  # the user may have interrupted: nobody wants what is still to come
        if job.error is not None:
            raise job.error
        if job.writer is None or job.writer.end == "given up":
            raise Failure(Cancelled, "given up while it was written")
        return job.writer

    def close(self) -> None:
        """Give up what waits and what is under way. Jobs that join afterwards are `Cancelled`."""
        with self._change:
            self._closed = True
            thread = self._thread
            for job in [*self._waiting, *self._under_way]:
                job.left = True
            for job in self._waiting:
                job.settle()
            self._waiting.clear()
            self._change.notify_all()
        if thread is not None:
            thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while jobs := self._next():
            try:
                self._work(jobs)
            except BaseException as error:  # noqa: BLE001 - raised again where each job is waited for
                for job in jobs:
                    if not job.settled.is_set():
                        job.settle(error)

    def _next(self) -> list[Job]:
        """Those that are worked on next; none: nobody waits, and the thread ends."""
        with self._change:
            self._under_way = []
            self._assemble()
            self._waiting = [job for job in self._waiting if not job.given_up]
            if not self._waiting:
                self._thread = None
                return []
            self._under_way = together(self._waiting, self._most)
            self._waiting = [job for job in self._waiting if job not in self._under_way]
            return self._under_way

    def _assemble(self) -> None:
        """Wait for others that come at the same time."""
        begun = time.monotonic()
        while self._waiting and len(self._waiting) < self._most:
            patience = PREPARING_SECONDS if self._coming else TOGETHER_SECONDS
            left = begun + patience - time.monotonic()
            if left <= 0:
                return
            self._change.wait(left)


def together(jobs: Sequence[Job], most: int) -> list[Job]:
    """The first, and of the others those that go best with it, nearest in length first."""
    first = jobs[0]
    others = sorted((job for job in jobs[1:] if job.group == first.group), key=lambda job: abs(job.size - first.size))
    chosen = [first]
    for job in others[: most - 1]:
        sizes = [one.size for one in (*chosen, job)]
        if max(sizes) > max(SHORT, STRETCH * min(sizes)):
            break
        chosen.append(job)
    return chosen


def fitting(jobs: Sequence[Job], room: int, reply: int) -> list[list[Job]]:
    """Jobs in batches that fit a number of tokens, shorter ones first. One that is too long is a batch by itself.

    Args:
        room: tokens of a whole batch, padding included.
        reply: tokens that each may become longer.
    """
    batches: list[list[Job]] = []
    for job in sorted(jobs, key=lambda job: job.size):
        if batches and (len(batches[-1]) + 1) * (job.size + reply) <= room:
            batches[-1].append(job)
        else:
            batches.append([job])
    return batches

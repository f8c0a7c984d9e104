"""Processes that work on tasks one at a time, any of which may die without taking the others along.

`concurrent.futures` and `multiprocessing.Pool` are not used, for three reasons. When one of their processes is
killed (a decoder crashes, memory runs out) they cannot say which task it had, and the rest is lost. When the
parent is killed, their processes wait for ever. And their processes run the user's main module again, which
breaks every script without a main guard. Here each process has a pipe of its own: the parent always knows
who does what, and a process whose parent is gone reads the end of the pipe, and ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, Generic, Self, TypeVar

from seewhy.errors import PerceptionError, SeewhyError

Task = TypeVar("Task")
Result = TypeVar("Result")

Tell = Callable[[str], None]
"""By which work says what it is doing now."""

_STOP_SECONDS = 5.0
"""How long an idle process may take to end by itself before it is killed."""

# Numerical libraries start one thread per core in every process; with one process per core they would fight.
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


@dataclass(frozen=True, slots=True)
class Died:
    """Instead of a result: the process ended while it worked on the task."""

    reason: str


def usable_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Inline(Generic[Task, Result]):
    """The same, without processes: in this one, one task after the other."""

    def __init__(self, work: Callable[[Task, Tell], Result]) -> None:
        self._work = work

    def run(self, tasks: Iterable[Task], stage: Callable[[Task, str], None]) -> Iterator[tuple[Task, Result | Died]]:
        for task in tasks:
            yield task, self._work(task, lambda name, task=task: stage(task, name))  # type: ignore[misc]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class Pool(Generic[Task, Result]):
    """A fixed number of processes; a context manager, they end with its block.

    Args:
        work: done for each task, with a function by which it may say what it does. It, the tasks and the
            results travel between processes: importable by name, and picklable.
        processes: how many.
    """

    def __init__(self, work: Callable[[Task, Tell], Result], processes: int) -> None:
        self._work = work
        self._processes = processes
        self._threads = max(1, usable_cores() // processes)
        self._workers: list[_Worker] = []
        self._fill()

    def run(self, tasks: Iterable[Task], stage: Callable[[Task, str], None]) -> Iterator[tuple[Task, Result | Died]]:
        """Results as they come, in any order; one for each task. A task is taken when a process is free for it.

        Args:
            stage: told what a task's work says of itself.

        Raises:
            PerceptionError: a process could not even start.
            Exception: whatever `work` raised.
        """
        waiting = iter(tasks)
        self._fill()
        busy: dict[Connection, tuple[_Worker, Task]] = {}
        for worker, task in zip(self._workers, waiting, strict=False):
            worker.give(task)
            busy[worker.pipe] = (worker, task)
        while busy:
            for pipe in wait(list(busy)):
                assert isinstance(pipe, Connection)
                worker, task = busy[pipe]
                kind, value = worker.answer()
                if kind == "stage":
                    stage(task, value)
                    continue
                del busy[pipe]
                if kind == "raised":
                    raise value
                if kind == "died":
                    self._workers.remove(worker)
                for following in islice(waiting, 1):  # before the result is dealt with, so that nobody waits for that
                    if kind == "died":
                        self._fill()
                        worker = self._workers[-1]
                    worker.give(following)
                    busy[worker.pipe] = (worker, following)
                yield task, Died(value) if kind == "died" else value

    def _fill(self) -> None:
        """Start what is missing."""
        new: list[_Worker] = []
        try:
            while len(self._workers) < self._processes:
                new.append(_Worker(self._work, self._threads))
                self._workers.append(new[-1])
            for worker in new:  # they start side by side
                worker.wait_until_ready()
        except BaseException:
            self._stop(kill=True)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._stop(kill=kind is not None)

    def _stop(self, kill: bool) -> None:
        for worker in self._workers:
            if kill:
                worker.process.kill()
            worker.pipe.close()
        for worker in self._workers:
            worker.end()
        self._workers.clear()


class _Worker:
    """One process and the parent's end of its pipe."""

    def __init__(self, work: object, threads: int) -> None:
        self.pipe, theirs = Pipe()
        environment = dict(os.environ) | dict.fromkeys(_THREAD_VARIABLES, str(threads))
        # Ctrl-C reaches the whole group; the parent decides, from the first moment on.
        program = (
            "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
            f"sys.path[:] = {sys.path!r}; from seewhy.workers import serve; serve({theirs.fileno()})"
        )
        # Its standard output joins standard error: what the parent prints is data.
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.DEVNULL,
            stdout=2,
            pass_fds=(theirs.fileno(),),
            env=environment,
        )
        theirs.close()
        self.give(work)

    def wait_until_ready(self) -> None:
        """
        Raises:
            PerceptionError: it could not start.
        """
        kind, value = self.answer()
        if kind == "died":
            raise PerceptionError(
                f"a process to index videos with could not start ({value}); its own words are above. "
                "With one worker everything runs in one process"
            )
        if kind == "raised":
            self.end()
            raise value

    def give(self, what: object) -> None:
        """Send it work, or a task."""
        with suppress(BrokenPipeError):  # it is dead: that is found out where its answer is read
            self.pipe.send(what)

    def answer(self) -> tuple[str, Any]:
        """What it says next: ("stage", name), ("done", result), ("raised", error), or ("died", reason)."""
        try:
            kind, value = self.pipe.recv()
        except (EOFError, OSError):
            return "died", self.end()
        return kind, value

    def end(self) -> str:
        """Wait until it is gone; how it ended."""
        self.pipe.close()
        try:
            code = self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        if code >= 0:
            return f"the process that read it ended with exit code {code}"
        name = signal.Signals(-code).name
        hint = "; the system may have run out of memory" if -code == signal.SIGKILL else ""
        return f"the process that read it was ended by {name}{hint}"


def serve(descriptor: int) -> None:
    """What a worker's process does: read the work, then tasks, until the pipe ends."""
    pipe = Connection(descriptor)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the parent is gone: nobody to work for
        try:
            work = pipe.recv()
        except Exception as error:  # noqa: BLE001 - whatever kept it from being imported is the parent's to raise
            pipe.send(("raised", _portable(error)))
            return
        pipe.send(("ready", None))
        while True:
            task = pipe.recv()
            try:
                result = ("done", work(task, lambda name: pipe.send(("stage", name))))
            except Exception as error:  # noqa: BLE001 - raised again in the parent
                result = ("raised", _portable(error))
            pipe.send(result)


def _portable(error: Exception) -> Exception:
    """Our own errors travel as they are; of others one cannot know whether they can."""
    if isinstance(error, SeewhyError):
        return error
    return PerceptionError(f"{type(error).__name__}: {error}")

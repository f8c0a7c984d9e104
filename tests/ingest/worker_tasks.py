"""Work for worker processes, importable by name."""

from __future__ import annotations

import os
import signal
import time

from seewhy.workers import Tell


def work(task: str, tell: Tell) -> str:
    """`task` says what happens."""
    verb, _, rest = task.partition(" ")
    match verb:
        case "die":
            os.kill(os.getpid(), getattr(signal, rest))
        case "exit":
            os._exit(int(rest))
        case "raise":
            raise RuntimeError(rest)
        case "tell":
            tell(rest)
        case "sleep":
            time.sleep(float(rest))
        case "print":
            print(rest)
        case "threads":
            import cv2

            return f"{os.environ['OMP_NUM_THREADS']} {cv2.getNumThreads()}"
        case "large":
            return "x" * int(rest)
    return f"{verb} by {os.getpid()}"


class Unloadable:
    """Pickles here, and fails to load in the process it is sent to."""

    def __call__(self, task: str, tell: Tell) -> str:
        raise NotImplementedError

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return _fail, ("no such weights",)


def _fail(words: str) -> None:
    raise ImportError(words)

"""Asking specialists: how long each takes, and whose fault it is when one fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from seewhy.errors import PerceptionError, PluginError, VideoError
from seewhy.types.video import Frame


class Asking:
    """Keeps the time of every specialist that is asked while one video is perceived. Threads may share it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        """source → wall time in which it was asked by at least one thread, reading the video not included"""
        self._reading = 0.0
        self._asked: dict[str, _Asked] = {}
        self._lock = threading.Lock()

    @contextmanager
    def of(self, source: str) -> Iterator[None]:
        """Count the time spent inside as that of `source`, and name it when it fails.

        Raises:
            PerceptionError: whatever was raised inside, except what is said about the video or the installation.
        """
        with self._lock:
            asked = self._asked.setdefault(source, _Asked())
            if asked.by == 0:
                asked.since, asked.read = time.perf_counter(), self._reading
            asked.by += 1
        try:
            yield
        except (VideoError, PluginError, Warning):  # the specialist is not at fault
            raise
        except Exception as error:  # specialists are plug-ins: there is no list of what they may raise
            raise PerceptionError(f"{source} failed on a readable video: {type(error).__name__}: {error}") from error
        finally:
            with self._lock:
                asked.by -= 1
                if asked.by == 0:
                    spent = time.perf_counter() - asked.since - (self._reading - asked.read)
                    self.seconds[source] = self.seconds.get(source, 0.0) + spent

    def reading(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The same frames; the time it takes to read them is not counted as anybody's."""
        iterator = iter(frames)
        while True:
            began = time.perf_counter()
            frame = next(iterator, None)
            self._reading += time.perf_counter() - began
            if frame is None:
                return
            yield frame


@dataclass
class _Asked:
    """Somebody who is being asked."""

    by: int = 0
    """threads"""
    since: float = 0.0
    """when the first of them began"""
    read: float = 0.0
    """seconds of reading until then"""

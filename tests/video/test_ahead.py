"""Frames read ahead are the same frames, and nothing is left running."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from seewhy.errors import NoFrames
from seewhy.types.video import Frame
from seewhy.video.ahead import DEPTH, ahead
from seewhy.video.source import DamagedVideoWarning


def frame(index: int) -> Frame:
    return Frame(index, index, Fraction(1, 10), index / 10, np.full((2, 2, 3), index % 256, np.uint8))


def running() -> int:
    return sum(thread.name == "decode-ahead" for thread in threading.enumerate())


def test_the_same_frames_in_the_same_order() -> None:
    assert [f.index for f in ahead(frame(n) for n in range(100))] == list(range(100))
    assert running() == 0


def test_at_most_so_many_are_read_ahead() -> None:
    read = []

    def frames() -> Iterator[Frame]:
        for n in range(50):
            read.append(n)
            yield frame(n)

    for taken, _ in enumerate(ahead(frames()), start=1):
        assert len(read) <= taken + DEPTH + 1, "those that wait, and the one that is being read"
    assert len(read) == 50


def test_an_error_comes_after_the_frames_before_it() -> None:
    def frames() -> Iterator[Frame]:
        yield frame(0)
        raise NoFrames("x.mp4", "broke off")

    iterator = ahead(frames())
    assert next(iterator).index == 0
    with pytest.raises(NoFrames, match="broke off"):
        next(iterator)
    assert running() == 0


def test_warnings_are_heard() -> None:
    def frames() -> Iterator[Frame]:
        yield frame(0)
        warnings.warn("damaged", DamagedVideoWarning, stacklevel=1)

    with pytest.warns(DamagedVideoWarning, match="damaged"):
        assert len(list(ahead(frames()))) == 1


def test_whoever_stops_early_leaves_nothing_running() -> None:
    iterator = ahead(frame(n) for n in range(10_000))
    next(iterator)
    assert running() == 1
    iterator.close()  # type: ignore[attr-defined]
    assert running() == 0

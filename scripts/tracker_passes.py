"""How fast trackers follow a few objects, their frames through the picture encoder one at a time and several at a time.

A part of gpu_check.py. What is followed is given, so that the same work is done each time, whatever random weights see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from seewhy.models.local.devices import Device
from seewhy.models.local.weights import find
from seewhy.perceive.local.edgetam import EdgeTamTracker
from seewhy.perceive.local.encoding import PictureEncoder
from seewhy.perceive.local.sam2 import Sam2Tracker
from seewhy.perceive.local.streaming import StreamingTracker
from seewhy.perceive.local.tracking import Prompt
from seewhy.settings import LocalSettings
from seewhy.types.video import Frame

TRACKERS: dict[str, type[StreamingTracker]] = {"sam2": Sam2Tracker, "edgetam": EdgeTamTracker}
"""The setting that names its weights → the tracker."""
OBJECTS = [Prompt(number, box=(number / 4, 0.2, (number + 1) / 4, 0.7)) for number in range(4)]


@dataclass(frozen=True)
class Passes:
    """Frames per second with so many frames in one pass, at most."""

    name: str
    batch: int
    encoded: float
    """through the picture encoder alone"""
    followed: float
    """through the whole tracker, with OBJECTS objects"""


def passes(
    name: str,
    settings: LocalSettings,
    device: Device,
    frames: Sequence[Frame],
    seconds: Callable[[Callable[[], None]], float],
) -> Iterator[Passes]:
    """With one frame in a pass, and with as many as the settings say.

    Args:
        seconds: how long a function takes, the device's work included.

    Raises:
        AssertionError: an object is not followed to the end.
    """
    for batch in sorted({1, settings.batch}):
        tracker = TRACKERS[name](find(getattr(settings, name), settings), device, batch)
        encoder = PictureEncoder(*tracker.load(), device, batch)
        encoded = seconds(lambda encoder=encoder: _encode(encoder, frames))  # type: ignore[misc]
        followed = seconds(lambda tracker=tracker: _follow(tracker, frames))  # type: ignore[misc]
        yield Passes(name, batch, len(frames) / encoded, len(frames) / followed)


def _encode(encoder: PictureEncoder, frames: Sequence[Frame]) -> None:
    for start in range(0, len(frames), encoder.most):
        encoder([frame.image for frame in frames[start : start + encoder.most]])


def _follow(tracker: StreamingTracker, frames: Sequence[Frame]) -> None:
    with tracker.session() as session:
        session.expect(frames)
        for place, frame in enumerate(frames):
            seen = session.look(frame, OBJECTS if place == 0 else ())
            if len(seen) != len(OBJECTS):
                raise AssertionError(f"not as it should be: {len(seen)} of {len(OBJECTS)} objects are followed")


def table(results: Sequence[Passes]) -> Iterator[str]:
    """Lines to print."""
    if results:
        yield f"{'tracker':16} {'batch':>5} {'encoder':>9} {f'{len(OBJECTS)} objects':>10}  frames/s"
    for one in results:
        yield f"{one.name:16} {one.batch:5} {one.encoded:9.2f} {one.followed:10.2f}"

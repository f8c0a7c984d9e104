"""Pictures of videos in requests of reasoning: which frames, their captions, and what to do without.

Not every model takes pictures, nor as many; so each request that has some has a twin without, which is asked where the
first one is not answered, and whoever asked says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seewhy.errors import Cancelled, ModelError
from seewhy.models.asking import ask_all
from seewhy.models.language import LanguageModel, Part, Picture, Reply, Request, T, Text
from seewhy.perceive.hosted.showing import choose_frames
from seewhy.types.twin import Twin
from seewhy.types.video import Frame
from seewhy.video.clip import Clip

Stills = tuple[Frame, ...]
"""Frames of one video, in order of time."""


def stills(twin: Twin, clip: Clip, most: int, lines: int) -> Stills:
    """Frames that show what changes in a video (see `choose_frames`), with their true times.

    Args:
        most: frames; 0: none.
        lines: greatest height, in pixels.

    Raises:
        VideoError: the file cannot be read.
    """
    if most < 1:
        return ()
    found = clip.exact(choose_frames(twin, twin.span, most), lines)
    return tuple(found[index] for index in sorted(found))


def captioned(shown: Mapping[str, Stills]) -> tuple[Part, ...]:
    """Every picture with its caption before it: whose it is, and its time.

    Args:
        shown: name in the request (``v1``) → frames.
    """
    parts: list[Part] = []
    for name, frames in shown.items():
        for frame in frames:
            parts += [Text(f"{name}, t = {frame.t:.1f} s"), Picture(frame.image)]
    return tuple(parts)


def ask_seeing(
    model: LanguageModel, requests: Sequence[Request[T]], without: Sequence[Request[T]]
) -> list[tuple[Reply[T] | ModelError, bool]]:
    """Ask; what has pictures and is not answered is asked again without.

    Args:
        without: the same requests without their pictures, in the same order.

    Returns:
        The reply, or the first error, and whether pictures were left out, for each.
    """
    outcomes: list[tuple[Reply[T] | ModelError, bool]] = [(outcome, False) for outcome in ask_all(model, requests)]
    again = [
        place
        for place, (outcome, _) in enumerate(outcomes)
        if isinstance(outcome, ModelError) and not isinstance(outcome, Cancelled) and requests[place].has_pictures
    ]
    for place, outcome in zip(again, ask_all(model, [without[place] for place in again]), strict=True):
        if not isinstance(outcome, ModelError):
            outcomes[place] = outcome, True
    return outcomes

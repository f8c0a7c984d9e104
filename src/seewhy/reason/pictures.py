"""Pictures of videos in requests of reasoning: which frames, their captions, and what to do without.

Not every model takes pictures, nor as many; so each request that has some has a twin without, which is asked where the
first one is not answered, and whoever asked says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from seewhy.errors import Cancelled, ModelError
from seewhy.models.asking import ask_all
from seewhy.models.language import LanguageModel, Part, Picture, Reply, Request, T, Text
from seewhy.perceive.hosted.showing import choose_frames
from seewhy.recent import Roomy
from seewhy.types.twin import Twin
from seewhy.types.video import Frame
from seewhy.video.clip import Clip

Stills = tuple[Frame, ...]
"""Frames of one video, in order of time."""
ROOM = 256 * 2**20
"""Bytes: some 280 videos of three pictures of 427 x 240."""


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


class Album:
    """Stills, remembered as long as there is room: the candidates of many edits are few videos, and to read a picture
    of one takes longer than all else that code does for a judgement. Threads may share it."""

    def __init__(self, room: int = ROOM) -> None:
        """
        Args:
            room: bytes of pixels that are remembered, those of the latest seen videos.
        """
        self._kept: Roomy[tuple[str, tuple[int, ...], int], Stills] = Roomy(room)

    def stills(self, twin: Twin, opened: Callable[[], Clip], most: int, lines: int) -> Stills:
        """As `stills`.

        Args:
            opened: gives the video, where its pictures are not remembered.

        Raises:
            VideoError, TwinError: it cannot be read.
        """
        key = (str(twin.id), tuple(choose_frames(twin, twin.span, most)) if most else (), lines)
        found = self._kept.get(key)
        if found is None:
            found = stills(twin, opened(), most, lines)
            self._kept.put(key, found, sum(frame.image.nbytes for frame in found))
        return found


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

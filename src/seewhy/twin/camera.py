"""What the camera's motion does to the motion of things in the picture.

The twin knows in which direction the camera turned and when, not how far. So: a thing that stays where it is in the
picture while the camera pans left went left; one that drifts right in that time may be standing; one that moves left
even so surely moves left. `follow` gives the direction, events weigh it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from seewhy.types.time import Span
from seewhy.types.twin import Attribute, Twin

SHARE = 0.5
"""of a stretch that the camera has to turn in one direction, to count for it"""
FOLLOWED = 0.7
"""how surely a thing that keeps its place in a turning picture goes where the camera turns, times the turn's score"""
DOUBT = 0.45
"""what the score of a motion is multiplied with when the camera's own could explain it: then it is unknown"""

_TURNS: Mapping[str, tuple[int, int]] = {
    "pan left": (-1, 0), "pan right": (1, 0), "tilt up": (0, -1), "tilt down": (0, 1),
}  # fmt: skip


class CameraTurn(NamedTuple):
    """The direction the camera turns in, in picture coordinates: x -1 left, +1 right; y -1 up, +1 down."""

    x: int
    y: int
    zoom: int
    """+1 in, -1 out"""
    score: float
    """how surely, 0..1; 0 for a camera that does not turn"""


STATIC = CameraTurn(0, 0, 0, 0.0)


def turn(twin: Twin, span: Span) -> CameraTurn:
    """How the camera turned during most of `span`; STATIC where nothing says that it did."""
    x = y = zoom = 0
    score = 0.0
    for attribute in twin.camera.attributes:
        if attribute.kind != "camera_motion" or not _covers(attribute, span):
            continue
        said = attribute.value.lower()
        for words, (dx, dy) in _TURNS.items():
            if words in said:
                x, y = x or dx, y or dy
                score = max(score, attribute.score)
        if "zoom" in said:
            zoom = zoom or (-1 if "out" in said else 1)
            score = max(score, attribute.score)
    return CameraTurn(x, y, zoom, score) if score else STATIC


def doubt(twin: Twin, span: Span, dx: float, dy: float) -> float:
    """DOUBT where the camera's turn alone could have moved a thing by (dx, dy) in the picture, else 1."""
    seen = turn(twin, span)
    return DOUBT if -(seen.x * dx + seen.y * dy) > 0.5 * math.hypot(dx, dy) else 1.0


def _covers(attribute: Attribute, span: Span) -> bool:
    if attribute.span is None:
        return True
    common = attribute.span.intersection(span)
    return common is not None and common.duration >= SHARE * span.duration

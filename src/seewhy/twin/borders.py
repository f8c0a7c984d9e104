"""Events against the frame: a track enters, leaves, appears, disappears.

Leaving is entering with time turned round, and is computed so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from seewhy.twin.geometry import Trajectory
from seewhy.types.time import Span
from seewhy.types.twin import EventName

MOVING_OFF = 0.025
"""diagonals per second under which a thing at the border is not taken to be on its way"""
BORDER_REACH = 1.2
"""steps of its own motion within which a thing at the border has come from outside"""
EDGE_TIME = 1.0
"""seconds, the longest entering or leaving"""
PARTIAL = 0.5
"""visible share of the usual area: at the video's end, a thing this far out of the frame is leaving"""
PARTIAL_SCORE = 0.55
"""of entering and leaving that the video shows only in part"""
DWINDLED = 0.3
"""share of its area that is left of a thing which touched the border within EDGE_TIME, to have gone out there"""
TOUCHES = 0.015
"""diagonals between a box and the border that it touches"""
SURE_SPEED = 0.1
"""diagonals per second at the border, from which coming or going is sure"""
MISSES = 1.75
"""steps for which a thing has to be unseen to have appeared or disappeared in the middle of the picture"""
APPEAR_SCORE = 0.65
"""of appearing and disappearing away from the border: the segmenter may have lost or found it"""


class Found(NamedTuple):
    """An event before it gets its subject."""

    action: EventName
    span: Span
    score: float


def border_events(path: Trajectory) -> Iterator[Found]:
    """enters, leaves; appears, disappears. A cut begins and ends what is seen as the video's own ends do."""
    cuts, (first, last) = path.picture.cuts, path.picture.looked
    for start, end in path.runs:
        begin = max((cut for cut in cuts if cut <= path.t[start]), default=first)
        close = min((cut - path.picture.step for cut in cuts if cut > path.t[end - 1]), default=last)
        unseen_before, unseen_after = path.t[start] - begin, close - path.t[end - 1]
        yield from _edge(path, range(start, end), unseen_before, arriving=True)
        yield from _edge(path, range(end - 1, start - 1, -1), unseen_after, arriving=False)


def _edge(path: Trajectory, order: range, unseen: float, *, arriving: bool) -> Iterator[Found]:
    """One end of a run, read from that end inwards: for leaving, time runs backwards, which makes it an arrival.

    `unseen`: seconds that were looked at on the far side of the end, without a sight of it.
    """
    i = order[0]
    inward = _inward(path, i, 1 if arriving else -1)
    near = order[: max(path.picture.window(EDGE_TIME), 2)]
    if inward == 0 and path.area[i] <= DWINDLED * path.area[near].max():
        # A segmenter loses what is cut off at the border bit by bit, and with it the border.
        inward = DWINDLED * max(_inward(path, k, 1 if arriving else -1) for k in near)
    if unseen > 0.75 * path.picture.step:
        if inward > 0:
            yield Found("enters" if arriving else "leaves", _edge_span(path, near), 0.65 + 0.3 * inward)
        elif unseen > MISSES * path.picture.step and len(order) > 1:
            # a single sight in the middle of nowhere is a mistake of the segmenter, and so is a single miss
            yield Found("appears" if arriving else "disappears", _edge_span(path, near[:1]), APPEAR_SCORE)
    elif inward > 0 and path.clipped[i] and path.area[near].max() * PARTIAL >= path.area[i]:
        yield Found("enters" if arriving else "leaves", _edge_span(path, near), PARTIAL_SCORE)


def _inward(path: Trajectory, i: int, forward: int) -> float:
    """How surely observation i comes from outside the frame, 0..1: it touches a border and does not go out there, or
    its own motion within BORDER_REACH steps would have it touch one."""
    box = path.boxes[i]
    vx, vy = forward * path.velocity[i]
    reach = BORDER_REACH * path.picture.step
    gaps = (box[0], path.picture.width - box[2], box[1], path.picture.height - box[3])
    best = 0.0
    for gap, speed in zip(gaps, (vx, -vx, vy, -vy), strict=True):
        if gap <= TOUCHES and speed > -MOVING_OFF:
            best = max(best, 0.5 + 0.5 * min(max(speed, 0.0) / SURE_SPEED, 1.0))
        elif speed > MOVING_OFF and gap <= TOUCHES + reach * speed:
            best = max(best, 0.5)
    return best


def _edge_span(path: Trajectory, near: Sequence[int]) -> Span:
    """From the first sight of it to being wholly in the frame, or the reverse."""
    whole = next((k for k, i in enumerate(near) if not path.clipped[i]), len(near) - 1)
    a, b = sorted((near[0], near[whole]))
    return Span(start=float(path.t[a]), end=path.until(b))

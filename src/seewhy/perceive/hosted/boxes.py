"""Boxes of a model's reply: thousandths of the frame, as they come → fractions, in order, within the frame."""

from __future__ import annotations

from seewhy.perceive.hosted.replies import BOX_UNITS, Boxed, MissedFacts

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 as fractions of the frame"""

LEAST_SIDE = 0.008
"""of the frame: four pixels of 480; what is thinner cannot be segmented"""
MOST_AREA = 0.9
"""of the frame: a box around everything says nothing"""


def box_of(said: Boxed | MissedFacts) -> Box | None:
    """The box; None for one that is too thin, or that covers all.

    Corners in the wrong order are swapped. A model that gives fractions instead of thousandths is understood: in
    thousandths, such a box would have no size.
    """
    corners = (said.left, said.top, said.right, said.bottom)
    units = 1 if max(corners) <= 1 else BOX_UNITS
    left, top, right, bottom = (min(max(corner / units, 0.0), 1.0) for corner in corners)
    x0, x1 = sorted((left, right))
    y0, y1 = sorted((top, bottom))
    if min(x1 - x0, y1 - y0) < LEAST_SIDE or (x1 - x0) * (y1 - y0) > MOST_AREA:
        return None
    return x0, y0, x1, y1


def box_iou(a: Box, b: Box) -> float:
    """Intersection over union, 0..1; 0 where one has no area.

    >>> box_iou((0.0, 0.0, 1.0, 0.5), (0.0, 0.0, 1.0, 1.0))
    0.5
    """
    common = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    together = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    return common / together if together > 0 else 0.0

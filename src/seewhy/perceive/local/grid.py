"""What is in a picture that nobody named: a grid of points, each asked what it lies on.

The automatic mask generator of Segment Anything (Kirillov et al., 2023, §D.1), made small: fewer points, since tracks
are few; no crops. What is asked is a promptable tracker, in sessions of one frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seewhy.perceive.local.overlaps import ious
from seewhy.perceive.local.tracking import Prompt, Seen, Tracker
from seewhy.types.masks import Mask, encode
from seewhy.types.video import Frame

SIDE = 12
"""Points along the longer side of the picture. Segment Anything asks 32, to find everything; what falls between 12 is
smaller than a track of any worth."""
BATCH = 64
"""Points asked at once: their masks at frame resolution are 26 MB at 480 lines."""
LEAST_QUALITY = 0.8
"""Of a mask, by its own score: `pred_iou_thresh` of SAM 2's automatic mask generator."""
SAME = 0.7
"""IoU from which two masks are one: `box_nms_thresh` of SAM 2's automatic mask generator."""
BACKGROUND = 0.25
"""Of the picture's border: what covers more and reaches from one side to the opposite one is sky, ground or wall. Those
cover a third and more; a train that is longer than the picture is wide covers a tenth."""

Point = tuple[float, float]
"""x, y as fractions of the frame"""


def grid(height: int, width: int, side: int = SIDE) -> list[Point]:
    """Centers of about square cells, `side` along the longer side; row by row.

    >>> grid(2, 4, side=2)
    [(0.25, 0.5), (0.75, 0.5)]
    """
    longer = max(height, width)
    rows, columns = max(1, round(side * height / longer)), max(1, round(side * width / longer))
    return [((column + 0.5) / columns, (row + 0.5) / rows) for row in range(rows) for column in range(columns)]


def outside(points: Sequence[Point], explained: Mask) -> list[Point]:
    """The points that lie on nothing that is known.

    Args:
        explained: (h, w), of any size.
    """
    height, width = explained.shape
    return [(x, y) for x, y in points if not explained[int(y * height), int(x * width)]]


def probe(tracker: Tracker, frame: Frame, points: Sequence[Point], min_area: float) -> list[Seen]:
    """What the points lie on: distinct masks of good quality, best first.

    Args:
        min_area: as a fraction of the frame; smaller ones are left out.
    """
    found: list[Seen] = []
    for start in range(0, len(points), BATCH):
        batch = points[start : start + BATCH]
        with tracker.session() as session:
            seen = session.look(frame, [Prompt(number, points=(point,)) for number, point in enumerate(batch)])
        good = [seen[number] for number in sorted(seen) if is_thing(seen[number], min_area)]
        found = distinct([*found, *good])
    return found


def is_thing(seen: Seen, min_area: float) -> bool:
    """Whether it may be an object: sure enough, large enough, and not background."""
    return seen.score >= LEAST_QUALITY and float(seen.mask.mean()) >= min_area and not is_background(seen.mask)


def is_background(mask: Mask) -> bool:
    """Whether it reaches from one side of the picture to the opposite one and covers much of its border.

    >>> ground, pole = np.zeros((2, 9, 16), bool)
    >>> ground[6:], pole[:, 7:9] = True, True
    >>> is_background(ground), is_background(pole)
    (True, False)
    """
    sides = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    across = (sides[0].any() and sides[1].any()) or (sides[2].any() and sides[3].any())
    return bool(across) and float(np.concatenate(sides).mean()) > BACKGROUND


def distinct(found: Sequence[Seen]) -> list[Seen]:
    """Mask NMS: of those that overlap by SAME and more the best, the first of equals; best first."""
    ordered = sorted(found, key=lambda seen: -seen.score)
    rles = [encode(seen.mask) for seen in ordered]
    overlaps = ious(rles, rles)
    kept: list[int] = []
    for place in range(len(ordered)):
        if not kept or overlaps[place, kept].max() < SAME:
            kept.append(place)
    return [ordered[place] for place in kept]

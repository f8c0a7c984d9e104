"""How much masks have in common, all with all, without decoding them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

from seewhy.types.masks import Mask, Rle


def ious(masks: Sequence[Rle], others: Sequence[Rle]) -> NDArray[np.float64]:
    """(N, M): intersection over union of each of `masks` with each of `others`, none empty, all of one size."""
    return _overlaps(masks, others, of_first=False)


def insides(masks: Sequence[Rle], others: Sequence[Rle]) -> NDArray[np.float64]:
    """(N, M): share of each of `masks` that lies in each of `others`, none empty, all of one size."""
    return _overlaps(masks, others, of_first=True)


def _overlaps(masks: Sequence[Rle], others: Sequence[Rle], *, of_first: bool) -> NDArray[np.float64]:
    if not masks or not others:
        return np.zeros((len(masks), len(others)))
    # What COCO calls a crowd is what a detection may lie in without its union counting.
    found = coco.iou([mask.as_coco() for mask in masks], [mask.as_coco() for mask in others], [of_first] * len(others))
    return np.asarray(found, np.float64)


def mask_iou(a: Mask, b: Mask) -> float:
    """Of two boolean masks (H, W), 0..1; 0 for two empty ones."""
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 0.0


Box = tuple[float, float, float, float]
"""x0, y0, x1, y1"""


def box_iou(a: Box, b: Box) -> float:
    """Of two boxes, 0..1.

    >>> box_iou((0, 0, 2, 1), (1, 0, 3, 1))
    0.3333333333333333
    """
    common = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    whole = box_area(a) + box_area(b) - common
    return common / whole if whole > 0 else 0.0


def box_area(box: Box) -> float:
    """
    >>> box_area((0.0, 0.0, 0.5, 0.5))
    0.25
    """
    return (box[2] - box[0]) * (box[3] - box[1])

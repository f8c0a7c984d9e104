"""How well the objects of a hit are the objects asked for: J and F over a video.

Protocol:

* The masks of all tracks a hit names are united, and so are those of all objects the query speaks of.
* Every annotated frame of the video is scored, none skipped. Where the annotation is finer than what perception
  sampled, a frame that was not sampled takes the mask of the sampled frame nearest to it (by frame number, the
  earlier of two equally near), as a user who draws the masks over the video would see it. The same scores over the
  sampled frames alone are given beside.
* A mask of another resolution is scaled to the truth's, nearest neighbor.
* A video's J and F are means over its frames; a run's are means over its queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from seewhy.bench.jf import boundary_accuracy, region_similarity
from seewhy.twin.masks_file import MaskTable
from seewhy.types.base import Frozen
from seewhy.types.hit import Hit
from seewhy.types.masks import Mask, Rle, decode, union
from seewhy.types.video import nearest_frame


class MaskScore(Frozen):
    """J and F over the frames of one video, 0..1."""

    j: float
    f: float
    frames: int
    """number of frames scored"""

    @property
    def jf(self) -> float:
        """J&F, their mean."""
        return (self.j + self.f) / 2


class GroundingScore(Frozen):
    """J and F of one hit."""

    annotated: MaskScore
    """every annotated frame"""
    sampled: MaskScore | None
    """annotated frames that perception sampled; None where there is none"""


NOTHING_FOUND = MaskScore(j=0.0, f=0.0, frames=0)
"""What a query scores whose right video was not returned."""


def hit_masks(hit: Hit, masks: MaskTable) -> dict[int, Rle]:
    """Sampled frame index → union of the masks of the tracks that a hit names; frames that show none are left out."""
    found: dict[int, list[Rle]] = {}
    for thing in hit.objects:
        for frame in sorted(thing.masks):
            mask = masks.get(frame, {}).get(thing.track)
            if mask is not None:
                found.setdefault(frame, []).append(mask)
    return {frame: union(parts) for frame, parts in found.items()}


def score_masks(predicted: Mapping[int, Rle], sampled: Sequence[int], truth: Mapping[int, Rle]) -> GroundingScore:
    """J and F of a video's predicted masks by the protocol above.

    Args:
        predicted: sampled frame index → mask; a sampled frame without one shows nothing.
        sampled: the frame indices that perception looked at, ascending.
        truth: annotated frame index → mask, at least one.

    Raises:
        ValueError: nothing was sampled or nothing is annotated.
    """
    if not sampled or not truth:
        raise ValueError(f"masks are scored on frames: {len(sampled)} were sampled, {len(truth)} are annotated")
    arrays: dict[tuple[int, tuple[int, int]], Mask] = {}
    scores: dict[int, tuple[float, float]] = {}
    for frame, right in truth.items():
        source = nearest_frame(sampled, frame)
        key = (source, right.size)
        if key not in arrays:
            arrays[key] = _at_size(predicted.get(source), right.size)
        wanted = decode(right)
        scores[frame] = (region_similarity(arrays[key], wanted), boundary_accuracy(arrays[key], wanted))
    seen = [scores[frame] for frame in sorted(set(sampled) & set(scores))]
    return GroundingScore(annotated=_mean(list(scores.values())), sampled=_mean(seen) if seen else None)


def _at_size(rle: Rle | None, size: tuple[int, int]) -> Mask:
    if rle is None:
        return np.zeros(size, bool)
    mask = decode(rle)
    if rle.size == size:
        return mask
    height, width = size
    return cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT).astype(bool)


def _mean(scores: Sequence[tuple[float, float]]) -> MaskScore:
    j, f = np.mean(scores, axis=0)
    return MaskScore(j=float(j), f=float(f), frames=len(scores))

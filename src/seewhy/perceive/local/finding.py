"""A thing that a phrase names and nobody tracks: found by a detector of any phrase, followed by a tracker.

::

    phrase ─▶ detector, in a few frames ─▶ best frame ─▶ tracker, on and back to the borders of the shot ─▶ masks
                     └── what is found elsewhere, and is none of these ──▶ again

The way of RT2V (arXiv 2511.12371), for what a question names and the vocabulary did not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from seewhy.errors import PerceptionError
from seewhy.perceive.findings import Findings, FoundObject
from seewhy.perceive.hosted.showing import choose_frames
from seewhy.perceive.hosted.wording import name
from seewhy.perceive.local.following import Following
from seewhy.perceive.local.overlaps import box_iou
from seewhy.perceive.local.tracking import Prompt, Tracker
from seewhy.perceive.observing import place
from seewhy.perceive.seams import Detector
from seewhy.perceive.steps import within
from seewhy.plain import plain
from seewhy.types.masks import Rle, encode
from seewhy.types.time import Span
from seewhy.types.twin import Label, Twin
from seewhy.types.video import Frame, FrameTime
from seewhy.video.clip import Clip

FRAMES = 8
"""looked at for a phrase: as many as show what changes in a stretch (`choose_frames`); a detector takes about as long
for one as a tracker for ten"""
LINES = 1008
"""greatest height of these frames, in pixels: more is not seen by the detectors, whose input is of this size (OWLv2)"""
MOST_FOUND = 3
"""things that one phrase may turn up"""
SAME = 0.5
"""IoU of boxes from which two are of one thing, as PASCAL VOC counts"""
MEANT = 0.3
"""IoU from which a detected box may be what a language model's box is around: theirs are often off by a third."""
AGREEING = 3
"""Looks that make a name sure, the best ones: further ones are mostly the same view again."""
HELD = 32
"""frames that are in memory at a time: 40 MB at 480 lines"""
MOST_PHRASE = 200
"""characters"""


class _Find(NamedTuple):
    """A box in a frame."""

    frame: int
    """index of the decoded frame"""
    box: tuple[float, float, float, float]
    score: float


class PhraseFinder:
    """Finds what a phrase names in a video that has a twin, and follows it."""

    def __init__(self, detector: Detector, tracker: Tracker, chunk: int = 96) -> None:
        """
        Args:
            detector: of any phrase; one with a vocabulary finds nothing else.
            chunk: frames after which the tracker starts anew from its masks (`local.chunk`).
        """
        self._detector, self._tracker, self._chunk = detector, tracker, chunk

    @property
    def source(self) -> str:
        """``look:<detector>+<tracker>``: what was looked for because somebody asked, unlike what the same specialists
        say of a video that comes in."""
        return f"look:{self._detector.source}+{self._tracker.source}"

    def find(self, phrase: str, twin: Twin, clip: Clip, span: Span | None = None) -> Findings:
        """The things that a phrase names, at most `MOST_FOUND`, surest first, each followed through its shot.

        Args:
            span: in which they are looked for; they are followed beyond it. None: the whole video.

        Raises:
            PerceptionError: the phrase is empty, the span lies outside the video, or the video's frames are not of the
                twin's size any more.
            VideoError: the video cannot be read.
        """
        began = time.perf_counter()
        wanted = plain(phrase, MOST_PHRASE)
        if not wanted:
            raise PerceptionError("detect needs the phrase that is to be found; say what to look for")
        left = self._seen(wanted, twin, clip, within(twin, span))
        objects: list[FoundObject] = []
        notes = [] if left else [f"'{wanted}' was not found"]
        while left and len(objects) < MOST_FOUND:
            frame = left[0].frame
            here = [one for one in left if one.frame == frame][: MOST_FOUND - len(objects)]
            left = [one for one in left if one.frame != frame]
            for one, masks in zip(here, self._follow(twin, clip, frame, here), strict=True):
                if not masks:
                    notes.append(f"'{wanted}' was seen in frame {frame} and could not be segmented")
                    continue
                same = [other for other in left if _is_there(masks, other)]
                left = [other for other in left if other not in same]
                score = agreed([one.score, *(other.score for other in same)])
                label = Label(name=name(wanted) or wanted, score=score, source=self.source)
                objects.append(FoundObject(labels=(label,), masks=masks, score=score, source=self.source))
        seconds = round(time.perf_counter() - began, 3)
        return Findings(source=self.source, objects=tuple(objects), notes=tuple(notes), seconds=seconds)

    def follow(
        self, clip: Clip, twin: Twin, frame: int, box: tuple[float, float, float, float], said: str
    ) -> dict[int, Rle]:
        """The seam `Follower`: what a language model saw, from where it saw it.

        A detector draws boxes better than a language model does. So the name is looked for in that frame, and where
        something is found that the model's box may well be around, it is followed from there; else from that box.

        Raises:
            PerceptionError: the frame is none of the twin's, or the video's frames are not of its size any more.
            VideoError: the video cannot be read.
        """
        if all(one.index != frame for one in twin.frames):
            raise PerceptionError(f"frame {frame} of {twin.id} was not sampled; take one of the twin's frames")
        meant = _within_frame(box)
        if meant is None:
            return {}
        phrase, near = plain(said, MOST_PHRASE), [meant]
        if phrase:
            [shown] = clip.exact([frame], LINES).values()
            boxes = [_within_frame(detection.box) for detection in self._detector.detect(shown, [phrase])]
            near = [one for one in boxes if one is not None and box_iou(one, meant) >= MEANT] or near
        best = max(near, key=lambda one: (box_iou(one, meant), one))
        return self._follow(twin, clip, frame, [_Find(frame, best, 1.0)])[0]

    def _seen(self, phrase: str, twin: Twin, clip: Clip, span: Span) -> list[_Find]:
        """Boxes in some frames of a span, surest first."""
        nearest = min(twin.frames, key=lambda frame: abs(frame.t - span.middle), default=None)
        if nearest is None:
            return []
        indices = choose_frames(twin, span, FRAMES) or (nearest.index,)
        found = [
            _Find(index, box, detection.score)
            for index, frame in clip.exact(indices, LINES).items()
            for detection in self._detector.detect(frame, [phrase])
            if (box := _within_frame(detection.box)) is not None
        ]
        return sorted(found, key=lambda one: (-one.score, one.frame, one.box))

    def _follow(self, twin: Twin, clip: Clip, frame: int, seeds: Sequence[_Find]) -> list[dict[int, Rle]]:
        """For each box in a frame the masks of what is in it: in that frame, on to the end of the shot, and back."""
        shot = _shot(twin, frame)
        at = shot.index(frame)
        prompts = [Prompt(number, box=seed.box) for number, seed in enumerate(seeds, start=1)]
        found: list[dict[int, Rle]] = [{} for _ in seeds]
        for way, direction in ((shot[at:], 1), (shot[at::-1], -1)):
            with Following(self._tracker, self._chunk, min_area=0.0) as following:
                for held in _blocks(twin, clip, way):
                    # A tracker takes frames as they come: on the way back, time runs backwards for it.
                    shown = [replace(one, t=direction * one.t) for one in held]
                    following.expect(shown)
                    for one in shown:
                        seen = following.look(one, prompts if one.index == frame else ())
                        for number, what in seen.items():
                            found[number - 1].setdefault(one.index, encode(what.mask))
                    if not following.live:
                        break
        return [{index: masks[index] for index in sorted(masks)} for masks in found]


def agreed(scores: Sequence[float]) -> float:
    """How surely a thing is what several looks at it say, each with its score: sure unless all are wrong, of the best
    `AGREEING`. Detectors of any phrase give 0.3 to what they find; one such look leaves it open, three do not.

    >>> [round(agreed(scores), 3) for scores in ([0.3], [0.3, 0.3, 0.3], [0.2, 0.3, 0.3, 0.3])]
    [0.3, 0.657, 0.657]
    """
    return 1 - math.prod(1 - score for score in sorted(scores, reverse=True)[:AGREEING])


def _within_frame(box: tuple[float, float, float, float]) -> tuple[float, float, float, float] | None:
    """A box without what lies outside of the frame; None where nothing is left."""
    x0, y0, x1, y1 = (min(max(side, 0.0), 1.0) for side in box)
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _is_there(masks: dict[int, Rle], find: _Find) -> bool:
    """Whether a box is around what was followed."""
    where = place(masks[find.frame]) if find.frame in masks else None
    return where is not None and box_iou(where.box, find.box) >= SAME


def _shot(twin: Twin, frame: int) -> list[int]:
    """The indices of the twin's frames that are of one shot with a frame, in order."""
    time_of = {one.index: one.t for one in twin.frames}
    start = max((cut for cut in twin.tempo.cuts if cut <= time_of[frame]), default=0.0)
    end = min((cut for cut in twin.tempo.cuts if cut > time_of[frame]), default=math.inf)
    return [one.index for one in _in_order(twin.frames) if start <= one.t < end]


def _in_order(frames: Sequence[FrameTime]) -> list[FrameTime]:
    return sorted(frames, key=lambda frame: frame.index)


def _blocks(twin: Twin, clip: Clip, indices: Sequence[int]) -> Iterator[list[Frame]]:
    """Frames in the order given, of the size of the twin's masks, HELD at a time."""
    for start in range(0, len(indices), HELD):
        part = indices[start : start + HELD]
        held = clip.exact(part, twin.mask_size[0])
        for frame in held.values():
            if frame.image.shape[:2] != twin.mask_size:
                raise PerceptionError(
                    f"the video of {twin.id} has frames of {frame.image.shape[:2]} pixels, its twin's masks have "
                    f"{twin.mask_size}; index it again"
                )
        yield [held[index] for index in part]

"""The embedded segmenter: objects that move or stand out, tracked, with nothing to download.

Frames are looked at small, in stretches of bounded length that never cross a shot change: motion between
frames, foreground from motion and color, objects from foreground. Stretches of one shot overlap, and what
overlaps is one track. Needs no network and no weights.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np

from seewhy.perceive.foreground import foreground
from seewhy.perceive.linking import Linker
from seewhy.perceive.motion import Motion, resized_flow
from seewhy.perceive.parallel import each
from seewhy.perceive.refining import reduced, refined, sureness
from seewhy.perceive.seams import MaskTrack, Segmentation
from seewhy.perceive.watching import CameraWatcher
from seewhy.settings import PerceiveSettings
from seewhy.types.masks import Mask, Rle, area, encode
from seewhy.types.video import Frame, Image

OBJECT_LINES = 120
"""Greatest height of frames for foreground and linking."""
STRETCH = 64
"""Most frames held at a time."""
OVERLAP = 8
"""Frames that stretches of one shot share."""
SAME = 0.3
"""Mean IoU over the shared frames from which two tracks are one."""
LEAST_LIFETIME = 3
"""Sampled frames; what is seen more briefly is noise, unless the whole video is as short."""
FULL_LIFETIME = 12
"""Sampled frames from which a track's score does not suffer from its being short; a shorter video's length."""
FULL_SIZE = 0.01
"""Of the frame: smaller tracks score lower, by the fourth root, as more of them are noise."""
LEAST_SCORE = 0.15
"""Tracks below are noise."""
SALIENT = 0.25
"""Score from which a track stands out by itself, and is not only perhaps there."""


class EmbeddedSegmenter:
    """`Segmenter` by motion and color, with nothing to download."""

    source = "embedded.segmenter@1"

    def __init__(self, settings: PerceiveSettings = PerceiveSettings()) -> None:  # noqa: B008 - frozen
        self.settings = settings

    def segment(self, frames: Iterable[Frame]) -> Segmentation:
        """See `Segmenter.segment`. Holds at most STRETCH frames, reduced to MOTION_LINES lines."""
        reading = _Reading(self.settings)
        for frame in frames:
            reading.take(frame)
        return reading.close()


@dataclass
class _Long:
    """A track through all stretches of its shot."""

    shot: int
    masks: dict[int, Rle] = field(default_factory=dict)
    scores: dict[int, float] = field(default_factory=dict)

    def as_track(self, video_length: int, pixels: int) -> MaskTrack:
        sure = float(np.mean(list(self.scores.values())))
        size = float(np.mean([area(mask) for mask in self.masks.values()])) / pixels
        life = min(1.0, len(self.masks) / min(FULL_LIFETIME, video_length))
        score = sure * (0.5 + 0.5 * life) * min(1.0, size / FULL_SIZE) ** 0.25
        return MaskTrack(self.masks, score, self.scores)


class _Reading:
    """One video being read: what is held, and what was found so far."""

    def __init__(self, settings: PerceiveSettings) -> None:
        self._settings = settings
        self._watcher = CameraWatcher()
        self._taken = 0
        self._held: list[Image] = []
        self._steps: list[Motion] = []
        self._first = 0
        """position in the video of the first frame held"""
        self._shared = 0
        """how many of the frames held were part of the stretch before"""
        self._shots = 1
        self._found: list[_Long] = []
        self._open: list[tuple[_Long, dict[int, Mask]]] = []
        """tracks of the stretch before → position in the video → mask, in the shared frames"""

    def take(self, frame: Frame) -> None:
        seen = self._watcher.take(frame)
        step = seen.flow
        self._taken += 1
        if step is not None and step.camera.cut:
            self._finish(last=True)
            self._shots += 1
            step = None
        elif len(self._held) == STRETCH:
            self._finish(last=False)
        if not self._held:
            self._first = self._taken - 1
        if step is not None:
            self._steps.append(step)
        self._held.append(seen.image)

    def close(self) -> Segmentation:
        if self._held:
            self._finish(last=True)
        watcher = self._watcher
        return Segmentation(watcher.times, watcher.size, self._tracks(), watcher.camera, watcher.motion)

    def _finish(self, last: bool) -> None:
        """Find tracks in the frames held; keep some for the next stretch, unless this was the last of its shot."""
        labs = [
            np.asarray(cv2.cvtColor(reduced(image, OBJECT_LINES), cv2.COLOR_RGB2LAB), np.uint8) for image in self._held
        ]
        height, width = labs[0].shape[:2]
        probabilities = foreground(labs, self._steps)
        linker = Linker(probabilities, labs, self._settings.min_area)
        for position in range(len(labs)):
            step = self._steps[position - 1] if position else None
            linker.forward(position, None if step is None else resized_flow(step.backward, width, height))
        for position in reversed(range(len(labs) - 1)):
            linker.backward(position, resized_flow(self._steps[position].forward, width, height))
        found = [track.masks for track in linker.tracks]
        owners = self._owners(found)

        def whole(position: int) -> list[tuple[_Long, Rle, float]]:
            here = [(owner, masks[position]) for owner, masks in zip(owners, found, strict=True) if position in masks]
            full = refined([mask for _, mask in here], self._held[position], self._watcher.size)
            return [
                (owner, encode(large), sureness(small, probabilities[position]))
                for (owner, small), large in zip(here, full, strict=True)
                if large.any()
            ]

        new = range(self._shared, len(labs))
        for position, shown in zip(new, each(whole, new), strict=True):
            for owner, mask, sure in shown:
                owner.masks[self._first + position] = mask
                owner.scores[self._first + position] = sure
        if last:
            self._held, self._steps, self._open, self._shared = [], [], [], 0
            return
        start = len(labs) - OVERLAP
        self._open = [
            (owner, {self._first + position: mask for position, mask in masks.items() if position >= start})
            for owner, masks in zip(owners, found, strict=True)
        ]
        self._held, self._steps, self._shared = self._held[start:], self._steps[start:], OVERLAP
        self._first += start

    def _owners(self, found: list[dict[int, Mask]]) -> list[_Long]:
        """The track that each object of a stretch continues, best agreement first; new ones for the others."""
        pairs = []
        for number, masks in enumerate(found):
            for place, (_, before) in enumerate(self._open):
                overlaps = [
                    float((mask & masks[at - self._first]).sum() / (mask | masks[at - self._first]).sum())
                    for at, mask in before.items()
                    if at - self._first in masks
                ]
                if overlaps and np.mean(overlaps) >= SAME:
                    pairs.append((-float(np.mean(overlaps)), number, place))
        owner: dict[int, _Long] = {}
        continued: set[int] = set()
        for _, number, place in sorted(pairs):
            if number not in owner and place not in continued:
                owner[number] = self._open[place][0]
                continued.add(place)
        for number in range(len(found)):
            if number not in owner:
                owner[number] = _Long(self._shots - 1)
                self._found.append(owner[number])
        return [owner[number] for number in range(len(found))]

    def _tracks(self) -> tuple[MaskTrack, ...]:
        """Without noise, and of each shot only the most salient; most salient first."""
        kept: list[MaskTrack] = []
        height, width = self._watcher.size
        pixels, length = height * width, self._taken
        for shot in range(self._shots):
            long_enough = [
                track.as_track(length, pixels)
                for track in self._found
                if track.shot == shot and len(track.masks) >= min(LEAST_LIFETIME, length)
            ]
            salient = [track for track in long_enough if track.score >= LEAST_SCORE]
            kept += sorted(salient, key=lambda track: -track.score)[: self._settings.max_tracks]
        return tuple(sorted(kept, key=lambda track: -track.score))

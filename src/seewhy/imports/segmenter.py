"""The segmenter that is told: masks come from an annotation, the camera's motion from the pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from seewhy.errors import AnnotationError
from seewhy.imports.annotation import AnnotatedObject, Annotation
from seewhy.perceive.seams import MaskTrack, Segmentation
from seewhy.perceive.watching import CameraWatcher
from seewhy.types.masks import Rle, area
from seewhy.types.twin import Label
from seewhy.types.video import Frame

NAMED = 1.0
"""The score of what an annotator calls a thing."""
PHRASE = 0.6
"""The score of further names: not every word of a phrase names the thing, as in "rider with bike"."""
LEAST_SALIENCE = 0.5
"""Somebody took the trouble to annotate it: its motion is taken at face value (see `twin.derive.SALIENT`)."""
FULL_SIZE = 0.01
"""Of the frame: smaller things are less salient, as with the embedded segmenter."""


class AnnotatedSegmenter:
    """A `Segmenter` for one video. Every mask is the annotation's, bit for bit."""

    def __init__(self, annotation: Annotation) -> None:
        self.annotation = annotation

    @property
    def source(self) -> str:
        """See `Segmenter.source`: the provenance of the annotation."""
        return self.annotation.source

    def segment(self, frames: Iterable[Frame]) -> Segmentation:
        """See `Segmenter.segment`. Keeps one frame, reduced.

        Raises:
            AnnotationError: a frame that is not annotated, or of another size than the masks.
        """
        watcher = CameraWatcher()
        masks: dict[str, dict[int, Rle]] = {name: {} for name in self.annotation.objects}
        for position, frame in enumerate(frames):
            self._check(frame)
            watcher.take(frame)
            for name, mask in self.annotation.frames[frame.index].items():
                masks[name][position] = mask
        tracks = [self._track(name, seen, len(watcher.times)) for name, seen in masks.items() if seen]
        ordered = tuple(sorted(tracks, key=lambda track: -track.score))  # of equals, the annotation's order
        return Segmentation(watcher.times, watcher.size, ordered, watcher.camera, watcher.motion)

    def _check(self, frame: Frame) -> None:
        if frame.index not in self.annotation.frames:
            raise AnnotationError(f"{self.annotation.origin}: frame {frame.index} is not annotated")
        size = frame.image.shape[:2]
        if size != self.annotation.size:
            raise AnnotationError(
                f"{self.annotation.origin}: frame {frame.index} has size {size}, the masks have {self.annotation.size}"
            )

    def _track(self, name: str, masks: Mapping[int, Rle], frames: int) -> MaskTrack:
        height, width = self.annotation.size
        size = float(np.mean([area(mask) for mask in masks.values()])) / (height * width)
        salience = (0.5 + 0.5 * len(masks) / frames) * min(1.0, size / FULL_SIZE) ** 0.25
        return MaskTrack(
            masks=masks,
            score=max(LEAST_SALIENCE, salience),
            labels=labels_of(self.annotation.objects[name], self.source),
            aliases=(name,),
        )


def labels_of(thing: AnnotatedObject, source: str) -> tuple[Label, ...]:
    """What an object is, best first; nothing where nobody said.

    >>> [label.score for label in labels_of(AnnotatedObject(("rider", "rider with bike")), "imported.coco-rle@1")]
    [1.0, 0.6]
    """
    return tuple(
        Label(name=name, score=PHRASE if place else NAMED, source=source, broader=None if place else thing.broader)
        for place, name in enumerate(thing.names)
    )

"""From a video and its annotation to a twin: the hook by which indexing perceives annotated videos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from seewhy.errors import AnnotationError, PerceptionError
from seewhy.imports.annotation import AnnotatedObject, Annotation
from seewhy.imports.formats import Origin
from seewhy.imports.segmenter import NAMED, AnnotatedSegmenter
from seewhy.perceive.builder import Perceived, build_twin
from seewhy.perceive.merging import merged_attributes
from seewhy.perceive.specialists import specialists_for
from seewhy.settings import Settings
from seewhy.types.time import Span
from seewhy.types.twin import Attribute, SpecialistRun, Track, Twin
from seewhy.types.video import Frame, VideoFacts
from seewhy.video.ahead import ahead
from seewhy.video.source import VideoSource

SAME_SHAPE = 0.01
"""Masks whose width differs by no more than this share from the video's, at their height, are of the same picture:
DAVIS gives 854 x 480 for 1920 x 1080."""
ROUNDING = 2
"""pixels by which the width may differ, however small the masks are"""

PERCEIVED_BY = "imported@1"
"""The source of the note by which a twin remembers its annotation."""


@dataclass(frozen=True, slots=True)
class Job:
    """Which annotation a video is imported with."""

    origin: Origin
    video: str
    """the video's name in it"""
    digest: str
    """of the annotation, as it was when the import began"""

    @property
    def note(self) -> str:
        """What the twin remembers it by."""
        return f"annotation {self.digest}"

    def is_of(self, twin: Twin) -> bool:
        """Whether the twin was made from just this annotation."""
        return any(run.source == PERCEIVED_BY and run.note == self.note for run in twin.specialists)


@dataclass(frozen=True)
class Importing:
    """A `seewhy.build.Perceive` for videos that are annotated. Travels to other processes."""

    jobs: Mapping[Path, Job]
    """path of a video → its annotation"""

    def __call__(self, source: VideoSource, path: Path, facts: VideoFacts, settings: Settings) -> Perceived:
        """
        Raises:
            AnnotationError: the annotation is not of this video, or was changed meanwhile.
            VideoError, PerceptionError, PluginError: see `build_twin`.
        """
        job = self.jobs[path]
        annotation = _found(job)
        perceived = perceive_annotated(annotation, source, path, facts, settings)
        return replace(perceived, twin=_remembering(perceived.twin, job))

    def is_outdated(self, path: Path, twin: Twin) -> bool:
        """Whether the twin of a video is not the one that its annotation gives."""
        return not self.jobs[path].is_of(twin)


def _found(job: Job) -> Annotation:
    """
    Raises:
        AnnotationError: it is not what it was when the import began.
    """
    for _ in range(2):
        annotation = _read(job.origin).get(job.video)
        if annotation is not None and annotation.digest == job.digest:
            return annotation
        _read.cache_clear()  # what was read before an earlier import
    raise AnnotationError(f"{job.origin.path}: changed while it was imported; import it again")


@lru_cache(maxsize=1)  # videos of one file come one after the other
def _read(origin: Origin) -> Mapping[str, Annotation]:
    return {annotation.video: annotation for annotation in origin.read()}


def perceive_annotated(
    annotation: Annotation, source: VideoSource, path: Path, facts: VideoFacts, settings: Settings
) -> Perceived:
    """The twin of a video whose masks are known: its frames are the annotated ones, its masks the annotation's.

    Colors, depth, camera and the rest come from the specialists of the profile.

    Raises:
        AnnotationError: the video has another shape, or another number of frames, than the annotation says.
        VideoError, PerceptionError, PluginError: see `build_twin`.
    """
    _check_shape(annotation, facts)
    # Nobody segments, so nobody needs a segmenter's weights.
    perceive = settings.perceive.model_copy(update={"segmenter": "embedded.segmenter"})
    asked = specialists_for(settings.model_copy(update={"perceive": perceive}))
    reading = _Reading(annotation, source, path, facts)
    try:
        perceived = build_twin(
            facts, reading.frames, settings, replace(asked, segmenter=AnnotatedSegmenter(annotation))
        )
    except PerceptionError as error:
        if isinstance(error.__cause__, AnnotationError):  # not the segmenter's fault
            raise error.__cause__ from None
        raise
    twin = perceived.twin
    tracks = tuple(_with_attributes(track, annotation, twin) for track in twin.tracks)
    notes = _degraded(annotation, reading.count)
    return replace(perceived, twin=twin.model_copy(update={"tracks": tracks, "degraded": (*twin.degraded, *notes)}))


class _Reading:
    """Reads the annotated frames of a video, at the size of the masks."""

    def __init__(self, annotation: Annotation, source: VideoSource, path: Path, facts: VideoFacts) -> None:
        self._annotation, self._source, self._path, self._facts = annotation, source, path, facts
        self.count = 0
        """decoded frames, once all have been read"""

    def frames(self) -> Iterator[Frame]:
        """
        Raises:
            AnnotationError: the video's frames are not those that the annotation counts.
        """
        return ahead(self._frames())

    def _frames(self) -> Iterator[Frame]:
        annotation, seen = self._annotation, 0
        last = max(annotation.frames)
        height, width = annotation.size
        every = float(2 / self._facts.time_base)  # no two frames are nearer to each other than one unit of the clock
        for frame in self._source.frames(self._path, self._facts, rate=every, lines=height, max_frames=None):
            seen = frame.index + 1
            if frame.index in annotation.frames:
                yield _sized(frame, width, height)
            if self.count and frame.index >= last:
                return
        self.count = seen
        _check_count(annotation, seen)


def _sized(frame: Frame, width: int, height: int) -> Frame:
    if frame.image.shape[:2] == (height, width):
        return frame
    smaller = frame.image.shape[0] > height or frame.image.shape[1] > width
    way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return replace(frame, image=np.asarray(cv2.resize(frame.image, (width, height), interpolation=way), np.uint8))


def _check_shape(annotation: Annotation, facts: VideoFacts) -> None:
    height, width = annotation.size
    expected = facts.width * height / facts.height
    if abs(width - expected) > max(ROUNDING, SAME_SHAPE * expected):
        raise AnnotationError(
            f"{annotation.origin}: masks of {width} x {height} pixels, the video has {facts.width} x {facts.height}; "
            "check that they belong together, and that the masks are of the upright picture"
        )


def _check_count(annotation: Annotation, count: int) -> None:
    last = max(annotation.frames)
    if last >= count:
        raise AnnotationError(
            f"{annotation.origin}: masks in frame {last}, the video decodes to {count} frames, counted from 0; "
            "check that they belong together"
        )
    if annotation.frame_count not in (None, count):
        raise AnnotationError(
            f"{annotation.origin}: of a video of {annotation.frame_count} frames, this one decodes to {count}; "
            "check that they belong together"
        )


def _with_attributes(track: Track, annotation: Annotation, twin: Twin) -> Track:
    """The track with what its annotator says of it, each over the time in which it holds."""
    thing = annotation.objects.get(track.aliases[0]) if track.aliases else None
    if thing is None or not thing.attributes:
        return track
    said = tuple(_attributes(thing, annotation.source, twin))
    return track.model_copy(update={"attributes": merged_attributes(track.attributes, said, annotation.source)})


def _attributes(thing: AnnotatedObject, source: str, twin: Twin) -> Iterator[Attribute]:
    for one in thing.attributes:
        if one.frames is None:
            yield Attribute(kind=one.kind, value=one.value, score=NAMED, source=source)
            continue
        for span in _spans(one.frames, twin):
            yield Attribute(kind=one.kind, value=one.value, score=NAMED, source=source, span=span)


def _spans(frames: frozenset[int], twin: Twin) -> Iterator[Span]:
    """Runs of the twin's frames that are among `frames`, each up to the frame after it."""
    began: float | None = None
    for frame in twin.frames:
        if frame.index in frames:
            began = frame.t if began is None else began
        elif began is not None:
            yield Span(start=began, end=frame.t)
            began = None
    if began is not None:
        yield Span(start=began, end=max(twin.video.duration, twin.frames[-1].t))


def _degraded(annotation: Annotation, count: int) -> Iterator[str]:
    known = len(annotation.frames)
    if known < count:
        yield f"{known} of {count} frames are annotated; of the others nothing is known"
    if annotation.coverage == "sparse" and annotation.format == "coco-rle":
        yield "an object that an annotated frame lacks may be there, and only not annotated"
    yield from annotation.notes


def _remembering(twin: Twin, job: Job) -> Twin:
    run = SpecialistRun(source=PERCEIVED_BY, note=job.note)
    return twin.model_copy(update={"specialists": (*twin.specialists, run)})

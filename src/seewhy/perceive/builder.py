"""Frames → twin: the specialists look at a video in two readings, and what they say is put together.

The first reading feeds the segmenter. The second goes through the same frames with the masks at hand: the depth
estimator and the describer see every frame, the detector a few. Neither keeps the frames, so that memory does not grow
with a video's length. Relations and events are not seen but derived, later and elsewhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

import numpy as np

from seewhy.errors import PerceptionError
from seewhy.perceive.asking import Asking
from seewhy.perceive.camera import camera_attributes
from seewhy.perceive.naming import LEAST_LOOKS, asks_for, budget, frames_to_look_at, names_for, unnamed
from seewhy.perceive.observing import Place, observation, place
from seewhy.perceive.seams import Detection, MaskTrack, Segmentation, Wide
from seewhy.perceive.specialists import Specialists, specialists_for
from seewhy.perceive.tempo import tempo_of
from seewhy.settings import Settings
from seewhy.threads import in_flight
from seewhy.types.masks import Rle
from seewhy.types.twin import Camera, Observation, Scene, SpecialistRun, Track, Twin
from seewhy.types.video import Frame, FrameTime, Image, VideoFacts

THUMBNAIL_WIDTH = 320
"""pixels, at most"""


@dataclass(frozen=True)
class Perceived:
    """What perception makes of a video."""

    twin: Twin
    masks: Mapping[int, Mapping[int, Rle]]
    """index of a decoded frame → track id → mask; frames that show no track are left out"""
    thumbnail: Image
    """RGB, at most THUMBNAIL_WIDTH wide: the frame that shows the most salient tracks"""


def build_twin(
    facts: VideoFacts,
    frames: Callable[[], Iterable[Frame]],
    settings: Settings,
    specialists: Specialists | None = None,
) -> Perceived:
    """What can be seen in a video.

    Args:
        facts: what its file says.
        frames: reads the sampled frames, all of one size, from the start; called twice, the same frames each time.
        settings: name the specialists, unless these are given.
        specialists: who looks.

    Raises:
        VideoError: the video cannot be read; comes from `frames`.
        PerceptionError: a specialist failed on a video that can be read, which one and why; or there were no frames,
            or others in the second reading.
        PluginError: a specialist does not load.
    """
    asked = specialists or specialists_for(settings)
    asking = Asking()
    with asking.of(asked.segmenter.source):
        segmentation = asked.segmenter.segment(asking.reading(frames()))
    if not segmentation.frames:
        raise PerceptionError("there was no frame to look at; check that the video is not empty")
    look = _SecondLook(asked, asking, segmentation, settings)
    look.look(_again(frames(), segmentation.frames))
    tracks = look.tracks()
    largest_area = median(o.area for o in tracks[0].observations) if tracks else 0.0
    with asking.of("camera and tempo"):
        camera, tempo = camera_attributes(segmentation, largest_area), tempo_of(segmentation)
    twin = Twin(
        video=facts,
        frames=segmentation.frames,
        mask_size=segmentation.size,
        tracks=tracks,
        scene=look.scene(),
        camera=Camera(attributes=camera),
        tempo=tempo,
        specialists=look.runs(),
        degraded=segmentation.notes,
    )
    return Perceived(twin, look.masks, look.thumbnail)


class _Salient(NamedTuple):
    """A track that is really there, with its id."""

    id: int
    track: MaskTrack
    places: Mapping[int, Place]
    """position of a sampled frame → where it is; empty masks are left out"""
    part_of: int | None
    """id of the track that it is a part of"""


@dataclass(slots=True)
class _Glance:
    """A frame, its masks, and what has been said of it so far."""

    position: int
    frame: Frame
    shown: Mapping[int, Rle]
    """track → mask"""
    ranks: Sequence[tuple[float, float]] | None = None
    detections: Sequence[Detection] | None = None


class _SecondLook:
    """Shows the frames and their masks to the specialists, and gathers what they say.

    A frame passes through `glance`, in any thread and beside others, where the wide specialists look at it; then, in
    order, through `take`, where the others do, and where all that was said is kept.
    """

    thumbnail: Image

    def __init__(self, asked: Specialists, asking: Asking, segmentation: Segmentation, settings: Settings) -> None:
        self.masks: dict[int, dict[int, Rle]] = {}
        self._asked, self._asking = asked, asking
        self._salient = _salient(segmentation.tracks)
        self._best = _best_position(self._salient, len(segmentation.frames))
        self._frames = len(segmentation.frames)
        self._detected = segmentation.detections
        self._looks = _positions_to_look_at(self._salient, self._frames, self._detected)
        self._phrases = asks_for(asked.detector, settings)
        self._names = names_for(asked.detector, settings)
        self._observations: dict[int, list[Observation]] = {one.id: [] for one in self._salient}
        self._wide = [one for one in (asked.depth, asked.detector) if isinstance(one, Wide)]
        with asking.of("the describer"):
            self._describer = asked.describer()

    def look(self, frames: Iterable[Frame]) -> None:
        """Take in all frames."""
        width = max((one.width for one in self._wide), default=1)
        for glance in in_flight(self._glance, enumerate(frames), width):
            self._take(glance)

    def _glance(self, place: tuple[int, Frame]) -> _Glance:
        position, frame = place
        glance = _Glance(
            position, frame, {one.id: one.track.masks[position] for one in self._salient if position in one.places}
        )
        self._ask(glance, wide=True)
        return glance

    def _take(self, glance: _Glance) -> None:
        position, frame, shown = glance.position, glance.frame, glance.shown
        with self._asking.of(self._describer.source):
            self._describer.see(frame, shown)
        if position == self._best:
            self.thumbnail = _shrunk(frame.image)
        if not shown:
            return
        self._ask(glance, wide=False)
        assert glance.ranks is not None
        self.masks[frame.index] = dict(shown)
        if glance.detections is not None:
            with self._asking.of(self._asked.detector.source):
                self._names.look(shown, glance.detections)
        ranks = dict(zip(shown, glance.ranks, strict=True))
        for one in self._salient:
            if one.id in shown:
                (depth, _), score = ranks[one.id], one.track.scores.get(position, 1.0)
                self._observations[one.id].append(observation(frame.time, one.id, one.places[position], depth, score))

    def _ask(self, glance: _Glance, *, wide: bool) -> None:
        """Ask the specialists that are wide, or those that are not, about a frame that shows something."""
        depth, detector = self._asked.depth, self._asked.detector
        if not glance.shown:
            return
        if isinstance(depth, Wide) == wide:
            with self._asking.of(depth.source):
                glance.ranks = depth.ranks(glance.frame, list(glance.shown.values()))
                if len(glance.ranks) != len(glance.shown):
                    raise ValueError(f"{len(glance.ranks)} ranks for {len(glance.shown)} masks")
        if glance.position in self._detected:
            glance.detections = self._detected[glance.position]
        elif glance.position in self._looks and isinstance(detector, Wide) == wide:
            with self._asking.of(detector.source):
                glance.detections = detector.detect(glance.frame, self._phrases)

    def tracks(self) -> tuple[Track, ...]:
        """Most salient first."""
        source = self._asked.segmenter.source
        with self._asking.of(self._describer.source):
            attributes = {one.id: tuple(self._describer.track_attributes(one.id)) for one in self._salient}
        return tuple(
            Track(
                id=one.id,
                labels=one.track.labels or self._names.labels(one.id, unnamed(one.track.score, source)),
                attributes=attributes[one.id],
                observations=tuple(self._observations[one.id]),
                score=one.track.score,
                source=source,
                part_of=one.part_of,
                aliases=one.track.aliases,
                id_confidence=one.track.id_confidence,
            )
            for one in self._salient
        )

    def scene(self) -> Scene:
        with self._asking.of(self._describer.source):
            return Scene(attributes=tuple(self._describer.scene_attributes()))

    def runs(self) -> tuple[SpecialistRun, ...]:
        """Who looked, for how long, at what."""
        on_the_way = f", and the segmenter at {len(self._detected)} with its help" if self._detected else ""
        notes = {
            self._asked.segmenter.source: f"{len(self._salient)} tracks",
            self._asked.detector.source: f"looked at {len(self._looks)} of {self._frames} frames{on_the_way}",
            self._asked.depth.source: f"looked at {len(self.masks)} of {self._frames} frames",
            self._describer.source: None,
        }
        seconds = self._asking.seconds
        return tuple(
            SpecialistRun(source=source, seconds=round(seconds.get(source, 0.0), 3), note=note)
            for source, note in notes.items()
        )


def _salient(tracks: Sequence[MaskTrack]) -> tuple[_Salient, ...]:
    """Tracks with at least one mask that is not empty, numbered from 1, most salient first."""
    places = [{p: at for p in sorted(track.masks) if (at := place(track.masks[p]))} for track in tracks]
    order = sorted((number for number in range(len(tracks)) if places[number]), key=lambda n: -tracks[n].score)
    ids = {number: identity for identity, number in enumerate(order, start=1)}
    whole = {number: tracks[number].part_of for number in order}
    return tuple(
        _Salient(ids[n], tracks[n], places[n], ids.get(part) if (part := whole[n]) is not None else None) for n in order
    )


def _positions_to_look_at(
    salient: Sequence[_Salient], frames: int, detected: Mapping[int, Sequence[Detection]]
) -> frozenset[int]:
    """Frames that the detector is to look at: those that show tracks without a name, which the segmenter's own
    looks with a detector did not show often enough."""
    wanting = [
        one.places.keys() - detected.keys()
        for one in salient
        if not one.track.labels and len(one.places.keys() & detected.keys()) < LEAST_LOOKS
    ]
    most = budget(frames)
    return frozenset(frames_to_look_at(wanting, max(most - len(detected), min(most, LEAST_LOOKS))))


def _best_position(salient: Sequence[_Salient], frames: int) -> int:
    """The frame that shows the most salience, then the most area; the middle one where nothing is shown anywhere."""
    middle = (frames - 1) / 2

    def worth(position: int) -> tuple[float, float, float]:
        shown = [one for one in salient if position in one.places]
        salience, area = sum(one.track.score for one in shown), sum(one.places[position].area for one in shown)
        return salience, area, -abs(position - middle)

    return max(range(frames), key=worth)


def _again(frames: Iterable[Frame], times: Sequence[FrameTime]) -> Iterator[Frame]:
    """The frames of the second reading.

    Raises:
        PerceptionError: they are not those of the first.
    """
    for frame, time in itertools.zip_longest(frames, times):
        if frame is None or time is None or frame.time != time:
            raise PerceptionError(
                "the second reading of the video gave other frames than the first; "
                "index it again when nobody writes to it"
            )
        yield frame


def _shrunk(image: Image) -> Image:
    import cv2

    height, width, _ = image.shape
    if width <= THUMBNAIL_WIDTH:
        return image.copy()
    size = THUMBNAIL_WIDTH, max(1, round(height * THUMBNAIL_WIDTH / width))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

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
from seewhy.perceive.naming import PHRASES, Names, budget, frames_to_look_at, unnamed
from seewhy.perceive.observing import Place, observation, place
from seewhy.perceive.seams import MaskTrack, Segmentation
from seewhy.perceive.specialists import Specialists, specialists_for
from seewhy.perceive.tempo import tempo_of
from seewhy.settings import Settings
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
    look = _SecondLook(asked, asking, segmentation)
    for position, frame in enumerate(_again(frames(), segmentation.frames)):
        look.see(position, frame)
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


class _SecondLook:
    """Shows the frames and their masks to the specialists, and gathers what they say."""

    thumbnail: Image

    def __init__(self, asked: Specialists, asking: Asking, segmentation: Segmentation) -> None:
        self.masks: dict[int, dict[int, Rle]] = {}
        self._asked, self._asking = asked, asking
        self._salient = _salient(segmentation.tracks)
        self._best = _best_position(self._salient, len(segmentation.frames))
        self._frames = len(segmentation.frames)
        self._looks = frozenset(frames_to_look_at([one.places for one in self._salient], budget(self._frames)))
        self._names = Names(asked.detector.source)
        self._observations: dict[int, list[Observation]] = {one.id: [] for one in self._salient}
        with asking.of("the describer"):
            self._describer = asked.describer()

    def see(self, position: int, frame: Frame) -> None:
        """Take in the frame at `position`, one after the other."""
        shown = [one for one in self._salient if position in one.places]
        masks = {one.id: one.track.masks[position] for one in shown}
        with self._asking.of(self._describer.source):
            self._describer.see(frame, masks)
        if position == self._best:
            self.thumbnail = _shrunk(frame.image)
        if not shown:
            return
        self.masks[frame.index] = masks
        with self._asking.of(self._asked.depth.source):
            ranks = dict(zip(masks, self._asked.depth.ranks(frame, list(masks.values())), strict=True))
        if position in self._looks:
            with self._asking.of(self._asked.detector.source):
                self._names.look(masks, self._asked.detector.detect(frame, PHRASES))
        for one in shown:
            (depth, _), score = ranks[one.id], one.track.scores.get(position, 1.0)
            self._observations[one.id].append(observation(frame.time, one.id, one.places[position], depth, score))

    def tracks(self) -> tuple[Track, ...]:
        """Most salient first."""
        source = self._asked.segmenter.source
        with self._asking.of(self._describer.source):
            attributes = {one.id: tuple(self._describer.track_attributes(one.id)) for one in self._salient}
        return tuple(
            Track(
                id=one.id,
                labels=self._names.labels(one.id, unnamed(one.track.score, source)),
                attributes=attributes[one.id],
                observations=tuple(self._observations[one.id]),
                score=one.track.score,
                source=source,
                id_confidence=one.track.id_confidence,
            )
            for one in self._salient
        )

    def scene(self) -> Scene:
        with self._asking.of(self._describer.source):
            return Scene(attributes=tuple(self._describer.scene_attributes()))

    def runs(self) -> tuple[SpecialistRun, ...]:
        """Who looked, for how long, at what."""
        notes = {
            self._asked.segmenter.source: f"{len(self._salient)} tracks",
            self._asked.detector.source: f"looked at {len(self._looks)} of {self._frames} frames",
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
    ordered = sorted(tracks, key=lambda track: -track.score)
    found = [(track, {p: at for p in sorted(track.masks) if (at := place(track.masks[p]))}) for track in ordered]
    there = [(track, places) for track, places in found if places]
    return tuple(_Salient(number, track, places) for number, (track, places) in enumerate(there, start=1))


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

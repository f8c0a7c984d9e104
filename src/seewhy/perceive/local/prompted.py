"""Segmenting with a tracker that has to be pointed at things (SAM 2.1, EdgeTAM), and a detector that points.

::

    frame ─▶ camera ─▶ (every so often) detector, grid ─▶ newcomers ─┐
                                          objects so far ─▶ tracker ─┴▶ pieces ─▶ stitched, merged, ranked ─▶ tracks

RT2V's way (arXiv 2511.12371), which prompts SAM 2 with what it finds; here things are also found that enter later, and
that have no name. Frames are read some at a time, so that the tracker may prepare them together. Holds these, and one
more where a session ends; a detector or a grid may hold its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise

import numpy as np

from seewhy.models.local.devices import device_for
from seewhy.models.local.weights import find
from seewhy.models.registry import SPECIALISTS, load
from seewhy.perceive.local.edgetam import EdgeTamTracker
from seewhy.perceive.local.finishing import finished
from seewhy.perceive.local.following import Following
from seewhy.perceive.local.newcomers import Newcomer, carried, named, unnamed_at_first, unnamed_moving
from seewhy.perceive.local.overlaps import box_iou, mask_iou
from seewhy.perceive.local.pieces import Recorder, place_of
from seewhy.perceive.local.sam2 import Sam2Tracker
from seewhy.perceive.local.tracking import Seen, Tracker
from seewhy.perceive.local.vocabulary import vocabulary
from seewhy.perceive.seams import Detection, Detector, Segmentation, Segmenter
from seewhy.perceive.segmenter import FULL_SIZE
from seewhy.perceive.specialists import chosen
from seewhy.perceive.watching import CameraWatcher, Watched
from seewhy.settings import Settings
from seewhy.types.masks import Mask
from seewhy.types.video import Frame

KNOWN = 0.5
"""IoU from which what was found is an object that is followed already."""
SAME = 0.7
"""IoU of masks from which two newcomers are one, as in mask NMS."""
PROMPTS = 2
"""Times the greatest number of tracks are tried in one frame, best first: some turn out to be the same, or nothing."""
DISPLACES = 1.5
"""Times as salient must a newcomer be as one that is followed, to take its place where there is no more room. Else two
things of about one salience would take it from each other all the time."""


def sam2(settings: Settings) -> Segmenter:
    """SAM 2.1 (Ravi et al., arXiv 2408.00714), pointed at things by the detector of the settings.

    Raises:
        WeightsError: its weights, or the detector's, are not here; which command gets them.
        PluginError: the detector does not load.
        SettingsError: there is no such device, or the vocabulary cannot be read.
    """
    local = settings.local
    return _prompted(Sam2Tracker(find(local.sam2, local), device_for(local), local.batch), settings)


def edgetam(settings: Settings) -> Segmenter:
    """EdgeTAM (Zhou et al., arXiv 2501.07256): as `sam2`, smaller and faster.

    Raises:
        WeightsError, PluginError, SettingsError: as `sam2`.
    """
    local = settings.local
    return _prompted(EdgeTamTracker(find(local.edgetam, local), device_for(local), local.batch), settings)


def _prompted(tracker: Tracker, settings: Settings) -> Segmenter:
    detector: Detector = load(SPECIALISTS, chosen(settings)["detector"])(settings)
    return PromptedSegmenter(tracker, detector, settings, vocabulary(settings))


class PromptedSegmenter:
    """`Segmenter` over a promptable tracker and a detector."""

    def __init__(self, tracker: Tracker, detector: Detector, settings: Settings, phrases: Sequence[str]) -> None:
        """
        Args:
            phrases: that the detector looks for.
        """
        self.source = tracker.source
        self._tracker, self._detector, self._settings, self._phrases = tracker, detector, settings, tuple(phrases)

    def segment(self, frames: Iterable[Frame]) -> Segmentation:
        """See `Segmenter.segment`. Aliases are the numbers of pieces; names are left to votes over the detections."""
        local, perceive = self._settings.local, self._settings.perceive
        with Following(self._tracker, local.chunk, perceive.min_area) as following:
            reading = _Reading(self._tracker, self._detector, self._settings, self._phrases, following)
            rest = iter(frames)
            while reading.take(rest):
                pass
        return reading.close()


class _Reading:
    """One video being read."""

    def __init__(
        self, tracker: Tracker, detector: Detector, settings: Settings, phrases: Sequence[str], following: Following
    ) -> None:
        self._tracker, self._detector, self._phrases, self._following = tracker, detector, phrases, following
        self._batch, self._redetect = settings.local.batch, settings.local.redetect
        self._most = settings.perceive.max_tracks
        self._min_area = settings.perceive.min_area
        self._watcher, self._recorder = CameraWatcher(), Recorder()
        self._detections: dict[int, tuple[Detection, ...]] = {}
        self._taken = 0
        self._since = 0
        """frames since the shot began"""
        self._numbers = 0
        """given to objects so far"""

    def take(self, rest: Iterator[Frame]) -> bool:
        """The next frames, as many as the tracker may prepare together; whether there were any."""
        frames = list(islice(rest, self._batch))
        watched = [self._watcher.take(frame) for frame in frames]
        cuts = [place for place, one in enumerate(watched) if one.camera.cut]
        for start, end in pairwise(sorted({0, *cuts, len(frames)})):
            if watched[start].camera.cut:
                self._following.cut()
                self._since = 0
            self._following.expect(frames[start:end])
            for frame, one in zip(frames[start:end], watched[start:end], strict=True):
                self._look(frame, one)
        return bool(frames)

    def _look(self, frame: Frame, watched: Watched) -> None:
        position, self._taken = self._taken, self._taken + 1
        newcomers: dict[int, Newcomer] = {}
        if self._since % self._redetect == 0:
            newcomers = self._numbered(self._search(position, frame, watched))
        self._since += 1
        seen = self._following.look(frame, [one.prompt(number) for number, one in newcomers.items()])
        if newcomers:
            seen = self._settled(newcomers, seen)
        self._recorder.take(position, watched.image, seen)

    def close(self) -> Segmentation:
        watcher = self._watcher
        pieces = self._recorder.pieces(self._detector.source)
        tracks = finished(pieces, watcher.times, watcher.camera, watcher.size, self._most)
        # What pieces are called decides who is who. What tracks are called is for `naming` to count, by rules of its
        # own (how many looks must agree, which words mean one thing), as for every other segmenter.
        tracks = tuple(replace(track, labels=()) for track in tracks)
        return Segmentation(
            watcher.times, watcher.size, tracks, watcher.camera, watcher.motion, detections=self._detections
        )

    def _search(self, position: int, frame: Frame, watched: Watched) -> list[Newcomer]:
        """Who is new in a frame, likeliest first; what is found of those already followed is taken down as a vote."""
        found = tuple(self._detector.detect(frame, self._phrases))
        self._detections[position] = found
        expected = carried(self._following.masks, watched)
        boxes = {number: where.box for number, mask in expected.items() if (where := place_of(mask)) is not None}
        new = []
        for thing in named(found):
            assert thing.box is not None
            overlaps = {number: box_iou(box, thing.box) for number, box in boxes.items()}
            nearest = max(overlaps, key=lambda number: (overlaps[number], -number), default=None)
            if nearest is not None and overlaps[nearest] >= KNOWN:
                self._recorder.vote(nearest, thing.phrases)
            else:
                new.append(thing)
        at = [detection.box for detection in found]
        if self._since == 0:
            new += unnamed_at_first(self._tracker, frame, at, self._min_area)
        else:
            known = np.any([np.zeros(watched.image.shape[:2], bool), *expected.values()], axis=0)
            new += unnamed_moving(self._tracker, frame, watched, known, at, self._min_area)
        return sorted(new, key=lambda thing: -thing.found)[: PROMPTS * self._most]

    def _numbered(self, newcomers: Sequence[Newcomer]) -> dict[int, Newcomer]:
        numbers = range(self._numbers + 1, self._numbers + 1 + len(newcomers))
        self._numbers += len(newcomers)
        for number, newcomer in zip(numbers, newcomers, strict=True):
            self._recorder.begin(number, newcomer.found)
            if newcomer.phrases:
                self._recorder.vote(number, newcomer.phrases)
        return dict(zip(numbers, newcomers, strict=True))

    def _settled(self, newcomers: Mapping[int, Newcomer], seen: Mapping[int, Seen]) -> dict[int, Seen]:
        """What is seen, without newcomers that are nothing, that are known already, or for whom there is no room."""
        stay = {number: one for number, one in seen.items() if number not in newcomers}
        masks: dict[int, tuple[Mask, float]] = {number: (one.mask, KNOWN) for number, one in stay.items()}
        for number, newcomer in newcomers.items():
            if number not in seen:
                continue
            mask = seen[number].mask
            same = next((other for other, (theirs, least) in masks.items() if mask_iou(mask, theirs) >= least), None)
            if same is None:
                stay[number], masks[number] = seen[number], (mask, SAME)
            elif newcomer.phrases:
                self._recorder.vote(same, newcomer.phrases)
        for number in self._too_many(stay, newcomers):
            stay.pop(number, None)
        gone = [number for number in self._following.live if number not in stay and number in newcomers]
        self._following.drop(gone)
        for number in gone:
            self._recorder.forget(number)
        return stay

    def _too_many(self, stay: Mapping[int, Seen], newcomers: Mapping[int, Newcomer]) -> list[int]:
        """Those for whom there is no room: the least salient, the followed ones counting for DISPLACES times theirs.

        Who is followed and hidden counts as small: what can be seen comes first.
        """
        followed = [number for number in self._following.live if number not in newcomers]
        everyone = [*followed, *(number for number in stay if number in newcomers)]

        def worth(number: int) -> float:
            area = float(stay[number].mask.mean()) if number in stay else 0.0
            sure = self._recorder.found(number) * (1.0 if number in newcomers else DISPLACES)
            return float(sure * min(1.0, max(area, self._min_area) / FULL_SIZE) ** 0.25)

        over = sorted(everyone, key=lambda number: (-worth(number), number))[self._most :]
        self._following.drop([number for number in over if number not in newcomers])
        return over

"""Segmenting by phrases (SAM 3): what a list of words says is found, followed and named at once.

::

    frame ─▶ camera ─▶ (cut: new session) ─▶ phrases looked for, objects followed ─▶ probation ─▶ pieces ─▶ tracks

A session ends with its shot, and after so many frames, since time and memory grow with what it knows; the next one
begins with the last frame once more, and who is seen there as before keeps his number. Looking for a phrase takes as
long as segmenting with it, so all of them are looked for every few frames, and between those the ones in view.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

from seewhy.models.local.devices import device_for
from seewhy.models.local.weights import find
from seewhy.perceive.local.finishing import finished
from seewhy.perceive.local.overlaps import mask_iou
from seewhy.perceive.local.phrasing import Named, PhraseSession, PhraseTracker
from seewhy.perceive.local.pieces import Recorder
from seewhy.perceive.local.sam3 import Sam3Tracker
from seewhy.perceive.local.tracking import Seen
from seewhy.perceive.local.vocabulary import vocabulary, wider_classes
from seewhy.perceive.seams import MaskTrack, Segmentation, Segmenter
from seewhy.perceive.watching import CameraWatcher
from seewhy.settings import Settings
from seewhy.types.video import Frame, Image

SAME = 0.5
"""IoU in a frame that two sessions share from which an object of the one is that of the other: above it there is one at
most, as objects of one phrase do not overlap."""


def sam3(settings: Settings) -> Segmenter:
    """SAM 3 (arXiv 2511.16719), with the phrases of the vocabulary.

    Raises:
        WeightsError: its weights are not here; which command gets them.
        SettingsError: there is no such device, or the vocabulary cannot be read.
    """
    local = settings.local
    return PhrasedSegmenter(Sam3Tracker(find(local.sam3, local), device_for(local), vocabulary(settings)), settings)


class PhrasedSegmenter:
    """`Segmenter` over a tracker of phrases."""

    def __init__(self, tracker: PhraseTracker, settings: Settings) -> None:
        """
        Raises:
            SettingsError: the vocabulary, which has the wider classes of phrases, cannot be read.
        """
        self.source = tracker.source
        self._tracker, self._settings, self._wider = tracker, settings, wider_classes(settings)

    def segment(self, frames: Iterable[Frame]) -> Segmentation:
        """See `Segmenter.segment`. Each track is labeled with its phrase, or with all if several found it, and with the
        wider classes that the vocabulary gives these.

        Holds the frames on probation, 15 with SAM 3's settings.
        """
        with ExitStack() as stack:
            reading = _Reading(self._tracker, self._settings, stack)
            for frame in frames:
                reading.take(frame)
            found = reading.finish()
        return replace(found, tracks=tuple(map(self._widened, found.tracks)))

    def _widened(self, track: MaskTrack) -> MaskTrack:
        labels = (label.model_copy(update={"broader": self._wider.get(label.name)}) for label in track.labels)
        return replace(track, labels=tuple(labels))


@dataclass
class _Shown:
    """A frame on probation: of what it shows some may be taken back."""

    position: int
    frame: Frame
    small: Image
    named: dict[int, Named]
    """the session's number of an object → how it is seen"""


class _Reading:
    """One video being read."""

    def __init__(self, tracker: PhraseTracker, settings: Settings, stack: ExitStack) -> None:
        """
        Args:
            stack: where sessions are opened.
        """
        self._tracker, self._stack = tracker, stack
        self._chunk, self._redetect = settings.local.chunk, settings.local.redetect
        self._least, self._most = settings.perceive.min_area, settings.perceive.max_tracks
        self._watcher, self._recorder = CameraWatcher(), Recorder()
        self._taken = 0
        """frames of the video"""
        self._session: PhraseSession | None = None
        self._looks = 0
        """frames of the session"""
        self._waiting: deque[_Shown] = deque()
        self._numbers: dict[int, int] = {}
        """the session's number of an object → ours"""
        self._count = 0

    def take(self, frame: Frame) -> None:
        watched = self._watcher.take(frame)
        position, self._taken = self._taken, self._taken + 1
        if watched.camera.cut:
            self._end()
        elif self._looks >= self._chunk:
            self._renew()
        self._admit(self._look(position, frame, watched.image))

    def finish(self) -> Segmentation:
        self._end()
        watcher = self._watcher
        pieces = self._recorder.pieces(self._tracker.source)
        tracks = finished(pieces, watcher.times, watcher.camera, watcher.size, self._most)
        return Segmentation(watcher.times, watcher.size, tracks, watcher.camera, watcher.motion)

    def _look(self, position: int, frame: Frame, small: Image) -> _Shown:
        """What is in a frame; what turns out to be nothing goes from the frames before."""
        if self._session is None:
            self._session = self._stack.enter_context(self._tracker.session())
        look = self._session.look(frame, search=self._looks % self._redetect == 0)
        self._looks += 1
        for shown in self._waiting:
            for number in look.gone:
                shown.named.pop(number, None)
        large = {number: one for number, one in look.named.items() if one.mask.mean() >= self._least}
        return _Shown(position, frame, small, large)

    def _admit(self, shown: _Shown) -> None:
        """Put a frame on probation, behind those before; take down those that are through with it, all but the last."""
        assert self._session is not None
        self._waiting.append(shown)
        while len(self._waiting) > max(self._session.delay, 1):
            self._record(self._waiting.popleft())

    def _record(self, shown: _Shown) -> None:
        for number, one in shown.named.items():
            if number not in self._numbers:
                self._count += 1
                self._numbers[number] = self._count
                self._recorder.begin(self._count, one.found)
                self._recorder.vote(self._count, {one.phrase: one.found})
        seen = {self._numbers[number]: Seen(one.mask, one.score) for number, one in shown.named.items()}
        self._recorder.take(shown.position, shown.small, seen)

    def _end(self) -> dict[int, Named]:
        """Close the session; who is still on probation has passed.

        Returns:
            our number → how it is seen in the session's last frame.
        """
        last: dict[int, Named] = {}
        while self._waiting:
            shown = self._waiting.popleft()
            self._record(shown)
            last = {self._numbers[number]: one for number, one in shown.named.items()}
        self._stack.close()
        self._session, self._looks, self._numbers = None, 0, {}
        return last

    def _renew(self) -> None:
        """Begin a new session with the last frame once more: who is in both goes on under his number."""
        again = self._waiting[-1]
        before = self._end()
        shown = self._look(again.position, again.frame, again.small)
        self._numbers = _continued(shown.named, before)
        shown.named = {number: one for number, one in shown.named.items() if number not in self._numbers}
        self._admit(shown)


def _continued(named: Mapping[int, Named], before: Mapping[int, Named]) -> dict[int, int]:
    """Who is who in one frame that was looked at twice: those of one phrase, by overlap, best first."""
    pairs = sorted(
        (-overlap, number, other)
        for number, one in named.items()
        for other, that in before.items()
        if one.phrase == that.phrase and (overlap := mask_iou(one.mask, that.mask)) >= SAME
    )
    same: dict[int, int] = {}
    for _, number, other in pairs:
        if number not in same and other not in same.values():
            same[number] = other
    return same

"""The objects that are being followed: one session of a tracker after the other, and who is live in them.

A session ends with its shot, and after so many frames, since what it remembers grows with them; the next one begins
with the masks of the last frame. So memory does not grow with the video.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from types import TracebackType

from seewhy.perceive.local.tracking import Prompt, Seen, Tracker, TrackerSession
from seewhy.types.masks import Mask
from seewhy.types.video import Frame

LEAST_SCORE = 0.3
"""Of a mask: under it the object counts as not seen. Trackers of the SAM family are unsure about half hidden objects
from about 0.5 down, and right about most of these; what is under 0.3 has mostly drifted onto something else."""
LOST_SECONDS = 5.0
"""What has not been seen for so long is followed no more: it costs as much as what is seen, and what comes back after
that is more often something else. It equals what stitching bridges (`HIDDEN_SECONDS`)."""


class Following:
    """Follows objects through the frames of one video. A context manager: its session goes with the block."""

    def __init__(self, tracker: Tracker, chunk: int, min_area: float) -> None:
        """
        Args:
            chunk: frames of one session, at most.
            min_area: as a fraction of the frame; what is smaller counts as not seen.
        """
        self._tracker, self._chunk, self._min_area = tracker, chunk, min_area
        self._open = ExitStack()
        self._session: TrackerSession | None = None
        self._taken = 0
        """frames that the session was shown"""
        self._last: Frame | None = None
        """the frame that the next session begins with; only where this one is full"""
        self._coming: deque[Frame] = deque()
        """frames that are expected"""
        self._masks: dict[int, Mask] = {}
        """object → its mask in the frame before, of those that were seen in it"""
        self._seen_at: dict[int, float] = {}
        """live object → seconds when it was last seen, or prompted"""

    def __enter__(self) -> Following:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    @property
    def live(self) -> tuple[int, ...]:
        """The objects being followed, seen or not, ascending."""
        return tuple(sorted(self._seen_at))

    @property
    def masks(self) -> Mapping[int, Mask]:
        """Object → its mask (H, W) in the frame before; those not seen there are left out."""
        return self._masks

    def expect(self, frames: Sequence[Frame]) -> None:
        """These are looked at next, in this order: see `TrackerSession.expect`. They are held until then."""
        self._coming = deque(frames)
        self._tell_session()

    def look(self, frame: Frame, prompts: Sequence[Prompt] = ()) -> dict[int, Seen]:
        """The next frame, of the same shot: the objects that are seen in it, by number."""
        if self._session is not None and self._taken >= self._chunk:
            self._begin_anew()
        if self._session is None and prompts:
            self._begin()
        while self._coming and self._coming.popleft() is not frame:
            pass
        if self._session is None:
            return {}
        everyone = self._session.look(frame, prompts)
        self._taken += 1
        self._last = frame if self._taken >= self._chunk else None
        seen = {number: everyone[number] for number in sorted(everyone) if self._is_seen(everyone[number])}
        self._masks = {number: one.mask for number, one in seen.items()}
        self._seen_at |= dict.fromkeys([*(prompt.object for prompt in prompts), *seen], frame.t)
        self.drop([number for number, at in self._seen_at.items() if frame.t - at > LOST_SECONDS])
        return seen

    def drop(self, objects: Collection[int]) -> None:
        """Follow these no longer."""
        if self._session is None or not objects:
            return
        self._session.drop(objects)
        for number in objects:
            self._seen_at.pop(number, None)
            self._masks.pop(number, None)
        if not self._seen_at:
            self._end()

    def cut(self) -> None:
        """The shot is over: nothing is followed any more, and no frame expected."""
        self._end()
        self._coming.clear()

    def _begin(self, *again: Frame) -> None:
        """A new session.

        Args:
            again: frames that it is shown before those that are expected.
        """
        self._session = self._open.enter_context(self._tracker.session())
        self._taken = 0
        self._tell_session(*again)

    def _tell_session(self, *again: Frame) -> None:
        """Of the frames that are expected those that the session will still see."""
        if self._session is not None:
            self._session.expect([*again, *islice(self._coming, max(0, self._chunk - self._taken))])

    def _end(self) -> None:
        self._open.close()
        self._session, self._taken, self._last = None, 0, None
        self._masks, self._seen_at = {}, {}

    def _begin_anew(self) -> None:
        """A new session from the masks of the last frame; who is hidden in it is lost, and for stitching to find."""
        last, masks, seen_at = self._last, self._masks, self._seen_at
        self._end()
        if last is None or not masks:
            return
        self._begin(last)
        assert self._session is not None
        self._session.look(last, [Prompt(number, mask=mask) for number, mask in sorted(masks.items())])
        self._masks, self._seen_at = masks, {number: seen_at[number] for number in masks}

    def _is_seen(self, one: Seen) -> bool:
        return one.score >= LEAST_SCORE and bool(one.mask.any()) and float(one.mask.mean()) >= self._min_area

"""The channel `states`: videos by what a model says of them, and by the states that it says it in (CoVR-R).

::

    gallery video ─▶ a frame a second ─▶ described ────────────────▶ token states, pooled ─╮
                                                                                          ├▶ cosine
    reference ─▶ a frame a second ╮                                                       │
    edit ─────────────────────────┴▶ reasoned about, result described ▶ token states, pooled ─╯

Unlike the twins' own channel it needs no conditions: the model watches the reference and reasons about the edit itself,
by the strategy that `compose.strategy` names. It is one of several ways to candidates, and knows nothing of the others.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from seewhy.channels.notes import NO_VECTOR, Notes
from seewhy.channels.shelf import Shelf, within
from seewhy.channels.showing import LINES, MOST_SLANTED, evenly
from seewhy.channels.vectors import VECTORS_FOLDER, Vector, VectorFolder
from seewhy.errors import LibraryReadOnly, OutOfSpace, PerceptionError, TwinError, VideoError
from seewhy.models.local.footage import Footage
from seewhy.reason.seams import Reference
from seewhy.threads import in_flight
from seewhy.twin.store import TwinStore
from seewhy.types.query import Filters, Query
from seewhy.types.twin import Twin
from seewhy.types.video import FrameTime
from seewhy.video.clip import Clip

if TYPE_CHECKING:
    from seewhy.models.local.composed.states import Described, Imagined, Outcome

RATE = 1.0
"""Frames a second, as in the published code; above all, the same for the gallery and for references."""
FEWEST, MOST = 4, 64
"""Frames. Fewer than four say little of what happens (the models' own preparation takes no fewer); those of more than a
minute lie more than a second apart."""

KEPT = 4096
"""Vectors of what would result that are remembered: an edit is asked about again after refinement, which changes no
video. Some tens of MB."""

Told = Callable[[int, int], None]
"""How many of how many videos have been described."""


class Teller(Protocol):
    """Who describes videos, and videos that would result; see `PooledStates`."""

    def describe_all(self, videos: Sequence[Footage]) -> list[Outcome[Described]]: ...

    def compose(self, footage: Footage, edit: str) -> Imagined: ...


class StatesChannel:
    """The seam `Channel` over a teller. Videos are described when first asked about, or ahead by `prepare`."""

    name = "states"

    def __init__(
        self,
        teller: Teller,
        vectors: VectorFolder,
        twins: TwinStore,
        clip: Callable[[str], Clip],
        videos: Callable[[], Collection[str]],
        *,
        side: int = 8,
        told: Told | None = None,
    ) -> None:
        """
        Args:
            vectors: of the gallery, made by this teller.
            clip: video id → its pictures. Raises VideoError, TwinError.
            videos: the gallery.
            side: videos that are described side by side.
            told: hears how it goes where `prepare` is not told whom to tell.
        """
        self._teller, self._vectors, self._twins = teller, vectors, twins
        self._clip, self._videos, self._side, self._told = clip, videos, side, told
        self._said = Notes(self.name, NO_VECTOR)
        self._imaginings: dict[tuple[str, str], Vector] = {}
        """reference and edit → what would result, for when the same is asked again"""
        self._preparing, self._remembering = Lock(), Lock()

    def notes_of(self, reference: str | None) -> tuple[str, ...]:
        """What it could not do for an answer about this reference, and why; each once."""
        return self._said.of(reference)

    def scores(
        self, query: Query, reference: Reference | None, filters: Filters | None, among: Sequence[str] | None
    ) -> Mapping[str, float]:
        """Cosines; see `Channel.scores`. None where there is no reference, or none that can be seen.

        Raises:
            WeightsError: the model cannot be loaded.
        """
        asked = within(self._videos() if among is None else among, filters)
        imagined = self._imagined(query, reference) if asked else None
        if imagined is None:
            return {}
        self.prepare(asked)
        return self._vectors.cosines(imagined, asked)

    def prepare(self, videos: Collection[str], told: Told | None = None) -> None:
        """Describe what has no vector yet. Each is kept when its batch is done: who interrupts this, or kills it, goes
        on there.

        Raises:
            WeightsError: the model cannot be loaded.
        """
        told = told or self._told
        with self._preparing:  # two questions at a time would describe the same videos
            new = [video for video in self._vectors.missing(sorted(videos)) if not self._said.lacks(video)]
            ahead = in_flight(self._footage_of, new, self._side)  # is read while the model watches what was
            for start in range(0, len(new), self._side):
                batch = new[start : start + self._side]
                self._describe(dict(zip(batch, islice(ahead, len(batch)), strict=True)))
                if told is not None:
                    told(start + len(batch), len(new))

    def _describe(self, footages: Mapping[str, Footage | None]) -> None:
        seen = {video: footage for video, footage in footages.items() if footage is not None}
        if not seen:
            return
        for video, described in zip(seen, self._teller.describe_all(list(seen.values())), strict=True):
            if isinstance(described, PerceptionError):
                self._said.lack(video, described)
            else:
                self._keep(video, described.vector, described.text)

    def _footage_of(self, video: str) -> Footage | None:
        try:
            return footage_by_second(self._twins.load(video), self._clip(video))
        except (VideoError, TwinError) as error:
            self._said.lack(video, error)
            return None

    def _keep(self, video: str, vector: Vector, text: str) -> None:
        try:
            self._vectors.put(video, vector, text)
        except (LibraryReadOnly, OutOfSpace) as error:
            self._said.add(f"{self.name}: vectors are not kept: {error}")
            self._vectors = VectorFolder(self._vectors.folder.parent, self._vectors.key, read_only=True)
            self._vectors.put(video, vector, text)

    def _imagined(self, query: Query, reference: Reference | None) -> Vector | None:
        """The vector of what would result; None: there is none, and why is in the notes."""
        if reference is None:
            return None
        why = "there are no pictures of it"
        video = reference.twin.id
        with self._remembering:
            known = self._imaginings.get((video, query.text))
        if known is not None:
            return known
        if reference.clip is not None:
            try:
                made = self._teller.compose(footage_by_second(reference.twin, reference.clip), query.text).vector
            except (VideoError, PerceptionError) as error:
                why = str(error)
            else:
                with self._remembering:
                    if len(self._imaginings) >= KEPT:
                        self._imaginings.pop(next(iter(self._imaginings)))
                    self._imaginings[video, query.text] = made
                return made
        self._said.add(f"{self.name}: an edit of {video} finds nothing this way: {why}", video)
        return None


def footage_by_second(twin: Twin, clip: Clip) -> Footage:
    """A frame a second of a video, with their true times.

    Raises:
        VideoError: the file cannot be read, has changed, or its pictures are of a shape that no model takes.
    """
    width, height = twin.video.width, twin.video.height
    if max(width, height) > MOST_SLANTED * min(width, height):
        raise VideoError(
            Path(str(twin.id)),
            f"a picture of {width}x{height} is more than {MOST_SLANTED} times as long as wide; no model is shown it",
        )
    found = clip.exact(by_second(twin.frames), LINES)
    frames = [found[index] for index in sorted(found)]
    return Footage(tuple(frame.image for frame in frames), tuple(frame.t for frame in frames))


def by_second(frames: Sequence[FrameTime]) -> tuple[int, ...]:
    """Indices of the decoded frames that are nearest to second 0, 1, 2, ...; of a short video `FEWEST` that lie evenly,
    of a long one `MOST`.

    Args:
        frames: in order of time, at least one.

    >>> by_second([FrameTime(index=number, pts=0, t=number / 6) for number in range(27)])
    (0, 6, 12, 18, 24)
    """
    times = [frame.t for frame in frames]
    chosen: dict[int, FrameTime] = {}
    for number in range(int(times[-1] * RATE) + 1):
        second = number / RATE
        after = bisect_left(times, second)
        place = min((max(after - 1, 0), min(after, len(times) - 1)), key=lambda near: abs(times[near] - second))
        chosen[frames[place].index] = frames[place]
    if len(chosen) < FEWEST:
        return evenly(frames, FEWEST)
    return evenly(list(chosen.values()), MOST)


def states(shelf: Shelf) -> StatesChannel:
    """The channel with the model of `local.vision`, or `local.language`. Nothing is loaded yet.

    Raises:
        WeightsError: the weights are not here, or of a model that reads no videos. PluginError: torch is not installed.
        SettingsError: the device is not there.
    """
    from seewhy.models.local.composed.states import PooledStates

    teller = PooledStates(shelf.settings)
    key = {"channel": StatesChannel.name, **teller.key, "lines": str(LINES), "rate": f"{RATE:g}"}
    vectors = VectorFolder(shelf.folder / VECTORS_FOLDER, key, shelf.read_only)
    return StatesChannel(teller, vectors, shelf.twins, shelf.clip, shelf.videos, side=shelf.settings.local.batch)

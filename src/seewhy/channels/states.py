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

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

from seewhy.channels.notes import NO_VECTOR, NOT_KEPT, Notes
from seewhy.channels.rows import Vector
from seewhy.channels.shelf import Depends, Shelf, within
from seewhy.channels.showing import LINES, RATE, footage_by_second
from seewhy.channels.vectors import VectorFolder
from seewhy.errors import LibraryReadOnly, OutOfSpace, PerceptionError, TwinError, VideoError
from seewhy.models.local.footage import Footage
from seewhy.reason.seams import Reference
from seewhy.threads import in_flight
from seewhy.twin.folder import VECTORS_FOLDER
from seewhy.twin.store import TwinStore
from seewhy.types.query import Filters, Query
from seewhy.video.clip import Clip

if TYPE_CHECKING:
    from seewhy.models.local.composed.states import Described, Edited, Imagined

KEPT = 4096
"""Vectors of what would result that are remembered: an edit is asked about again after refinement, which changes no
video. Some tens of MB."""

Told = Callable[[int, int], None]
"""How many of how many videos have been described."""


class Teller(Protocol):
    """Who describes videos, and videos that would result; in place of what could not be done, the error. See
    `PooledStates`."""

    def describe_all(self, videos: Sequence[Footage]) -> list[Described | PerceptionError]: ...

    def compose_all(self, asked: Sequence[Edited]) -> list[Imagined | PerceptionError]: ...


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
        key: Mapping[str, str] | None = None,
        side: int = 8,
        told: Told | None = None,
    ) -> None:
        """
        Args:
            vectors: of the gallery, made by this teller.
            clip: video id → its pictures. Raises VideoError, TwinError.
            videos: the gallery.
            key: what it depends on how edits are imagined, besides what the vectors do.
            side: videos that are described side by side, and edits that are imagined so.
            told: hears how it goes where `prepare` is not told whom to tell.
        """
        self._teller, self._vectors, self._twins = teller, vectors, twins
        self._clip, self._videos, self._side, self._told = clip, videos, side, told
        self._key, self._lasting = dict(key or {}), not vectors.read_only
        self._said = Notes(self.name, NO_VECTOR)
        self._imaginings: dict[tuple[str, str], _Target] = {}
        """reference and edit → what would result, for when the same is asked again"""
        self._preparing, self._remembering = Lock(), Lock()

    @property
    def depends(self) -> Depends:
        """See `Depending`."""
        return Depends(key={**self._vectors.key, **self._key}, query=("text",), ordered=False)

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
        if not self._lasting:
            self._said.add(NOT_KEPT.format(self.name))
        try:
            self._vectors.put(video, vector, text)
        except (LibraryReadOnly, OutOfSpace) as error:
            self._said.add(f"{self.name}: vectors are not kept: {error}")
            self._vectors = VectorFolder(self._vectors.folder.parent, self._vectors.key, read_only=True)
            self._vectors.put(video, vector, text)

    def ahead(self, asked: Sequence[tuple[Query, Reference | None]]) -> None:
        """Imagine side by side what would result from these edits; see `Ahead.ahead`.

        Raises:
            WeightsError: the model cannot be loaded.
        """
        from seewhy.models.local.composed.states import Edited

        edits = {(str(one.twin.id), query.text): one for query, one in asked if one is not None}
        with self._remembering:
            new = [edit for edit in edits if edit not in self._imaginings]
        footages = in_flight(lambda edit: _seen(edits[edit]), new, self._side)  # read while others are imagined
        for start in range(0, len(new), self._side):
            batch = new[start : start + self._side]
            read = dict(zip(batch, islice(footages, len(batch)), strict=True))
            shown = {edit: footage for edit, footage in read.items() if isinstance(footage, Footage)}
            if not shown:
                continue
            made = self._teller.compose_all([Edited(footage, text) for (_, text), footage in shown.items()])
            for edit, imagined in zip(shown, made, strict=True):
                if not isinstance(imagined, PerceptionError):
                    self._remember(edit, imagined)

    def _imagined(self, query: Query, reference: Reference | None) -> Vector | None:
        """The vector of what would result; None: there is none, and why is in the notes."""
        if reference is None:
            return None
        video = str(reference.twin.id)
        with self._remembering:
            target = self._imaginings.get((video, query.text))
        if target is None:
            made = self._compose(reference, query.text)
            if isinstance(made, PerceptionError):
                self._said.add(f"{self.name}: an edit of {video} finds nothing this way: {made}", video)
                return None
            target = self._remember((video, query.text), made)
        for note in target.notes:
            self._said.add(f"{self.name}: an edit of {video}: {note}", video)
        return target.vector

    def _compose(self, reference: Reference, edit: str) -> Imagined | PerceptionError:
        from seewhy.models.local.composed.states import Edited

        footage = _seen(reference)
        if isinstance(footage, PerceptionError):
            return footage
        [made] = self._teller.compose_all([Edited(footage, edit)])
        return made

    def _remember(self, edit: tuple[str, str], imagined: Imagined) -> _Target:
        target = _Target(imagined.vector, imagined.notes)
        with self._remembering:
            if len(self._imaginings) >= KEPT:
                self._imaginings.pop(next(iter(self._imaginings)))
            self._imaginings[edit] = target
        return target


class _Target(NamedTuple):
    """What would result from an edit."""

    vector: Vector
    notes: tuple[str, ...]
    """what had to be done without when it was imagined"""


def _seen(reference: Reference) -> Footage | PerceptionError:
    """What is shown of a reference; or why nothing is."""
    if reference.clip is None:
        return PerceptionError("there are no pictures of it")
    try:
        return footage_by_second(reference.twin, reference.clip)
    except VideoError as error:
        return PerceptionError(str(error))


def states(shelf: Shelf) -> StatesChannel:
    """The channel with the model of `local.vision`, or `local.language`. Nothing is loaded yet.

    Raises:
        WeightsError: the weights are not here, or of a model that reads no videos. PluginError: torch is not installed.
        SettingsError: the device is not there.
    """
    from seewhy.models.local.composed.session import JOIN, REASON, SINGLE, TARGET, prompt_of
    from seewhy.models.local.composed.states import REASONING_TOKENS, PooledStates

    settings = shelf.settings
    teller = PooledStates(settings)
    key = {"channel": StatesChannel.name, **teller.key, "lines": str(LINES), "rate": f"{RATE:g}"}
    imagining = {
        "strategy": settings.compose.strategy,
        "samples": f"{settings.compose.samples} at {settings.compose.temperature:g}, seed {settings.calls.seed}",
        "prompts": ", ".join(prompt_of(name).id for name in (REASON, JOIN, TARGET, SINGLE)),
        "reasoning": str(REASONING_TOKENS),
    }
    vectors = VectorFolder(shelf.folder / VECTORS_FOLDER, key, shelf.read_only)
    return StatesChannel(
        teller, vectors, shelf.twins, shelf.clip, shelf.videos, key=imagining, side=settings.local.batch
    )

"""The channel `joint`: a video as one vector, and a video with an edit as one vector, compared by cosine.

::

    gallery video ─▶ frames ───────────▶ embedder ─▶ vector ─╮
                                                             ├▶ cosine
    reference ─▶ frames ╮                                    │
    edit ───────────────┴▶ one input ─▶ embedder ─▶ vector ──╯

Reference and edit go into the model together: what R^3 and CoVRAGE measured to be better than two vectors that are
added up. The reasoning does not, by default: it serves the judge better than the vector (likewise).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Lock
from typing import Protocol

from seewhy.channels.notes import NO_VECTOR, NOT_KEPT, Notes
from seewhy.channels.rows import Vector
from seewhy.channels.shelf import Depends, Shelf, within
from seewhy.channels.showing import LINES, footage_of
from seewhy.channels.vectors import VectorFolder
from seewhy.errors import LibraryReadOnly, OutOfSpace, TwinError, VideoError
from seewhy.models.local.footage import Exhibit, Footage
from seewhy.plain import plain
from seewhy.reason.seams import Reference
from seewhy.threads import in_flight
from seewhy.twin.folder import VECTORS_FOLDER
from seewhy.twin.store import TwinStore
from seewhy.types.query import Filters, Query
from seewhy.types.twin import Twin
from seewhy.video.clip import Clip

EDITED = "Find the video that shows what the given video would show after the given edit."
"""The instruction for a reference with an edit; in the manner of those that the model was evaluated with: one sentence,
what is looked for, from what."""
SAID = "Find the video that shows what the given text says."
"""The instruction for words alone."""
MOST_LETTERS = 2000
"""Of an edit, or a question, with the description of what would result."""
FORMAT = "joint.v1"
"""How videos are shown; what was made with another is made anew."""


class Embedder(Protocol):
    """Videos, texts, and videos with texts → vectors in one space."""

    @property
    def name(self) -> str:
        """With the revision of its weights."""
        ...

    def embed(self, exhibits: Sequence[Exhibit], instruction: str = ...) -> Sequence[Vector]:
        """(D,) each, of length 1."""
        ...


class JointChannel:
    """The seam `Channel` over an embedder. Videos are embedded when first asked about, or ahead by `prepare`."""

    name = "joint"

    def __init__(
        self,
        embedder: Embedder,
        vectors: VectorFolder,
        twins: TwinStore,
        clip: Callable[[str], Clip],
        videos: Callable[[], Collection[str]],
        frames: int,
        *,
        described: bool = False,
        width: int = 1,
    ) -> None:
        """
        Args:
            vectors: of documents, made with this embedder and as many frames.
            clip: video id → its pictures. Raises VideoError, TwinError.
            videos: the gallery.
            frames: that the embedder is shown of a video.
            described: the query holds the trace's description of what would result, too.
            width: videos that are read side by side.
        """
        self._embedder, self._vectors, self._twins = embedder, vectors, twins
        self._clip, self._videos, self._frames = clip, videos, frames
        self._described, self._width = described, width
        self._lasting = not vectors.read_only
        self._said = Notes(self.name, NO_VECTOR)
        self._preparing, self._keeping = Lock(), Lock()

    @property
    def depends(self) -> Depends:
        """See `Depending`."""
        asking = {"edited": EDITED, "said": SAID, "described": str(self._described)}
        return Depends(key={**self._vectors.key, **asking}, query=("text", "trace.target"), ordered=False)

    def notes_of(self, reference: str | None) -> tuple[str, ...]:
        """What it could not do for an answer about this reference, and why; each once."""
        return self._said.of(reference)

    def scores(
        self, query: Query, reference: Reference | None, filters: Filters | None, among: Sequence[str] | None
    ) -> Mapping[str, float]:
        """Cosines; see `Channel.scores`. Works without a reference, too: for words alone.

        Raises:
            WeightsError: the model cannot be loaded.
        """
        asked = within(self._videos() if among is None else among, filters)
        self.prepare(asked)
        if not asked:
            return {}
        return self._vectors.cosines(self._vector_of(query, reference), asked)

    def prepare(self, videos: Collection[str], told: Callable[[int, int], None] | None = None) -> None:
        """See `Preparing.prepare`."""
        with self._preparing:  # two questions at a time would embed the same videos
            new = [video for video in self._vectors.missing(sorted(videos)) if not self._said.lacks(video)]
            for done, _ in enumerate(in_flight(self._embed, new, self._width), start=1):
                if told is not None:
                    told(done, len(new))

    def _embed(self, video: str) -> None:
        try:
            footage = footage_of(self._twins.load(video), self._clip(video), self._frames)
        except (VideoError, TwinError) as error:
            self._said.lack(video, error)
            return
        [vector] = self._embedder.embed([Exhibit(footage)])
        with self._keeping:
            if not self._lasting:
                self._said.add(NOT_KEPT.format(self.name))
            try:
                self._vectors.put(video, vector)
            except (LibraryReadOnly, OutOfSpace) as error:
                self._said.add(f"{self.name}: vectors are not kept: {error}")
                self._vectors = VectorFolder(self._vectors.folder.parent, self._vectors.key, read_only=True)
                self._vectors.put(video, vector)

    def _vector_of(self, query: Query, reference: Reference | None) -> Vector:
        exhibit, why = query_exhibit(query, reference, self._frames, described=self._described)
        if why is not None and reference is not None:
            self._said.add(f"{self.name}: {why}", reference.twin.id)
        [vector] = self._embedder.embed([exhibit], SAID if exhibit.footage is None else EDITED)
        return vector


def query_exhibit(
    query: Query, reference: Reference | None, frames: int, *, described: bool = False
) -> tuple[Exhibit, str | None]:
    """What a model is shown of a query: the reference's frames and the edit; or the question.

    Where the reference has no pictures, an edit says too little by itself: then what would result is told with it.

    Returns:
        and why the pictures are left out that should be there.
    """
    if reference is None:
        return Exhibit(text=plain(query.text, MOST_LETTERS)), None
    footage, why = _seen(reference.twin, reference.clip, frames)
    target = query.trace.target if query.trace is not None and (described or footage is None) else ""
    return Exhibit(footage, plain(f"{query.text} {target}", MOST_LETTERS)), why


def _seen(twin: Twin, clip: Clip | None, frames: int) -> tuple[Footage | None, str | None]:
    if clip is None:
        return None, f"reference {twin.id} has no pictures; it is looked for by words alone"
    try:
        return footage_of(twin, clip, frames), None
    except VideoError as error:
        return None, f"reference {twin.id} cannot be seen, and is looked for by words alone: {error}"


def joint(shelf: Shelf) -> JointChannel:
    """The channel with the model that `local.embedding` names. Nothing is loaded yet.

    Raises:
        WeightsError: the weights are not here, or of another kind of model. PluginError: torch is not installed.
        SettingsError: the device is not there.
    """
    from seewhy.models.local.embedding import DOCUMENT, JointEmbedder

    local = shelf.settings.local
    embedder = JointEmbedder(local)
    key = {
        "channel": JointChannel.name,
        "format": FORMAT,
        "model": embedder.name,
        "instruction": DOCUMENT,
        "frames": str(local.frames),
        "lines": str(LINES),
    }
    vectors = VectorFolder(shelf.folder / VECTORS_FOLDER, key, shelf.read_only)
    return JointChannel(embedder, vectors, shelf.twins, shelf.clip, shelf.videos, local.frames, width=local.videos)

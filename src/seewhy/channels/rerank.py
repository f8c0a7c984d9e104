"""The channel `rerank`: the best candidates of the other channels, each looked at beside the reference and the edit.

Looking costs two videos' worth of computing for each candidate. So the first few are looked at, and more only as long
as none of those is what the query asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Lock
from typing import Protocol

from seewhy.channels.joint import query_exhibit
from seewhy.channels.notes import NOT_LOOKED_AT, Notes
from seewhy.channels.shelf import RERANK, Depends, Shelf, within
from seewhy.channels.showing import LINES, footage_of
from seewhy.errors import TwinError, VideoError
from seewhy.models.local.footage import Exhibit
from seewhy.reason.seams import Reference
from seewhy.threads import side_by_side
from seewhy.twin.store import TwinStore
from seewhy.types.query import Filters, Query
from seewhy.video.clip import Clip

EDITED = "Retrieve the video that shows what the query's video would show after the edit that the query's text names."
"""The instruction for a reference with an edit."""
SAID = "Retrieve the video that shows what the query says."
"""The instruction for words alone."""
STEP = 10
"""Candidates that are looked at before it is asked whether that is enough: as many as a user is shown."""
SURE = 0.5
"""Enough it is when one has this score: from there on the model's own answer is yes."""
CAP = 50
"""Candidates that are looked at, at most. What is after so many by all other channels is hardly ever the one; and the
time for a query stays bounded."""
FORMAT = "rerank.v1"
"""How query and candidates are shown."""
KEPT = 100_000
"""Scores that are remembered: a query is asked about again after refinement, which changes no video."""


class PairScorer(Protocol):
    """Query and document → probability that the document is what the query asks for."""

    @property
    def name(self) -> str:
        """With the revision of its weights."""
        ...

    def scores(self, query: Exhibit, documents: Sequence[Exhibit], instruction: str) -> Sequence[float]:
        """0..1, in the order of the documents."""
        ...


class RerankChannel:
    """The seam `Channel` over a reranker. What it has not looked at has no score."""

    name = RERANK

    def __init__(
        self,
        reranker: PairScorer,
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
            clip: video id → its pictures. Raises VideoError, TwinError.
            videos: the gallery; looked through in the order of their ids where nobody says which come first.
            frames: that the reranker is shown of a video.
            described: the query holds the trace's description of what would result, too.
            width: videos that are read side by side.
        """
        self._reranker, self._twins, self._clip, self._videos = reranker, twins, clip, videos
        self._frames, self._described, self._width = frames, described, width
        self._said = Notes(self.name, NOT_LOOKED_AT)
        self._known: dict[tuple[str, str, str], float] = {}
        self._lock = Lock()

    @property
    def depends(self) -> Depends:
        """See `Depending`."""
        key = {
            "format": FORMAT,
            "model": self._reranker.name,
            "edited": EDITED,
            "said": SAID,
            "described": str(self._described),
            "frames": str(self._frames),
            "lines": str(LINES),
            "pool": f"{STEP}, {CAP} at most, until {SURE}",
        }
        return Depends(key=key, query=("text", "trace.target"))

    def notes_of(self, reference: str | None) -> tuple[str, ...]:
        """What it could not do for an answer about this reference, and why; each once."""
        return self._said.of(reference)

    def scores(
        self, query: Query, reference: Reference | None, filters: Filters | None, among: Sequence[str] | None
    ) -> Mapping[str, float]:
        """Probabilities of those it has looked at; see `Channel.scores`. Works without a reference, too.

        Args:
            among: the most promising first.

        Raises:
            WeightsError: the model cannot be loaded.
        """
        ordered = within(sorted(self._videos()) if among is None else among, filters)
        exhibit, why = query_exhibit(query, reference, self._frames, described=self._described)
        if why is not None and reference is not None:
            self._said.add(f"{self.name}: {why}", reference.twin.id)
        scores: dict[str, float] = {}
        for start in range(0, min(len(ordered), CAP), STEP):
            step = ordered[start : min(start + STEP, CAP)]
            found = side_by_side(lambda video: self._score(exhibit, reference, video), step, self._width)
            scores |= {video: score for video, score in zip(step, found, strict=True) if score is not None}
            if max(scores.values(), default=0.0) >= SURE:
                break
        return scores

    def _score(self, query: Exhibit, reference: Reference | None, video: str) -> float | None:
        """None: it cannot be looked at."""
        seen = str(reference.twin.id) if reference is not None and query.footage is not None else ""
        key = (seen, query.text, video)
        with self._lock:
            if (known := self._known.get(key)) is not None:
                return known
        try:
            footage = footage_of(self._twins.load(video), self._clip(video), self._frames)
        except (VideoError, TwinError) as error:
            self._said.lack(video, error)
            return None
        [score] = self._reranker.scores(query, [Exhibit(footage)], SAID if query.footage is None else EDITED)
        with self._lock:
            if len(self._known) >= KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[key] = score
        return score


def rerank(shelf: Shelf) -> RerankChannel:
    """The channel with the model that `local.reranker` names. Nothing is loaded yet.

    Raises:
        WeightsError: the weights are not here, or of another kind of model. PluginError: torch is not installed.
        SettingsError: the device is not there.
    """
    from seewhy.models.local.reranking import Reranker

    local = shelf.settings.local
    return RerankChannel(Reranker(local), shelf.twins, shelf.clip, shelf.videos, local.frames, width=local.videos)

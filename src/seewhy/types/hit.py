"""What comes back: candidates from the index, verdicts from the judge, hits for the user."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import Field

from seewhy.types.base import Frozen
from seewhy.types.calls import Call, Usage
from seewhy.types.query import Query
from seewhy.types.time import Span
from seewhy.types.twin import Component, RefinementStep, Score

Answer = Literal["yes", "no", "unknown"]


class Match(Frozen):
    """The component of a video that matched one condition best."""

    condition: str
    """condition id"""
    component: Component
    score: float
    """cosine, -1..1"""


class Candidate(Frozen):
    """A video with its coarse score (RT2V eq. 2) and the best component per searched condition."""

    video: str
    score: float
    matches: tuple[Match, ...] = ()
    """one per condition that is not negated, in the query's order"""
    channels: dict[str, float] = Field(default_factory=dict)
    """channel of retrieval → its score, where there are others beside the twins' components; `score` joins them all"""
    aligned: float | None = None
    """coarse score of the components by themselves, where `score` joins several channels; None: it does not, or the
    video has no components"""


class Evidence(Frozen):
    """Why an answer: which tracks, when, and the numbers that were compared."""

    tracks: tuple[int, ...] = ()
    span: Span | None = None
    numbers: dict[str, float] = Field(default_factory=dict)
    text: str
    """one plain sentence a user can check against the video"""


class Truth(Frozen):
    """What a twin says of a predicate: three-valued, with how surely and why."""

    answer: Answer
    score: Score
    """how surely the predicate HOLDS, 0..1: near 1 for yes, near 0 for no, between for unknown"""
    evidence: Evidence


class ConditionVerdict(Frozen):
    """The judge's answer on one condition; for a negated condition, `answer` yes means that the
    unwanted thing is absent, so yes is always what the user wanted."""

    condition: str
    answer: Answer
    score: Score
    """how surely the condition is met, negation included"""
    evidence: Evidence


class Verdict(Frozen):
    """The judge's answer on one candidate."""

    video: str
    relevance: Score
    conditions: tuple[ConditionVerdict, ...]
    objects: tuple[int, ...] = ()
    """ids of the tracks that the query speaks of, most relevant first"""
    trace: str = ""
    """the reasons in a few sentences"""
    gaps: tuple[str, ...] = ()
    """what the judge would have to know to be surer"""
    corrections: tuple[str, ...] = ()
    """what code found to be otherwise than the judge had said, and changed, in plain sentences"""
    judged_by: str
    degraded: tuple[str, ...] = ()


class Moment(Frozen):
    """When the answer is to be seen."""

    span: Span
    score: Score
    reason: str


class HitObject(Frozen):
    """A track that answers the query."""

    track: int
    category: str
    description: str
    masks: dict[int, str]
    """decoded frame index → JSON pointer of its mask (see Observation.mask)"""


class Standing(NamedTuple):
    """What orders hits, higher is better; of equal ones the lower id is first. Hits of equal standing are a tie."""

    judged: bool
    matched: bool
    order: float
    """what is joined of relevance and channels, or else relevance"""
    relevance: float
    coarse_score: float


class Hit(Frozen):
    """One answer: a video, when, what, and why."""

    rank: int = Field(ge=1)
    video: str
    paths: tuple[str, ...]
    """where files with this content lie; may be empty when they have been moved away"""
    score: Score
    """relevance, 0..1"""
    coarse_score: float
    channels: dict[str, float] = Field(default_factory=dict)
    """see `Candidate.channels`"""
    fused: float | None = None
    """relevance and channels joined by reciprocal rank, which orders hits that no model has judged; None: there are no
    such channels, or a model has judged, and relevance orders"""
    matched: bool
    """False: ranked, but under the relevance threshold tau"""
    judged: bool = True
    """False: not on the shortlist that the language model looked at; ranked behind those that were"""
    moments: tuple[Moment, ...] = ()
    objects: tuple[HitObject, ...] = ()
    verdict: Verdict
    duration: float
    degraded: tuple[str, ...] = ()

    @property
    def standing(self) -> Standing:
        """What puts it before or behind other hits of its answer."""
        order = self.score if self.fused is None else self.fused
        return Standing(self.judged, self.matched, order, self.score, self.coarse_score)


class Refinement(Frozen):
    """A step that refinement took, or did not have to take, for one video."""

    video: str
    step: RefinementStep
    outcome: Literal["done", "known", "failed", "skipped"]
    """known: the twin had it already; skipped: over the budget"""
    said: str = ""
    """what was found, or why there is nothing"""
    seconds: float = 0.0
    kept: bool = False
    """True: written into the twin, for every later question"""


class SearchResult(Frozen):
    """The ranked answer to one query."""

    query: Query
    hits: tuple[Hit, ...]
    no_match: bool
    """True: even the best hit is under tau; the ranking is still given"""
    tau: float
    gallery: int
    """number of videos searched: those of the library that the filters admit; the reference is none of them"""
    filtered: int = 0
    """number of videos of the library that the filters leave out"""
    excluded: int = 0
    """number of videos that the filters admit and the query leaves out: its reference"""
    seconds: dict[str, float]
    """wall time per stage"""
    reference_paths: tuple[str, ...] = ()
    """where the video lies that the query is an edit of"""
    refinements: tuple[Refinement, ...] = ()
    """what was looked at again to answer this question, in order"""
    calls: tuple[Call, ...] = ()
    """every request to a language model, in order"""
    usage: Usage = Usage()
    """the sum of `calls`"""
    degraded: tuple[str, ...] = ()

    @property
    def searched(self) -> str:
        """In how many videos, in words: ``12 videos``, ``1 of 12 videos`` where filters leave some out."""
        of = f"{self.gallery} of " if self.filtered else ""
        number = self.gallery + self.filtered
        return f"{of}{number} video{'' if number == 1 else 's'}"

    @property
    def nothing(self) -> str | None:
        """Why there is no hit; None: there is one."""
        if self.hits:
            return None
        if self.gallery:
            return "none of the videos could be looked at"
        if self.filtered and self.excluded:
            return "the filters leave no video but the reference"
        if self.filtered:
            return "no video of the library passes the filters"
        return "the library has no video but the reference" if self.excluded else "the library has no video"

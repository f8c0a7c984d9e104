"""Flow 2: question → conditions → candidates → verdicts → hits.

::

    question ─▶ decompose ─▶ conditions + imagined components
                                  │ encode
                                  ▼
                     INDEX ─▶ candidates ─▶ judge (with their twins) ─▶ rank ─▶ hits

The parts are seams (see `Engine`); this file only says in which order they speak.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from seewhy.errors import QueryError, TwinError
from seewhy.index.seam import ComponentIndex, SearchCondition
from seewhy.models.text import TextEncoder
from seewhy.moments import moments_of
from seewhy.reason.seams import Decomposer, Judge
from seewhy.twin.sentences import describe_track
from seewhy.twin.store import TwinStore
from seewhy.types.hit import Candidate, Hit, HitObject, SearchResult, Verdict
from seewhy.types.query import Aggregation, Filters, Query
from seewhy.types.twin import Track, Twin

MAX_HITS = 10_000
"""More than this is a mistake, not a wish."""


@dataclass(frozen=True)
class Engine:
    """The parts that answer a question."""

    decomposer: Decomposer
    judge: Judge
    encoder: TextEncoder
    index: ComponentIndex
    twins: TwinStore
    gallery: Mapping[str, tuple[str, ...]]
    """committed video id → where files with this content lie; what else the index knows is passed over"""
    candidates: int = 100
    """K: how many videos the judge looks at"""
    tau: float = 0.5
    """relevance under which a hit does not count as a match"""
    aggregation: Aggregation = "mean"


def search(question: str, engine: Engine, *, k: int = 10, filters: Filters | None = None) -> SearchResult:
    """Answer a question in words with ranked videos, moments, masks and a verdict per condition.

    Args:
        question: what is looked for, in words.
        engine: the parts that answer it.
        k: number of hits returned, best first.
        filters: restricts the gallery.

    Raises:
        QueryError: an empty or over-long question, or k out of range.
    """
    if not 1 <= k <= MAX_HITS:
        raise QueryError(f"k is the number of hits wanted, 1 to {MAX_HITS}, got {k}")
    clock = Clock()
    with clock.stage("decompose"):
        query = engine.decomposer.decompose(question)
    with clock.stage("retrieve"):
        candidates = retrieve(query, engine, max(k, engine.candidates), filters)
    with clock.stage("load"):
        seen = [candidate for candidate in candidates if candidate.video in engine.gallery]
        pairs, unreadable = load_twins(seen, engine.twins)
    with clock.stage("judge"):
        verdicts = engine.judge.judge(query, pairs)
    with clock.stage("rank"):
        ranked = rank(pairs, verdicts, engine.tau)
        hits = tuple(
            make_hit(position, query, candidate, twin, verdict, engine)
            for position, (candidate, twin, verdict) in enumerate(ranked[:k], start=1)
        )
    return SearchResult(
        query=query,
        hits=hits,
        no_match=not any(hit.matched for hit in hits),
        tau=engine.tau,
        gallery=len(engine.index),
        seconds=clock.seconds,
        degraded=query.degraded + unreadable,
    )


def retrieve(query: Query, engine: Engine, k: int, filters: Filters | None) -> list[Candidate]:
    """The k best videos by coarse score (RT2V eq. 2). Negated conditions are judged, not searched for."""
    searched = [condition for condition in query.conditions if not condition.negated]
    sentences = [(condition.text, *condition.imagined) for condition in searched]
    vectors = engine.encoder.encode([sentence for group in sentences for sentence in group])
    conditions, start = [], 0
    for condition, group in zip(searched, sentences, strict=True):
        rows = vectors[start : start + len(group)]
        conditions.append(SearchCondition(id=condition.id, weight=condition.weight, vectors=rows))
        start += len(group)
    aggregation = query.aggregation if query.aggregation != "mean" else engine.aggregation
    return engine.index.search(conditions, k, aggregation=aggregation, filters=filters, exclude=query.exclude)


def load_twins(
    candidates: Sequence[Candidate], twins: TwinStore
) -> tuple[list[tuple[Candidate, Twin]], tuple[str, ...]]:
    """Candidates with their twins; one whose twin cannot be read is left out and said so."""
    pairs: list[tuple[Candidate, Twin]] = []
    unreadable: list[str] = []
    for candidate in candidates:
        try:
            pairs.append((candidate, twins.load(candidate.video)))
        except TwinError as error:
            unreadable.append(f"video {candidate.video} was left out of the answer: {error}")
    return pairs, tuple(unreadable)


def rank(
    pairs: Sequence[tuple[Candidate, Twin]], verdicts: Sequence[Verdict], tau: float
) -> list[tuple[Candidate, Twin, Verdict]]:
    """By relevance, those under tau last; ties by coarse score, then by id. Nothing vanishes."""
    judged = [(candidate, twin, verdict) for (candidate, twin), verdict in zip(pairs, verdicts, strict=True)]
    return sorted(
        judged,
        key=lambda triple: (
            triple[2].relevance < tau,
            -triple[2].relevance,
            -triple[0].score,
            triple[0].video,
        ),
    )


def make_hit(position: int, query: Query, candidate: Candidate, twin: Twin, verdict: Verdict, engine: Engine) -> Hit:
    """What the user gets of one judged candidate."""
    tracks = [twin.track_by_id[track] for track in verdict.objects if track in twin.track_by_id]
    return Hit(
        rank=position,
        video=twin.id,
        paths=engine.gallery.get(twin.id, ()),
        score=verdict.relevance,
        coarse_score=candidate.score,
        matched=verdict.relevance >= engine.tau,
        moments=moments_of(query, candidate, verdict, twin),
        objects=tuple(_hit_object(track) for track in tracks),
        verdict=verdict,
        duration=twin.video.duration,
        degraded=verdict.degraded + twin.degraded,
    )


def _hit_object(track: Track) -> HitObject:
    masks = {seen.frame: seen.mask for seen in track.observations if seen.mask is not None}
    return HitObject(track=track.id, category=track.category, description=describe_track(track), masks=masks)


@dataclass
class Clock:
    """Wall time per stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start

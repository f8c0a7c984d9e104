"""Verdicts → ranked hits."""

from __future__ import annotations

from collections.abc import Container, Sequence

from seewhy.engine import Engine
from seewhy.moments import moments_of
from seewhy.twin.sentences import describe_track
from seewhy.types.hit import Candidate, Hit, HitObject, Verdict
from seewhy.types.query import Query
from seewhy.types.twin import Track, Twin


def rank(
    pairs: Sequence[tuple[Candidate, Twin]], verdicts: Sequence[Verdict], tau: float, judged: Container[str]
) -> list[tuple[Candidate, Twin, Verdict]]:
    """By relevance: matches, then what was judged and is under tau, then what was not on the shortlist; ties by coarse
    score, then by id. Nothing vanishes."""
    triples = [(candidate, twin, verdict) for (candidate, twin), verdict in zip(pairs, verdicts, strict=True)]
    return sorted(
        triples,
        key=lambda triple: (
            triple[0].video not in judged,
            triple[2].relevance < tau,
            -triple[2].relevance,
            -triple[0].score,
            triple[0].video,
        ),
    )


def make_hit(
    position: int, query: Query, candidate: Candidate, twin: Twin, verdict: Verdict, engine: Engine, judged: bool
) -> Hit:
    """What the user gets of one candidate."""
    tracks = [twin.track_by_id[track] for track in verdict.objects if track in twin.track_by_id]
    return Hit(
        rank=position,
        video=twin.id,
        paths=engine.gallery.get(twin.id, ()),
        score=verdict.relevance,
        coarse_score=candidate.score,
        channels=candidate.channels,
        matched=judged and verdict.relevance >= engine.tau,
        judged=judged,
        moments=moments_of(query, candidate, verdict, twin),
        objects=tuple(_hit_object(track) for track in tracks),
        verdict=verdict,
        duration=twin.video.duration,
        degraded=verdict.degraded + twin.degraded,
    )


def _hit_object(track: Track) -> HitObject:
    masks = {seen.frame: seen.mask for seen in track.observations if seen.mask is not None}
    return HitObject(track=track.id, category=track.category, description=describe_track(track), masks=masks)

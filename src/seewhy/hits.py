"""Verdicts → ranked hits."""

from __future__ import annotations

from collections.abc import Container, Sequence

from seewhy.engine import Engine
from seewhy.fusion import COMPONENTS, reciprocal
from seewhy.moments import moments_of
from seewhy.twin.sentences import describe_track
from seewhy.types.hit import Candidate, Hit, HitObject, Standing, Verdict
from seewhy.types.query import Query
from seewhy.types.twin import Track, Twin

DECIMALS = 9
"""Of joined ranks: sums of the same parts in another order differ in the last bits."""


def ranked_hits(
    query: Query,
    pairs: Sequence[tuple[Candidate, Twin]],
    verdicts: Sequence[Verdict],
    engine: Engine,
    judged: Container[str],
    k: int,
) -> tuple[Hit, ...]:
    """The k best: matches, then what was judged and is under tau, then what was not on the shortlist. Within each by
    relevance, or, where no model has judged and other channels have a say, by both joined; ties by coarse score, then
    by id. Nothing vanishes.

    Args:
        verdicts: one per pair, in the same order.
        judged: videos of the shortlist; all, where the checker is the judge.
    """
    fused = _fused(pairs, verdicts, engine, judged)
    standings = [
        _standing(candidate, verdict, engine, candidate.video in judged, fused.get(candidate.video))
        for (candidate, _), verdict in zip(pairs, verdicts, strict=True)
    ]
    by_id = sorted(range(len(pairs)), key=lambda position: pairs[position][0].video)
    best_first = sorted(by_id, key=lambda position: standings[position], reverse=True)
    return tuple(
        _hit(
            query, *pairs[position], verdicts[position], engine,
            rank=rank, judged=standings[position].judged, fused=fused.get(pairs[position][0].video),
        )
        for rank, position in enumerate(best_first[:k], start=1)
    )  # fmt: skip


def _fused(
    pairs: Sequence[tuple[Candidate, Twin]], verdicts: Sequence[Verdict], engine: Engine, judged: Container[str]
) -> dict[str, float]:
    """Video → relevance and channels joined, of those that no model has judged.

    The checker's relevance takes the place of the twins' components, of which it is the exact form: both would give one
    source two votes.
    """
    left = [
        (candidate, verdict)
        for (candidate, _), verdict in zip(pairs, verdicts, strict=True)
        if engine.judge is None or candidate.video not in judged
    ]
    tables: dict[str, dict[str, float]] = {}
    for candidate, _ in left:
        for channel, score in candidate.channels.items():
            if channel != COMPONENTS:
                tables.setdefault(channel, {})[candidate.video] = score
    if not tables or not engine.checked:
        return {}
    relevance = {candidate.video: verdict.relevance for candidate, verdict in left}
    return {video: round(share, DECIMALS) for video, share in reciprocal({COMPONENTS: relevance, **tables}).items()}


def _standing(candidate: Candidate, verdict: Verdict, engine: Engine, judged: bool, fused: float | None) -> Standing:
    order = verdict.relevance if fused is None else fused
    return Standing(judged, judged and verdict.relevance >= engine.tau, order, verdict.relevance, candidate.score)


def _hit(
    query: Query,
    candidate: Candidate,
    twin: Twin,
    verdict: Verdict,
    engine: Engine,
    *,
    rank: int,
    judged: bool,
    fused: float | None,
) -> Hit:
    """What the user gets of one candidate."""
    tracks = [twin.track_by_id[track] for track in verdict.objects if track in twin.track_by_id]
    return Hit(
        rank=rank,
        video=twin.id,
        paths=engine.gallery.get(twin.id, ()),
        score=verdict.relevance,
        coarse_score=candidate.score,
        channels=candidate.channels,
        fused=fused,
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

"""CoarseJudge: no judge. RT2V's ablation of its second stage, and what judging has to beat."""

from __future__ import annotations

from collections.abc import Sequence

from seewhy.reason.calibrate import CALIBRATION, Calibration
from seewhy.reason.case import MOST_OBJECTS, UNKNOWN
from seewhy.types.hit import Candidate, ConditionVerdict, Evidence, Match, Verdict
from seewhy.types.query import Condition, Query
from seewhy.types.twin import Twin


class CoarseJudge:
    """Relevance is the coarse score, calibrated; no condition is checked, so each is unknown.

    Args:
        calibration: from cosines to probabilities; fits one text encoder.
    """

    name = "coarse-judge@1"

    def __init__(self, calibration: Calibration = CALIBRATION) -> None:
        self.calibration = calibration

    def judge(self, query: Query, candidates: Sequence[tuple[Candidate, Twin]]) -> list[Verdict]:
        """One verdict per candidate, in the order given."""
        return [self._verdict(query, candidate, twin) for candidate, twin in candidates]

    def _verdict(self, query: Query, candidate: Candidate, twin: Twin) -> Verdict:
        matches = {match.condition: match for match in candidate.matches}
        best_first = sorted(candidate.matches, key=lambda match: -match.score)
        tracks = dict.fromkeys(track for match in best_first for track in match.component.tracks)
        return Verdict(
            video=candidate.video,
            relevance=self.calibration.probability(candidate.score) if matches else 0.0,
            conditions=tuple(_unchecked(condition, matches.get(condition.id)) for condition in query.conditions),
            objects=tuple(track for track in tracks if track in twin.track_by_id)[:MOST_OBJECTS],
            trace=f"By the coarse score alone, {candidate.score:.2f}; no condition was checked.",
            judged_by=self.name,
        )


def _unchecked(condition: Condition, match: Match | None) -> ConditionVerdict:
    evidence = Evidence(text="not checked")
    if match is not None:
        text = f"not checked; nearest is '{match.component.text}' (cosine {match.score:.2f})"
        evidence = Evidence(
            tracks=match.component.tracks,
            span=match.component.span,
            numbers={"cosine": round(match.score, 4)},
            text=text,
        )
    return ConditionVerdict(condition=condition.id, answer="unknown", score=UNKNOWN, evidence=evidence)

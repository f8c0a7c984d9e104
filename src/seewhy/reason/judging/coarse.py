"""CoarseJudge: no judge. RT2V's ablation of its second stage, and what judging has to beat."""

from __future__ import annotations

from collections.abc import Sequence

from seewhy.reason.calibrate import CALIBRATION, Calibration
from seewhy.reason.case import MOST_OBJECTS, UNKNOWN
from seewhy.reason.seams import Reference
from seewhy.types.hit import Candidate, ConditionVerdict, Evidence, Match, Verdict
from seewhy.types.query import Condition, Query
from seewhy.types.twin import Twin


class CoarseJudge:
    """Relevance is the coarse score, calibrated; no condition is checked, so each is unknown.

    Where several channels are joined, a score is a rank among them and says nothing of how well a video fits. Then the
    candidates share out what the cosines of their components make probable: most for the first in the joined order.

    Args:
        calibration: from cosines to probabilities; fits one text encoder.
    """

    name = "coarse-judge@1"

    def __init__(self, calibration: Calibration = CALIBRATION) -> None:
        self.calibration = calibration

    def judge(
        self,
        query: Query,
        candidates: Sequence[tuple[Candidate, Twin]],
        reference: Reference | None = None,  # noqa: ARG002
    ) -> list[Verdict]:
        """One verdict per candidate, in the order given; the reference is in the conditions already."""
        relevances = self._relevances([candidate for candidate, _ in candidates])
        return [
            self._verdict(query, candidate, twin, relevance)
            for (candidate, twin), relevance in zip(candidates, relevances, strict=True)
        ]

    def _relevances(self, candidates: Sequence[Candidate]) -> list[float]:
        if not any(candidate.channels for candidate in candidates):
            return [self._probable(candidate.score if candidate.matches else None) for candidate in candidates]
        shared = sorted((self._probable(candidate.aligned) for candidate in candidates), reverse=True)
        scores = sorted((candidate.score for candidate in candidates), reverse=True)
        share = dict(zip(scores, shared, strict=True))  # of equal scores each has the least of theirs
        return [share[candidate.score] for candidate in candidates]

    def _probable(self, cosine: float | None) -> float:
        return 0.0 if cosine is None else self.calibration.probability(cosine)

    def _verdict(self, query: Query, candidate: Candidate, twin: Twin, relevance: float) -> Verdict:
        matches = {match.condition: match for match in candidate.matches}
        best_first = sorted(candidate.matches, key=lambda match: -match.score)
        tracks = dict.fromkeys(track for match in best_first for track in match.component.tracks)
        return Verdict(
            video=candidate.video,
            relevance=relevance,
            conditions=tuple(_unchecked(condition, matches.get(condition.id)) for condition in query.conditions),
            objects=tuple(track for track in tracks if track in twin.track_by_id)[:MOST_OBJECTS],
            trace=f"By {_said(candidate)}; no condition was checked.",
            judged_by=self.name,
        )


def _said(candidate: Candidate) -> str:
    if not candidate.channels:
        return f"the coarse score alone, {candidate.score:.2f}"
    scores = ", ".join(f"{name} {score:.2f}" for name, score in candidate.channels.items())
    return f"its place in the order of all channels alone ({scores})"


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

"""RulesJudge: predicates checked exactly on the twin, similarities calibrated, one verdict a candidate.

For each candidate the entities are bound to tracks so that most of the query holds (binding.py), every condition
is answered under that binding (case.py), and the relevance is the weighted mean of the scores, with two rules:

- what is unknown counts as `UNKNOWN`, under the threshold: not knowing is not matching;
- one firm no, a predicate that the twin contradicts, puts the candidate under the threshold, however well the rest
  fits; among those the mean still orders. A condition of little weight, what stays as it is in a reference or would
  only probably follow from an edit, orders and does not decide.
"""

from __future__ import annotations

from collections.abc import Sequence

from seewhy.reason.calibrate import CALIBRATION, Calibration
from seewhy.reason.case import Bound, Case, counted_score
from seewhy.reason.plan import Plan
from seewhy.reason.seams import Reference
from seewhy.types.hit import Candidate, ConditionVerdict, Verdict
from seewhy.types.query import Query
from seewhy.types.twin import Twin

CONTRADICTED = 0.98
"""A candidate with a firm no has at most this share of tau as its relevance."""
DECIDES = 0.5
"""The weight from which a firm no does that."""


class RulesJudge:
    """The judge of the embedded profile; deterministic.

    Args:
        tau: relevance from which a candidate counts as a match, 0..1.
        calibration: from cosines to probabilities, for free conditions; fits one text encoder.
    """

    name = "rules-judge@1"

    def __init__(self, tau: float = 0.5, calibration: Calibration = CALIBRATION) -> None:
        self.tau = tau
        self.calibration = calibration

    def judge(
        self,
        query: Query,
        candidates: Sequence[tuple[Candidate, Twin]],
        reference: Reference | None = None,  # noqa: ARG002
    ) -> list[Verdict]:
        """One verdict per candidate, in the order given; the reference is in the conditions already."""
        plan = Plan(query)
        return [self._judge_one(plan, candidate, twin) for candidate, twin in candidates]

    def _judge_one(self, plan: Plan, candidate: Candidate, twin: Twin) -> Verdict:
        case = Case(plan, candidate, twin, self.calibration)
        bound = case.bind()
        answers = tuple(case.answer(condition, bound) for condition in plan.query.conditions)
        return Verdict(
            video=candidate.video,
            relevance=self._relevance(plan, answers),
            conditions=answers,
            objects=case.objects(bound, answers),
            trace=_trace(plan, bound, answers),
            gaps=_gaps(plan, answers),
            judged_by=self.name,
        )

    def _relevance(self, plan: Plan, answers: Sequence[ConditionVerdict]) -> float:
        total = weights = 0.0
        contradicted = False
        for condition, answer in zip(plan.query.conditions, answers, strict=True):
            weight = plan.weight[condition.id]
            weights += weight
            total += weight * counted_score(answer.answer, answer.score)
            firm = condition.predicate is not None and condition.weight >= DECIDES
            contradicted = contradicted or (firm and answer.answer == "no")
        mean = min(max(total / weights, 0.0), 1.0)
        return mean * CONTRADICTED * self.tau if contradicted else mean


def _trace(plan: Plan, bound: Bound, answers: Sequence[ConditionVerdict]) -> str:
    """Who is who, then what speaks against, then what is open, then what holds."""
    said = [
        f"'{plan.phrases.get(entity, entity)}' is taken to be track {track}."
        if track is not None
        else f"No track is left for '{plan.phrases.get(entity, entity)}'."
        for entity, track in bound.items()
    ]
    by_answer: dict[str, list[str]] = {"no": [], "unknown": [], "yes": []}
    for condition, answer in zip(plan.query.conditions, answers, strict=True):
        by_answer[answer.answer].append(f"{condition.text}: {answer.answer} ({answer.evidence.text}).")
    return " ".join([*said, *by_answer["no"], *by_answer["unknown"], *by_answer["yes"]])


def _gaps(plan: Plan, answers: Sequence[ConditionVerdict]) -> tuple[str, ...]:
    pairs = zip(plan.query.conditions, answers, strict=True)
    return tuple(
        f"whether {c.text.removeprefix('not: ')}: {a.evidence.text}" for c, a in pairs if a.answer == "unknown"
    )

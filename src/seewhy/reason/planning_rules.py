"""Planning a refinement without a language model: what is unknown says by its kind how it is found out.

| unknown | step |
|---|---|
| how things lie, what happens, in which order | `recompute`: geometry in every frame |
| whether there is a thing that nothing is called so far | `detect` it |
| what somebody does, beyond what geometry knows | `act`: a model of actions |
"""

from __future__ import annotations

from collections.abc import Sequence

from seewhy.plain import plain
from seewhy.reason.judging.words import geometric
from seewhy.reason.planning import MOST_QUESTION, Judged, by_relevance, in_view
from seewhy.twin.predicates import evaluate
from seewhy.types.hit import ConditionVerdict, Verdict
from seewhy.types.query import Condition, IsA, Query
from seewhy.types.twin import RefinementStep, StepName, Twin

MOST_ACTING = 4
"""tracks whose actions are named in one step"""
MOST_WORDS = 4
"""of the name of a thing; what is longer says something about it, too"""

_ARTICLES = frozenset(("a", "an", "the", "some", "any"))
_CLAUSES = frozenset(("is", "are", "was", "were", "has", "have", "and", "who", "that", "which", "while", "then"))
"""Words that make of a name a sentence."""


class RulesPlanner:
    """Plans the steps that need no language model."""

    name = "rules-planner@2"

    def plan(
        self, query: Query, judged: Judged, allowed: Sequence[StepName], most: int
    ) -> list[tuple[str, RefinementStep]]:
        """A step for each unknown condition that one of them may settle, most relevant videos first."""
        conditions = {condition.id: condition for condition in query.conditions}
        steps: dict[tuple[str, RefinementStep], None] = {}
        for _, twin, verdict in sorted(judged, key=by_relevance):
            for answer in verdict.conditions:
                condition = conditions.get(answer.condition)
                if condition is None or answer.answer != "unknown":
                    continue
                step = _step(query, condition, answer, twin, verdict)
                if step is not None and step.name in allowed:
                    steps[twin.id, step] = None
        return list(steps)[: max(most, 0)]


def _step(
    query: Query, condition: Condition, answer: ConditionVerdict, twin: Twin, verdict: Verdict
) -> RefinementStep | None:
    """What may settle an unknown condition; None: nothing here does."""
    predicate = condition.predicate
    if predicate is not None and geometric(predicate):
        return _about("recompute", answer.evidence.tracks, answer, twin)
    if isinstance(predicate, IsA):
        return None if _is_named(predicate, twin) else _detect(predicate.category)
    if predicate is not None or condition.negated:  # no sentence is compared with what must be absent
        return None
    thing = _thing(query, condition)
    if thing:
        return _detect(thing)
    if condition.kind in ("event", "free"):
        return _about("act", (answer.evidence.tracks or verdict.objects)[:MOST_ACTING], answer, twin)
    return None


def _about(name: StepName, tracks: Sequence[int], answer: ConditionVerdict, twin: Twin) -> RefinementStep | None:
    """A step about tracks, when the evidence is; None where it speaks of no track."""
    known = tuple(track for track in tracks if track in twin.track_by_id)
    if not known:
        return None
    span = answer.evidence.span or in_view([twin.track_by_id[track] for track in known], twin)
    return RefinementStep(name=name, tracks=known, span=span)


def _detect(phrase: str) -> RefinementStep | None:
    question = plain(phrase, MOST_QUESTION)
    return RefinementStep(name="detect", question=question) if question else None


def _is_named(predicate: IsA, twin: Twin) -> bool:
    """Whether some track is called so."""
    return any(evaluate(predicate, twin, {predicate.subject: track}).answer == "yes" for track in twin.track_by_id)


def _thing(query: Query, condition: Condition) -> str:
    """The thing that a condition without a predicate names, and no more; empty where it says something of a thing.

    "A lantern", of which the rules know no such word, is one; "a person juggles" is not: it speaks of an entity.
    """
    if condition.kind not in ("object", "free"):
        return ""
    first, *words = condition.text.lower().strip(" .,;:!?").split() or [""]
    if first not in _ARTICLES or not 1 <= len(words) <= MOST_WORDS or _CLAUSES & set(words):
        return ""
    nouns = {entity.phrase.lower().rpartition(" ")[2] for entity in query.entities}
    return "" if nouns & set(words) else " ".join(words)

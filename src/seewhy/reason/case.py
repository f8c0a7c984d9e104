"""One candidate being judged: predicates under a binding, absences, similarities."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial

import numpy as np

from seewhy.reason.binding import Term, best_assignment
from seewhy.reason.calibrate import Calibration
from seewhy.reason.plan import Plan
from seewhy.reason.remembered import Answered, Tracks, memory_of
from seewhy.twin.counting import SALIENT
from seewhy.twin.predicates import evaluate, fits
from seewhy.types.hit import Answer, Candidate, ConditionVerdict, Evidence, Match, Truth
from seewhy.types.query import Condition, Counted, Superlative
from seewhy.types.twin import Twin

Bound = Mapping[str, int | None]
"""entity → track id; None: no track is left for it"""

UNKNOWN = 0.35
"""What an unknown condition counts: more than a no, and not enough for a match by itself."""
TRUST_IN_UNKNOWN = 0.5
"""How far the score that comes with an unknown moves it from there."""
NO_COST = 0.5
"""What a firm no costs a binding beyond its score: fewer contradictions beat a little more certainty."""
NOT_FOUND = 0.05
"""The score of what is said of an entity for which no track is left."""
MAYBE = 0.45
"""The score of a presence whose only witness is a track so faint that it may be no object at all."""
MOST_OBJECTS = 12
"""Tracks named in a verdict."""
MOST_TRIED = 40
"""Tracks of one video that are tried for one entity together with others, the likeliest: an hour has thousands, and
pairs of them millions. More than perception keeps of a few shots."""

_FLIPPED: Mapping[Answer, Answer] = {"yes": "no", "no": "yes", "unknown": "unknown"}
_PLAIN = re.compile(r"^(no |any |nothing$|nobody$|no one$|none$)")
"""What makes a phrase a denial; without it, it names what must not be there."""


def counted_score(answer: Answer, score: float) -> float:
    """What a condition contributes to the relevance, 0..1.

    >>> counted_score("yes", 0.9), counted_score("no", 0.1), round(counted_score("unknown", 0.45), 2)
    (0.9, 0.1, 0.4)
    """
    return UNKNOWN + TRUST_IN_UNKNOWN * (score - UNKNOWN) if answer == "unknown" else score


class Case:
    """A candidate with its twin, judged by one plan."""

    def __init__(self, plan: Plan, candidate: Candidate, twin: Twin, calibration: Calibration) -> None:
        self.plan, self.twin, self.calibration = plan, twin, calibration
        self.matches: dict[str, Match] = {match.condition: match for match in candidate.matches}
        self.tracks: tuple[int, ...] = tuple(sorted(twin.track_by_id))
        self._memory = memory_of(twin)
        self._absences: dict[str, Answered] = {}

    # binding

    def bind(self) -> dict[str, int | None]:
        """The assignment under which most of the query holds; entities beyond the tracks get None."""
        plan = self.plan
        places: list[int | None] = [*self._tried()]
        places += [None] * (len(plan.bound) - len(places))
        salience = [0.0 if track is None else self.twin.track_by_id[track].score for track in places]
        position = {entity: number for number, entity in enumerate(plan.bound)}
        terms = [
            self._term(condition, [position[entity] for entity in plan.depends_on[condition.id]], places)
            for condition in plan.query.conditions
            if plan.depends_on[condition.id]
        ]
        shared = frozenset(position[entity] for entity in plan.shared if entity in position)
        chosen = best_assignment(len(plan.bound), salience, terms, shared)
        return {entity: places[place] for entity, place in zip(plan.bound, chosen, strict=True)}

    def _tried(self) -> Sequence[int]:
        """The tracks that may be any of the bound entities, in order of their ids."""
        if len(self.tracks) <= MOST_TRIED:
            return self.tracks
        return sorted({track for entity in self.plan.bound for track in self._likely(entity, self.tracks)})

    def _likely(self, entity: str, tracks: Sequence[int]) -> Sequence[int]:
        """The tracks that may be the entity by what is said of it alone, at most MOST_TRIED; in order of their ids."""
        if len(tracks) <= MOST_TRIED:
            return tracks
        alone = [
            condition
            for condition in self.plan.query.conditions
            if self.plan.entities[condition.id] == (entity,)
            and not isinstance(condition.predicate, Counted | Superlative)
        ]

        def order(track: int) -> tuple[float, float, int]:
            bound = {entity: track}
            truths = [
                self._evaluate(one, bound) if entity in self.plan.groups else self._holds(one, bound) for one in alone
            ]
            fit = math.fsum(counted_score(truth.answer, truth.score) for truth in truths)
            return -fit, -self.twin.track_by_id[track].score, track

        return sorted(sorted(tracks, key=order)[:MOST_TRIED])

    def _term(self, condition: Condition, entities: Sequence[int], places: Sequence[int | None]) -> Term:
        """What a condition adds to the sum when places are chosen for the entities that it depends on."""
        weight, answered = self.plan.weight[condition.id], self._answered(condition)
        worth = partial(self._worth, condition, answered, weight, places)
        plain = len(entities) == 1 and self.plan.group_of[condition.id] is None and len(self.tracks) <= MOST_TRIED
        if not plain:
            return Term(tuple(entities), weight, worth)
        if answered.worths is None:
            answered.worths = np.array([_worth(self._met(condition, answered, (track,))) for track in self.tracks])
        worths = answered.worths
        if len(worths) < len(places):
            missing = _worth(_not_found("", condition.negated))
            worths = np.append(worths, [missing] * (len(places) - len(worths)))
        return Term(tuple(entities), weight, worth, weight * worths)

    def _worth(
        self,
        condition: Condition,
        answered: Answered,
        weight: float,
        places: Sequence[int | None],
        chosen: tuple[int, ...],
    ) -> float:
        return weight * _worth(self._met(condition, answered, tuple([places[place] for place in chosen])))

    # answers

    def answer(self, condition: Condition, bound: Bound) -> ConditionVerdict:
        """The verdict on one condition; yes is always what the user wanted."""
        truth = self._truth(condition, bound)
        return ConditionVerdict(condition=condition.id, answer=truth.answer, score=truth.score, evidence=truth.evidence)

    def _truth(self, condition: Condition, bound: Bound) -> Truth:
        """How far a condition is met, its negation included."""
        if condition.predicate is None:
            return self._similar(condition)
        tracks = tuple([bound[entity] for entity in self.plan.depends_on[condition.id]])
        return self._met(condition, self._answered(condition), tracks)

    def _answered(self, condition: Condition) -> Answered:
        """Where it is kept how far a condition is met. An absence depends on all that is said of the absent entity, and
        is kept for this case; everything else with the twin, for all questions."""
        group = self.plan.group_of[condition.id]
        if group is not None:
            return self._absences.setdefault(group, Answered())
        asked = self.plan.asked[condition.id]
        return self._recalled(f"not {asked}" if condition.negated else asked)

    def _recalled(self, question: str) -> Answered:
        found = self._memory.get(question)
        return found if found is not None else self._memory.put(question, Answered())

    def _met(self, condition: Condition, answered: Answered, tracks: Tracks) -> Truth:
        """How far a condition with a predicate is met when these tracks are the bound entities that it depends on."""
        truth = answered.truths.get(tracks)
        if truth is None:
            bound = dict(zip(self.plan.depends_on[condition.id], tracks, strict=True))
            group = self.plan.group_of[condition.id]
            if group is not None:
                truth = answered.truths[tracks] = self._absent(group, bound)
            else:
                truth = self._holds(condition, bound)
                if None not in tracks:  # what is said of a missing track depends on what the question calls it
                    answered.truths[tracks] = truth
        return truth

    def _holds(self, condition: Condition, bound: Bound) -> Truth:
        truth = self._evaluate(condition, bound)
        return _flip(truth) if condition.negated else truth

    def _evaluate(self, condition: Condition, bound: Bound) -> Truth:
        """The predicate itself, without the negation."""
        assert condition.predicate is not None
        entities = self.plan.entities[condition.id]
        answered = self._recalled(self.plan.asked[condition.id])
        tracks = tuple([bound.get(entity) for entity in entities])
        truth = answered.truths.get(tracks)
        if truth is not None:
            return truth
        known: dict[str, int] = {}
        for entity, track in zip(entities, tracks, strict=True):
            if track is not None:
                known[entity] = track
            elif entity in bound:
                return _not_found(self.plan.phrases.get(entity, entity))
        truth = evaluate(condition.predicate, self.twin, known, self.plan.described(condition))
        if None not in tracks:
            answered.truths[tracks] = truth
        return truth

    def _absent(self, group: str, bound: Bound) -> Truth:
        """That no track fits all the conditions on an absent entity. The likeliest one is the evidence."""
        conditions = self.plan.groups[group]
        involved = tuple(dict.fromkeys(e for c in conditions for e in self.plan.entities[c.id]))
        free = [entity for entity in involved if entity not in self.plan.bound]
        taken = {bound[entity] for entity in (bound if group in self.plan.others else involved) if entity in bound}
        open_tracks = [track for track in self.tracks if track not in taken]
        likeliest: Truth | None = None
        likely = [self._likely(entity, open_tracks) if len(involved) > 1 else open_tracks for entity in free]
        for chosen in itertools.product(*likely):
            if len(set(chosen)) < len(chosen):
                continue
            binding = {**bound, **dict(zip(free, chosen, strict=True))}
            truths = [self._evaluate(condition, binding) for condition in conditions]
            weakest = min(truths, key=lambda truth: (_RANK[truth.answer], truth.score))
            faintest = min(self.twin.track_by_id[track].score for track in chosen)
            if weakest.answer == "yes" and faintest < SALIENT:
                weakest = Truth(answer="unknown", score=MAYBE, evidence=weakest.evidence)
            if likeliest is None or _rank(weakest) > _rank(likeliest):
                likeliest = weakest
        phrase = _PLAIN.sub("", self.plan.phrases.get(group, "it")) or "it"
        if likeliest is None:
            return _not_found(phrase, negated=True)
        flipped = _flip(likeliest)
        if flipped.answer == "yes":
            evidence = flipped.evidence.model_copy(
                update={"text": f"nothing fits '{phrase}'; the likeliest does not: {flipped.evidence.text}"}
            )
            return flipped.model_copy(update={"evidence": evidence})
        return flipped

    def _similar(self, condition: Condition) -> Truth:
        """A free condition: how alike the best sentence of the twin is."""
        match = self.matches.get(condition.id)
        if match is None:
            why = "what must be absent cannot be searched for" if condition.negated else "no sentence was compared"
            return Truth(answer="unknown", score=UNKNOWN, evidence=Evidence(text=f"{why}; no predicate says it"))
        probability = self.calibration.probability(match.score)
        evidence = Evidence(
            tracks=match.component.tracks,
            span=match.component.span,
            numbers={"cosine": round(match.score, 4), "probability": round(probability, 4)},
            text=f"the twin says '{match.component.text}' (cosine {match.score:.2f})",
        )
        return Truth(answer=self.calibration.answer(match.score), score=probability, evidence=evidence)

    # objects

    def objects(self, bound: Bound, answers: Sequence[ConditionVerdict]) -> tuple[int, ...]:
        """Tracks that the query speaks of, most relevant first.

        Bound tracks in order of mention, those first of which something holds; then the others of a group that was
        counted; where nothing is bound, the tracks of the best matching sentences.
        """
        held = {t for answer in answers if answer.answer == "yes" for t in answer.evidence.tracks}
        tracks = [track for track in bound.values() if track is not None]
        found = [t for t in tracks if t in held] + [t for t in tracks if t not in held]
        for entity in self.plan.counted:
            said = self.plan.descriptions.get(entity, ())
            found += [t for t in self.tracks if said and fits(t, self.twin, said).answer == "yes"]
        if not found:
            free = [a for c, a in zip(self.plan.query.conditions, answers, strict=True) if c.predicate is None]
            for answer in sorted(free, key=lambda answer: -answer.score):
                found += answer.evidence.tracks
        return tuple(dict.fromkeys(found))[:MOST_OBJECTS]


_RANK: Mapping[Answer, int] = {"no": 0, "unknown": 1, "yes": 2}


def _rank(truth: Truth) -> tuple[int, float]:
    return _RANK[truth.answer], truth.score


def _worth(truth: Truth) -> float:
    """What a binding gains by it, for a weight of 1."""
    return counted_score(truth.answer, truth.score) - (NO_COST if truth.answer == "no" else 0.0)


@lru_cache(maxsize=256)
def _not_found(phrase: str, negated: bool = False) -> Truth:
    """What is said of an entity for which no track is left."""
    evidence = Evidence(text=f"no track is left that could be '{phrase}'")
    truth = Truth(answer="no", score=NOT_FOUND, evidence=evidence)
    return _flip(truth) if negated else truth


def _flip(truth: Truth) -> Truth:
    return Truth(answer=_FLIPPED[truth.answer], score=1 - truth.score, evidence=truth.evidence)

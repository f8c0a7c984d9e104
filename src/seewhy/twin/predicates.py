"""Predicates on a twin: exact, three-valued, with the numbers that were compared.

The judge calls `evaluate` for every condition under many bindings of entities to tracks, so answers are lookups in
`TwinFacts` and are remembered there for as long as the twin lives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from seewhy.twin.counting import counted, superlative
from seewhy.twin.facts import TwinFacts, facts_of, make_truth
from seewhy.twin.happening import happens, related
from seewhy.twin.matching import has_attribute, is_a, scene_is
from seewhy.twin.ordering import order
from seewhy.types.hit import Truth
from seewhy.types.query import Atomic, Counted, Happens, HasAttribute, IsA, Order, Predicate, Related, SceneIs
from seewhy.types.twin import Twin

Binding = Mapping[str, int]
"""entity id → track id"""
Descriptions = Mapping[str, Sequence[Atomic]]
"""entity id → the unary predicates that say what it is"""

NOTHING: Descriptions = MappingProxyType({})


def evaluate(predicate: Predicate, twin: Twin, binding: Binding, descriptions: Descriptions = NOTHING) -> Truth:
    """Truth of a predicate on a twin under a binding.

    Args:
        predicate: what is asked.
        twin: a derived twin (`derive`); without its events and relations, those are unknown.
        binding: the track that stands for each entity.
        descriptions: per entity the unary predicates (IsA, HasAttribute) that say what it is. `Counted` counts the
            tracks that fit them at one time; `Superlative` compares the bound track with the others that fit.

    Returns:
        yes / no / unknown; the score says how surely the predicate HOLDS; evidence names tracks, span and numbers.

    Raises:
        KeyError: an entity of the predicate is missing from `binding` (Counted and SceneIs need none), or is bound
            to a track that the twin does not have.
    """
    return _evaluate(facts_of(twin), predicate, binding, descriptions)


def fits(track_id: int, twin: Twin, descriptions: Sequence[Atomic]) -> Truth:
    """Does the track fit all descriptions, whatever entity they name as subject?

    Raises:
        KeyError: the twin has no such track.
    """
    return _fits(facts_of(twin), track_id, descriptions)


def _evaluate(facts: TwinFacts, predicate: Predicate, binding: Binding, descriptions: Descriptions) -> Truth:
    if isinstance(predicate, Happens):
        other = binding[predicate.object] if predicate.object is not None else None
        return happens(facts, predicate, binding[predicate.subject], other)
    if isinstance(predicate, Related):
        return related(facts, predicate, binding[predicate.subject], binding[predicate.object])
    if isinstance(predicate, IsA):
        return is_a(facts, predicate, binding[predicate.subject])
    if isinstance(predicate, HasAttribute):
        return has_attribute(facts, predicate, binding[predicate.subject])
    if isinstance(predicate, SceneIs):
        return scene_is(facts, predicate)
    if isinstance(predicate, Order):
        return order(facts, predicate, binding, lambda part: _evaluate(facts, part, binding, descriptions))
    says = tuple(descriptions.get(predicate.subject, ()))
    track = 0 if isinstance(predicate, Counted) else binding[predicate.subject]
    key = (predicate, track, says)
    truth = facts.truths.get(key)
    if truth is None:
        if isinstance(predicate, Counted):
            truth = counted(facts, predicate, lambda number: _fits(facts, number, says))
        else:
            truth = superlative(facts, predicate, track, lambda number: _fits(facts, number, says))
        facts.truths.put(key, truth)
    return truth


def _fits(facts: TwinFacts, track: int, descriptions: Sequence[Atomic]) -> Truth:
    if not descriptions:
        return make_truth("yes", 1.0, f"{facts.name(track)} is a thing", (track,), facts.in_view(track))
    truths = [_evaluate(facts, says, _Always(track), NOTHING) for says in descriptions]
    weakest = min(truths, key=lambda truth: truth.score)
    if any(truth.answer == "no" for truth in truths):
        weakest = min((t for t in truths if t.answer == "no"), key=lambda truth: truth.score)
    elif any(truth.answer == "unknown" for truth in truths):
        weakest = min((t for t in truths if t.answer == "unknown"), key=lambda truth: truth.score)
    return weakest


class _Always(dict[str, int]):
    """A binding in which every entity is the same track."""

    def __init__(self, track: int) -> None:
        super().__init__()
        self.track = track

    def __missing__(self, entity: str) -> int:
        return self.track

"""Order in time: `first` happens before `then` does.

It holds when some span of `first` begins at least ORDER_MARGIN before some span of `then` begins: "the ball moves left
before the box moves" allows both to go on together. The less the two overlap, the surer it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from seewhy.twin.facts import TOLD_SCORE, YES, Fact, TwinFacts, make_truth
from seewhy.twin.matching import attribute_facts
from seewhy.types.hit import Truth
from seewhy.types.query import Atomic, Happens, HasAttribute, Order, Related, SceneIs
from seewhy.types.time import Span

ORDER_MARGIN = 0.25
"""seconds between two beginnings that can be seen to be one after the other; sampling alone blurs by 0.17"""
OVERLAPPING = 0.3
"""what an order loses of its score when the first goes on for all of the second"""
WRONG_ORDER = 0.05
TOGETHER = 0.4

Evaluate = Callable[[Atomic], Truth]
Key = TypeVar("Key", bound=tuple[str, int, int | None])


def order(facts: TwinFacts, predicate: Order, bound: Mapping[str, int], evaluate: Evaluate) -> Truth:
    """Truth of an order; `evaluate` answers its two parts under the same binding."""
    parts = evaluate(predicate.first), evaluate(predicate.then)
    tracks = tuple(dict.fromkeys(t for part in parts for t in part.evidence.tracks))
    weakest = min(parts, key=lambda part: part.score)
    if weakest.answer != "yes":
        text = f"the order needs both parts: {weakest.evidence.text}"
        return make_truth(weakest.answer, weakest.score, text, tracks, None, dict(weakest.evidence.numbers))
    before = _facts(facts, predicate.first, bound, parts[0])
    after = _facts(facts, predicate.then, bound, parts[1])
    told = [part.evidence.numbers[TOLD_SCORE] for part in parts if TOLD_SCORE in part.evidence.numbers]
    given = {"margin": ORDER_MARGIN, **({TOLD_SCORE: min(told)} if told else {})}
    best: tuple[float, Span, Span] | None = None
    for f in before:
        for g in after:
            if f.span.start + ORDER_MARGIN <= g.span.start:
                common = max(f.span.end - g.span.start, 0.0) / max(g.span.duration, 1e-6)
                score = min(f.score, g.score) * (1 - OVERLAPPING * min(common, 1.0))
                if best is None or score > best[0]:
                    best = score, f.span, g.span
    if best is not None:
        score, first, then = best
        numbers = {"first_start": round(first.start, 3), "then_start": round(then.start, 3), **given}
        text = f"first, {first}: {parts[0].evidence.text}; then, {then}: {parts[1].evidence.text}"
        return make_truth("yes", max(score, YES), text, tracks, first.hull(then), numbers)
    firsts, thens = min(f.span.start for f in before), min(g.span.start for g in after)
    numbers = {"first_start": round(firsts, 3), "then_start": round(thens, 3), **given}
    if abs(firsts - thens) < ORDER_MARGIN:
        text = f"both begin at about {firsts:.1f} s: {parts[0].evidence.text}; {parts[1].evidence.text}"
        return make_truth("unknown", TOGETHER, text, tracks, None, numbers)
    text = f"the other way round: {parts[1].evidence.text}, before {parts[0].evidence.text}"
    return make_truth("no", WRONG_ORDER, text, tracks, None, numbers)


def _facts(facts: TwinFacts, atomic: Atomic, bound: Mapping[str, int], truth: Truth) -> list[Fact]:
    """All times at which an atomic predicate that was answered yes holds."""
    found: list[Fact] = []
    if isinstance(atomic, Happens):
        other = bound[atomic.object] if atomic.object is not None else None
        found = _measured_or_told(facts, facts.events, (atomic.event, bound[atomic.subject], other), truth)
    elif isinstance(atomic, Related):
        key = (atomic.relation, bound[atomic.subject], bound[atomic.object])
        found = _measured_or_told(facts, facts.relations, key, truth)
    elif isinstance(atomic, HasAttribute):
        track = bound[atomic.subject]
        found = attribute_facts(facts.tracks[track].values(atomic.attribute), atomic, facts.presence[track])
    elif isinstance(atomic, SceneIs):
        whole = (Span(start=0.0, end=facts.end),)
        found = attribute_facts(facts.scene.get(atomic.attribute, ()), atomic, whole)
    if atomic.kind in ("happens", "related", "has", "scene") and atomic.when in ("start", "middle", "end"):
        window = facts.window(atomic.when)
        found = [fact for fact in found if fact.span.overlaps(window)]
    sure = [fact for fact in found if fact.score >= YES]
    if sure:
        return sure
    span = truth.evidence.span or Span(start=0.0, end=facts.end)
    return [Fact(span, truth.score, "", "")]


def _measured_or_told(facts: TwinFacts, measured: Mapping[Key, list[Fact]], key: Key, truth: Truth) -> list[Fact]:
    """The facts that an answer rests on."""
    return facts.told.get(key, []) if TOLD_SCORE in truth.evidence.numbers else measured.get(key, [])

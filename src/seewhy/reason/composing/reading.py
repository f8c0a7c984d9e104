"""A model's words about an edit → the trace; and, where nobody says more, the trace → conditions.

Nothing is believed to be longer, or to be said oftener, than it may: an assertion is one line, stands in one facet
only, and what is more than a trace holds is left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from seewhy.reason.composing.reply import MOST_CHANGES, Reasoning
from seewhy.reason.composing.telling import MOST_OF_ASSERTION, MOST_OF_TARGET
from seewhy.reason.decompose.saying import MOST_OF_TEXT, sentences, shortened
from seewhy.reason.english.wording import MOST_IMAGINED
from seewhy.types.query import Condition, ConditionKind, Query
from seewhy.types.trace import FACETS, MOST_ASSERTIONS, Alteration, Facet, Trace

MOST_CONDITIONS = 12
"""made from a trace: as many as a model may make; a judge is asked about each"""
KEPT_WEIGHT = 0.5
"""What stays as it is, many videos share; what changes tells the right one."""

KINDS: Mapping[Facet, ConditionKind] = {
    "states": "attribute", "actions": "event", "scene": "scene", "camera": "scene", "tempo": "scene",
}  # fmt: skip


def read_trace(said: Reasoning, target: str = "") -> Trace:
    """The trace that a reply amounts to; it may be empty."""
    seen: set[str] = set()
    facets = {facet: _lines(getattr(said, facet), MOST_ASSERTIONS, seen) for facet in FACETS}
    changes = {name: _lines(getattr(said, name), MOST_CHANGES, set()) for name in ("keep", "remove", "add")}
    altered: dict[tuple[str, str], Alteration] = {}
    for one in said.alter:
        what, into = shortened(one.what, MOST_OF_ASSERTION), shortened(one.into, MOST_OF_ASSERTION)
        if what and into and what.casefold() != into.casefold():
            altered.setdefault((what.casefold(), into.casefold()), Alteration(what=what, into=into))
    alter = tuple(altered.values())[:MOST_CHANGES]
    return Trace(**facets, **changes, alter=alter, target=read_target(target))


def read_target(said: str) -> str:
    """The description of a target, on one line."""
    return shortened(said, MOST_OF_TARGET)


def says_something(trace: Trace) -> bool:
    """Whether anything would follow; how the target is described does not count."""
    return trace.model_copy(update={"target": ""}) != Trace()


def from_trace(trace: Trace, edit: str, name: str) -> Query | None:
    """The query that a trace alone amounts to: what is asserted becomes free conditions, matched by similarity.

    Returns:
        None where nothing is asserted that could be searched for.
    """
    wanted = [
        *((KINDS[facet], said, 1.0) for facet, said in _evenly(trace)),
        *(("object", said, 1.0) for said in trace.add),
        *(("attribute", one.into, 1.0) for one in trace.alter),
        *(("object", said, KEPT_WEIGHT) for said in trace.keep),
    ]
    conditions: dict[str, Condition] = {}
    for kind, said, weight in wanted[:MOST_CONDITIONS]:
        text = shortened(said, MOST_OF_TEXT)
        imagined = sentences([said], MOST_IMAGINED)
        condition = Condition(id=f"c{len(conditions) + 1}", kind=kind, text=text, weight=weight, imagined=imagined)
        conditions.setdefault(text.casefold(), condition)
    if not conditions:
        return None
    denied = [
        Condition(id=f"n{number}", kind="object", text=f"not: {shortened(said, MOST_OF_TEXT)} is there", negated=True)
        for number, said in enumerate(trace.remove, start=1)
    ]
    return Query(text=edit, conditions=(*conditions.values(), *denied), trace=trace, decomposed_by=name)


def _evenly(trace: Trace) -> list[tuple[Facet, str]]:
    """Its assertions, the first of every facet before the second of any."""
    places = itertools.zip_longest(*([(facet, said) for said in getattr(trace, facet)] for facet in FACETS))
    return [one for place in places for one in place if one is not None]


def _lines(said: Iterable[str], most: int, seen: set[str]) -> tuple[str, ...]:
    """The first of those that differ, and that were not seen before."""
    kept: list[str] = []
    for one in said:
        line = shortened(one, MOST_OF_ASSERTION)
        if line and line.casefold() not in seen and len(kept) < most:
            seen.add(line.casefold())
            kept.append(line)
    return tuple(kept)

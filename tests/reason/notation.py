"""Predicates in one short line each, so that a table of questions can be read."""

from __future__ import annotations

from seewhy.types.query import (
    Condition,
    Counted,
    Happens,
    HasAttribute,
    IsA,
    Order,
    Predicate,
    Query,
    Related,
    SceneIs,
    Superlative,
)


def short(predicate: Predicate) -> str:
    """``e1 is ball``, ``e1 red``, ``e1 left_of e2``, ``e1 stops @end``, ``e1 == 2``, ``scene pan left``, ..."""
    if isinstance(predicate, Order):
        return f"{short(predicate.first)} < {short(predicate.then)}"
    if isinstance(predicate, Superlative):
        return f"{predicate.subject} the {predicate.measure}"
    if isinstance(predicate, IsA):
        return f"{predicate.subject} is {predicate.category}"
    when = "" if predicate.when == "any" else f" @{predicate.when}"
    match predicate:
        case SceneIs():
            return f"scene {predicate.value}{when}"
        case HasAttribute():
            return f"{predicate.subject} {predicate.value}{when}"
        case Related():
            return f"{predicate.subject} {predicate.relation} {predicate.object}{when}"
        case Counted():
            return f"{predicate.subject} {predicate.comparator} {predicate.number}{when}"
        case Happens():
            target = f" {predicate.object}" if predicate.object else ""
            return f"{predicate.subject} {predicate.event}{target}{when}"
    raise AssertionError(predicate)


def line(condition: Condition) -> str:
    """A condition; negated ones with ``not``, free ones as ``~ text``."""
    if condition.predicate is None:
        return f"~ {condition.text}"
    said = short(condition.predicate)
    return f"not {said}" if condition.negated else said


def lines(query: Query, *, free: bool = False) -> list[str]:
    """The conditions of a query; free ones only when asked for."""
    return [line(condition) for condition in query.conditions if free or condition.predicate is not None]

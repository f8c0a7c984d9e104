"""What a synthetic question means, in predicates, and a short notation to write it in.

The notation, one claim after another, separated by semicolons::

    a: red round striped        a has these looks (all color, shape, texture and size words are known by kind)
    a: green at start           ... in the first third ("at middle", "at end")
    a moves_right               an event; "b enters at end" says in which third
    a follows b                 an event or relation between two
    a stops < b enters          the first happens before the second
    a = 3                       exactly three things fit a's description
    a is largest                a superlative
    scene camera_motion pan left
    not a grows                 it must not hold; what only negated claims speak of must not exist
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, get_args

from seewhy.types.query import (
    Atomic,
    Counted,
    Happens,
    HasAttribute,
    Measure,
    Order,
    Predicate,
    Related,
    SceneIs,
    Superlative,
    When,
)
from seewhy.types.twin import EVENT_NAMES, RELATION_NAMES, AttributeKind

KIND_OF: dict[str, AttributeKind] = {
    **dict.fromkeys(
        ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "gray"), "color"
    ),
    **dict.fromkeys(("round", "square", "triangular", "star-shaped", "hexagonal", "cross-shaped"), "shape"),
    **dict.fromkeys(("plain", "striped", "dotted", "checkered"), "texture"),
    **dict.fromkeys(("small", "medium", "large"), "size"),
}
"""The words that synthetic objects are described with → what they are words for."""

_MUTUAL = frozenset({"approaches", "moves_away", "passes", "follows", "hidden_by"})
"""Events between two."""


class Claim(NamedTuple):
    """A predicate that has to hold or, negated, must not."""

    predicate: Predicate
    negated: bool = False


def parse(notation: str) -> tuple[Claim, ...]:
    """Claims from their notation.

    Raises:
        ValueError: a claim that is not in the notation; names it.

    >>> [claim.predicate.kind for claim in parse("a: red round; a stops < b enters; not b is largest")]
    ['has', 'has', 'order', 'superlative']
    """
    return tuple(claim for part in notation.split(";") for claim in _claims(part.strip()))


def _claims(part: str) -> Iterator[Claim]:
    if part.startswith("not "):
        yield from (claim._replace(negated=True) for claim in _claims(part.removeprefix("not ")))
    elif ": " in part:
        who, _, looks = part.partition(": ")
        values, when = _when(looks.split())
        for value in values:
            if value not in KIND_OF:
                raise ValueError(f"{value!r} in the claim {part!r} is no known look; known: {', '.join(KIND_OF)}")
            yield Claim(HasAttribute(subject=who, attribute=KIND_OF[value], value=value, when=when))
    elif " < " in part:
        first, _, then = part.partition(" < ")
        yield Claim(Order(first=_atomic(first), then=_atomic(then)))
    else:
        yield Claim(_atomic(part))


def _atomic(part: str) -> Atomic:
    words, when = _when(part.split())
    match words:
        case ["scene", attribute, *value]:
            return SceneIs.model_validate({"attribute": attribute, "value": " ".join(value), "when": when})
        case [who, "=", number]:
            return Counted(subject=who, comparator="==", number=int(number), when=when)
        case [who, "is", measure] if measure in get_args(Measure):
            return Superlative.model_validate({"subject": who, "measure": measure})
        case [who, event] if event in EVENT_NAMES and event not in _MUTUAL:
            return Happens.model_validate({"subject": who, "event": event, "when": when})
        case [who, event, whom] if event in _MUTUAL:
            return Happens.model_validate({"subject": who, "event": event, "object": whom, "when": when})
        case [who, relation, whom] if relation in RELATION_NAMES:
            return Related.model_validate({"subject": who, "relation": relation, "object": whom, "when": when})
    raise ValueError(f"the claim {part!r} is not in the notation; see the docstring of {__name__}")


def _when(words: list[str]) -> tuple[list[str], When]:
    if len(words) > 2 and words[-2] == "at":
        if words[-1] not in get_args(When):
            raise ValueError(f"'at {words[-1]}' is no part of a video; known: {', '.join(get_args(When))}")
        return words[:-2], words[-1]  # type: ignore[return-value]  # checked just above
    return words, "any"

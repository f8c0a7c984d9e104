"""A check that a language model asked for → a predicate, or why it is none.

Strict, because a wrong predicate throws the right video out, while a missing one leaves the condition to similarity:
what a check takes has to be there, be declared, and be a word that twins use.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import get_args

from seewhy.reason.decompose.reply import NOTHING, Look, SaidCondition, SceneLook
from seewhy.reason.decompose.vocabulary import COMPARATORS, known_to_twins
from seewhy.twin.looks import value
from seewhy.twin.vocabulary import ENCOUNTERS, singular
from seewhy.types.query import (
    Atomic,
    Comparator,
    Counted,
    Happens,
    HasAttribute,
    IsA,
    Measure,
    Related,
    SceneIs,
    Superlative,
)
from seewhy.types.twin import EventName, RelationName

MOST_COUNTED = 12
"""Tracks that perception keeps of a shot, by default; a larger number would be compared with a count that cannot reach
it, and "a hundred birds" be denied of every video."""

_LOOKS: Mapping[str, Look] = {name: name for name in get_args(Look)}
_SCENE_LOOKS: Mapping[str, SceneLook] = {name: name for name in get_args(SceneLook)}
_RELATIONS: Mapping[str, RelationName] = {name: name for name in get_args(RelationName)}
_EVENTS: Mapping[str, EventName] = {name: name for name in get_args(EventName)}
_MEASURES: Mapping[str, Measure] = {name: name for name in get_args(Measure)}
_COMPARATORS: Mapping[str, Comparator] = {str(amount): comparator for amount, comparator in COMPARATORS.items()}

_ARTICLE = re.compile(r"^(an?|the|some|any|no) ")
_NOUN = re.compile(r"[a-z][a-z'-]*( [a-z][a-z'-]*){0,2}")
"""Labels are English nouns of a word or two. A sentence, or another language's word, would be denied of every track."""


class IncoherentError(ValueError):
    """The check does not fit what it was asked with; the message says why, in words for a user."""


def atomic(said: SaidCondition, entities: Container[str]) -> Atomic:
    """The predicate of a condition whose check is neither "none" nor "before"; its negation is not looked at.

    Args:
        entities: ids of the entities that are declared.

    Raises:
        IncoherentError: it makes no sense.
    """
    check = said.check
    if scene_look := _SCENE_LOOKS.get(check):
        return SceneIs(attribute=scene_look, value=_known(scene_look, said.value), when=said.when)
    subject = _entity("subject", said.subject, entities)
    if check == "is_a":
        return IsA(subject=subject, category=_noun(said.value))
    if look := _LOOKS.get(check):
        return HasAttribute(subject=subject, attribute=look, value=_known(look, said.value), when=said.when)
    if measure := _MEASURES.get(check):
        return Superlative(subject=subject, measure=measure)
    if comparator := _COMPARATORS.get(check):
        if not 0 <= said.number <= MOST_COUNTED:
            raise IncoherentError(f"counts of 0 to {MOST_COUNTED} can be checked, not {str(said.number)[:12]}")
        return Counted(subject=subject, comparator=comparator, number=said.number, when=said.when)
    if relation := _RELATIONS.get(check):
        other = _other(said, subject, entities)
        return Related(subject=subject, relation=relation, object=other, when=said.when)
    event = _EVENTS[check]
    if event in ENCOUNTERS:
        return Happens(subject=subject, event=event, object=_other(said, subject, entities), when=said.when)
    if said.object != NOTHING:
        raise IncoherentError(f"'{event}' is something that one thing does alone")
    return Happens(subject=subject, event=event, when=said.when)


def complement(count: Counted) -> Counted | None:
    """The count that holds where this one does not; None where no single one does.

    >>> complement(Counted(subject="e1", comparator=">=", number=3)).number
    2
    """
    comparator, number = count.comparator, count.number
    if count.when == "throughout":  # not all the time is not: never
        return None
    if comparator == ">=" and number:
        return count.model_copy(update={"comparator": "<=", "number": number - 1})
    if comparator == "<=" or (comparator == "==" and not number):
        return count.model_copy(update={"comparator": ">=", "number": number + 1})
    return None


def _entity(role: str, given: str, entities: Container[str]) -> str:
    if given == NOTHING:
        raise IncoherentError(f"its check needs a {role}")
    if given not in entities:
        raise IncoherentError(f"its {role} {given} is no entity of the reply")
    return given


def _other(said: SaidCondition, subject: str, entities: Container[str]) -> str:
    other = _entity("second thing", said.object, entities)
    if other == subject:
        raise IncoherentError(f"'{said.check}' is between two things, not between one and itself")
    return other


def _known(kind: Look | SceneLook, word: str) -> str:
    known = value(kind, word)
    if known not in known_to_twins(kind):
        raise IncoherentError(f"'{word}' is no {kind.replace('_', ' ')} that twins know")
    return known


def _noun(word: str) -> str:
    """
    >>> _noun("A Dog"), _noun("race cars")
    ('dog', 'race car')
    """
    plain = _ARTICLE.sub("", word.strip().lower())
    if plain == NOTHING or not _NOUN.fullmatch(plain):
        raise IncoherentError(f"'{word}' is no plain English noun")
    return singular(plain)

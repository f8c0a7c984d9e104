"""Sentences of the edited reference twin, lent to what a model says of the target.

A model imagines the target's sentences from the reference's record. The rules edit the reference twin itself, so that
their sentences have the twin's own wording and all that the twin knows ("a small red striped round object, moving to
the left"). Where both ask for the same of the same thing, the model's condition has the rules' sentences, too.

What the model says counts. A condition is never added, and a sentence is not lent that says anything else than the
model of what it speaks of: another way, another color, a thing that is gone. Nothing is lent where predicates do not
decide whether both ask for the same: to conditions without a check, and where two things of the reference are meant
equally well. Nor is the sentence about the whole picture: it says more than any one condition asks for, and most of it
is the reference's. (On the synthetic edits, with it the videos that edits of light and camera ask for came further
down.) Nor are sentences about what is the largest: the edited twin calls it large, which is a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from seewhy.reason.plan import entities_of
from seewhy.twin.looks import known_values, value
from seewhy.twin.sentences import MOTIONS
from seewhy.twin.vocabulary import EVENT_PARTICIPLES, EVENT_PHRASES, GENERIC_WORDS, noun
from seewhy.types.query import Condition, Happens, HasAttribute, IsA, Order, Predicate, Query, SceneIs, Superlative
from seewhy.types.twin import AttributeKind

MOST_BORROWED = 2
"""sentences for one condition: the twin's own come first, and what follows are other wordings of them"""
WAYS = (*MOTIONS, "stays_still")
_WORD = re.compile(r"[\w-]+")


def borrow(query: Query, edited: Query) -> Query:
    """
    Args:
        query: a model's.
        edited: the rules', of the same reference and edit.

    Returns:
        the model's, with more imagined sentences.
    """
    said = _Said(query)
    lenders = _Said(edited)
    return query.model_copy(
        update={"conditions": tuple(_with(condition, said, lenders) for condition in query.conditions)}
    )


class _Said:
    """What a query says of each thing."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.asked = [one for one in query.conditions if one.predicate is not None and not one.negated]
        self.denied = [one.predicate for one in query.conditions if one.predicate is not None and one.negated]

    @property
    def named(self) -> set[str]:
        """What anything is said to be."""
        return {noun(one.predicate.category) for one in self.asked if isinstance(one.predicate, IsA)}

    def names(self, entity: str) -> set[str]:
        """What it is said to be."""
        kinds = [one.predicate for one in self.asked if isinstance(one.predicate, IsA)]
        return {noun(one.category) for one in kinds if one.subject == entity}

    def looks(self, entity: str) -> Mapping[AttributeKind, set[str]]:
        """How it is said to look."""
        found: dict[AttributeKind, set[str]] = {}
        for one in (one.predicate for one in self.asked if isinstance(one.predicate, HasAttribute)):
            if one.subject == entity:
                found.setdefault(one.attribute, set()).add(value(one.attribute, one.value))
        return found

    def unfit(self, entities: Iterable[str]) -> set[str]:
        """Words that no sentence about these things may have."""
        about = set(entities)
        words: set[str] = set()
        for entity in about:
            for kind, looks in self.looks(entity).items():
                words |= {other for other in known_values(kind) if other not in looks}
        ways = {way for one in self.asked for way in _ways(one.predicate, about)}
        if ways:
            words |= {term for way in WAYS if way not in ways for term in _terms(way)}
        for predicate in self.denied:
            match predicate:
                case IsA():
                    words.add(noun(predicate.category))
                case HasAttribute() if predicate.subject in about:
                    words.add(value(predicate.attribute, predicate.value))
                case Happens():
                    words |= {term for way in _ways(predicate, about) for term in _terms(way)}
        gone = self.query.trace.remove if self.query.trace is not None else ()
        return words | {noun(phrase.split()[-1].casefold()) for phrase in gone if phrase.split()}


def _with(condition: Condition, said: _Said, lenders: _Said) -> Condition:
    """It, with what is lent to it."""
    if condition.negated or condition.predicate is None or isinstance(condition.predicate, SceneIs | Superlative):
        return condition
    same = [one for one in lenders.asked if _is_same(condition.predicate, said, one.predicate, lenders)]
    if len(same) != 1:
        return condition
    unfit = said.unfit(entities_of(condition.predicate))
    known = {text.casefold() for text in (condition.text, *condition.imagined)}
    new = (sentence for sentence in same[0].imagined if sentence.casefold() not in known)
    lent = [sentence for sentence in new if _tells(sentence) and not _has(sentence, unfit)]
    return condition.model_copy(update={"imagined": (*condition.imagined, *lent[:MOST_BORROWED])})


def _is_same(predicate: Predicate, said: _Said, other: Predicate | None, lenders: _Said) -> bool:
    """Whether both ask for the same, of things that may be the same."""
    if other is None or _bare(predicate) != _bare(other):
        return False
    pairs = zip(entities_of(predicate), entities_of(other), strict=True)
    return all(_may_be(one, another, said, lenders) for one, another in pairs)


def _may_be(entity: str, other: str, said: _Said, lenders: _Said) -> bool:
    """Whether a thing of the model's may be that one of the rules'."""
    names, known = said.names(entity), lenders.names(other)
    if names & lenders.named and not known:
        return False  # what has this name is another one
    looks = lenders.looks(other)
    return _agree(names, known) and all(_agree(is_, looks.get(kind, set())) for kind, is_ in said.looks(entity).items())


def _agree(one: set[str], other: set[str]) -> bool:
    """Whether there is something that both say, or one of them says nothing."""
    return not one or not other or bool(one & other)


def _bare(predicate: Predicate) -> tuple[object, ...]:
    """A predicate without the names of its entities, in the twin's words."""
    match predicate:
        case Order():
            return (predicate.kind, _bare(predicate.first), _bare(predicate.then))
        case IsA():
            return (predicate.kind, noun(predicate.category))
        case HasAttribute() | SceneIs():
            kind = predicate.attribute
            return (predicate.kind, kind, value(kind, predicate.value), predicate.when)
    rest = predicate.model_dump(exclude={"subject", "object"})
    return (*sorted(rest.items()), len(entities_of(predicate)))


def _ways(predicate: Predicate | None, entities: set[str]) -> set[str]:
    """The ways in which one of these moves."""
    if isinstance(predicate, Order):
        return _ways(predicate.first, entities) | _ways(predicate.then, entities)
    if isinstance(predicate, Happens) and predicate.subject in entities and predicate.event in WAYS:
        return {predicate.event}
    return set()


def _terms(way: str) -> Sequence[str]:
    return [term for term in (EVENT_PHRASES.get(way, ""), EVENT_PARTICIPLES.get(way, "")) if term]


def _tells(sentence: str) -> bool:
    """Whether it says more than that something is there."""
    return not set(_WORD.findall(sentence.casefold())) <= GENERIC_WORDS | {"a", "an", "the"}


def _has(sentence: str, words: Iterable[str]) -> bool:
    bare = f" {' '.join(_WORD.findall(sentence.casefold()))} "
    return any(f" {word} " in bare for word in words)

"""What a verb phrase says of its subject, before anyone knows who that is."""

from __future__ import annotations

from dataclasses import dataclass, field

from seewhy.reason.english import lexicon as lex
from seewhy.reason.english import patterns
from seewhy.reason.english.noun_phrase import NounPhrase
from seewhy.reason.english.patterns import Line
from seewhy.reason.english.phrases import read_target
from seewhy.reason.english.tokens import word_at
from seewhy.types.query import When
from seewhy.types.twin import EventName, RelationName


@dataclass
class Saying:
    """One thing said of the subject, with what it is said about."""

    event: EventName | None = None
    relation: RelationName | None = None
    color: str | None = None
    target: NounPhrase | None = None
    inverse: bool = False
    """the target does it to the subject"""
    when: When = "any"


@dataclass
class Action:
    """What a verb phrase says. `end` is the token position behind it."""

    end: int
    sayings: list[Saying] = field(default_factory=list)


def skip_adverbs(line: Line, position: int, more: frozenset[str] | set[str] = frozenset()) -> int:
    while (word := word_at(line.tokens, position)) in lex.MANNER or word in more:
        position += 1
    return position


def trackable(phrase: NounPhrase | None) -> bool:
    """Whether a noun phrase can name a track: not stuff, not the picture, not an unknown noun."""
    return phrase is not None and phrase.head_kind in {"thing", "generic", "pronoun"}


def read_towards(line: Line, position: int) -> Action | None:
    found = patterns.TOWARDS.match(line, position)
    if found is None:
        return None
    (event, relation), after = found
    target = read_target(line.tokens, after)
    if target is None or not trackable(target) or target.head in lex.VIEWERS:
        return None
    sayings = [Saying(event, target=target)]
    if relation is not None:
        sayings.append(Saying(relation=relation, target=target))
    return Action(target.end, sayings)

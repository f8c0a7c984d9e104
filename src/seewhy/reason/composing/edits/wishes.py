"""What an edit asks for, as claims about the target: predicates over things of the reference, new and absent ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from seewhy.reason.composing.edits.cast import Cast, with_subject
from seewhy.reason.composing.edits.levels import stepped
from seewhy.reason.english.noun_phrase import NounPhrase
from seewhy.twin.looks import alike
from seewhy.twin.vocabulary import BROADER, PERSON_WORDS, noun
from seewhy.types.query import (
    Atomic,
    Comparator,
    Condition,
    Happens,
    HasAttribute,
    IsA,
    Order,
    Predicate,
    SceneIs,
    When,
)
from seewhy.types.twin import AttributeKind, EventName

CHANGED = 1.5
"""weight of what the edit makes different: it tells the target from the videos like it"""
NAMED = 0.6
"""of what the edit only names things by"""
REPLACED = 0.45
"""of the denial of what was instead: seen by nobody, it may still be true for a moment"""


class Claim(NamedTuple):
    """Something that has to hold of the target or, negated, must not."""

    predicate: Predicate
    negated: bool = False
    weight: float = CHANGED


@dataclass
class Thing:
    """Something that is spoken of."""

    id: str
    phrase: str
    track: int | None = None
    """of the reference; None: it is new, or must not be there"""
    absent: bool = False


class Recount(NamedTuple):
    """How many of a sort there are to be."""

    comparator: Comparator
    number: int
    says: tuple[Atomic, ...] = ()
    """what they are counted by; nothing: by what the track is"""


class Wishes:
    """What one edit asks for. Filled by the readers; knows the reference, and resolves everything against it."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.things: dict[str, Thing] = {}
        self.claims: list[Claim] = []
        self.counts: dict[int, Recount] = {}
        """a track of the group → how many of its sort are wanted"""
        self.gone: list[int] = []
        """tracks that are no longer there"""
        self.remade: list[int] = []
        """tracks that are something else then, which no table knows"""
        self.last: tuple[int, ...] = ()
        """the track that was named last: whom "it" means from then on"""
        self.free: list[Condition] = []
        """what is matched by similarity only"""
        self.kept: list[str] = []
        """what the edit itself says stays"""
        self.notes: list[str] = []

    # things

    def of(self, track: int) -> str:
        """The entity that stands for a track of the reference."""
        return self._thing(f"t{track}", self.cast.phrase(track), track).id

    def new(self, phrase: str, *, absent: bool = False) -> str:
        """An entity for a thing that is not in the reference, or that must not be in the target."""
        letter = "x" if absent else "n"
        number = sum(thing.id.startswith(letter) for thing in self.things.values()) + 1
        return self._thing(f"{letter}{number}", phrase, None, absent).id

    def _thing(self, name: str, phrase: str, track: int | None, absent: bool = False) -> Thing:
        return self.things.setdefault(name, Thing(name, phrase, track, absent))

    def track_of(self, entity: str) -> int | None:
        return self.things[entity].track

    # claims

    def claim(self, predicate: Predicate, *, negated: bool = False, weight: float = CHANGED) -> None:
        """Ask for it; a second time changes nothing."""
        if all(claim[:2] != (predicate, negated) for claim in self.claims):
            self.claims.append(Claim(predicate, negated, weight))

    def scene(self, kind: AttributeKind, value: str) -> None:
        self.claim(SceneIs(attribute=kind, value=value))

    def step(self, kind: AttributeKind, by: int) -> None:
        """Brighter, faster, closer, than in the reference. Where several levels are, it is not pinned down which."""
        before = self.cast.scene(kind)
        after = stepped(kind, before, by)
        if before and before != after and stepped(kind, after, by) != after:
            self.claim(SceneIs(attribute=kind, value=before), negated=True)
            self.claim(SceneIs(attribute=kind, value=after), weight=REPLACED)
        else:
            self.claim(SceneIs(attribute=kind, value=after))

    def resize(self, tracks: Iterable[int], by: int) -> None:
        for track in self.each(tracks):
            self.look((track,), "size", stepped("size", self.cast.look(track, "size"), by))

    def look(self, tracks: Iterable[int], kind: AttributeKind, value: str, when: When = "any") -> None:
        """They look so, and no longer as they did."""
        for track in self.each(tracks):
            entity, before = self.of(track), self.cast.look(track, kind)
            self.claim(HasAttribute(subject=entity, attribute=kind, value=value, when=when))
            if when == "any" and before and not alike(kind, value, before):
                self.claim(HasAttribute(subject=entity, attribute=kind, value=before), negated=True, weight=REPLACED)

    def each(self, tracks: Iterable[int]) -> list[int]:
        """The tracks, of a group that is among them as a whole only the first: as many are wanted as there are."""
        asked, chosen = list(tracks), list[int]()
        for track in asked:
            group = self.cast.group(track)
            if len(group) > 1 and set(group) <= set(asked):
                if track == group[0]:
                    chosen.append(track)
                    if self.counts.keys().isdisjoint(group):
                        self.counts[track] = Recount("==", self.cast.how_many(track))
            else:
                chosen.append(track)
        return chosen

    def happen(self, track: int, event: EventName, other: int | None = None) -> None:
        target = None if other is None else self.of(other)
        self.claim(Happens(subject=self.of(track), event=event, object=target))

    def order(self, first: Atomic, then: Atomic) -> None:
        self.claim(Order(first=first, then=then))

    def recount(self, track: int, number: int, comparator: Comparator = "==", says: Sequence[Atomic] = ()) -> None:
        """So many things of the track's sort; none: they are gone."""
        group = self.cast.group(track)
        if number == 0 and comparator != ">=":
            self.remove(group)
            return
        self.counts = {known: wanted for known, wanted in self.counts.items() if known not in group}
        self.counts[track] = Recount(comparator, number, tuple(says))

    # things that come and go

    def remove(self, tracks: Sequence[int], phrase: str = "", says: Sequence[Atomic] = ()) -> None:
        """They are gone, and nothing like them is there.

        Args:
            says: what must not be there, in any words; nothing: what the tracks are.
        """
        self.gone += [track for track in tracks if track not in self.gone]
        if says:
            entity = self.new(phrase, absent=True)
            for atomic in says:
                self.claim(with_subject(atomic, entity), negated=True, weight=CHANGED)
            return
        for track in dict.fromkeys(self.cast.group(track)[0] for track in tracks):
            left = [other for other in self.cast.group(track) if other not in self.gone]
            described = self.cast.described(track, "x")
            if left or not described:
                self.recount(left[0] if left else track, len(left) if left else 0, "<=" if left else "==")
                continue
            self.remove((), self.cast.phrase(track), described)

    def add(self, phrase: NounPhrase, words: str) -> str:
        """One more thing."""
        entity = self.new(words)
        self.describe(entity, phrase)
        return entity

    def describe(self, entity: str, phrase: NounPhrase) -> None:
        """What a noun phrase says of it."""
        for atomic in says(phrase, entity):
            self.claim(atomic)

    def remake(self, track: int, words: str) -> None:
        """Something else is where the track is, of which no more is known than how it is called."""
        self.things[self.of(track)].phrase = words
        self.remade.append(track)

    def swap(self, track: int, phrase: NounPhrase, words: str, called: Sequence[Atomic] = ()) -> None:
        """Something else is where the track is, and does what it does; what it was is gone.

        Args:
            called: what the edit calls it that is gone; nothing: "it".
        """
        entity = self.of(track)
        asked = says(phrase, entity)
        self.things[entity].phrase = words
        for atomic in asked:
            if isinstance(atomic, HasAttribute):
                self.look((track,), atomic.attribute, atomic.value)
            else:
                self.claim(atomic)
        if any(map(is_kind, asked)) and len(self.cast.group(track)) == 1:
            self._deny_former(track, asked, called)

    def _deny_former(self, track: int, asked: Sequence[Atomic], called: Sequence[Atomic]) -> None:
        """What it was is not there. What it looked like is denied only where that is all it was: a square is no star,
        and nobody knows whether the man who comes instead of a woman wears brown, too."""
        gone = self.new(self.cast.phrase(track), absent=True)
        named = [says for says in called if isinstance(says, IsA)]
        by_shape = any(isinstance(says, HasAttribute) for says in asked if is_kind(says))
        looked: Sequence[Atomic] = ()
        if self.cast.name(track) or (by_shape and self.cast.look(track, "shape")):
            looked = self.cast.described(track, gone)
        coming = {says.category for says in asked if isinstance(says, IsA)}
        kept = coming.union(*map(broader, coming))  # a horse is an animal still, and a man a person

        def stays(denied: Sequence[Atomic]) -> bool:
            return any(isinstance(says, IsA) and says.category in kept for says in denied)

        ways = (looked, [with_subject(says, gone) for says in named])
        denied = next((way for way in ways if way and not stays(way)), None)
        if denied is None:
            del self.things[gone]
            return
        for atomic in denied:
            self.claim(atomic, negated=True, weight=CHANGED)


def broader(category: str) -> frozenset[str]:
    """The wider classes of a thing.

    >>> sorted(broader("apple")), sorted(broader("man"))
    (['food', 'fruit'], ['person'])
    """
    person = frozenset(("person",)) if noun(category) in PERSON_WORDS else frozenset[str]()
    return BROADER.get(category, frozenset()) | person


def is_kind(says: Atomic) -> bool:
    """Whether it says what a thing is, rather than how it looks."""
    return isinstance(says, IsA) or (isinstance(says, HasAttribute) and says.attribute == "shape")


def says(phrase: NounPhrase, entity: str) -> list[Atomic]:
    """What a noun phrase says of the thing it names."""
    named: list[Atomic] = [IsA(subject=entity, category=phrase.category)] if phrase.category else []
    return [
        *named,
        *(HasAttribute(subject=entity, attribute=kind, value=value) for kind, value in phrase.attributes),
    ]

"""Edits of what happens: the other way, the reverse order, roles and places swapped, behind instead of in front."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from seewhy.reason.composing.edits import doing_words
from seewhy.reason.composing.edits import words as say
from seewhy.reason.composing.edits.cast import MOTIONS
from seewhy.reason.composing.edits.part import Part, Step
from seewhy.reason.composing.edits.wishes import REPLACED
from seewhy.reason.english import patterns
from seewhy.reason.english.noun_phrase import NounPhrase
from seewhy.twin.vocabulary import CONVERSE
from seewhy.types.query import Happens, Related
from seewhy.types.twin import Event, EventName, Relation, RelationName

MEETINGS: Sequence[EventName] = ("follows", "hidden_by", "passes", "approaches", "moves_away")
"""what two things have to do with each other, the most telling first"""
LATER = 0.2
"""seconds between two events of which one comes after the other"""
MOST_TURNED = 3
"""tracks that go the other way, where the edit names none"""
SIDEWAYS = frozenset(("left_of", "right_of", "above", "below", "in_front_of", "behind"))


class Doings(Part):
    """Readers; each returns the step that begins at a position, or None."""

    def read_opposite(self, position: int) -> Step | None:
        """ "the other way", "the ball rolls in the opposite direction", "turn the animal around"."""
        start = self.skip(say.PREFACE, position)
        turned = self.line.match(doing_words.TURN, position)
        if turned is not None and (phrase := self.noun_phrase(turned)) is not None:
            end = self.line.match(doing_words.AROUND, phrase.end)
            if end is not None:
                return Step(end, partial(self._turn, phrase))
        of = self.line.match(doing_words.DIRECTION_OF, position)
        if of is not None and (phrase := self.noun_phrase(of)) is not None and self.meant(phrase):
            return Step(phrase.end, partial(self._turn, phrase))
        for begin in dict.fromkeys((position, start)):
            phrase = self.noun_phrase(begin)
            if phrase is not None and self.meant(phrase):
                end = self.line.match(doing_words.OPPOSITE, self.skip(say.MOTION_WORDS, phrase.end))
                if end is not None:
                    return Step(end, partial(self._turn, phrase))
            end = self.line.match(doing_words.OPPOSITE, self.skip(say.MOTION_WORDS, begin))
            if end is not None:
                words = self.slice(begin, end).lower()
                whole, around = (
                    doing_words.BACKWARDS.search(words) is not None,
                    doing_words.ROUND.search(words) is not None,
                )
                return Step(end, partial(self._turn, None, whole=whole, around=around))
        return None

    def _turn(self, phrase: NounPhrase | None, *, whole: bool = False, around: bool = False) -> None:
        """
        Args:
            whole: the video runs backwards: what enters leaves, and so on.
            around: "the other way round", which need not be a way: what grows shrinks.
        """
        asked = self.meant(phrase) if phrase is not None or self.words.focus else self.cast.main
        if around and self._invert(asked, said=False):
            return
        moving = [track for track in asked if self.cast.likely_direction(track)]
        said = False
        for track in moving[: 1 if phrase is not None and not phrase.plural else MOST_TURNED]:
            if (direction := self.cast.likely_direction(track)) is not None:
                self.wishes.happen(track, say.OPPOSITES[direction])
                said = True
        if whole or not said:
            said = self._invert(asked, said) or said
        if not said and (phrase is None or phrase.head_kind == "pronoun"):
            said = self._swap_roles() or self._swap_places()
        if not said:
            self.wishes.notes.append("'the other way': which way it is in the reference is not known")

    def _invert(self, tracks: Sequence[int], said: bool) -> bool:
        """What starts stops, what comes goes; the most telling of each thing."""
        for track in tracks[:MOST_TURNED]:
            for event in say.TELLING:
                opposite = say.OPPOSITES.get(event)
                if opposite is None or not self.cast.does(track, event) or self.cast.does(track, opposite):
                    continue
                self.wishes.happen(track, opposite)
                self.wishes.claim(Happens(subject=self.wishes.of(track), event=event), negated=True, weight=REPLACED)
                said = True
                break
        return said

    # order

    def read_order(self, position: int) -> Step | None:
        """ "in the reverse order", "first to the right and then up"."""
        end = self.line.match(doing_words.REORDER, position)
        if end is not None:
            return Step(end, self._reorder)
        phrase = self.noun_phrase(self.skip(doing_words.PUSH, position))
        if phrase is None or not self.meant(phrase):
            phrase = None
        start = self.skip(doing_words.FIRST, phrase.end if phrase is not None else position)
        first = self._way(start)
        if first is None:
            return None
        then = self.line.match(doing_words.THEN, first[1])
        second = self._way(then) if then is not None else None
        if second is None:
            return Step(first[1], partial(self._go, phrase, (first[0],)))
        return Step(second[1], partial(self._go, phrase, (first[0], second[0])))

    def _way(self, position: int) -> tuple[EventName, int] | None:
        """A direction without a verb: "to the left"."""
        found = patterns.DIRECTIONS.match(self.line, position)
        known = found is not None and len(found[0]) == 1 and found[0][0] in MOTIONS
        return (found[0][0], found[1]) if found is not None and known else None

    def _go(self, phrase: NounPhrase | None, ways: Sequence[EventName]) -> None:
        asked = self.meant(phrase) if phrase is not None or self.words.focus else self.cast.main
        track = next((track for track in asked if self.cast.likely_direction(track)), next(iter(asked), None))
        if track is None:
            self.wishes.notes.append("who is to go that way is not known: the reference shows no thing")
            return
        entity = self.wishes.of(track)
        if len(ways) == 1:
            self.wishes.happen(track, ways[0])
            return
        first, then = (Happens(subject=entity, event=way) for way in ways)
        self.wishes.order(first, then)

    def _reorder(self) -> None:
        found = self._in_turn()
        if found is None:
            self.wishes.notes.append("'the reverse order': what follows what in the reference is not known")
            return
        first, then = (
            Happens(subject=self.wishes.of(e.subject), event=_name(e)) for e in found if e.subject is not None
        )
        self.wishes.order(then, first)

    def _in_turn(self) -> tuple[Event, Event] | None:
        """Two events of which one comes after the other: of two things if possible, and the most telling."""
        happened = sorted(self._tellable(), key=lambda e: (e.span.start, e.span.end, e.subject or 0, e.action))
        pairs = [
            (a, b)
            for number, a in enumerate(happened)
            for b in happened[number + 1 :]
            if b.span.start >= a.span.start + LATER
            and (a.subject, a.action) != (b.subject, b.action)
            and not self._again(a, b, happened)
        ]

        def telling(pair: tuple[Event, Event]) -> tuple[bool, int, float]:
            a, b = pair
            ways = sum(event.action in MOTIONS for event in pair)
            return a.subject == b.subject, ways, -(a.score + b.score)

        return min(pairs, key=telling, default=None)

    def _again(self, a: Event, b: Event, happened: Sequence[Event]) -> bool:
        """Whether one of them happens in the other order, too."""
        before = [e for e in happened if (e.subject, e.action) == (b.subject, b.action) and e.span.start < a.span.start]
        after = [e for e in happened if (e.subject, e.action) == (a.subject, a.action) and e.span.start > b.span.start]
        return bool(before or after)

    def _tellable(self) -> Iterator[Event]:
        for track in self.cast.main[:MOST_TURNED]:
            events = [event for event in self.cast.events.get(track, ()) if event.object is None]
            ways = {event.action for event in events if event.action in MOTIONS}
            yield from (e for e in events if e.action in say.TELLING or (len(ways) > 1 and e.action in ways))

    # two things

    def read_exchange(self, position: int) -> Step | None:
        """ "the roles are swapped", "they swap places", "with their colors exchanged"."""
        start = self.skip(say.PREFACE, position)
        pair: tuple[int, ...] = ()
        first = self.noun_phrase(position)
        if first is not None and self.word(first.end) == "and" and (second := self.noun_phrase(first.end + 1)):
            pair = (*self.meant(first)[:1], *self.meant(second)[:1])
            start = second.end if len(pair) == 2 else start
        acts = (
            (doing_words.ROLES, self._roles),
            (doing_words.PLACES, self._places),
            (doing_words.COLORS, self._colors),
        )
        for begin in dict.fromkeys((position, start)):
            for pattern, act in acts:
                if (end := self.line.match(pattern, begin)) is not None:
                    return Step(end, partial(act, pair))
        return None

    def _roles(self, pair: Sequence[int]) -> None:
        if not self._swap_roles(pair):
            self.wishes.notes.append("'roles swapped': what the two do to each other in the reference is not known")

    def _swap_roles(self, pair: Sequence[int] = ()) -> bool:
        seen = [e for events in self.cast.events.values() for e in events if e.object is not None]
        seen = [e for e in seen if not pair or {e.subject, e.object} == set(pair)]
        for name in MEETINGS:
            for event in sorted((e for e in seen if e.action == name), key=lambda e: (-e.score, e.span.start)):
                if event.subject is None or event.object is None or self.cast.does(event.object, name, event.subject):
                    continue
                self.wishes.happen(event.object, name, event.subject)
                old = Happens(subject=self.wishes.of(event.subject), event=name, object=self.wishes.of(event.object))
                self.wishes.claim(old, negated=True, weight=REPLACED)
                return True
        return False

    def _places(self, pair: Sequence[int]) -> None:
        if not self._swap_places(pair):
            self.wishes.notes.append("'places swapped': how the things lie in the reference is not known")

    def _swap_places(self, pair: Sequence[int] = ()) -> bool:
        relation = self._lying(pair)
        if relation is None:
            return False
        self._put(relation.subject, CONVERSE[relation.predicate], relation.object)
        return True

    def _put(self, track: int, relation: RelationName, other: int) -> None:
        subject, target = self.wishes.of(track), self.wishes.of(other)
        self.wishes.claim(Related(subject=subject, relation=relation, object=target))
        if (was := CONVERSE.get(relation)) is not None and was != relation:
            self.wishes.claim(Related(subject=subject, relation=was, object=target), negated=True, weight=REPLACED)

    def _lying(self, pair: Sequence[int] = ()) -> Relation | None:
        """How two things mostly lie to each other; without a pair, the two that the reference is about."""
        about = set(pair or self.cast.main[:2])
        lying = [r for r in self.cast.twin.relations if r.predicate in SIDEWAYS and {r.subject, r.object} == about]
        return max(lying, key=lambda r: (r.span.duration * r.score, r.predicate), default=None)

    def _colors(self, pair: Sequence[int]) -> None:
        pair = [track for track in pair or self.cast.main if self.cast.look(track, "color")][:2]
        if len(pair) < 2:
            self.wishes.notes.append("'colors swapped': which colors two things of the reference have is not known")
            return
        first, second = (self.cast.look(track, "color") for track in pair)
        self.wishes.look(pair[:1], "color", second)
        self.wishes.look(pair[1:], "color", first)

    def read_side(self, position: int) -> Step | None:
        """ "below it", "behind the disc", "in front", where the other thing need not be named."""
        start = self.skip(say.PREFACE, position)
        for begin in dict.fromkeys((position, start)):
            phrase = self.noun_phrase(begin)
            if phrase is not None and not self.meant(phrase):
                phrase = None
            after = phrase.end if phrase is not None else begin
            found = doing_words.SIDES.match(self.line, self.skip(doing_words.LYING, after))
            passing = found is None
            if passing:
                found = doing_words.SIDES.match(self.line, self.skip(say.MOTION_WORDS, after))
            if found is None:
                continue
            relation, end = found
            other = self.noun_phrase(end)
            if passing and (other is not None or relation not in {"in_front_of", "behind"}):
                continue  # "passes in front"; but "goes to the left" is a way, and "passes behind the disc" an event
            if other is not None and (other.head_kind == "pronoun" or self.meant(other)):
                return Step(other.end, partial(self._lie, phrase, relation, other))
            if other is None:
                return Step(end, partial(self._lie, phrase, relation, None))
        return None

    def _lie(self, phrase: NounPhrase | None, relation: RelationName, other: NounPhrase | None) -> None:
        pair = self.cast.main[:2]
        target = None if other is None or other.head_kind == "pronoun" else next(iter(self.meant(other)), None)
        if target is None:
            lying = self._lying()
            named = (
                next(iter(self.meant(phrase)), None) if phrase is not None and phrase.head_kind != "pronoun" else None
            )
            if named is not None:
                target = next((track for track in self.cast.main if track != named), None)
            elif lying is not None:
                target = lying.object if lying.subject == self._mover(pair) else lying.subject
            else:
                target = next((track for track in pair[1:]), None)
        candidates = self.meant(phrase) if phrase is not None else self.words.focus or pair
        subject = next((track for track in (*candidates, *pair) if track != target), None)
        if target is None or subject is None:
            self.wishes.notes.append(f"'{relation.replace('_', ' ')}': of what is not known")
            return
        self._put(subject, relation, target)

    def _mover(self, pair: Sequence[int]) -> int:
        return next((track for track in pair if self.cast.likely_direction(track)), pair[0])


def _name(event: Event) -> EventName:
    name: EventName = event.action  # type: ignore[assignment]  # of TELLING or MOTIONS
    return name

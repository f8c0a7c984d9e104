"""Questions about a reference: what the rules for questions read in an edit, as wishes.

Who is spoken of is looked for in the reference: "the ball" is its ball, "it" what it is about, "a blue ball" its red
ball made blue, and what it does not hold is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seewhy.reason.composing.edits.wishes import CHANGED, NAMED, Wishes, is_kind
from seewhy.reason.composing.edits.words import OPPOSITES, TELLING
from seewhy.reason.english import lexicon as lex
from seewhy.reason.english.word_classes import adjective, is_thing, number
from seewhy.reason.plan import entities_of
from seewhy.twin.vocabulary import singular
from seewhy.types.query import (
    Atomic,
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
)

DEFINITE = frozenset(("the", "this", "that", "these", "those", "his", "her", "its", "their", "both"))


def adopt(wishes: Wishes, query: Query, focus: Sequence[int] = (), *, adding: bool = False) -> None:
    """Enter what a question asks for into the wishes.

    Args:
        query: as the rules for questions made it.
        focus: whom it is about, where it does not say; () the most prominent.
        adding: what it speaks of comes on top of what is there.
    """
    ids = Whom(wishes, query, focus, adding=adding).ids
    described: set[str] = set()
    for condition in query.conditions:
        if condition.predicate is None:
            wishes.free.append(condition)
            continue
        predicate = renamed(condition.predicate, ids)
        if isinstance(predicate, IsA | HasAttribute):
            described.add(predicate.subject)
        if condition.negated:
            wishes.claim(predicate, negated=True)
        elif not (_changes(wishes, predicate) or _counts(wishes, predicate, query, ids)):
            wishes.claim(predicate, weight=CHANGED if _is_news(wishes, predicate) else NAMED)
    for thing in wishes.things.values():
        if thing.absent and thing.id in described:
            _take_away(wishes, thing.id)
    wishes.notes += query.not_understood


def _take_away(wishes: Wishes, entity: str) -> None:
    """What must not be there is gone, unless more is said of it than what it is: "no ball that stops"."""
    asked = [claim.predicate for claim in wishes.claims if entity in entities_of(claim.predicate)]
    looks: list[Atomic] = [predicate for predicate in asked if isinstance(predicate, IsA | HasAttribute)]
    if len(looks) == len(asked):
        wishes.gone += [track for track in wishes.cast.fitting(looks).yes if track not in wishes.gone]


def _changes(wishes: Wishes, predicate: Predicate) -> bool:
    """A look that a known thing does not have now is a change of it."""
    if not isinstance(predicate, HasAttribute):
        return False
    track = wishes.track_of(predicate.subject)
    if track is None or not _is_news(wishes, predicate):
        return False
    wishes.look((track,), predicate.attribute, predicate.value, predicate.when)
    return True


def _counts(wishes: Wishes, predicate: Predicate, query: Query, ids: Mapping[str, str]) -> bool:
    """How many there are of a known thing: of what it is called, "three balls" may be of any color."""
    track = wishes.track_of(predicate.subject) if isinstance(predicate, Counted) else None
    if track is None or not isinstance(predicate, Counted) or predicate.when != "any":
        return False
    asked = (renamed(c.predicate, ids) for c in query.conditions if c.predicate is not None and not c.negated)
    said = [says for says in asked if isinstance(says, IsA | HasAttribute) and says.subject == predicate.subject]
    wishes.recount(track, predicate.number, predicate.comparator, said)
    return True


def _is_news(wishes: Wishes, predicate: Predicate) -> bool:
    """Whether the reference is not so already. What happens there and is asked for again is asked for."""
    if not isinstance(predicate, IsA | HasAttribute):
        return True
    track = wishes.track_of(predicate.subject)
    return track is None or track not in wishes.cast.fitting([predicate]).yes


class Whom:
    """Whom a question about a reference speaks of."""

    def __init__(self, wishes: Wishes, query: Query, focus: Sequence[int] = (), *, adding: bool = False) -> None:
        self.wishes, self.cast = wishes, wishes.cast
        self.adding = adding
        self.ids: dict[str, str] = {}
        """entity of the query → entity of the wishes"""
        phrases = {entity.id: entity.phrase for entity in query.entities}
        checked = [(c, entities_of(c.predicate)) for c in query.conditions if c.predicate is not None]
        for entity in dict.fromkeys(entity for _, entities in checked for entity in entities):
            about = [condition for condition, entities in checked if entity in entities]
            taken = [wishes.track_of(known) for known in self.ids.values()]
            free = [track for track in focus if track not in taken]
            self.ids[entity] = self._who(phrases.get(entity, entity), about, free, taken)

    def _who(
        self,
        phrase: str,
        about: Sequence[Condition],
        focus: Sequence[int],
        taken: Sequence[int | None],
    ) -> str:
        words = phrase.lower().split()
        nameless = len(words) == 1 and words[0] in lex.INDEFINITE | lex.PRONOUNS | {"both"}
        looks = [c for c in about if isinstance(c.predicate, IsA | HasAttribute)]
        said: list[Atomic] = [
            c.predicate
            for c in looks
            if not c.negated
            and isinstance(c.predicate, IsA | HasAttribute)
            and (isinstance(c.predicate, IsA) or c.predicate.when == "any")
        ]
        person = [says for says in said if isinstance(says, IsA)]
        if nameless and len(said) == len(person):
            human = person or words[0] in {"someone", "somebody"}
            pronoun = "he" if human else words[0] if words[0] in lex.PRONOUNS else "it"
            for track in (*focus, *self.wishes.last, *self._doing(about), *self.cast.first(pronoun), *self.cast.main):
                if track not in taken and not self.adding:
                    return self.wishes.of(track)
        if all(c.negated for c in about):
            return self.wishes.new(phrase, absent=True)
        definite = words[0] in DEFINITE
        if self.adding or words[0] == "another" or not (definite or focus or _is_known(words[-1])):
            return self.wishes.new(phrase)
        known = self._definite(said, taken) if definite else self._same_kind(said, focus, taken)
        if known and singular(words[-1]) != words[-1]:
            known = self.wishes.each(self.cast.group(known[0]))  # "blue squares": all of them
        if known and definite:
            self.wishes.last = (known[0],)
        return self.wishes.of(known[0]) if known else self.wishes.new(phrase)

    def _definite(self, said: Sequence[Atomic], taken: Sequence[int | None]) -> list[int]:
        """ "the green ball": the ball that is green; where none is, the ball, which is to be green."""
        whole, named = self.cast.fitting(said), self.cast.fitting([says for says in said if is_kind(says)])
        changed = named.yes if any(map(is_kind, said)) else ()
        return [track for track in (*whole.yes, *changed, *whole.maybe) if track not in taken]

    def _doing(self, about: Sequence[Condition]) -> list[int]:
        """ "it does not stop": who stops in the reference; "it shrinks": who grows."""
        events = [c.predicate.event for c in about if isinstance(c.predicate, Happens)]
        telling = {name for event in events for name in (event, OPPOSITES.get(event)) if name in TELLING}
        return [track for track in self.cast.main if any(self.cast.does(track, name) for name in telling if name)]

    def _same_kind(self, said: Sequence[Atomic], focus: Sequence[int], taken: Sequence[int | None]) -> list[int]:
        """ "a blue ball", of a reference with a red one: the same thing, but blue. What fits whole comes first."""
        kinds = [says for says in said if is_kind(says)]
        whole = self.cast.fitting(said).yes
        alike_ones = self.cast.fitting(kinds).yes if kinds else self.cast.main
        return [track for track in (*whole, *focus, *alike_ones) if track not in taken and (kinds or said or focus)]


def _is_known(word: str) -> bool:
    """Whether a noun may be what the reference shows: "a blue ball"; but of "a green backdrop", nothing known is."""
    return is_thing(word) or word in lex.GENERIC_NOUNS or bool(adjective(word)) or number(word) is not None


def renamed(predicate: Predicate, ids: Mapping[str, str]) -> Predicate:
    """The predicate about other entities."""
    if isinstance(predicate, Order):
        return Order(first=_renamed(predicate.first, ids), then=_renamed(predicate.then, ids))
    return _renamed(predicate, ids)


def _renamed(atomic: Atomic, ids: Mapping[str, str]) -> Atomic:
    if isinstance(atomic, SceneIs):
        return atomic
    roles = {"subject": ids[atomic.subject]}
    if isinstance(atomic, Happens | Related) and atomic.object is not None:
        roles["object"] = ids[atomic.object]
    return atomic.model_copy(update=roles)

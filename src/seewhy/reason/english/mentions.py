"""Who is who: the same thing named again is one entity, "another" is a new one.

Simple rules, said plainly. An indefinite phrase ("a red ball") is always new. A definite one ("the ball",
"the red one") is the latest thing mentioned that it fits, else new. "it" is the subject of what was said
before; "they" and "both" are the last two things, or the last group; after "two balls", "one" and
"the other" are its two members.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from seewhy.reason.english import lexicon as lex
from seewhy.reason.english.noun_phrase import HeadKind, NounPhrase
from seewhy.types.query import Measure
from seewhy.types.twin import AttributeKind


@dataclass
class Referent:
    """A thing the question speaks of."""

    id: str
    phrase: str
    head: str
    kind: HeadKind
    category: str | None = None
    attributes: list[tuple[AttributeKind, str]] = field(default_factory=list)
    superlatives: list[Measure] = field(default_factory=list)
    absent: bool = False
    """asked for not to be there"""
    plural: bool = False
    number: int | None = None
    """how many, where an exact number was given"""
    start: int = 0
    """token position of its first mention"""
    end: int = 0

    def fits(self, phrase: NounPhrase) -> bool:
        """Whether a later phrase can mean this thing."""
        same_kind = (
            phrase.category == self.category
            if phrase.category and self.category
            else phrase.head_kind == "generic" or phrase.head == self.head
        )
        return (
            not self.absent
            and same_kind
            and set(phrase.attributes) <= set(self.attributes)
            and set(phrase.superlatives) <= set(self.superlatives)
        )


class Mentions:
    """All things mentioned so far, in order."""

    def __init__(self) -> None:
        self.all: list[Referent] = []
        self._partners: dict[str, Referent] = {}

    def resolve(self, phrase: NounPhrase, text: str) -> tuple[Referent, bool]:
        """The thing that a phrase means, and whether it is new.

        Args:
            phrase: the noun phrase; not a pronoun.
            text: its words as asked.
        """
        if phrase.other:
            return self._other(phrase, text)
        if phrase.definite and not phrase.absent and phrase.count is None:
            for known in reversed(self.all):
                if known.fits(phrase):
                    return known, False
        return self._new(phrase, text), True

    def implicit(self) -> Referent:
        """A thing that is not named: "moving to the left"."""
        return self._add(Referent(self._next_id(), "something", "something", "generic"))

    def implicit_person(self) -> Referent:
        """ "she looks around", with nobody named before."""
        return self._add(Referent(self._next_id(), "someone", "someone", "thing", "person"))

    def pronoun(self, word: str, subjects: tuple[Referent, ...]) -> tuple[Referent, ...]:
        """What a pronoun means; () where there is nothing it could mean."""
        present = [known for known in self.all if not known.absent]
        if word in lex.GROUP_PRONOUNS | {"both"}:
            if len(subjects) > 1 or (subjects and subjects[0].plural):
                return subjects
            groups = [known for known in present if known.plural]
            return (groups[-1],) if groups else tuple(present[-2:])
        if word == "one":
            pairs = [known for known in present if known.number == 2]
            return (pairs[-1],) if pairs else tuple(present[-1:])
        meant = tuple(known for known in subjects if not known.absent) or tuple(present[-1:])
        if meant:
            return meant
        return (self.implicit_person(),) if word in lex.PERSONAL else (self.implicit(),)

    def partner(self, referent: Referent) -> Referent:
        """The second of two things that were named together ("two balls")."""
        if referent.id not in self._partners:
            copy = Referent(
                self._next_id(), referent.phrase, referent.head, referent.kind, referent.category,
                list(referent.attributes), start=referent.start, end=referent.end,
            )  # fmt: skip
            self._partners[referent.id] = self._add(copy)
        return self._partners[referent.id]

    def _other(self, phrase: NounPhrase, text: str) -> tuple[Referent, bool]:
        pairs = [known for known in self.all if known.number == 2 and not known.absent]
        if pairs:
            known = len(self._partners)
            partner = self.partner(pairs[-1])
            return partner, len(self._partners) > known
        candidates = [known for known in self.all[:-1] if known.fits(phrase) or phrase.head == "other"]
        return (candidates[-1], False) if candidates else (self._new(phrase, text), True)

    def _new(self, phrase: NounPhrase, text: str) -> Referent:
        if phrase.head in {"one", "ones"} and phrase.category is None and not phrase.absent:
            # "two cars; the red one": one of them
            named = (known.category for known in reversed(self.all) if known.plural and not known.absent)
            phrase.category = next(named, None)
        exact = phrase.count[1] if phrase.count and phrase.count[0] == "==" else None
        return self._add(
            Referent(
                self._next_id(), text, phrase.head, phrase.head_kind, phrase.category, list(phrase.attributes),
                list(phrase.superlatives), phrase.absent, phrase.plural, exact, phrase.start, phrase.end,
            )
        )  # fmt: skip

    def _next_id(self) -> str:
        return f"e{len(self.all) + 1}"

    def _add(self, referent: Referent) -> Referent:
        self.all.append(referent)
        return referent

"""RulesDecomposer: a question to conditions without a model, by the grammar in grammar.py.

What the grammar reads becomes conditions with predicates; what it does not read becomes free conditions,
matched by similarity, and `not_understood` says so in plain words.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from seewhy.reason.english import grammar
from seewhy.reason.english import lexicon as lex
from seewhy.reason.english.clauses import Clause, Fact
from seewhy.reason.english.discourse import Discourse
from seewhy.reason.english.mentions import Referent
from seewhy.reason.english.tokens import tokenize
from seewhy.reason.english.verbs import VERBS
from seewhy.reason.english.word_classes import adjective, is_content
from seewhy.reason.english.wording import Look, imagine, look_of, restate
from seewhy.reason.plan import entities_of
from seewhy.reason.question import readable
from seewhy.twin.vocabulary import SHAPE_NOUNS, singular
from seewhy.types.query import (
    Condition,
    ConditionKind,
    Counted,
    Entity,
    Happens,
    Order,
    Predicate,
    Query,
    Related,
    SceneIs,
)

MAX_CONDITIONS = 24
"""More cannot be judged in the time a search has; the rest is named in `not_understood`."""
PREDICATE_WEIGHT = 1.0
TELLING_WEIGHT = 1.5
"""Relations, events and orders tell videos apart; looks are shared by many."""
FREE_WEIGHT = 1.0
REST_WEIGHT = 0.5
"""A clause that is read in part is matched by similarity too, with less weight; so is the whole question."""

KINDS: Mapping[str, ConditionKind] = {
    "is_a": "object", "has": "attribute", "related": "relation", "happens": "event", "order": "order",
    "counted": "count", "superlative": "superlative", "scene": "scene",
}  # fmt: skip
"""kind of predicate → kind of condition"""


class RulesDecomposer:
    """Decomposer of the embedded profile: deterministic, a millisecond a question.

    >>> query = RulesDecomposer().decompose("a red ball that never stops")
    >>> [(c.kind, c.text, c.negated) for c in query.conditions]  # doctest: +NORMALIZE_WHITESPACE
    [('object', 'a ball is there', False), ('attribute', 'the ball is red', False),
     ('event', 'not: the red ball stops', True)]
    """

    name = "rules@1"

    def decompose(self, question: str) -> Query:
        """
        Raises:
            QueryError: the question has no words, or is too long (see `readable`).
        """
        text = readable(question)
        said = grammar.read(tokenize(text), text)
        return _Builder(text, said).query(self.name)


class _Builder:
    """Facts to conditions."""

    def __init__(self, text: str, said: Discourse) -> None:
        self.text, self.said = text, said
        self.notes: list[str] = list(said.notes)
        self.conditions: list[Condition] = []
        self.denied_clauses = {
            self._clause_of(position) for position, denied in enumerate(said.denied) if denied and self._left(position)
        }

    def query(self, name: str) -> Query:
        facts = self._facts()
        orders = self._orders(facts)
        looks = self._looks([*(fact.atomic for fact in facts), *orders])
        for fact in facts:
            self._add(fact.atomic, looks, negated=fact.negated)
        for order in orders:
            self._add(order, looks, negated=False)
        self._add_free()
        if len(self.conditions) > MAX_CONDITIONS:
            dropped = self.conditions[MAX_CONDITIONS:]
            self.notes.append(f"{len(dropped)} more conditions were left out, beginning with '{dropped[0].text}'")
        kept = self.conditions[:MAX_CONDITIONS]
        spoken_of = {entity for c in kept if c.predicate is not None for entity in entities_of(c.predicate)}
        return Query(
            text=self.text,
            conditions=tuple(kept),
            entities=tuple(
                Entity(id=referent.id, phrase=referent.phrase)
                for referent in self.said.mentions.all
                if referent.id in spoken_of
            ),
            not_understood=tuple(dict.fromkeys(self.notes)),
            decomposed_by=name,
        )

    # predicates

    def _facts(self) -> list[Fact]:
        """All facts once, without those about things whose absence was only half read."""
        half_read = {
            referent.id
            for referent in self.said.mentions.all
            if referent.absent and self._clause_of(referent.start) in self.denied_clauses
        }
        facts: list[Fact] = []
        for clause in self.said.clauses:
            for fact in clause.facts:
                known = any(fact.atomic == other.atomic and fact.negated == other.negated for other in facts)
                if not known and not half_read & set(entities_of(fact.atomic)):
                    facts.append(fact)
        return facts

    def _orders(self, facts: list[Fact]) -> list[Order]:
        """Orders between clauses; "enters before the square" takes its verb from the other clause."""
        orders: list[Order] = []
        for earlier, later in self.said.orders:
            a, b = self.said.clauses[earlier], self.said.clauses[later]
            first, then = _told(a, last=True), _told(b, last=False)
            if first is None and then is not None:
                first = self._borrowed(a, then, facts)
            elif then is None and first is not None:
                then = self._borrowed(b, first, facts)
            if first is None or then is None:
                continue
            if first.negated or then.negated:
                self.notes.append("an order in which one part is denied was not checked as an order")
                continue
            orders.append(Order(first=first.atomic, then=then.atomic))
        return orders

    def _borrowed(self, clause: Clause, other: Fact, facts: list[Fact]) -> Fact | None:
        if not clause.subjects or not isinstance(other.atomic, Happens) or other.negated:
            return None
        subject = clause.subjects[0]
        if subject.id == other.atomic.subject or subject.absent:
            return None
        fact = Fact(
            other.atomic.model_copy(update={"subject": subject.id, "when": "any"}), False, clause.start, clause.end
        )
        if all(known.atomic != fact.atomic for known in facts):
            facts.append(fact)
        return fact

    def _looks(self, predicates: Sequence[Predicate]) -> dict[str, Look]:
        return {referent.id: look_of(predicates, referent.id, _noun(referent)) for referent in self.said.mentions.all}

    def _add(self, predicate: Predicate, looks: Mapping[str, Look], *, negated: bool) -> None:
        kind = KINDS[predicate.kind]
        text = restate(predicate, looks)
        self.conditions.append(
            Condition(
                id=f"c{len(self.conditions) + 1}",
                kind=kind,
                text=f"not: {text}" if negated else text,
                weight=TELLING_WEIGHT if kind in {"relation", "event", "order"} else PREDICATE_WEIGHT,
                negated=negated,
                predicate=predicate,
                imagined=() if negated else imagine(predicate, looks),
            )
        )

    # what was not read

    def _left(self, position: int) -> bool:
        word = self.said.tokens[position].word
        return not self.said.read[position] and (is_content(word) or word in lex.POSITIONS or word in VERBS)

    def _clause_of(self, position: int) -> int:
        found = 0
        for number, clause in enumerate(self.said.clauses):
            if clause.start <= position:
                found = number
        return found

    def _add_free(self) -> None:
        free: list[tuple[str, float, bool]] = []
        for clause in self.said.clauses:
            for start, end in self._pieces(clause):
                left = [position for position in range(start, end) if self._left(position)]
                if not left:
                    continue
                words = ", ".join(self.said.tokens[position].word for position in left)
                denied = [position for position in left if self.said.denied[position]]
                if denied:
                    piece = self._slice(denied[0], end)
                    free.append((piece, FREE_WEIGHT, True))
                    self.notes.append(f"whether '{piece}' is absent cannot be checked")
                if len(denied) < len(left):
                    read_in_part = any(start <= fact.start < end for fact in clause.facts)
                    piece = self._slice(start, end)
                    free.append((piece, REST_WEIGHT if read_in_part else FREE_WEIGHT, False))
                    self.notes.append(f"'{piece}' was matched by similarity only (not understood: {words})")
        searched = [piece for piece, _, negated in free if not negated]
        if not self.conditions and not searched:
            free.append((self.text, FREE_WEIGHT, False))
        elif len(searched) > 1:
            free.append((self.text, REST_WEIGHT, False))
        for text, weight, negated in free:
            self.conditions.append(
                Condition(
                    id=f"c{len(self.conditions) + 1}",
                    kind="free",
                    text=f"not: {text}" if negated else text,
                    weight=weight,
                    negated=negated,
                )
            )

    def _pieces(self, clause: Clause) -> list[tuple[int, int]]:
        """A clause cut at its commas, as token ranges."""
        end = clause.end or len(self.said.tokens)
        cuts = [p for p in range(clause.start, end) if self.said.tokens[p].word in {",", ";", ":", "."}]
        borders = [clause.start, *(cut + 1 for cut in cuts), end]
        return [(a, b) for a, b in itertools.pairwise(borders) if a < b]

    def _slice(self, start: int, end: int) -> str:
        while start < end - 1 and self.said.tokens[start].word in lex.JOINING:
            start += 1
        return self.text[self.said.tokens[start].start : self.said.tokens[end - 1].end].strip(" ,;:.!?")


def _noun(referent: Referent) -> str:
    """The noun to restate it with; "" where the phrase had none of its own."""
    plain = referent.kind in {"generic", "unknown"} and is_content(referent.head) and not adjective(referent.head)
    shape = singular(referent.head) in SHAPE_NOUNS
    return singular(referent.head) if plain or shape else ""


def _told(clause: Clause, *, last: bool) -> Fact | None:
    """The fact of a clause that an order is about: what happens in it, else how things lie.

    Of a verb phrase with several events ("enters from the left") the first one counts.
    """
    for kinds in ((Happens,), (Related, SceneIs, Counted)):
        facts = [fact for fact in clause.facts if isinstance(fact.atomic, kinds)]
        if facts:
            start = max(fact.start for fact in facts) if last else min(fact.start for fact in facts)
            return next(fact for fact in facts if fact.start == start)
    return None

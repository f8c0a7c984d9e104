"""What has been said so far: clauses with their facts, who is spoken of, what is being denied."""

from __future__ import annotations

from collections.abc import Sequence

from seewhy.reason.english import lexicon as lex
from seewhy.reason.english.clauses import Clause, Fact
from seewhy.reason.english.mentions import Mentions, Referent
from seewhy.reason.english.noun_phrase import NounPhrase
from seewhy.reason.english.saying import Saying
from seewhy.reason.english.tokens import Token
from seewhy.types.query import Atomic, Counted, Happens, HasAttribute, IsA, Measure, Related, Superlative, When
from seewhy.types.twin import AttributeKind, EventName, RelationName


class Discourse:
    """The state of reading one question. Only records; grammar.py decides what is said."""

    def __init__(self, tokens: Sequence[Token], text: str) -> None:
        self.tokens, self.text = tokens, text
        self.mentions = Mentions()
        self.clauses = [Clause(0)]
        self.orders: list[tuple[int, int]] = []
        """(clause, clause): the first happens before the second"""
        self.read = [False] * len(tokens)
        """per token: whether a fact, a connector or the like speaks for it"""
        self.denied = [False] * len(tokens)
        """per token: whether a negation reached it that found no known verb or noun"""
        self.subjects: tuple[Referent, ...] = ()
        self.waiting: tuple[Referent, ...] | None = None
        """the main subject, while a relative clause speaks of another"""
        self.said_of_it = False
        """something was said since the relative clause began"""
        self.last: Referent | None = None
        """the thing mentioned last"""
        self.last_end = -1
        self.foreign = False
        """the subject is a place, the camera, ...: what it does is no track's doing"""
        self.negated = False
        self.copula = False
        """a form of "be" was just read"""
        self.notes: list[str] = []
        """what was read only in part, said plainly"""
        self.implied: Referent | None = None
        """who a leading clause without a subject speaks of: "before leaving, the circle ..." """
        self.leading: str | None = None
        """the clause began with "after" or "before" and waits for its main clause"""

    @property
    def clause(self) -> Clause:
        return self.clauses[-1]

    def mark(self, start: int, end: int) -> None:
        """These words are spoken for."""
        for position in range(start, end):
            self.read[position] = True

    # clauses

    def begin_clause(self, position: int) -> None:
        self.negated = self.copula = False
        if self.clause.facts or self.clause.subjects:
            self.clause.end = position
            self.clauses.append(Clause(position))

    def order(self, position: int, *, reverse: bool) -> None:
        """A new clause that happens after the one before it; `reverse`: before it."""
        started = bool(self.clause.facts or self.clause.subjects)
        self.back_to_main()
        previous = len(self.clauses) - 1
        self.begin_clause(position)
        if started:
            now = len(self.clauses) - 1
            self.orders.append((now, previous) if reverse else (previous, now))

    def close_leading(self, position: int) -> None:
        """ "After the ball stops, the square moves": the main clause begins."""
        reverse = self.leading == "before"
        self.leading = None
        self.order(position, reverse=reverse)

    # subjects

    def speak_of(self, referent: Referent) -> None:
        """A relative clause or a participle speaks of the last noun; the main subject waits."""
        if self.waiting is None:
            self.waiting = self.subjects
        self.subjects, self.foreign, self.said_of_it, self.copula = (referent,), False, False, False

    def back_to_main(self) -> None:
        if self.waiting is not None:
            self.subjects, self.waiting = self.waiting or self.subjects, None
        self.said_of_it = False

    def leave_relative(self, position: int) -> None:
        """A second verb without "and" is the main clause's: "the ball | that is red | moves"."""
        before = self.tokens[position - 1].word if position > 0 else ""
        joined = before in {"and", "or", "then", "but", "not", "never"}
        if self.waiting is not None and self.said_of_it and not joined:
            self.back_to_main()

    def told(self, start: int, end: int) -> None:
        """Something was said of the subject by these words; a denial reaches over "or" and no further."""
        self.mark(start, end)
        following = self.tokens[end].word if end < len(self.tokens) else ""
        self.negated = self.negated and following in {"or", "nor"}
        self.copula = False
        self.said_of_it = True

    def set_subjects(self, subjects: tuple[Referent, ...]) -> None:
        self.subjects, self.waiting, self.foreign = subjects, None, False
        self.said_of_it = self.copula = False
        self.clause.subjects = subjects

    def subject_or_something(self) -> tuple[Referent, ...]:
        """Who a verb speaks of; a thing without a name where nobody was mentioned."""
        if not self.subjects:
            if self.last is None:
                self.last = self.mentions.implicit()
                self.implied = self.last if self.leading is not None else None
            self.subjects = (self.last,)
            self.clause.subjects = self.clause.subjects or self.subjects
        return self.subjects

    def reveal(self, referent: Referent) -> None:
        """The subject of a leading clause is named at last: what was said of "something" was said of it."""
        implied, self.implied = self.implied, None
        if implied is None or implied is referent:
            return
        for clause in self.clauses:
            clause.subjects = tuple(referent if known is implied else known for known in clause.subjects)
            for fact in clause.facts:
                roles = {
                    role: referent.id
                    for role in ("subject", "object")
                    if getattr(fact.atomic, role, None) == implied.id
                }
                fact.atomic = fact.atomic.model_copy(update=roles)

    def words(self, phrase: NounPhrase) -> str:
        """The phrase as asked."""
        return self.text[self.tokens[phrase.start].start : self.tokens[phrase.end - 1].end]

    def resolve(self, phrase: NounPhrase, *, target: bool = False) -> tuple[Referent, ...]:
        """The things that a noun phrase or pronoun means; what it says of new ones becomes facts."""
        if phrase.head_kind == "pronoun":
            return self._resolve_pronoun(phrase.head, target=target)
        referent, new = self.mentions.resolve(phrase, self.words(phrase))
        self.mark_known(phrase)
        if new and phrase.other:
            self._describe_partner(referent)
        elif new:
            self.describe(referent, phrase)
        elif phrase.count is not None:
            self._count(referent, phrase)
        return (referent,)

    def _resolve_pronoun(self, word: str, *, target: bool) -> tuple[Referent, ...]:
        if target and word in {"it", "him", "her", "them"}:
            others = [known for known in self.mentions.all if known not in self.subjects and not known.absent]
            return tuple(others[-1:])
        if word != "each other":
            return self.mentions.pronoun(word, self.waiting or self.subjects)
        if len(self.subjects) > 1:
            return self.subjects[1:]
        if not self.subjects:
            return ()
        partner = self.mentions.partner(self.subjects[0])
        self._describe_partner(partner)
        return (partner,)

    def _describe_partner(self, referent: Referent) -> None:
        """The second of "two balls" is a ball too."""
        if referent.category is not None:
            self.add(IsA(subject=referent.id, category=referent.category), referent.start, referent.end, negated=False)
        for kind, value in referent.attributes:
            look = HasAttribute(subject=referent.id, attribute=kind, value=value)
            self.add(look, referent.start, referent.end, negated=False)

    def mark_known(self, phrase: NounPhrase) -> None:
        """Only the words that the tables know are spoken for."""
        for position in range(phrase.start, phrase.end):
            if position not in phrase.unread:
                self.read[position] = True

    # facts

    def add(self, atomic: Atomic, start: int, end: int, *, negated: bool) -> None:
        """A fact of the present clause, said by these words; what of them is spoken for is the caller's to mark."""
        self.clause.facts.append(Fact(atomic, negated, start, end))

    def describe(self, referent: Referent, phrase: NounPhrase, *, negated: bool = False) -> None:
        """What a noun phrase says of the thing it names."""
        start, end, negated = phrase.start, phrase.end, negated or referent.absent
        if phrase.category is not None:
            self.add(IsA(subject=referent.id, category=phrase.category), start, end, negated=negated)
        for kind, value in phrase.attributes:
            if phrase.head_kind == "unknown" and kind == "shape":
                continue  # "long hair": of a thing nobody knows, a shape word may mean anything
            self.add(HasAttribute(subject=referent.id, attribute=kind, value=value), start, end, negated=negated)
        for measure in phrase.superlatives:
            self.add(Superlative(subject=referent.id, measure=measure), start, end, negated=negated)
        for event in phrase.states:
            self.add(Happens(subject=referent.id, event=event), start, end, negated=negated)
        if phrase.count is not None and not negated:
            self._count(referent, phrase)
        self.mark_known(phrase)

    def recount(self, referent: Referent, number: int, start: int, end: int) -> None:
        """ "two become three": the count said before holds at the start, the new one at the end."""
        for clause in self.clauses:
            for fact in clause.facts:
                if isinstance(fact.atomic, Counted) and fact.atomic.subject == referent.id:
                    fact.atomic = fact.atomic.model_copy(update={"when": "start"})
        counted = Counted(subject=referent.id, comparator="==", number=number, when="end")
        self.add(counted, start, end, negated=False)
        self.mark(start, end)

    def identify(self, phrase: NounPhrase) -> None:
        """ "... is a red hexagon", "... is the largest": the subject is what the phrase says."""
        of_all = phrase.head_kind == "generic" and not phrase.attributes
        for subject in self.subjects:
            if of_all:
                for measure in phrase.superlatives:
                    self.compare(subject, measure, phrase.start, phrase.end, of_all=True)
                self.mark_known(phrase)
            else:
                self.describe(subject, phrase, negated=self.negated)

    def compare(self, referent: Referent, measure: Measure, start: int, end: int, *, of_all: bool) -> None:
        """A superlative. The judge compares with the tracks that fit what is said before it, so one that means
        the most of all ("the black circle is the largest") is put in front."""
        self.add(Superlative(subject=referent.id, measure=measure), start, end, negated=self.negated or referent.absent)
        self.mark(start, end)
        if of_all:
            self.clauses[0].facts.insert(0, self.clause.facts.pop())

    def _count(self, referent: Referent, phrase: NounPhrase) -> None:
        if phrase.count is None:
            return
        comparator, number = phrase.count
        if phrase.head_kind == "unknown" and not phrase.attributes:
            # Which tracks to count nobody knows; that there are so many things at all is still needed.
            if comparator == "<=" or number < 2 or phrase.head in lex.BODY_PARTS:
                return
            comparator = ">="
        counted = Counted(subject=referent.id, comparator=comparator, number=max(number, 0))
        self.add(counted, phrase.start, phrase.end, negated=False)
        self.mark_known(phrase)

    def attribute(
        self, referent: Referent, kind: AttributeKind, value: str, start: int, end: int, when: When = "any"
    ) -> None:
        fact = HasAttribute(subject=referent.id, attribute=kind, value=value, when=when)
        if not self.negated and when == "any":
            referent.attributes.append((kind, value))
        self.add(fact, start, end, negated=self.negated or referent.absent)
        self.mark(start, end)

    def relate(self, subject: Referent, relation: RelationName, target: Referent, start: int, end: int) -> None:
        negated = self.negated or subject.absent or target.absent
        fact = Related(subject=subject.id, relation=relation, object=target.id, when=self.clause.when)
        self.add(fact, start, end, negated=negated)
        self.mark(start, end)

    def happen(
        self, subject: Referent, event: EventName, target: Referent | None, start: int, end: int, when: When = "any"
    ) -> None:
        negated = self.negated or subject.absent or (target is not None and target.absent)
        when = self.clause.when if when == "any" else when
        target_id = target.id if target is not None else None
        self.add(Happens(subject=subject.id, event=event, object=target_id, when=when), start, end, negated=negated)
        self.mark(start, end)

    def say(self, saying: Saying, start: int, end: int) -> None:
        """Record one saying of an action about the present subjects."""
        targets: tuple[Referent | None, ...] = (
            self.resolve(saying.target, target=True) if saying.target is not None else (None,)
        )
        mutual = saying.target is not None and saying.target.head == "each other"
        subjects = self.subjects[:1] if mutual else self.subjects
        for subject in subjects:
            for target in targets:
                if target is subject:
                    continue
                first, second = (target, subject) if saying.inverse and target is not None else (subject, target)
                if saying.event is not None:
                    self.happen(first, saying.event, second, start, end, saying.when)
                if saying.relation is not None and second is not None:
                    self.relate(first, saying.relation, second, start, end)
                if saying.color is not None:
                    self.attribute(subject, "color", saying.color, start, end, saying.when)
        if saying.target is not None and saying.target.head_kind != "pronoun" and targets:
            self.last, self.last_end = targets[0], saying.target.end

"""A model's reply → a query that can be searched and judged, whatever the reply says.

::

    said conditions ─▶ predicates ─▶ counts and absences made plain ─▶ orders ─▶ conditions c1, c2, ...

Nothing is believed that cannot be checked for sense: a check that makes none leaves its condition free, to be matched
by similarity, and a note says so. Predicates mean what `reason.plan` makes of them: an entity that only negated
conditions speak of has to be absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seewhy.reason.decompose.checking import IncoherentError, atomic, complement
from seewhy.reason.decompose.reply import Decomposition, SaidCondition
from seewhy.reason.decompose.saying import MOST_OF_PHRASE, MOST_OF_TEXT, positive, sentences, shortened
from seewhy.reason.english.wording import MOST_IMAGINED, Look, imagine, look_of, restate
from seewhy.reason.plan import entities_of
from seewhy.reason.rules import KINDS, REST_WEIGHT
from seewhy.types.query import Atomic, Condition, Counted, Entity, Order, Predicate, Query

LEAST_WEIGHT, MOST_WEIGHT = 0.25, 3.0
"""A condition of no weight need not be asked; one of more would decide alone."""
ABSENT_TOGETHER = 2
"""Things that may be denied together ("no dog chases a cat"): the judge tries every choice of tracks for them, and for
three there are thousands."""


def read(reply: Decomposition, question: str, name: str) -> Query | None:
    """The query that a reply amounts to; None where it names no condition at all.

    Args:
        question: what was asked, as `readable` gives it.
        name: who replied, for `Query.decomposed_by`.
    """
    reading = _Reading(reply)
    conditions = reading.conditions()
    if not conditions:
        return None
    if all(condition.negated for condition in conditions):  # else nothing would be searched for
        conditions.append(Condition(id=f"c{len(conditions) + 1}", kind="free", text=question, weight=REST_WEIGHT))
    spoken_of = {entity for part in reading.parts for entity in part.entities}
    return Query(
        text=question,
        conditions=tuple(conditions),
        entities=tuple(Entity(id=id_, phrase=phrase) for id_, phrase in reading.phrases.items() if id_ in spoken_of),
        aggregation=reply.aggregation,
        not_understood=tuple(dict.fromkeys(reading.notes)),
        decomposed_by=name,
    )


@dataclass(eq=False)
class _Part:
    """A condition on its way from what was said to what is asked."""

    said: SaidCondition
    negated: bool
    text: str
    predicate: Predicate | None = None

    @property
    def entities(self) -> tuple[str, ...]:
        return () if self.predicate is None else entities_of(self.predicate)

    def says_the_same(self, other: _Part) -> bool:
        if self.predicate is None and other.predicate is None:
            return self.text.casefold() == other.text.casefold()
        return self.predicate == other.predicate


class _Reading:
    """The reply, read from top to bottom; what was left free is in `notes`."""

    def __init__(self, reply: Decomposition) -> None:
        hidden = (shortened(said, MOST_OF_TEXT) for said in reply.not_visible)
        self.notes = [f"'{said}' cannot be seen in a video" for said in hidden if said]
        self.phrases: dict[str, str] = {}
        for entity in reply.entities:
            self.phrases.setdefault(entity.id, shortened(entity.phrase, MOST_OF_PHRASE) or "something")
        self.parts: list[_Part] = []
        for said in reply.conditions:
            self._take(said)
        self._complement_counts()
        self._deny_what_is_counted_as_none()
        self._read_orders()
        self._drop_repeated()
        self._limit_absent()

    def conditions(self) -> list[Condition]:
        wanted = [part.predicate for part in self.parts if part.predicate is not None and not part.negated]
        looks = {entity: look_of(wanted, entity) for entity in self.phrases}
        return [_condition(f"c{number}", part, looks) for number, part in enumerate(self.parts, start=1)]

    # what was said

    def _take(self, said: SaidCondition) -> None:
        part = _Part(said, said.negated, positive(said.text))
        if said.check not in ("none", "before"):
            try:
                part.predicate = atomic(said, self.phrases)
            except IncoherentError as error:
                self._free(part, str(error))
        if part.text or part.predicate is not None:
            self.parts.append(part)

    def _free(self, part: _Part, why: str) -> None:
        part.predicate = None
        if part.text:
            so = "cannot be checked to be absent" if part.negated else "was matched by similarity only"
            self.notes.append(f"'{part.text}' {so}: {why}")

    # counts and absences

    def _complement_counts(self) -> None:
        """A denied count is another count: not three or more is two at most."""
        for part in self.parts:
            if part.negated and isinstance(part.predicate, Counted):
                turned = complement(part.predicate)
                if turned is not None:
                    part.predicate, part.negated, part.text = turned, False, ""  # the text said the opposite

    def _deny_what_is_counted_as_none(self) -> None:
        """Counted as none is absent: what else is said of it is denied together, for no track is all of that."""
        for part in list(self.parts):
            count = part.predicate
            if part.negated or not isinstance(count, Counted) or count.number or count.comparator == ">=":
                continue
            about = [p for p in self.parts if not isinstance(p.predicate, Counted) and count.subject in p.entities]
            if about and count.when in ("any", "throughout"):
                self.parts.remove(part)
                for other in about:
                    other.negated = True
            elif about:
                self._free(part, "that there is none for a part of the time only is no predicate")
                if not part.text:
                    self.parts.remove(part)

    # orders

    def _read_orders(self) -> None:
        for part in [part for part in self.parts if part.said.check == "before"]:
            first, then = self._happening(part.said.subject), self._happening(part.said.object)
            if first is None or then is None or first == then:
                self._free(part, "an order needs two other conditions that can be checked")
            else:
                part.predicate = Order(first=first, then=then)

    def _happening(self, id_: str) -> Atomic | None:
        part = next((part for part in self.parts if part.said.id == id_), None)
        if part is None or part.negated or part.predicate is None or isinstance(part.predicate, Order):
            return None
        return part.predicate

    # what cannot be asked

    def _drop_repeated(self) -> None:
        kept: list[_Part] = []
        for part in self.parts:
            earlier = next((other for other in kept if part.says_the_same(other)), None)
            if earlier is None:
                kept.append(part)
            elif earlier.negated != part.negated:
                self.notes.append(f"'{part.text or earlier.text}' was asked for and denied; what was said first counts")
        self.parts = kept

    def _limit_absent(self) -> None:
        wanted = {entity for part in self.parts if not part.negated for entity in part.entities}
        for entity in self.phrases:
            group = [part for part in self.parts if entity in part.entities]
            absent = {other for part in group for other in part.entities} - wanted
            if entity not in wanted and len(absent) > ABSENT_TOGETHER:
                for part in group:
                    if len(part.entities) > 1:
                        self._free(part, f"more than {ABSENT_TOGETHER} things would have to be absent together")


def _condition(id_: str, part: _Part, looks: Mapping[str, Look]) -> Condition:
    predicate = part.predicate
    text = part.text or (restate(predicate, looks) if predicate is not None else "")
    return Condition(
        id=id_,
        kind=part.said.kind if predicate is None else KINDS[predicate.kind],
        text=f"not: {text}" if part.negated else text,
        weight=min(max(part.said.weight, LEAST_WEIGHT), MOST_WEIGHT),
        negated=part.negated,
        predicate=predicate,
        imagined=() if part.negated else _imagined(part, looks),
    )


def _imagined(part: _Part, looks: Mapping[str, Look]) -> tuple[str, ...]:
    """The model's sentences, then the twin's own wording of the predicate: a model may know only part of it."""
    own: Iterable[str] = () if part.predicate is None else imagine(part.predicate, looks)
    return sentences((*part.said.imagined, *own), MOST_IMAGINED)

"""RulesComposer: a reference twin and an edit → the imagined target twin, and a query for it; no model is asked.

::

    edit ─▶ phrases ─▶ claims about the target ─▶ what follows ─▶ what stays ─▶ conditions
                             │
    reference twin ──────────┴─▶ the twin, edited ─▶ its sentences ─▶ imagined components

What the edit says relative to the reference ("the other way", "one more", "brighter") is resolved against it; what it
says outright is read by the rules for questions; what no rule reads becomes free conditions, and is said so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seewhy.reason.composing.edits.cast import Cast
from seewhy.reason.composing.edits.effects import follow
from seewhy.reason.composing.edits.imagining import imagine
from seewhy.reason.composing.edits.keeping import counted, kept
from seewhy.reason.composing.edits.reading import read
from seewhy.reason.composing.edits.telling import say, tell
from seewhy.reason.composing.edits.wishes import Claim, Wishes
from seewhy.reason.english import wording
from seewhy.reason.english.wording import MOST_IMAGINED, Look, look_of
from seewhy.reason.plan import entities_of
from seewhy.reason.question import readable
from seewhy.reason.rules import FREE_WEIGHT, KINDS, MAX_CONDITIONS
from seewhy.reason.seams import Reference
from seewhy.twin.sentences import components
from seewhy.twin.vocabulary import EVENT_PARTICIPLES, EVENT_PHRASES, RELATION_PHRASES
from seewhy.types.query import Condition, Entity, Happens, Order, Predicate, Query, Related, SceneIs
from seewhy.types.twin import Component, Twin


class RulesComposer:
    """The composer of the embedded profile: deterministic, milliseconds an edit."""

    name = "edit-rules@1"

    def compose(self, reference: Reference, edit: str) -> Query:
        """
        Raises:
            QueryError: the edit has no words, or is too long (see `readable`).
        """
        text = readable(edit, "an edit")
        wishes = Wishes(Cast(reference.twin))
        read(text, wishes)
        return _query(wishes, text, reference.twin, self.name)


def _query(wishes: Wishes, text: str, twin: Twin, name: str) -> Query:
    follow(wishes)
    target = imagine(wishes)
    staying = kept(wishes)
    asked = [*wishes.claims, *counted(wishes)]
    said = [*asked, *staying]
    looks = _looks(wishes, said)
    sentences = _affected_first(components(target), components(wishes.cast.twin))
    conditions = [_condition(claim, looks, sentences, wishes) for claim in said]
    conditions[len(asked) : len(asked)] = wishes.free
    if not conditions:
        conditions = [Condition(id="c1", kind="free", text=text, weight=FREE_WEIGHT)]
    notes = [*wishes.notes]
    if len(conditions) > MAX_CONDITIONS and len(asked) + len(wishes.free) > MAX_CONDITIONS:
        notes.append(f"{len(asked) + len(wishes.free) - MAX_CONDITIONS} conditions of the edit were left out")
    chosen = [c.model_copy(update={"id": f"c{i}"}) for i, c in enumerate(conditions[:MAX_CONDITIONS], start=1)]
    spoken_of = {entity for c in chosen if c.predicate is not None for entity in entities_of(c.predicate)}
    return Query(
        text=text,
        conditions=tuple(chosen),
        entities=tuple(
            Entity(id=entity, phrase=_phrase(entity, wishes, looks)) for entity in looks if entity in spoken_of
        ),
        exclude=(twin.id,),
        reference=twin.id,
        trace=tell(wishes, asked, staying, target, sentences, looks),
        not_understood=tuple(dict.fromkeys(notes)),
        decomposed_by=name,
    )


def _looks(wishes: Wishes, said: Sequence[Claim]) -> dict[str, Look]:
    """Entity → how it is named in the target."""
    holding = [claim.predicate for claim in said if not claim.negated]
    every = [claim.predicate for claim in said]
    entities = dict.fromkeys(entity for predicate in every for entity in entities_of(predicate))
    return {
        entity: look_of(every if entity in wishes.things and wishes.things[entity].absent else holding, entity)
        for entity in entities
    }


def _phrase(entity: str, wishes: Wishes, looks: Mapping[str, Look]) -> str:
    thing = wishes.things.get(entity)
    if thing is not None and (thing.absent or thing.track is None):
        return thing.phrase
    return f"the {looks[entity].named}"


def _affected_first(edited: Sequence[Component], before: Sequence[Component]) -> list[Component]:
    known = {component.text for component in before}
    return sorted(edited, key=lambda component: component.text in known)


def _condition(claim: Claim, looks: Mapping[str, Look], sentences: Sequence[Component], wishes: Wishes) -> Condition:
    predicate = claim.predicate
    return Condition(
        id="c0",
        kind=KINDS[predicate.kind],
        text=say(claim, looks),
        weight=claim.weight,
        negated=claim.negated,
        predicate=predicate,
        imagined=() if claim.negated else _imagined(predicate, looks, sentences, wishes),
    )


def _imagined(
    predicate: Predicate, looks: Mapping[str, Look], sentences: Sequence[Component], wishes: Wishes
) -> tuple[str, ...]:
    """The target's own sentences that say it; where there are none, those that any video would have that shows it."""
    parts = (predicate.first, predicate.then) if isinstance(predicate, Order) else (predicate,)
    own = [text for part in parts for text in _saying(part, sentences, wishes)]
    return tuple(dict.fromkeys((*own, *wording.imagine(predicate, looks))))[:MOST_IMAGINED]


def _saying(predicate: Predicate, sentences: Sequence[Component], wishes: Wishes) -> list[str]:
    """The sentences that say it."""
    if isinstance(predicate, SceneIs):
        return [sentence.text for sentence in sentences if sentence.kind == "scene"]
    about = {thing.track for e in entities_of(predicate) if (thing := wishes.things.get(e)) and thing.track is not None}
    spoken = [sentence for sentence in sentences if about and about <= set(sentence.tracks)]
    if isinstance(predicate, Happens):
        words = [EVENT_PHRASES[predicate.event], EVENT_PARTICIPLES.get(predicate.event, "")]
        return [sentence.text for sentence in spoken if any(word and word in sentence.text for word in words)]
    if isinstance(predicate, Related):
        phrase = RELATION_PHRASES[predicate.relation]
        return [sentence.text for sentence in spoken if sentence.kind == "relation" and phrase in sentence.text]
    return [sentence.text for sentence in spoken if sentence.kind == "object"]

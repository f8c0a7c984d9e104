"""Plain sentences for conditions, and the component sentences that a matching twin would have.

Sentence encoders compare words, so what is imagined uses the twin's own wording (seewhy.twin.sentences).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seewhy.twin.sentences import camera_phrase
from seewhy.twin.vocabulary import EVENT_PARTICIPLES, EVENT_PHRASES, RELATION_PHRASES, SHAPE_NOUNS, with_article
from seewhy.types.query import (
    Counted,
    Happens,
    HasAttribute,
    IsA,
    Order,
    Predicate,
    Related,
    SceneIs,
    Superlative,
    When,
)

MOST_IMAGINED = 4
_WHEN: Mapping[When, str] = {
    "any": "", "start": " at the start", "middle": " in the middle", "end": " at the end",
    "throughout": " all the time",
}  # fmt: skip
_COMPARATORS = {"==": "exactly", ">=": "at least", "<=": "at most"}
_MEASURES = {"first": "first to appear", "last": "last to appear", "longest": "longest in view"}


@dataclass(frozen=True)
class Look:
    """What is said of an entity, for naming it."""

    category: str | None = None
    noun: str = ""
    """the noun that was asked with, where it is no category: "circle" """
    size: str = ""
    colors: tuple[str, ...] = ()
    texture: str = ""
    shape: str = ""

    @property
    def phrase(self) -> str:
        """As the twin would name it: "small red striped round object"."""
        shape = self.shape or (SHAPE_NOUNS[self.category][0] if self.category and self.category in SHAPE_NOUNS else "")
        return self._words("object", shape)

    @property
    def named(self) -> str:
        """With the noun that was asked with: "small red striped ball"."""
        noun = self.category or self.noun
        return self._words(noun or "object", "" if noun else self.shape)

    def _words(self, noun: str, shape: str) -> str:
        if self.category == "person":
            dress = f"in {' and '.join(self.colors)}" if self.colors else ""
            words: Sequence[str] = (self.size, "person", dress)
        else:
            words = (self.size, " and ".join(self.colors), self.texture, shape, noun)
        return " ".join(word for word in words if word)


def look_of(predicates: Sequence[Predicate], entity: str, noun: str = "") -> Look:
    """Gather what predicates say of one entity's looks."""
    category, size, texture, shape, colors = None, "", "", "", list[str]()
    for predicate in predicates:
        if isinstance(predicate, IsA) and predicate.subject == entity:
            category = predicate.category
        elif isinstance(predicate, HasAttribute) and predicate.subject == entity and predicate.when == "any":
            size = predicate.value if predicate.attribute == "size" else size
            texture = predicate.value if predicate.attribute == "texture" else texture
            shape = predicate.value if predicate.attribute == "shape" else shape
            if predicate.attribute == "color" and predicate.value not in colors:
                colors.append(predicate.value)
    return Look(category, noun, size, tuple(colors), texture, shape)


def restate(predicate: Predicate, looks: Mapping[str, Look]) -> str:
    """One plain sentence.

    >>> restate(Happens(subject="e1", event="moves_left", when="end"), {"e1": Look("ball", colors=("red",))})
    'the red ball moves to the left at the end'
    """
    if isinstance(predicate, SceneIs):
        said = camera_phrase(predicate.value) if predicate.attribute == "camera_motion" else ""
        said = f"the picture is in {predicate.value}" if predicate.attribute == "coloring" else said
        return (said or f"the {predicate.attribute.replace('_', ' ')} is {predicate.value}") + _WHEN[predicate.when]
    if isinstance(predicate, Order):
        return f"first {restate(predicate.first, looks)}, then {restate(predicate.then, looks)}"
    subject = f"the {looks[predicate.subject].named}"
    if isinstance(predicate, IsA):
        return f"{with_article(predicate.category)} is there"
    if isinstance(predicate, HasAttribute):
        bare = looks[predicate.subject].category or looks[predicate.subject].noun or "object"
        return f"the {bare} is {predicate.value}{_WHEN[predicate.when]}"
    if isinstance(predicate, Counted):
        count = f"{_COMPARATORS[predicate.comparator]} {predicate.number} at one time"
        return f"{looks[predicate.subject].named}: {count}{_WHEN[predicate.when]}"
    if isinstance(predicate, Superlative):
        return f"{subject} is the {_MEASURES.get(predicate.measure, predicate.measure)}"
    if isinstance(predicate, Related):
        said = f"{subject} is {RELATION_PHRASES[predicate.relation]} the {looks[predicate.object].named}"
        return said + _WHEN[predicate.when]
    target = f" the {looks[predicate.object].named}" if predicate.object is not None else ""
    return f"{subject} {EVENT_PHRASES[predicate.event]}{target}{_WHEN[predicate.when]}"


def imagine(predicate: Predicate, looks: Mapping[str, Look]) -> tuple[str, ...]:
    """Up to MOST_IMAGINED component sentences of a matching twin.

    >>> imagine(HasAttribute(subject="e1", attribute="color", value="red"), {"e1": Look("ball", colors=("red",))})
    ('a red round object', 'a red ball')
    """
    if isinstance(predicate, SceneIs):
        return _imagine_scene(predicate)
    if isinstance(predicate, Order):
        both = (*imagine(predicate.first, looks)[:2], *imagine(predicate.then, looks)[:2])
        return tuple(dict.fromkeys(both))
    look = looks[predicate.subject]
    sentences: list[str] = []
    if isinstance(predicate, Happens):
        phrase = EVENT_PHRASES[predicate.event]
        other = f" the {looks[predicate.object].phrase}" if predicate.object is not None else ""
        sentences.append(f"the {look.phrase} {phrase}{other}")
        if predicate.object is None and predicate.event in EVENT_PARTICIPLES:
            sentences.append(f"{with_article(look.phrase)}, {EVENT_PARTICIPLES[predicate.event]}")
        named_other = f" the {looks[predicate.object].named}" if predicate.object is not None else ""
        sentences.append(f"the {look.named} {phrase}{named_other}")
    elif isinstance(predicate, Related):
        phrase = RELATION_PHRASES[predicate.relation]
        sentences.append(f"the {look.phrase} is {phrase} the {looks[predicate.object].phrase}")
        sentences.append(f"the {look.named} is {phrase} the {looks[predicate.object].named}")
    else:
        sentences += [with_article(look.phrase), with_article(look.named)]
    return tuple(dict.fromkeys(sentences))[:MOST_IMAGINED]


def _imagine_scene(predicate: SceneIs) -> tuple[str, ...]:
    attribute, value = predicate.attribute, predicate.value
    if attribute == "camera_motion":
        return (f"a scene; {camera_phrase(value)}", camera_phrase(value))
    if attribute == "setting":
        return (f"an {value} scene",)
    if attribute == "shot_scale":
        return (f"a scene; a {value} shot", f"a {value} shot")
    if attribute == "pace":
        return (f"a scene; {value} motion",)
    if attribute == "coloring":
        return (f"a scene, in {value}",)
    light = {"day": "in daylight", "night": "at night", "dark": "in the dark", "bright": "in bright light"}
    return (f"a scene {light.get(value, f'in {value} light')}",)

"""The words of the twin: synonyms, a small taxonomy, and how facts are said in English.

Only what geometry, the embedded describers and common English need; a specialist with a wider vocabulary brings its
own names and broader classes in `Label`. Words for looks are in `looks.py`, verbs in `verbs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from seewhy.twin.looks import alike, invert, value
from seewhy.types.twin import EventName, RelationName

__all__ = [
    "BROADER",
    "CONVERSE",
    "ENCOUNTERS",
    "EVENT_PARTICIPLES",
    "EVENT_PHRASES",
    "GENERIC_WORDS",
    "IMPLIED_EVENTS",
    "PERSON_WORDS",
    "PLAIN_PERSON_WORDS",
    "RELATION_PHRASES",
    "SHAPE_NOUNS",
    "alike",
    "noun",
    "singular",
    "value",
    "with_article",
]


def with_article(phrase: str) -> str:
    """
    >>> with_article("animal"), with_article("red ball")
    ('an animal', 'a red ball')
    """
    return f"{'an' if phrase[:1].lower() in set('aeiou') else 'a'} {phrase}"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GENERIC_WORDS = _words(
    "thing something object item stuff anything one entity element figure subject shape piece it they what"
)
"""Words that every track fits."""

PERSON_WORDS = _words(
    "person people human man woman men women child children kid boy girl baby toddler youngster teenager adult "
    "someone somebody anyone anybody individual guy lady gentleman pedestrian passerby he she him her who "
    "walker runner rider cyclist driver player athlete skater skateboarder surfer dancer worker artist visitor "
    "customer spectator face performer"
)
"""Words that a track labelled as a person may fit; which of them it is, geometry cannot say."""

PLAIN_PERSON_WORDS = _words(
    "person people human someone somebody anyone anybody individual pedestrian he she him her who"
)
"""Of these, the words that ask for no more than a person."""

_BROADER = {
    "animal": "dog cat cow horse sheep goat camel bear rabbit bird dolphin fish elephant zebra giraffe monkey pet "
    "duck swan chicken lion tiger",
    "vehicle": "car truck bus van bicycle motorcycle scooter train tram boat ship plane kart taxi tractor",
    "furniture": "chair table bed sofa desk bench shelf cupboard",
    "food": "fruit vegetable bread cake apple orange banana carrot broccoli tomato",
    "fruit": "apple orange banana melon watermelon pear lemon",
    "plant": "tree bush flower grass",
}
BROADER: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        word: frozenset(wide for wide, narrow in _BROADER.items() if word in _words(narrow))
        for words in _BROADER.values()
        for word in words.split()
    }
)
"""Noun → the wider classes it belongs to."""

_NOUNS = invert(
    {
        "car": "automobile auto sedan coupe racecar",
        "bicycle": "bike cycle pushbike",
        "motorcycle": "motorbike moped",
        "scooter": "vespa",
        "plane": "airplane aeroplane aircraft",
        "dog": "puppy hound",
        "cat": "kitten",
        "cow": "bull calf cattle ox",
        "horse": "pony foal",
        "sofa": "couch settee",
        "boat": "dinghy",
        "animal": "creature beast",
    }
)

_IRREGULAR = {
    "people": "person", "men": "man", "women": "woman", "children": "child", "mice": "mouse", "geese": "goose",
    "feet": "foot", "teeth": "tooth", "wolves": "wolf", "leaves": "leaf", "knives": "knife", "shelves": "shelf",
    "boxes": "box", "buses": "bus", "glasses": "glasses", "grass": "grass", "glass": "glass", "bus": "bus",
    "dress": "dress", "canvas": "canvas", "kite surfers": "kite surfer", "triangles": "triangle",
}  # fmt: skip


@lru_cache(maxsize=4096)
def singular(noun: str) -> str:
    """The singular of an English noun, lower case; a phrase keeps its other words.

    >>> singular("Red Boxes"), singular("people"), singular("berries"), singular("circles")
    ('red box', 'person', 'berry', 'circle')
    """
    head, _, last = noun.strip().lower().rpartition(" ")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith("ies") and len(last) > 4:
        last = last[:-3] + "y"
    elif last.endswith(("ches", "shes", "sses", "xes", "zes")):
        last = last[:-2]
    elif last.endswith("s") and not last.endswith(("ss", "us", "is")) and len(last) > 3:
        last = last[:-1]
    return f"{head} {last}".strip()


@lru_cache(maxsize=4096)
def noun(word: str) -> str:
    """The twin's name for what `word` names.

    >>> noun("Puppies"), noun("motorbike"), noun("balls")
    ('dog', 'motorcycle', 'ball')
    """
    one = singular(word)
    return _NOUNS.get(one, one)


SHAPE_NOUNS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "circle": ("round", 1.0), "disc": ("round", 1.0), "disk": ("round", 1.0), "ball": ("round", 0.9),
        "sphere": ("round", 0.9), "dot": ("round", 0.9), "ellipse": ("oval", 1.0), "oval": ("oval", 1.0),
        "square": ("square", 1.0), "box": ("square", 0.9), "cube": ("square", 0.9), "block": ("square", 0.8),
        "rectangle": ("rectangular", 1.0), "bar": ("elongated", 0.9), "stick": ("elongated", 0.9),
        "triangle": ("triangular", 1.0), "pyramid": ("triangular", 0.8), "star": ("star-shaped", 1.0),
        "cross": ("cross-shaped", 1.0), "ring": ("ring-shaped", 1.0), "diamond": ("diamond-shaped", 1.0),
        "pentagon": ("pentagonal", 1.0), "hexagon": ("hexagonal", 1.0),
    }
)  # fmt: skip
"""Nouns that name a shape → (shape attribute, how far the shape alone makes it that thing)."""

CONVERSE: Mapping[RelationName, RelationName] = MappingProxyType(
    {
        "left_of": "right_of", "right_of": "left_of", "above": "below", "below": "above",
        "in_front_of": "behind", "behind": "in_front_of", "overlaps": "overlaps", "near": "near",
    }
)  # fmt: skip
"""a R b says the same as b CONVERSE[R] a. `inside` has none."""

IMPLIED_EVENTS: Mapping[str, tuple[EventName, ...]] = MappingProxyType(
    {
        "enters": ("appears",), "leaves": ("disappears",),
        "moves_left": ("moves",), "moves_right": ("moves",), "moves_up": ("moves",), "moves_down": ("moves",),
        "starts": ("moves",), "stops": ("moves",), "turns": ("moves",), "speeds_up": ("moves",),
        "slows_down": ("moves",), "passes": ("moves",), "follows": ("moves",), "approaches": ("moves",),
        "moves_away": ("moves",),
    }
)  # fmt: skip
"""What happens with an event, besides itself."""

RELATION_PHRASES: Mapping[RelationName, str] = MappingProxyType(
    {
        "left_of": "left of", "right_of": "right of", "above": "above", "below": "below", "inside": "inside",
        "overlaps": "touching", "near": "near", "in_front_of": "in front of", "behind": "behind",
    }
)  # fmt: skip

ENCOUNTERS: frozenset[EventName] = frozenset(("approaches", "moves_away", "passes", "follows", "hidden_by"))
"""Events between two things. All others are one thing's alone: who stops a car has not stopped."""

EVENT_PHRASES: Mapping[str, str] = MappingProxyType(
    {
        "enters": "comes into view", "leaves": "leaves the picture", "appears": "appears",
        "disappears": "disappears", "moves": "moves", "stays_still": "stays still",
        "moves_left": "moves to the left", "moves_right": "moves to the right", "moves_up": "moves up",
        "moves_down": "moves down", "starts": "starts to move", "stops": "stops", "turns": "turns",
        "speeds_up": "speeds up", "slows_down": "slows down", "grows": "comes closer", "shrinks": "goes away",
        "changes_color": "changes color", "approaches": "approaches", "moves_away": "moves away from",
        "passes": "passes", "follows": "follows", "hidden_by": "is hidden by",
    }
)  # fmt: skip

EVENT_PARTICIPLES: Mapping[str, str] = MappingProxyType(
    {
        "moves_left": "moving to the left", "moves_right": "moving to the right", "moves_up": "moving up",
        "moves_down": "moving down", "grows": "coming closer", "shrinks": "going away", "moves": "moving",
        "stays_still": "staying still", "turns": "turning",
    }
)  # fmt: skip

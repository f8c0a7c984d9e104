"""The words in which a language model may ask for a check, as its prompt lists them.

The lists are made from the twin's own vocabulary and the predicates, so that the prompt says what code can do and
nothing else. What a name means is said beside it where the name does not say it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar, get_args

from seewhy.reason.decompose.reply import Amount, Look, SceneLook
from seewhy.twin.looks import known_values
from seewhy.twin.vocabulary import ENCOUNTERS, EVENT_PHRASES, RELATION_PHRASES
from seewhy.types.query import Comparator, Measure, When
from seewhy.types.twin import EVENT_NAMES

COMPARATORS: Mapping[Amount, Comparator] = {"exactly": "==", "at_least": ">=", "at_most": "<="}

MEASURE_PHRASES: Mapping[Measure, str] = {
    "largest": "in the picture", "smallest": "in the picture", "leftmost": "", "rightmost": "",
    "highest": "place in the picture", "lowest": "place in the picture", "nearest": "to the camera",
    "farthest": "from the camera", "fastest": "", "slowest": "", "first": "to appear", "last": "to appear",
    "longest": "time in view",
}  # fmt: skip

WHEN_PHRASES: Mapping[When, str] = {
    "any": "at some time", "start": "in the first third", "middle": "", "end": "in the last third",
    "throughout": "all the time",
}  # fmt: skip


Name = TypeVar("Name", bound=str)


def _glossed(phrases: Mapping[Name, str]) -> str:
    """``enters (comes into view), stops``: the phrase where it says more than the name."""
    told = [(name, phrase if phrase != name.replace("_", " ") else "") for name, phrase in phrases.items()]
    return ", ".join(f"{name} ({phrase})" if phrase else name for name, phrase in told)


def known_to_twins(kind: Look | SceneLook) -> tuple[str, ...]:
    """Values that specialists give this attribute; a palette is also made of colors.

    >>> known_to_twins("size"), known_to_twins("palette")[-3:]
    (('small', 'medium', 'large'), ('gray', 'colorful', 'muted'))
    """
    values = known_values(kind)
    return tuple(dict.fromkeys((*known_values("color"), *values))) if kind == "palette" else values


def _values(kinds: Iterable[Look | SceneLook]) -> str:
    return "\n".join(f"  {kind}: {', '.join(known_to_twins(kind))}" for kind in kinds)


def vocabulary() -> str:
    """Every check with what it takes, as plain text for the prompt; the same on every machine."""
    looks: tuple[Look, ...] = get_args(Look)
    scene_looks: tuple[SceneLook, ...] = get_args(SceneLook)
    alone = {name: EVENT_PHRASES[name] for name in EVENT_NAMES if name not in ENCOUNTERS}
    together = {name: EVENT_PHRASES[name] for name in EVENT_NAMES if name in ENCOUNTERS}
    return f"""\
- is_a: subject is a kind of thing; value is one plain English noun, singular (person, dog, car, ball)
- a look of subject, value from its list:
{_values(looks)}
- where subject is from object, as the viewer sees it: {_glossed(RELATION_PHRASES)}
- what subject does, no object: {_glossed(alone)}
- what subject does to object: {_glossed(together)}
- how many such subjects are seen at one time, with number: {", ".join(COMPARATORS)}
- subject is the most of its kind: {_glossed(MEASURE_PHRASES)}
- a look of the whole picture, no subject, value from its list:
{_values(scene_looks)}
- before: subject and object are the ids of two conditions; the first begins before the second
- when, for looks, places, doings and counts: {_glossed(WHEN_PHRASES)}"""


VOCABULARY = vocabulary()

"""Verbs: which events an action in someone's words amounts to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from seewhy.twin.vocabulary import EVENT_PHRASES, IMPLIED_EVENTS
from seewhy.types.twin import EventName

_VERBS: Mapping[str, tuple[EventName, ...]] = {
    "enter": ("enters", "appears"), "arrive": ("enters", "appears"), "exit": ("leaves", "disappears"),
    "leave": ("leaves", "disappears"), "appear": ("appears",), "emerge": ("appears",),
    "disappear": ("disappears",), "vanish": ("disappears",), "move": ("moves",), "walk": ("moves",),
    "run": ("moves",), "drive": ("moves",), "ride": ("moves",), "fly": ("moves",), "roll": ("moves",),
    "jump": ("moves",), "travel": ("moves",), "slide": ("moves",), "swim": ("moves",), "stand": ("stays_still",),
    "sit": ("stays_still",), "lie": ("stays_still",), "wait": ("stays_still",), "rest": ("stays_still",),
    "stay": ("stays_still",), "rise": ("moves_up", "moves"), "climb": ("moves_up", "moves"),
    "fall": ("moves_down", "moves"), "drop": ("moves_down", "moves"), "descend": ("moves_down", "moves"),
    "start": ("starts", "moves"), "stop": ("stops", "moves"), "halt": ("stops", "moves"),
    "brake": ("slows_down", "moves"), "turn": ("turns", "moves"), "accelerate": ("speeds_up", "moves"),
    "grow": ("grows",), "shrink": ("shrinks",), "approach": ("approaches", "moves"),
    "chase": ("follows", "moves"), "follow": ("follows", "moves"), "pass": ("passes", "moves"),
    "overtake": ("passes", "moves"), "hide": ("hidden_by",),
}  # fmt: skip
_DIRECTIONS: Mapping[str, EventName] = {
    "left": "moves_left", "right": "moves_right", "up": "moves_up", "down": "moves_down",
    "upwards": "moves_up", "downwards": "moves_down", "leftwards": "moves_left", "rightwards": "moves_right",
}  # fmt: skip


def _stem(word: str) -> str:
    for ending in ("ning", "ping", "ting", "ing", "es", "s"):
        stem = word.removesuffix(ending)
        for base in (stem, stem + "e", stem + ending[0] if len(ending) == 4 else stem):
            if stem != word and base in _VERBS:
                return base
    return word


@lru_cache(maxsize=4096)
def events_of(action: str) -> tuple[EventName, ...]:
    """The events that an action amounts to, as far as common verbs tell; its own name first if it has one.

    >>> events_of("moves_left")
    ('moves_left', 'moves')
    >>> events_of("running to the right"), events_of("smiles")
    (('moves', 'moves_right'), ())
    """
    if action in EVENT_PHRASES:
        own: EventName = action  # type: ignore[assignment]  # a key of EVENT_PHRASES is an EventName
        return (own, *IMPLIED_EVENTS.get(action, ()))
    words = action.lower().replace("_", " ").split()
    if not words:
        return ()
    found = list(_VERBS.get(_stem(words[0]), ()))
    if "moves" in found:
        found += [_DIRECTIONS[word] for word in words[1:] if word in _DIRECTIONS]
    return tuple(dict.fromkeys(found))

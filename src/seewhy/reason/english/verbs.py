"""The verbs the rules know, by what they say of a track, and all their inflected forms."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from seewhy.reason.english.inflect import VerbForm, inflections
from seewhy.types.twin import EventName


def _verbs(event: EventName, lemmas: str) -> dict[str, EventName]:
    return dict.fromkeys(lemmas.split(), event)


MOTION = frozenset(
    [
        "move",
        "go",
        "come",
        "run",
        "roll",
        "drive",
        "walk",
        "travel",
        "slide",
        "glide",
        "fly",
        "drift",
        "float",
        "swim",
        "ride",
        "cycle",
        "crawl",
        "wander",
        "stroll",
        "race",
        "rush",
        "hurry",
        "dash",
        "march",
        "jog",
        "sprint",
        "trot",
        "gallop",
        "canter",
        "skate",
        "sail",
        "ski",
        "surf",
        "hop",
        "proceed",
        "advance",
        "scoot",
        "zoom",
        "steer",
        "cruise",
        "creep",
        "slither",
        "pedal",
        "slip",
        "step",
        "amble",
        "shift",
    ]
)
"""Say that the subject moves; where to stands in the words that follow."""

PLAIN: Mapping[str, EventName] = MappingProxyType(
    _verbs("moves_down", "fall drop sink descend plunge")
    | _verbs("moves_up", "rise climb ascend")
    | _verbs("enters", "enter arrive")
    | _verbs("leaves", "leave exit depart")
    | _verbs("appears", "appear emerge")
    | _verbs("disappears", "disappear vanish")
    | _verbs("stops", "stop halt pause freeze")
    | _verbs("starts", "start begin")
    | _verbs("turns", "turn swerve veer reverse bounce rebound curve")
    | _verbs("speeds_up", "accelerate speed")
    | _verbs("slows_down", "decelerate slow brake")
    | _verbs("grows", "grow enlarge expand")
    | _verbs("shrinks", "shrink recede")
    | _verbs("stays_still", "stay remain stand sit lie wait rest")
)
"""Lemma → event of the subject alone."""

TRANSITIVE: Mapping[str, EventName] = MappingProxyType(
    _verbs("approaches", "approach near")
    | _verbs("passes", "pass overtake cross")
    | _verbs("follows", "follow chase pursue trail")
    | _verbs("hidden_by", "hide cover occlude obscure block conceal")
)
"""Lemma → event between subject and object. The `hidden_by` verbs say it the other way round: who hides acts."""

INTRANSITIVE = frozenset(
    [
        "fall",
        "drop",
        "sink",
        "descend",
        "rise",
        "climb",
        "ascend",
        "stand",
        "sit",
        "lie",
        "wait",
        "rest",
        "grow",
        "shrink",
    ]
)
"""Of PLAIN, the verbs whose -ing form in front of a noun only qualifies it."""

CONTACT = frozenset(["touch", "hit", "meet", "overlap", "bump", "collide"])
"""Say that two things overlap in the picture."""

CONTINUING = frozenset(["keep", "continue"])
CHANGE = frozenset(["change", "switch"])
COPULAS = frozenset(["is", "are", "was", "were", "be", "been", "being", "am", "looks", "seems"])
BECOMING = frozenset(
    [
        "become",
        "becomes",
        "becoming",
        "became",
        "get",
        "gets",
        "getting",
        "got",
        "go",
        "goes",
        "going",
        "went",
        "gone",
        "come",
        "comes",
        "coming",
        "came",
    ]
)

_NOUNS_MORE_OFTEN = frozenset(
    ["near", "trail", "cover", "block", "step", "park", "cross", "pass", "rest", "head", "speed", "lay", "bands"]
)
"""Bare forms read as nouns, adjectives or prepositions, never as these verbs."""

_BRITISH = {"travelling": VerbForm("travel", "ing"), "travelled": VerbForm("travel", "past")}
LEMMAS = (
    MOTION | frozenset(PLAIN) | frozenset(TRANSITIVE) | CONTACT | CONTINUING | CHANGE | frozenset({"become", "get"})
)
VERBS: Mapping[str, VerbForm] = MappingProxyType(
    {
        text: form
        for text, form in (*inflections(LEMMAS).items(), *_BRITISH.items())
        if not (text in _NOUNS_MORE_OFTEN and text not in {"cross", "pass", "rest", "speed"})
    }
)
"""Every inflected form → lemma and form."""

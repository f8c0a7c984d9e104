"""Every inflected form of the verbs the rules know."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Form = Literal["base", "third", "ing", "past"]


class VerbForm(NamedTuple):
    lemma: str
    form: Form


_IRREGULAR_PAST: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "go": ("went", "gone"), "come": ("came",), "run": ("ran",), "drive": ("drove", "driven"), "fly": ("flew",),
        "ride": ("rode", "ridden"), "swim": ("swam", "swum"), "slide": ("slid",), "creep": ("crept",),
        "fall": ("fell", "fallen"), "sink": ("sank", "sunk"), "rise": ("rose", "risen"), "leave": ("left",),
        "begin": ("began", "begun"), "stand": ("stood",), "sit": ("sat",), "lie": ("lay",), "keep": ("kept",),
        "grow": ("grew", "grown"), "shrink": ("shrank", "shrunk"), "hide": ("hid", "hidden"), "hit": ("hit",),
        "meet": ("met",), "get": ("got",), "become": ("became",), "speed": ("sped",), "overtake": ("overtook",),
        "swing": ("swung",), "set": ("set",), "show": ("shown",), "take": ("took", "taken"), "hold": ("held",),
        "freeze": ("froze", "frozen"), "draw": ("drew", "drawn"), "wind": ("wound",), "catch": ("caught",),
    }
)  # fmt: skip
_DOUBLED = frozenset(
    [
        "run",
        "swim",
        "stop",
        "get",
        "trot",
        "jog",
        "zip",
        "sit",
        "hit",
        "set",
        "skip",
        "step",
        "begin",
        "hop",
        "slip",
        "drop",
        "swap",
    ]
)
_ING: Mapping[str, str] = MappingProxyType({"lie": "lying", "die": "dying"})


def forms_of(lemma: str) -> dict[str, Form]:
    """Inflected forms of one verb.

    >>> sorted(forms_of("stop"))
    ['stop', 'stopped', 'stopping', 'stops']
    """
    stem = lemma[:-1] if lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye")) else lemma
    doubled = lemma + lemma[-1] if lemma in _DOUBLED else None
    consonant_y = lemma.endswith("y") and lemma[-2] not in "aeiou"
    forms: dict[str, Form] = {}
    for past in _IRREGULAR_PAST.get(lemma, ((lemma[:-1] + "i" if consonant_y else (doubled or stem)) + "ed",)):
        forms[past] = "past"
    forms[_ING.get(lemma, (doubled or stem) + "ing")] = "ing"
    if consonant_y:
        forms[lemma[:-1] + "ies"] = "third"
    elif lemma.endswith(("s", "sh", "ch", "x", "z", "o")):
        forms[lemma + "es"] = "third"
    else:
        forms[lemma + "s"] = "third"
    forms[lemma] = "base"
    return forms


def inflections(lemmas: frozenset[str]) -> Mapping[str, VerbForm]:
    """Every form of every lemma; where two verbs share a form the alphabetically first keeps it."""
    table: dict[str, VerbForm] = {}
    for lemma in sorted(lemmas):
        for text, form in forms_of(lemma).items():
            table.setdefault(text, VerbForm(lemma, form))
    return MappingProxyType(table)

"""The words that all edits share: where a phrase ends, what it begins with, what asks for no difference.

Words of a question, which says what a video shows by itself, are in reason/english.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from seewhy.reason.english.patterns import Phrasebook
from seewhy.types.twin import AttributeKind, EventName


def phrase(*ways: str) -> re.Pattern[str]:
    """Any of these ways to say it, up to the end of a word; to be matched by `Line.match`."""
    return re.compile(rf"(?:{'|'.join(ways)})(?!\S)")


SEPARATORS = frozenset((",", ";", ".", ":", "!", "?", "(", ")", "and", "but", "then", "while", "so"))
"""Words that may end what is said by one phrase. Whether they do, what stands before and behind them shows."""
HARD = frozenset((",", ";", ".", ":", "!", "?", "(", ")", "but"))
"""Of these, the ones that end what is replaced."""

ASIDES = re.compile(
    r"\b(?:instead(?! of\b)|this time|for once|please|as well|the whole time now|from now on|now|simply"
    r"|(?:of )?the video|too(?=\s*(?:[.,;!?]|$)))\b",
    re.IGNORECASE,
)
"""Say that there is a difference, or are polite; what differs, the other words say."""

_SAME = r"(?:(?:the )?same (?:video|clip|scene|shot)?|like (?:this|that|it)|as (?:it is|before)|exactly like this)"
OPENINGS: Phrasebook[Literal["plain", "adding"]] = Phrasebook(
    (r"there (?:should|must|has to) (?:also )?be|there (?:is|are) also", "adding"),
    (r"(?:also )?(?:add|include|insert|introduce|bring in|put in|throw in|plus)", "adding"),
    (r"(?:with|and) (?:also|additionally)|additionally|(?:give|lend|hand|get) (?:it|him|her|them)", "adding"),
    (rf"{_SAME}(?= (?:but|with|,|only|just|except))", "plain"),
    (r"(?:but|only|just|and|so that|such that|except that|with the difference that|where|in which|also|then)", "plain"),
    (r"(?:let|make|have|show|film|shoot|record|render|imagine|put|place|set|see|use|have it)", "plain"),
    (r"(?:i|we) (?:want|would like|need)(?: to see)?|how about|what if|it should be|should be", "plain"),
)
"""What an edit begins with. `adding`: what follows comes on top of what is there."""

_UNCHANGED = r"(?: (?:the same|as it (?:is|was)|unchanged))?"
_WHERE = r"(?:place|scene|spot|setting|location|room|street|time)"
NOTHING: Phrasebook[None] = Phrasebook(
    (rf"(?:keep|leave) (?:everything|all|all the rest|the rest)(?: else)?{_UNCHANGED}", None),
    (rf"(?:everything|all|nothing) else (?:stays|remains|is|changes){_UNCHANGED}", None),
    (rf"the rest (?:stays|remains|is){_UNCHANGED}|otherwise the same", None),
    (rf"(?:in |at )?the same {_WHERE}|same {_WHERE}", None),
    (r"the same(?: thing)?|same thing|(?:make|do|have) it", None),
)
"""Ask for no difference."""
KEEP = phrase("keep|leave|the same|same")
HYPOTHETICAL = frozenset(("would", "could", "might"))
"""What could be is not there."""
PREPOSITIONS = frozenset(("with", "in", "at", "as", "by", "of", "on", "for", "during"))
"""What follows is a noun, though it may look like a verb."""
INSTEAD_OF = phrase("instead of|rather than|in place of|as opposed to|not")

_DOING = r"(?:make|let|have|film|shoot|set|move|put|place|do|show|take|bring|record|see|get|go)"
_IT = r"(?:it|this|that|them|him|her|everything|all of it|the (?:scene|action|video|clip|shot|picture))"
_IS = r"(?:should be|should|be|is|was|happens?|takes? place|plays?|to be|looks?|filmed|shot|seen|to)"
_BE = rf"(?: {_IS})?(?: {_IS})?"
_NOW = (
    r"(?:change|switch|turn|convert|transform|shift)"
    r"(?: (?:it|(?:the )?(?:setting|scene|time(?: of day)?|light|lighting|place|location|sky)))?"
    r"(?: from \w+)? (?:in)?to(?: an?)?"
)
PREFACE = phrase(_NOW, rf"{_DOING}(?: {_IT})?{_BE}", rf"{_IT}{_BE}", rf"{_IS}(?: {_IS})?")
"""In front of how a thing or the picture is: "film it (at night)"."""

_BY = (
    r"(?:much|far|way|a lot|even|still|lots|considerably|a bit|a little|slightly|somewhat|twice as|two times|rather"
    r"|more)"
)
MUCH = phrase(rf"{_BY}(?: {_BY})*")
COMPARATIVES: Mapping[str, tuple[AttributeKind, int]] = MappingProxyType(
    {
        **dict.fromkeys(("faster", "quicker", "speedier", "livelier", "quickly", "swifter"), ("pace", 1)),
        **dict.fromkeys(("slower", "calmer", "gentler", "quieter", "slowly", "calmly", "leisurely"), ("pace", -1)),
        **dict.fromkeys(("bigger", "larger", "taller", "huger", "enlarged"), ("size", 1)),
        **dict.fromkeys(("smaller", "tinier", "littler", "shrunk"), ("size", -1)),
        **dict.fromkeys(("brighter", "lighter", "sunnier"), ("brightness", 1)),
        **dict.fromkeys(("darker", "dimmer", "gloomier"), ("brightness", -1)),
        **dict.fromkeys(("closer", "nearer", "tighter"), ("shot_scale", 1)),
        **dict.fromkeys(("wider", "farther", "further"), ("shot_scale", -1)),
    }
)
"""What it compares, and whether there is more or less of it."""
SIZED = frozenset(word for word, (kind, _) in COMPARATIVES.items() if kind == "size")
BEHIND_COMPARATIVE = phrase("than (?:before|it is|now|that|in the (?:video|reference)|usual)|away|back|up|off")

MOTION_WORDS = phrase(
    r"(?:should |to )?(?:be |is |are )?(?:moves?|moving|goes|go|going|runs?|running|rolls?|rolling|walks?|walking"
    r"|drives?|driving|flies|fly|flying|travels?|heads?|heading|comes?|coming|rides?|riding|slides?|enters?|passes|turns?|pans?"
    r"|panning|tilts?|tilting|zooms?|zooming|faces?|facing|plays?|played|swims?|drifts?|falls?|is|are|be|being|gets?"
    r"|becomes?)",
    "it|everything|all",
)
"""Between who it is about and how, or where to."""

TELLING: Sequence[EventName] = (
    "enters", "leaves", "stops", "starts", "turns", "changes_color", "speeds_up", "slows_down", "grows", "shrinks",
)  # fmt: skip
"""What happens to a thing and is worth telling, besides where it goes; the most telling first."""
OPPOSITES: Mapping[str, EventName] = MappingProxyType(
    {
        "moves_left": "moves_right", "moves_right": "moves_left", "moves_up": "moves_down", "moves_down": "moves_up",
        "enters": "leaves", "leaves": "enters", "grows": "shrinks", "shrinks": "grows", "starts": "stops",
        "stops": "starts", "approaches": "moves_away", "moves_away": "approaches", "speeds_up": "slows_down",
        "slows_down": "speeds_up", "appears": "disappears", "disappears": "appears",
    }
)  # fmt: skip
"""What it is when it is not that."""

"""Phrases of several words that mean one thing: directions, relations, times, connectors.

Each is a regular expression over the words of the question in lower case, joined by single spaces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, Literal, TypeVar

from seewhy.reason.english.tokens import Token
from seewhy.types.query import When
from seewhy.types.twin import EventName, RelationName

Meaning = TypeVar("Meaning")


@dataclass
class Line:
    """The words of a question, to be matched against phrasebooks."""

    tokens: Sequence[Token]
    text: str = field(init=False)
    starts: list[int] = field(init=False)
    _ends: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.text = " ".join(token.word for token in self.tokens)
        self.starts, self._ends, position = [], {}, 0
        for index, token in enumerate(self.tokens):
            self.starts.append(position)
            position += len(token.word)
            self._ends[position] = index + 1
            position += 1

    def match(self, pattern: re.Pattern[str], position: int) -> int | None:
        """The position behind a match that starts at this token, or None."""
        if position >= len(self.tokens):
            return None
        found = pattern.match(self.text, self.starts[position])
        return self._ends.get(found.end()) if found and found.end() > found.start() else None


class Phrasebook(Generic[Meaning]):
    """Patterns with their meanings; the first that matches counts, so longer ones stand first.

    They are compiled when first asked: most questions need few of the books.
    """

    def __init__(self, *entries: tuple[str, Meaning]) -> None:
        self._written = entries

    @cached_property
    def _entries(self) -> list[tuple[re.Pattern[str], Meaning]]:
        return [(re.compile(rf"(?:{pattern})(?!\S)"), meaning) for pattern, meaning in self._written]

    def match(self, line: Line, position: int) -> tuple[Meaning, int] | None:
        """(meaning, position behind it) of the phrase that starts at this token, or None."""
        for pattern, meaning in self._entries:
            end = line.match(pattern, position)
            if end is not None:
                return meaning, end
        return None


_OF_FRAME = r"(?: of (?:the |our )?(?:picture|frame|image|view|screen|video|scene|shot))?"
_SIDE = r"(?:-hand)?(?: (?:side|edge|border|end))?"
_LEFT, _RIGHT = (rf"(?:the )?{word}{_SIDE}{_OF_FRAME}" for word in ("left", "right"))
_TOP = rf"(?:the )?(?:top|upper){_SIDE}{_OF_FRAME}|above"
_BOTTOM = rf"(?:the )?(?:bottom|lower){_SIDE}{_OF_FRAME}|below"
_TO = r"(?:to|toward|towards|into)"
_VIEWER = r"(?:the |our |an? )?(?:camera|viewers?|us|observer|lens|spectators?|me|foreground)"
_VIEW = r"(?:the |our )?(?:picture|frame|image|view|screen|scene|shot|sight|footage)"
_NOT_OF = r"(?! of (?!the (?:picture|frame|image|view|screen|video|scene|shot)))"

_UPPER, _LOWER = r"(?:the )?(?:top|upper)", r"(?:the )?(?:bottom|lower)"
DIRECTIONS: Phrasebook[tuple[EventName, ...]] = Phrasebook(
    (rf"from {_UPPER} left{_SIDE} to {_LOWER} right{_SIDE}", ("moves_right", "moves_down")),
    (rf"from {_UPPER} right{_SIDE} to {_LOWER} left{_SIDE}", ("moves_left", "moves_down")),
    (rf"from {_LOWER} left{_SIDE} to {_UPPER} right{_SIDE}", ("moves_right", "moves_up")),
    (rf"from {_LOWER} right{_SIDE} to {_UPPER} left{_SIDE}", ("moves_left", "moves_up")),
    (rf"(?:from )?{_LEFT} {_TO} {_RIGHT}", ("moves_right",)),
    (rf"(?:from )?{_RIGHT} {_TO} {_LEFT}", ("moves_left",)),
    (rf"(?:from )?(?:{_TOP}) {_TO} (?:{_BOTTOM})", ("moves_down",)),
    (rf"(?:from )?(?:{_BOTTOM}) {_TO} (?:{_TOP})", ("moves_up",)),
    (r"(?:from side to side|back and forth|to and fro)", ("turns",)),
    (r"up and down", ("moves_up", "moves_down")),
    (rf"from {_LEFT}", ("moves_right",)),
    (rf"from {_RIGHT}", ("moves_left",)),
    (rf"from (?:{_TOP})", ("moves_down",)),
    (rf"from (?:{_BOTTOM})", ("moves_up",)),
    (rf"(?:(?:in|{_TO}) )?{_LEFT}{_NOT_OF}|leftwards?", ("moves_left",)),
    (
        rf"(?:(?:in|{_TO}) )?{_RIGHT}{_NOT_OF}(?! (?:at|away|behind|next|after|before|through|by"
        r"|beside|above|below|in"
        r"|into|past|toward|towards|up|over))|rightwards?",
        ("moves_right",),
    ),
    (rf"(?:up|straight up) {_TO} {_VIEWER}", ("grows",)),
    (rf"{_TO} (?:{_TOP}){_NOT_OF}|upwards?|up(?! to| the| a )", ("moves_up",)),
    (rf"{_TO} (?:{_BOTTOM}){_NOT_OF}|downwards?|down(?! the| a )", ("moves_down",)),
    (rf"(?:(?:closer|nearer) )?(?:to|toward|towards|at) {_VIEWER}|(?:closer|nearer)(?! to)|forwards?", ("grows",)),
    (
        rf"(?:further |farther )?(?:away )?from {_VIEWER}|into the (?:distance|background)"
        rf"|{_TO} the (?:background|horizon|back)(?! of)|(?:further |farther )?away(?! from| to )",
        ("shrinks",),
    ),
    (
        rf"into {_VIEW}|in(?= from)|in{_OF_FRAME}(?= (?:[.,;:!?]|and|then|first|on the|at the))|in$",
        ("enters",),
    ),
    (rf"(?:out of|out from|off) {_VIEW}|off ?-?screen|out(?! of| from)|off(?! the| a )", ("leaves",)),
    (rf"(?:all the way )?(?:across|through) {_VIEW}", ("moves",)),
)
"""After a verb of motion: where to. Told from the viewer's side."""

ENTRY_SIDES: Phrasebook[tuple[EventName, ...]] = Phrasebook(
    (rf"(?:from|at|on|through|via) {_LEFT}{_NOT_OF}", ("moves_right",)),
    (rf"(?:from|at|on|through|via) {_RIGHT}{_NOT_OF}", ("moves_left",)),
    (rf"(?:from|at|through|via) (?:{_TOP}){_NOT_OF}", ("moves_down",)),
    (rf"(?:from|at|through|via) (?:{_BOTTOM}){_NOT_OF}", ("moves_up",)),
)
"""After "enters": coming in at the left is going right."""

EXIT_SIDES: Phrasebook[tuple[EventName, ...]] = Phrasebook(
    (rf"(?:to|toward|towards|at|on|through|via|over) {_LEFT}{_NOT_OF}", ("moves_left",)),
    (rf"(?:to|toward|towards|at|on|through|via|over) {_RIGHT}{_NOT_OF}", ("moves_right",)),
    (rf"(?:to|toward|towards|at|through|via|over) (?:{_TOP}){_NOT_OF}", ("moves_up",)),
    (rf"(?:to|toward|towards|at|through|via|over) (?:{_BOTTOM}){_NOT_OF}", ("moves_down",)),
)

ToObject = tuple[EventName | None, RelationName | None]
TOWARDS: Phrasebook[ToObject] = Phrasebook(
    (r"(?:further |farther )?away from", ("moves_away", None)),
    (r"(?:toward|towards|up to|closer to|nearer to|close to|to|at)", ("approaches", None)),
    (r"(?:right |closely |straight )?(?:past|by)", ("passes", None)),
    (r"in front of", ("passes", "in_front_of")),
    (r"(?:behind|in behind|in back of)", ("hidden_by", None)),
)
"""After a verb of motion, before the thing it is moved by: (event, relation) with that thing."""

RELATIONS: Phrasebook[RelationName] = Phrasebook(
    (r"(?:to|on|at) the (?:immediate )?left(?:-hand)?(?: side)? of|left of", "left_of"),
    (r"(?:to|on|at) the (?:immediate )?right(?:-hand)?(?: side)? of|right of", "right_of"),
    (r"(?:right |directly |just |high )?above|(?:right |directly )?over|on top of|higher than|atop", "above"),
    (r"(?:right |directly |just )?(?:below|under|beneath|underneath)|lower than", "below"),
    (r"inside(?: of)?|within", "inside"),
    (r"(?:right |directly )?(?:next to|beside|near|close to|alongside)|adjacent to|nearby", "near"),
    (
        r"(?:right |directly )?in front of|before the eyes of|nearer(?: to \w+)? than|closer(?: to \w+)? than",
        "in_front_of",
    ),
    (r"(?:right |directly )?(?:behind|in back of)|farther(?: away)? than|further(?: away)? than", "behind"),
    (r"(?:in contact with|overlapping(?: with)?|against|touching)", "overlaps"),
)
ON_ITS: Phrasebook[RelationName] = Phrasebook(
    (r"(?:to|on|at) (?:its|his|her|their) left(?: side)?", "left_of"),
    (r"(?:to|on|at) (?:its|his|her|their) right(?: side)?", "right_of"),
)
"""Where something is, told from the thing mentioned before ("a ball with a square on its left")."""

TIMES: Phrasebook[When] = Phrasebook(
    (
        r"(?:right )?(?:at|in|near|by|until|toward|towards) the (?:very )?(?:end|last moment"
        r"|close)(?: of the \w+)?(?! of)",
        "end",
    ),
    (r"only in the last moment|at last|in the last (?:part|third|seconds|moments)(?: of the \w+)?|ends up", "end"),
    (
        r"(?:right )?(?:at|in|from|near) the (?:very )?(?:beginning|start|outset)(?: of the \w+)?"
        r"|at first|initially|to begin with"
        r"|in the first (?:part|third|seconds|moments)(?: of the \w+)?",
        "start",
    ),
    (
        r"(?:in|around|about) the middle of the (?:video|clip|film|shot|recording)"
        r"|halfway(?: through(?: the \w+)?)?|midway",
        "middle",
    ),
    (
        r"throughout(?: the (?:\w+ )?(?:video|clip|scene|shot))?|(?:all|the whole"
        r"|the entire) (?:the )?(?:time|video|clip|way through)"
        r"|from start to (?:end|finish)|(?:for|during) the (?:whole|entire) (?:\w+)|always"
        r"|constantly|for nearly the whole clip",
        "throughout",
    ),
)

Connector = Literal["then", "before", "after", "while", "first", "and", "but"]
CONNECTORS: Phrasebook[Connector] = Phrasebook(
    (
        r"(?:and |but |only )*(?:then|after that|after which|afterwards?|later on|later"
        r"|subsequently|eventually|finally)",
        "then",
    ),
    (r"(?:and )?lastly|and next|(?:and )?(?:shortly|soon|right) (?:after that|afterwards?|thereafter)", "then"),
    (r"(?:(?:shortly|right|just|soon|long|immediately|some time|only) )*before", "before"),
    (r"until|till|by the time", "before"),
    (r"(?:(?:shortly|right|just|soon|long|immediately|some time|only) )*(?:after|as soon as)(?: having)?", "after"),
    (r"(?:while|when|whenever|whereas|meanwhile|at the same time|at the same moment)", "while"),
    (r"first(?! (?:one|ball|object|thing|to))", "first"),
    (r"(?:but|yet|although|though|however)", "but"),
    (r"and", "and"),
)

OPENINGS: Phrasebook[None] = Phrasebook(
    (
        r"(?:please )?(?:(?:can|could) you )?(?:(?:find|show|get|give|search|look|retrieve|return"
        r"|fetch)(?: (?:me|us|for|all|up))* )?"
        r"(?:(?:a|an|the|any|some|all|every|which|what) )?(?:(?:videos?|clips?|scenes?|moments?"
        r"|footage|shots?|recordings?|parts?) )"
        r"(?:of|where|in which|with|that shows?|which shows?|showing|when|that contains?"
        r"|containing|in that|has|have|shows?|contains?)",
        None,
    ),
    (r"(?:please )?(?:find|show|get|give|search|look|retrieve|return|fetch)(?: (?:me|us|for|all|up))*", None),
    (
        r"(?:there|here) (?:is|are|was|were)|we (?:can )?see|you (?:can )?see|i (?:want|need"
        r"|am looking for)|in which|where",
        None,
    ),
    (
        r"(?:that )?(?:is|are) (?:visible|in sight|in view|to be seen|seen|shown|present|anywhere)"
        r"|in (?:sight|view)|anywhere",
        None,
    ),
    (
        r"(?:one|\w+) after (?:another|the other)|(?:some|many|a few|several) (?:years|days|hours"
        r"|minutes|seconds) later|hurry up",
        None,
    ),
    (r"in (?:the|this|our) (?:picture|frame|image|video|clip|scene|shot|footage)", None),
)
"""Frames around a question, and ways to say that something is there: they add no condition."""

NO_NEGATION = re.compile(r"(?:nothing but|no matter|no doubt|not only|not just|no sooner)(?!\S)")
"""Sound like a denial, deny nothing that can be seen."""
ABSENCE = re.compile(
    r"(?:(?:with|and|but|although (?:there (?:is|are) )?|there (?:is"
    r"|are) )*(?:without(?: ever)?|instead of|rather than|except(?: for)?))(?!\S)"
)
DENIAL = re.compile(r"(?:not|never|no longer|neither|nor|hardly)(?: ever| even| yet)?(?!\S)")
DRESSED = re.compile(
    r"(?:(?:who (?:is|wears)|is|are) )?(?:all |entirely )?(?:dressed in|clad in|wearing|wears"
    r"|in)(?: nothing but)?(?!\S)"
)
TO_APPEAR = re.compile(
    r"(?:(?:to|that|which|who) )(?:appears?|arrives?|enters?(?: the \w+)?|shows? up"
    r"|comes? in(?:to view)?|be seen)(?!\S)"
)
FULL_WAY = re.compile(
    rf"(?:from )?(?:{_LEFT} to {_RIGHT}|{_RIGHT} to {_LEFT}|(?:{_TOP}) to (?:{_BOTTOM})"
    rf"|(?:{_BOTTOM}) to (?:{_TOP}))(?!\S)"
)
"""A whole way, told without a verb."""
TO_A_STOP = re.compile(r"to (?:a |an )?(?:\w+ )?(?:stop|halt|rest|standstill)(?!\S)")
TO_THE_VIEWER = re.compile(rf"(?:to|from) {_VIEWER}(?!\S)")
A_CORNER = re.compile(r"(?:the|a|around the|round the) (?:corner|bend|curve)(?!\S)")

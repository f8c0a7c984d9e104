"""The words of edits of things: looks, sizes, numbers, what is swapped and removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from seewhy.reason.composing.edits.words import phrase
from seewhy.reason.english.patterns import Phrasebook
from seewhy.types.query import Comparator

# what comes and goes

REMOVE = phrase(
    r"(?:remov(?:e|es|ing)|delet(?:e|ing)|eras(?:e|ing)|omit(?:ting)?|drop|lose|leave out|tak(?:e|ing) (?:away|out|off)"
    r"|get(?:ting)? rid of|cut out|throw out|send away|eliminat(?:e|es|ing)|exclud(?:e|es|ing)|leave away|minus"
    r"|hide away|dispens(?:e|ing) with|without|with no|no)(?: any| more| longer)*"
)
TAKE_AWAY = phrase("take|send|throw|carry")
GONE = phrase(
    r"(?:(?:is|are|has|have|was|were) )?(?:gone|removed|missing|absent|away|no longer (?:there|visible)|not there|home)"
)
"""Behind what is not there any more."""

_THERE = r"(?:(?:in|on)(?:to)?|to|inside|at|over to|out (?:in)?to)"
_ALL = r"(?:it|him|her|them|this|everything|the (?:scene|action|setting|video|camera|location))"
PLACE = phrase(
    rf"(?:mov(?:e|ing)|relocate|transport|tak(?:e|ing)|bring|put|plac(?:e|ing)|set)(?: {_ALL})? {_THERE}"
    r"(?= (?:an?|the|some|his|her|its|their)? ?\w)(?! (?:the )?(?:left|right|top|bottom|other|opposite|same|camera)\b)"
)
"""Before where something is to be."""

# looks

PAINT = phrase("paint|color|colour|dye|turn|make|let|have|change|set|dress|keep")
COLOR_WORDS = frozenset(("color", "colour", "colors", "colours"))
STAYING = frozenset(("stays", "stay", "remains", "remain", "keeps"))
INTO_LOOK = STAYING | frozenset(
    ("in", "into", "to", "be", "is", "are", "become", "becomes", "being", "look", "looks", "should", "all")
)
"""Between a thing and how it looks."""
FADES = phrase(
    r"(?:(?:changes?|changing|turns?|turning|goes|going|fades?|fading|switch(?:es)?|becomes?) )?"
    r"(?:(?:its )?colou?rs? )?from"
)
"""Before two colors: "turns from (red) to (green)"."""
ITS_COLOR = phrase(
    r"(?:change |switch |turn |make )?(?:the |its |his |her |their )?colou?rs?(?: of (?:the|a|it))?(?: (?:is|are|be))?"
    r"(?: changed)?(?: (?:in)?to)?"
)
OTHER_COLOR = phrase(
    r"(?:in |of |has |have |with |change (?:the |its )?colou?r|give it )?(?:a |an )?"
    r"(?:different|another|other|new|changed) colou?r",
    r"(?:chang(?:e|ing)|vary|alter) (?:the |its |his |her |their )?colou?rs?(?= (?:[.,;!?]|and)(?: |$)|$)",
)
OTHER_COLOR_OF = phrase(r"(?:chang(?:e|ing)|vary|alter) (?:the |its )?colou?rs? of(?= \w)")
_BIG = r"(?:as (?:big|large)|its size|the size)"
RESIZES: Phrasebook[int] = Phrasebook(
    (rf"(?:twice|double|three times|much) {_BIG}|double (?:its|the) size|enlarged?", 1),
    (rf"half {_BIG}|halve (?:its|the) size|shrink(?: it)?", -1),
)
"""By how many levels."""

# how many

ON_TOP = frozenset(
    ("add", "adding", "with", "and", "plus", "also", "include", "too", "besides", "joins", "join", "appears", "enters")
)
"""Beside "another dog", these say that the one that is there stays."""


class Number(NamedTuple):
    """So many more or fewer, or that many."""

    kind: Literal["more", "exactly", "times"]
    number: int
    comparator: Comparator = "=="


ALONE_WORDS = (
    r"(?:alone|on its own|by (?:himself|herself|itself)|on (?:his|her) own|solo|a single one"
    r"|(?:nobody|no one|nothing) else)"
)
ALONE = phrase(rf"(?:(?:is|are|be|should be|stays|remains) )?(?:all )?{ALONE_WORDS}")
_NUMBERS = {"(?:one|an?|1)": 1, "(?:two|2)": 2, "(?:three|3)": 3, "(?:four|4)": 4, "(?:five|5)": 5, "(?:six|6)": 6}
_OF_THEM = r" of (?:them|these|those|it)"
_AT_END = r"(?= (?:[.,;!?]|and|$)|$)"
_LESS = r"(?:take away|remove|drop|lose)"


def _exact() -> Iterator[tuple[str, Number]]:
    for words, number in _NUMBERS.items():
        more, fewer, exactly = Number("more", number), Number("more", -number), Number("exactly", number)
        yield rf"(?:with |add |only |just )?{words} (?:more|additional|extra|further|another)(?:{_OF_THEM})?", more
        yield rf"(?:with |only |just )?{words} (?:fewer|less)(?:{_OF_THEM})?", fewer
        if number > 1:
            yield rf"{words}{_AT_END}", exactly
        yield rf"{_LESS} {words}(?:{_OF_THEM}|{_AT_END})", fewer
        yield rf"(?:just |only |exactly |make it |with |there (?:is|are) )*{words}{_OF_THEM}", exactly
        yield rf"(?:just|only|exactly|make it|there (?:is|are)) {words}(?: left)?{_AT_END}", exactly


COUNTS: Phrasebook[Number] = Phrasebook(
    *_exact(),
    (rf"(?:all )?{ALONE_WORDS}", Number("exactly", 1)),
    (rf"(?:another|an additional|an extra|a second|a further)(?: one)?(?:{_OF_THEM})?{_AT_END}", Number("more", 1)),
    (r"(?:an additional|an extra|a second)(?= \w)", Number("more", 1)),
    (r"(?:twice|double) (?:as many|the number)(?: of)?|double the number(?: of)?", Number("times", 2)),
    (r"three times as many", Number("times", 3)),
    (rf"(?:with )?(?:many |a lot |a few |some |several )?more(?:{_OF_THEM})?", Number("more", 1, ">=")),
    (rf"(?:with )?(?:far |much )?fewer(?:{_OF_THEM})?|half as many", Number("more", -1, "<=")),
    (rf"(?:a )?(?:pair|couple)(?:{_OF_THEM})?", Number("exactly", 2)),
    (rf"(?:many|lots|a crowd|several){_OF_THEM}|crowded", Number("exactly", 3, ">=")),
    (rf"none(?:{_OF_THEM})?(?: is left| are left)?", Number("exactly", 0)),
)

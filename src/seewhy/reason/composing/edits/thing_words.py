"""The words of edits of things: looks, sizes, numbers, what is swapped and removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from seewhy.reason.composing.edits.words import phrase
from seewhy.reason.english.patterns import Phrasebook
from seewhy.types.query import Comparator

# what comes and goes

SWAP = phrase("replace|swap|exchange|switch|trade|turn|change|transform|convert|substitute")
BECOMES = phrase(
    "becomes?|turns? (?:in)?to|changes? (?:in)?to|(?:is|should be|gets) (?:replaced|swapped) (?:by|with|for)"
)
SWAP_FOR = frozenset(("by", "with", "for", "into", "to", "against"))
REMOVE = phrase(
    r"(?:remove|delete|erase|omit|drop|lose|leave out|take away|take out|get rid of|cut out|throw out|send away"
    r"|eliminate|leave away|minus|hide away|dispense with|without|with no|no)(?: any| more| longer)*"
)
TAKE_AWAY = phrase("take|send|throw|carry")
GONE = phrase(
    r"(?:(?:is|are|has|have|was|were) )?(?:gone|removed|missing|absent|away|no longer (?:there|visible)|not there|home)"
)
"""Behind what is not there any more."""

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
    r"(?:different|another|other|new|changed) colou?r"
)
_BIG = r"(?:as (?:big|large)|its size|the size)"
RESIZES: Phrasebook[int] = Phrasebook(
    (rf"(?:twice|double|three times|much) {_BIG}|double (?:its|the) size|enlarged?", 1),
    (rf"half {_BIG}|halve (?:its|the) size|shrink(?: it)?", -1),
)
"""By how many levels."""

# how many


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
    (r"(?:another|an additional|an extra|a second)(?= \w)", Number("more", 1)),
    (r"(?:twice|double) (?:as many|the number)(?: of)?|double the number(?: of)?", Number("times", 2)),
    (r"three times as many", Number("times", 3)),
    (rf"(?:with )?(?:many |a lot |a few |some |several )?more(?:{_OF_THEM})?", Number("more", 1, ">=")),
    (rf"(?:with )?(?:far |much )?fewer(?:{_OF_THEM})?|half as many", Number("more", -1, "<=")),
    (rf"(?:a )?(?:pair|couple)(?:{_OF_THEM})?", Number("exactly", 2)),
    (rf"(?:many|lots|a crowd|several){_OF_THEM}|crowded", Number("exactly", 3, ">=")),
    (rf"none(?:{_OF_THEM})?(?: is left| are left)?", Number("exactly", 0)),
)

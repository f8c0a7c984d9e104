"""The words of edits of what happens: directions, order, roles and places."""

from __future__ import annotations

import re

from seewhy.reason.composing.edits.words import phrase
from seewhy.reason.english.patterns import Phrasebook
from seewhy.types.twin import RelationName

_WAY = r"(?:way|direction)"
_OTHER = r"(?:other|opposite|reverse|reversed|wrong)"
_ROUND = r"(?: (?:around|round|about))?"
OPPOSITE = phrase(
    rf"(?:(?:in|into|to|from|the|its|his|her|their) )*{_OTHER} {_WAY}{_ROUND}",
    r"(?:to|from|on|towards?) the (?:other|opposite) (?:side|end)(?: of the (?:picture|frame|image|screen|view))?",
    r"(?:in )?reversed?(?! (?:order|the order))|backwards?|(?:turned|turns?) (?:it |him |her |them )?(?:around|round)",
    r"(?:mirrored|flipped)(?: horizontally)?",
    r"(?:mirror|flip|reverse) (?:it|the (?:video|direction|motion|movement))(?: horizontally)?",
    r"(?:change|switch|reverse)(?:s|d)? (?:the |its |his |her )?(?:direction|course)",
)
TURN = phrase("turn|flip|mirror|reverse|send|swing")
AROUND = phrase("around|round|about|over|back")
"""Behind what is turned: "turn the animal around"."""
DIRECTION_OF = phrase(r"(?:change|switch|reverse|invert) (?:the )?(?:direction|course|way|motion|movement) of")
BACKWARDS = re.compile(r"\b(?:reversed?|backwards?)\b")
"""In "the other way": the whole video runs backwards."""
ROUND = re.compile(r"\bway (?:a)?round\b")
"""The same: need not be a way."""

_SWAPPED = r"(?:swapped|reversed|exchanged|switched|inverted|the other way (?:a)?round)"
_SWAP = r"(?:swap|reverse|exchange|switch|trade|change|invert)"
_THEIR = r"(?:(?:the|their|its) )?"
REORDER = phrase(
    r"(?:(?:in|with) )?(?:the )?(?:reversed?|opposite|other|inverse|inverted) order",
    rf"{_THEIR}order (?:is |be |of events (?:is )?)?{_SWAPPED}",
    rf"{_SWAP} (?:the|their|its) order(?: of (?:events|things))?",
    r"(?:the )?(?:events|things) happen in (?:the )?(?:reverse|opposite|other) order",
)
FIRST = phrase("(?:it )?(?:goes |moves |going |moving )?(?:at )?first|(?:goes|moves|going|moving)(?: first)?")
PUSH = phrase("mov(?:e|ing)|shift(?:ing)?|push(?:ing)?|pull(?:ing)?|drag|slide|roll|steer|lead")
"""Before what is made to go: "move it to the left"."""
THEN = phrase("(?:, )?(?:and )?(?:only )?(?:then|after that|afterwards)")
"""Before the first, and the second, of two directions."""

ROLES = phrase(
    rf"(?:with )?{_THEIR}roles (?:are |be )?{_SWAPPED}|(?:they )?{_SWAP} {_THEIR}roles",
    "the other (?:one )?(?:chases|follows|leads|is behind)|who (?:chases|follows) is (?:chased|followed)",
)
_PLACES = r"(?:places|positions|sides)"
PLACES = phrase(
    rf"(?:with )?{_THEIR}{_PLACES} (?:are |be )?{_SWAPPED}|(?:they )?{_SWAP} {_THEIR}{_PLACES}",
    "(?:on|to) the (?:other|opposite) side of (?:it|him|her|them|each other)",
)
COLORS = phrase(rf"(?:with )?{_THEIR}colou?rs (?:are |be )?{_SWAPPED}|(?:they )?{_SWAP} {_THEIR}colou?rs")

LYING = phrase("(?:should )?(?:is|are|be|being|lies|lie|stands?|stays?|remains?)")
SIDES: Phrasebook[RelationName] = Phrasebook(
    (r"(?:to|on|at) the left(?: side)?(?: of)?", "left_of"),
    (r"(?:to|on|at) the right(?: side)?(?: of)?", "right_of"),
    (r"in front(?: of)?", "in_front_of"),
    (r"behind", "behind"),
    (r"above|over|on top(?: of)?", "above"),
    (r"below|under|underneath|beneath", "below"),
    (r"inside(?: of)?", "inside"),
    (r"next to|beside|near", "near"),
)
"""Where one thing is, told from another that need not be named."""

"""The words of edits that put one thing in the place of another."""

from __future__ import annotations

from seewhy.reason.composing.edits.words import phrase

SWAP = phrase(
    r"replac(?:e|es|ing)|swap(?:ping)?|exchang(?:e|ing)|switch(?:ing)?|trad(?:e|ing)|turn(?:s|ing)?|chang(?:e|es|ing)"
    r"|transform(?:s|ing)?|convert(?:s|ing)?|substitut(?:e|ing)|shift(?:s|ing)?"
)
BECOMES = phrase(
    "becomes?|turns? (?:in)?to|changes? (?:in)?to|(?:is|are|should be|gets) (?:replaced|swapped) (?:by|with|for)"
)
MAKE = phrase("mak(?:e|es|ing)|let|have|having")
TO_BE = phrase("becomes?|as(?= an? )|(?:it|this|that) (?:is|should be)(?= an? )|be(?= an? )")
INTO = phrase("to be|into|be|becomes?|look like")
SWAP_FOR = frozenset(("by", "with", "for", "into", "to"))
REPLACES = frozenset(("replace", "replaces", "replacing", "swap", "swapping", "exchange", "substitute", "substituting"))
WITH, INTO_WORDS = frozenset(("with", "by")), frozenset(("to", "into"))
"""What stands before the new thing, by the verb."""
ROLES = frozenset(
    ("subject", "subjects", "character", "object", "thing", "actor", "focus", "background", "backdrop", "setting",
     "scene", "location", "place", "environment", "surroundings", "time", "weather", "action", "color", "colour")
)  # fmt: skip
"""Names for a part of the video that whatever is there plays."""
EDIT_VERBS = frozenset(
    ("add", "change", "turn", "make", "replace", "remove", "let", "have", "put", "set", "show", "film", "move", "keep",
     "swap", "convert", "transform", "take", "give", "use", "shift", "include", "introduce", "eliminate", "substitute",
     "ensure", "maintain", "place", "focus", "instead", "adjust", "it", "drop", "lose")
)  # fmt: skip
"""Behind "and", these begin another change."""

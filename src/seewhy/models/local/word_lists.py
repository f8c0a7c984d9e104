"""Closed lists of English words, by how much they tell of what a video shows: `word_lists.txt`."""

from __future__ import annotations

import re
from importlib.resources import files

_SECTION = re.compile(r"^\[([a-z-]+)\]\n", re.MULTILINE)
_NOTE = re.compile(r"^#.*\n", re.MULTILINE)


def parse_lists(text: str) -> dict[str, frozenset[str]]:
    """Name → words. A line that begins with # is a note.

    >>> sorted(parse_lists("# why\\n[scene]\\nroom\\nsky room\\n")["scene"])
    ['room', 'sky']
    """
    pieces = _SECTION.split(_NOTE.sub("", text))
    return {name: frozenset(words.split()) for name, words in zip(pieces[1::2], pieces[2::2], strict=True)}


_LISTS = parse_lists((files("seewhy.models.local") / "word_lists.txt").read_text(encoding="utf-8"))

FUNCTION = _LISTS["function"]
"""Words that join others."""
NEGATIONS = _LISTS["negations"]
"""Words of `FUNCTION` that turn what follows into its absence."""
QUANTITIES = _LISTS["quantities"]
"""Words of `FUNCTION` that say how many or how often."""
PARTICLES = _LISTS["particles"]
"""Words of `FUNCTION` that may belong to the verb before them."""
STILLING = _LISTS["stilling"]
"""Words after which "still" is a state."""
VERBS_TOO = _LISTS["verbs-too"]
"""Attributes and places that are verbs, too."""
DETERMINERS = _LISTS["determiners"]
TELLING = _LISTS["telling"]
"""Words about the telling."""
RELEASED_STOP = _LISTS["released-stop"]
"""Stop words of the published code."""
RELEASED_FILLERS = _LISTS["released-fillers"]
FILLERS = _LISTS["fillers"]
ATTRIBUTES = _LISTS["attributes"]
"""What things are like."""
SCENE = _LISTS["scene"]
"""Where and when."""
NO_ADVERBS = _LISTS["no-adverbs"]
"""Words in -ly that do not say how."""

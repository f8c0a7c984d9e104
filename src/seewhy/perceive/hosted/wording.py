"""Names and phrases of a model's reply, as a twin writes them; strings of a twin, as a prompt quotes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from seewhy.plain import as_data, plain

NAME_WORDS = 4
"""of a name or a value; what is longer is a sentence, and its beginning is kept"""
ACTION_WORDS = 6
"""of an action: "puts the lid back on" """
WORD_LENGTH = 24
"""characters; longer words are no words"""
MOST_READ = 400
"""characters of a reply's string that are looked at"""

_ARTICLES = re.compile(r"^(?:(?:a|an|the|some|one|this|that)\s+)+")
_AROUND = " .,;:!?\"'`*#<>()[]{}|\\/-–—…"
_NOTHING = frozenset(
    {
        "none", "unknown", "unclear", "unsure", "unidentified", "nothing", "null", "nil", "no", "yes", "n/a", "na",
        "other", "not visible", "not applicable", "not sure", "not clear", "object", "thing", "item", "something",
        "track",
    }
)  # fmt: skip
"""What models write where they have nothing to say."""


def name(text: str, words: int = NAME_WORDS) -> str:
    """A name as the twin writes it: lower case, no article, no punctuation around it; empty where nothing is named.

    >>> name("The Golden  Retriever."), name("A red ball"), name("Unknown"), name("a"), name("***")
    ('golden retriever', 'red ball', '', '', '')
    """
    line = plain(text, MOST_READ).lower().replace("_", " ").strip(_AROUND)
    bare = _ARTICLES.sub("", line + " ").strip()
    if bare in _NOTHING:
        return ""
    kept = " ".join(word[:WORD_LENGTH] for word in bare.split()[:words]).strip(_AROUND)
    return kept if any(character.isalnum() for character in kept) else ""


def sentences(text: str, most: int) -> str:
    """Prose of at most `most` characters, ended at a sentence where one ends.

    >>> sentences("A dog runs. It finds a ball and", 20), sentences("A dog", 20)
    ('A dog runs.', 'A dog')
    """
    line = plain(text, 4 * most)
    if len(line) <= most:
        return line
    end = max(line.rfind(mark, 0, most) for mark in (". ", "! ", "? "))
    return line[: end + 1] if end > 0 else plain(line, most)


def quoted(values: Mapping[str, object]) -> str:
    """Values as one line of JSON: the form in which strings from outside stand in a prompt."""
    return as_data(values)

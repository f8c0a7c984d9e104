"""The sentences of a reply, made fit for use: one line, bounded, each once."""

from __future__ import annotations

import re
from collections.abc import Iterable

from seewhy.reason.english.tokens import normalize

MOST_OF_TEXT = 200
"""Characters of a condition's text."""
MOST_OF_PHRASE = 80
"""Characters of an entity's phrase."""
MOST_OF_SENTENCE = 160
"""Characters of an imagined sentence: a twin's are shorter, and what is longer dilutes its vector."""

_DENIAL = re.compile(r"^(not|no): *", re.IGNORECASE)


def shortened(text: str, most: int) -> str:
    """On one line, without its full stop, cut between words.

    >>> shortened("A dog  runs\\n fast.", 20), shortened("a red ball", 6)
    ('A dog runs fast', 'a red')
    """
    line = normalize(text).strip(" .;")
    if len(line) <= most:
        return line
    head = line[: most + 1]
    return (head[: head.rfind(" ")] if " " in head else line[:most]).rstrip(" .,;")


def positive(text: str) -> str:
    """A condition's text without the denial that its `negated` says already.

    >>> positive("not: the ball stops.")
    'the ball stops'
    """
    return shortened(_DENIAL.sub("", shortened(text, MOST_OF_TEXT)), MOST_OF_TEXT)


def sentences(said: Iterable[str], most: int) -> tuple[str, ...]:
    """Imagined sentences, at most so many, the first of those that differ only in case.

    >>> sentences(["A cup.", "a cup", " ", "a mug"], 4)
    ('A cup', 'a mug')
    """
    kept: dict[str, str] = {}
    for sentence in said:
        line = shortened(sentence, MOST_OF_SENTENCE)
        if line:
            kept.setdefault(line.casefold(), line)
    return tuple(kept.values())[:most]

"""What counts as a question: the limits that every decomposer keeps, in the same words."""

from __future__ import annotations

from typing import Literal

from seewhy.errors import QueryError
from seewhy.reason.english.tokens import normalize, tokenize

MAX_CHARACTERS = 2000
"""A question is a few sentences; more than this is a document."""


def readable(question: str, what: Literal["a question", "an edit"] = "a question") -> str:
    """The question on one line, without characters that cannot be seen (see `normalize`).

    Args:
        what: what it is called in an error.

    Raises:
        QueryError: it has no words, or more than MAX_CHARACTERS characters.
    """
    text = normalize(question)
    if not any(token.word[:1].isalnum() for token in tokenize(text)):
        say = "say what the video shows" if what == "a question" else "say what is to be different"
        raise QueryError(f"{what} needs at least one word, got {question[:40]!r}; {say}")
    if len(text) > MAX_CHARACTERS:
        raise QueryError(
            f"{what} has at most {MAX_CHARACTERS} characters, got {len(text)}; ask for one moment at a time"
        )
    return text

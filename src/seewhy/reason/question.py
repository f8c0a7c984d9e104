"""What counts as a question: the limits that every decomposer keeps, in the same words."""

from __future__ import annotations

from seewhy.errors import QueryError
from seewhy.reason.english.tokens import normalize, tokenize

MAX_CHARACTERS = 2000
"""A question is a few sentences; more than this is a document."""


def readable(question: str) -> str:
    """The question on one line, without characters that cannot be seen (see `normalize`).

    Raises:
        QueryError: it has no words, or more than MAX_CHARACTERS characters.
    """
    text = normalize(question)
    if not any(token.word[:1].isalnum() for token in tokenize(text)):
        raise QueryError(f"a question needs at least one word, got {question[:40]!r}; say what the video shows")
    if len(text) > MAX_CHARACTERS:
        raise QueryError(
            f"a question has at most {MAX_CHARACTERS} characters, got {len(text)}; ask for one moment at a time"
        )
    return text

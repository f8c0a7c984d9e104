"""A question as words: normalized, split, contractions opened."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from seewhy.reason.english import lexicon as lex


class Token(NamedTuple):
    word: str
    """lower case"""
    start: int
    end: int
    """position in the normalized text, half-open"""


_TOKEN = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*|[.,;:!?()]")
_CONTRACTION = re.compile(r"(.+)n['’]t$")
_CLITIC = re.compile(r"(.+)['’](s|re|ve|ll|d|m)$")
_IRREGULAR_NOT = {"ca": "can", "wo": "will", "sha": "shall"}
_SPLIT_HYPHENS = frozenset(["left", "right", "top", "bottom", "to", "fast", "slow", "moving"])


def normalize(text: str) -> str:
    """One line of printable characters: compatibility forms folded, control characters and runs of space gone."""
    folded = unicodedata.normalize("NFKC", text)
    printable = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in folded)
    return " ".join(printable.split())


def tokenize(text: str) -> list[Token]:
    """Words and marks of a normalized text; contractions are opened.

    >>> [token.word for token in tokenize("It doesn't stop.")]
    ['it', 'does', 'not', 'stop', '.']
    """
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        word, start, end = match.group().lower(), match.start(), match.end()
        if contraction := _CONTRACTION.match(word):
            stem = contraction.group(1)
            tokens += [Token(_IRREGULAR_NOT.get(stem, stem), start, end), Token("not", start, end)]
        elif clitic := _CLITIC.match(word):
            tokens.append(Token(clitic.group(1), start, end))
            if clitic.group(1) in lex.PRONOUNS | lex.RELATIVES | {"there"} and clitic.group(2) in {"s", "re"}:
                tokens.append(Token("is", start, end))
        elif word == "cannot":
            tokens += [Token("can", start, end), Token("not", start, end)]
        elif "-" in word and set(word.split("-")) <= _SPLIT_HYPHENS:
            tokens += [Token(part, start, end) for part in word.split("-")]
        else:
            tokens.append(Token(word, start, end))
    return tokens


def at(tokens: Sequence[Token], position: int, words: str) -> bool:
    """Whether the words stand at this position."""
    wanted = words.split()
    return [token.word for token in tokens[position : position + len(wanted)]] == wanted


def word_at(tokens: Sequence[Token], position: int) -> str:
    """The word at this position, "" past the ends."""
    return tokens[position].word if 0 <= position < len(tokens) else ""

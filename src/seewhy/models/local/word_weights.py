"""How much each token of a description counts when its states are pooled (CoVR-R, arXiv 2603.20190).

``paper``: by the class of the token's word. Actions, objects and states count 1, attributes and the scene 0.3, words
that only join others 0.1. A word's class is that of the closed list it stands in; an adverb in -ly and a number are
attributes; what stands in no list is an action, an object or a state, of which no list can be whole. The pieces of a
word have the class of the whole word, and a word with hyphens that of its weightiest part.

``released``: by the text of the token alone, in the tiers of the code that was published with the paper. Its list of
stop words is long and holds four kinds: words that join, words about the video, words of the prompts, connectives. The
lists here are our own, of the same kinds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from seewhy.models.local.word_lists import ATTRIBUTES, ECHOED, FILLERS, FUNCTION, NO_ADVERBS, SCENE, TELLING

Weighing = Literal["paper", "released"]
Weights: TypeAlias = NDArray[np.float32]
"""(T,), each over 0"""

CONTENT, ATTRIBUTE, JOINING = 1.0, 0.3, 0.1
"""The classes of `paper`."""
BLANK, STOP, FILLER, DIGITS, SHORT, OTHER = 0.1, 0.3, 0.1, 0.7, 0.4, 1.0
"""The tiers of `released`."""
SHORT_LETTERS = 2
ADVERB_LETTERS = 5
"""Shorter words in -ly are none that say how: fly, ally, ugly."""

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_PIECE_OF_LETTER = "\ufffd"
"""What a token becomes whose bytes are no whole letter."""


def token_weights(pieces: Sequence[str], weighing: Weighing) -> Weights:
    """The weight of each token.

    Args:
        pieces: the tokens' texts, each decoded by itself, in order, without special tokens.

    >>> token_weights([" The", " brown", " dog", " cud", "dles", "."], "paper").tolist() == [
    ...     np.float32(weight) for weight in (0.1, 0.3, 1.0, 1.0, 1.0, 0.1)]
    True
    """
    weights = [released_weight(piece) for piece in pieces] if weighing == "released" else _by_words(pieces)
    return np.array(weights, dtype=np.float32)


def released_weight(piece: str) -> float:
    """
    >>> [released_weight(piece) for piece in (" ", "...", " the", " um", "42", " ox", " dog")]
    [0.1, 0.1, 0.3, 0.1, 0.7, 0.4, 1.0]
    """
    text = piece.strip().lower()
    if all(_is_punctuation(letter) for letter in text):
        return BLANK
    if text in FUNCTION or text in TELLING or text in ECHOED:
        return STOP
    if text in FILLERS:
        return FILLER
    if text.isdigit():
        return DIGITS
    return SHORT if len(text) <= SHORT_LETTERS else OTHER


def word_weight(word: str) -> float:
    """The weight of a whole word, in any case.

    >>> [word_weight(word) for word in ("and", "isn't", "Red", "slowly", "kitchen", "family", "opens", "light-blue")]
    [0.1, 0.1, 0.3, 0.3, 0.3, 1.0, 1.0, 0.3]
    """
    return max(_part_weight(part) for part in word.lower().replace("’", "'").split("-"))


def _part_weight(part: str) -> float:
    stem = part.removesuffix("n't") if part.endswith("n't") else part.partition("'")[0]
    for form in (part, stem):
        if form in FUNCTION or form in TELLING or form in FILLERS:
            return JOINING
    for form in (part, stem, stem.removesuffix("s")):
        if form in ATTRIBUTES or form in SCENE:
            return ATTRIBUTE
    says_how = stem.endswith("ly") and len(stem) >= ADVERB_LETTERS and stem not in NO_ADVERBS
    return ATTRIBUTE if says_how or stem.isdigit() else CONTENT


def _by_words(pieces: Sequence[str]) -> list[float]:
    """Each piece's weight is that of the word it has most of; of one that has no part of a word, that of joining."""
    text = "".join(pieces).replace(_PIECE_OF_LETTER, "x")  # of some word, whichever
    words = [(match.start(), match.end(), word_weight(match[0])) for match in _WORD.finditer(text)]
    weights: list[float] = []
    start = first = 0
    for piece in pieces:
        end = start + len(piece)
        while first < len(words) and words[first][1] <= start:
            first += 1
        weight, most = JOINING, 0
        for begin, stop, value in words[first:]:
            if begin >= end:
                break
            common = min(stop, end) - max(begin, start)
            if common > most:
                weight, most = value, common
        weights.append(weight)
        start = end
    return weights


def _is_punctuation(letter: str) -> bool:
    """Marks and symbols, on any keyboard."""
    return letter.isspace() or (unicodedata.category(letter)[0] in "PS" and letter != _PIECE_OF_LETTER)

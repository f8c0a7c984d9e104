"""How much each token of a description counts when its states are pooled (CoVR-R, arXiv 2603.20190).

``paper``: by the class of the token's word. Actions, objects and states count 1, attributes and the scene 0.3, words
that only join others 0.1. A word's class is that of the closed list it stands in; an adverb in -ly and a number are
attributes; what stands in no list is an action, an object or a state, of which no list can be whole. The pieces of a
word have the class of the whole word, and a word with hyphens that of its weightiest part. What is spelled the same and
is not the same is told apart by the words beside it, see `word_neighbors`: the dog that stands still from the one that
still stands.

The paper does not say where negations belong. They count 0.3: by themselves they show nothing, but they are no mere
joints: "without a leash" and "not closed" say how a thing is.

``released``: by the text of the token alone, in the tiers and with the stop words of the code that was published with
the paper (mbzuai-oryx/CoVR-R). It differs from that code in two things: special tokens have no weight, because they are
not pooled (there the end of a turn counts 1), and punctuation is every mark (there "..." counts 1 and a dash 0.4).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from seewhy.models.local.word_lists import (
    ATTRIBUTES,
    FILLERS,
    FUNCTION,
    NEGATIONS,
    NO_ADVERBS,
    QUANTITIES,
    RELEASED_FILLERS,
    RELEASED_STOP,
    SCENE,
    TELLING,
)
from seewhy.models.local.word_neighbors import WordClass, class_by_neighbors

Weighing = Literal["paper", "released"]
Weights: TypeAlias = NDArray[np.float32]
"""(T,), each over 0"""

CONTENT, ATTRIBUTE, JOINING = 1.0, 0.3, 0.1
"""The classes of `paper`."""
WEIGHTS: Mapping[WordClass, float] = {"content": CONTENT, "attribute": ATTRIBUTE, "joining": JOINING}
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
    if text in RELEASED_STOP:
        return STOP
    if text in RELEASED_FILLERS:
        return FILLER
    if text.isdigit():
        return DIGITS
    return SHORT if len(text) <= SHORT_LETTERS else OTHER


def word_weight(word: str) -> float:
    """The weight of a whole word by itself, in any case.

    >>> [word_weight(word) for word in ("and", "isn't", "Red", "slowly", "kitchen", "family", "opens", "light-blue")]
    [0.1, 0.3, 0.3, 0.3, 0.3, 1.0, 1.0, 0.3]
    """
    return max(_part_weight(part) for part in _plain(word).split("-"))


def weight_beside(word: str, before: str, after: str) -> float:
    """The weight of a word between two others; "" where a mark or nothing is.

    >>> weight_beside("still", "stands", ""), weight_beside("still", "is", "running")
    (1.0, 0.1)
    """
    told = class_by_neighbors(_plain(word), _plain(before), _plain(after))
    return word_weight(word) if told is None else WEIGHTS[told]


def _plain(word: str) -> str:
    return word.lower().replace("’", "'")


def _part_weight(part: str) -> float:
    stem = part.removesuffix("n't") if part.endswith("n't") else part.partition("'")[0]
    if part.endswith("n't") or part in NEGATIONS or part in QUANTITIES:
        return ATTRIBUTE
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
    found = list(_WORD.finditer(text))
    beside = [_neighbors(text, found, number) for number in range(len(found))]
    words = [
        (match.start(), match.end(), weight_beside(match[0], *neighbors))
        for match, neighbors in zip(found, beside, strict=True)
    ]
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


def _neighbors(text: str, words: Sequence[re.Match[str]], number: int) -> tuple[str, str]:
    """The words before and after one; "" where a mark stands between them."""
    word = words[number]
    before = words[number - 1] if number else None
    after = words[number + 1] if number + 1 < len(words) else None
    return (
        before[0] if before is not None and text[before.end() : word.start()].isspace() else "",
        after[0] if after is not None and text[word.end() : after.start()].isspace() else "",
    )


def _is_punctuation(letter: str) -> bool:
    """Marks and symbols, on any keyboard."""
    return letter.isspace() or (unicodedata.category(letter)[0] in "PS" and letter != _PIECE_OF_LETTER)

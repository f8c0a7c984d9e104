"""How many tokens a text is to a language model, without its tokenizer.

Which model an endpoint serves is not known, and its tokenizer is not on this machine. What today's tokenizers have in
common is enough to estimate from: common English words are one token with the space before them, each digit is one,
and so is the space before a digit; what is rare falls into pieces, down to bytes. The estimate is meant to be a
little high: it keeps budgets. `benchmarks/digest_tokens.py` compares it with a public tokenizer.
"""

from __future__ import annotations

import re
from functools import lru_cache

WORD = 8
"""letters of an English word that are one token; longer ones count one more for every WORD letters"""
RARE = 0.65
"""tokens a letter of what is no word of English: letters at random are 0.61 in small ones, 0.69 in mixed"""
CAPITALS = 0.45
"""tokens a letter of words in capitals, which are rarer than in small letters"""
JOINED = 5
"""signs in a row that are sure to be one token less than they are many; `";` and the like mostly are one"""

_PIECE = re.compile(r"[A-Za-z]+|[0-9]| +(?=[0-9])|\n+|[!-/:-@\[-`{-~]+|[^\x00-\x7f]+|[\x00-\x09\x0b-\x1f\x7f]")
_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]{5}", re.IGNORECASE)
"""More consonants in a row than English has, but for a handful of words."""


def count_tokens(text: str) -> int:
    """Tokens of `text`, estimated; of lines, the sum of the lines' and of the newlines between them.

    >>> count_tokens("the red ball moves left"), count_tokens("3.1"), count_tokens("a\\nb")
    (5, 3, 3)
    """
    return sum(map(_tokens, _PIECE.findall(text)))


@lru_cache(maxsize=4096)
def _tokens(piece: str) -> int:
    first = piece[0]
    if not piece.isascii():
        return sum(map(_of_letter, piece))
    if not first.isalpha():
        return len(piece) - len(piece) // JOINED if first > " " and not first.isdigit() else 1
    length = len(piece)
    if _CONSONANTS.search(piece) or length > 3 * WORD:
        return max(round(RARE * length), 1)
    if length > 2 and not piece[1:].islower():
        return max(round(CAPITALS * length), 1)
    return 1 + (length - 1) // WORD


def _of_letter(letter: str) -> int:
    """Of a letter beyond ASCII: alphabets have a token a letter, or less; Chinese, Japanese and Korean two; the rest,
    signs among them, their bytes."""
    code = ord(letter)
    if code < 0x700:
        return 1
    if code < 0x800 or 0x3000 <= code < 0xA000 or 0xAC00 <= code < 0xD7A4:
        return 2
    return 3 if code < 0x10000 else 4

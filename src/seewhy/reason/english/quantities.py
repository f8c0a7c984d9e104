"""How many, and which: "at least two of the", "no", "another", "the other"."""

from __future__ import annotations

from collections.abc import Sequence

from seewhy.reason.english import lexicon as lex
from seewhy.reason.english.noun_phrase import NounPhrase
from seewhy.reason.english.tokens import Token, at, word_at
from seewhy.reason.english.word_classes import nominal, number
from seewhy.types.query import Comparator

_QUANTIFIERS: tuple[tuple[str, Comparator, int], ...] = (
    # words in front of a number, comparator, what is added to the number
    ("at least", ">=", 0), ("no fewer than", ">=", 0), ("no less than", ">=", 0), ("more than", ">=", 1),
    ("over", ">=", 1), ("at most", "<=", 0), ("no more than", "<=", 0), ("up to", "<=", 0), ("fewer than", "<=", -1),
    ("less than", "<=", -1), ("exactly", "==", 0), ("only", "==", 0), ("just", "==", 0), ("precisely", "==", 0),
)  # fmt: skip
_GROUPS = ("a pair of", "a couple of", "pair of", "couple of", "a pair", "a couple")
_MANY = ("a lot of", "lots of", "a group of", "a number of", "a bunch of", "groups of")
_OF_NUMBER = ["of", "the", "these", "those", "same"]
_COUNTED_ONE = frozenset({"exactly", "only", "just", "at least", "at most", "precisely", "more than", "a single"})


def read_quantity(tokens: Sequence[Token], position: int, phrase: NounPhrase) -> int:
    """Number and determiner. Returns the position behind them."""
    for words in _GROUPS:
        if at(tokens, position, words):
            phrase.count, phrase.plural = ("==", 2), True
            return position + len(words.split())
    for words in _MANY:
        if at(tokens, position, words):
            phrase.count, phrase.plural = (">=", lex.VAGUE_NUMBERS["several"]), True
            return position + len(words.split())
    if word_at(tokens, position) == "one" and nominal(word_at(tokens, position + 1)):
        return position + 1
    for words, comparator, plus in _QUANTIFIERS:
        after = position + len(words.split())
        value_ = number(word_at(tokens, after))
        if word_at(tokens, after) in {"one", "single"} and words in _COUNTED_ONE:
            value_ = 1
        if at(tokens, position, words) and value_ is not None:
            phrase.count, phrase.plural = (comparator, value_ + plus), value_ + plus != 1
            return _skip(tokens, after + 1, _OF_NUMBER)
    word = word_at(tokens, position)
    if at(tokens, position, "the one") and nominal(word_at(tokens, position + 2)):
        phrase.definite = True
        return position + 2
    if at(tokens, position, "a single"):
        phrase.count = ("==", 1)
        return position + 2
    if word == "no":
        phrase.absent = True
        phrase.another = word_at(tokens, position + 1) == "other" and nominal(word_at(tokens, position + 2))
        return position + 1 + phrase.another
    if word in lex.DETERMINERS:
        phrase.definite = word not in {"a", "an", "any", "some", "each", "every", "another"}
        phrase.another = word == "another"
        if word == "both":
            phrase.count, phrase.plural = ("==", 2), True
        position = _skip(tokens, position + 1, ["the", "other"] if word in {"all", "both"} else [])
        if word_at(tokens, position) == "other" and phrase.definite:
            phrase.other = True
            position += 1 if nominal(word_at(tokens, position + 1)) else 0
        word = word_at(tokens, position)
    if (counted := number(word)) is not None and (word.isalpha() or nominal(word_at(tokens, position + 1))):
        phrase.count, phrase.plural = ("==", counted), counted != 1
        of_them = at(tokens, position + 1, "of them")
        return position + 3 if of_them else _skip(tokens, position + 1, _OF_NUMBER)
    if word in lex.VAGUE_NUMBERS:
        phrase.count, phrase.plural = (">=", lex.VAGUE_NUMBERS[word]), True
        return _skip(tokens, position + 1, _OF_NUMBER)
    return position


def _skip(tokens: Sequence[Token], position: int, words: Sequence[str]) -> int:
    while word_at(tokens, position) in words:
        position += 1
    return position

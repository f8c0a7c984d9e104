"""What sort of word a word is: a color, a thing, a number, or content that the tables do not know."""

from __future__ import annotations

from seewhy.reason.english import lexicon as lex
from seewhy.reason.english.verbs import VERBS
from seewhy.twin.looks import value
from seewhy.twin.vocabulary import SHAPE_NOUNS, singular
from seewhy.types.twin import AttributeKind


def color_values(word: str) -> list[str]:
    """The colors in a word, hyphens opened; [] where it is not only colors.

    >>> color_values("brown-and-white"), color_values("light-blue"), color_values("grey"), color_values("ball")
    (['brown', 'white'], ['blue'], ['gray'], [])
    """
    parts = [word] if word in lex.COLORS else word.split("-")
    parts = [part for part in parts if part not in {"and", "colored", "coloured"} | lex.SHADES]
    return [value("color", part) for part in parts] if parts and lex.COLORS.issuperset(parts) else []


def adjective(word: str) -> list[tuple[AttributeKind, str]]:
    """What an adjective says of an object, in the twin's words; [] where the tables do not know it."""
    if colors := color_values(word):
        return [("color", color) for color in colors]
    kinds: tuple[tuple[AttributeKind, frozenset[str]], ...] = (
        ("shape", lex.SHAPES), ("texture", lex.TEXTURES), ("size", lex.SIZES),
    )  # fmt: skip
    return [(kind, value(kind, word)) for kind, words in kinds if word in words]


def number(word: str) -> int | None:
    """A count written as digits or as a word; None for anything else, and for numbers no picture shows."""
    if word.isdecimal() and word.isascii() and len(word) <= 3:
        return int(word)
    return lex.NUMBERS.get(word)


def is_thing(word: str) -> bool:
    one = singular(word)
    return word in lex.PERSONS or one in lex.PERSONS or one in lex.THINGS or one in SHAPE_NOUNS or one == "face"


def is_content(word: str) -> bool:
    """A word that could be a noun or adjective the tables do not know."""
    return (
        word[:1].isalpha()
        and word not in lex.FUNCTION_WORDS | lex.ADVERBS | lex.NEGATIONS | lex.RELATION_WORDS | lex.PRONOUNS
        and word not in VERBS
        and word not in lex.AUXILIARIES
        and not word.endswith("ly")
    )


def nominal(word: str) -> bool:
    """Whether a word can go on a noun phrase."""
    known = is_thing(word) or word in lex.GENERIC_NOUNS | lex.STUFF | lex.FRAME_NOUNS
    return bool(known or adjective(word) or word in lex.SUPERLATIVES or is_content(word))

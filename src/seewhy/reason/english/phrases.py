"""Noun phrases: "at least two small red balls" → what is said of the thing.

A noun phrase is a determiner, a number, adjectives and a noun, in that order, most of them optional;
it never reaches past its noun, so that verbs and relations are left to grammar.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from seewhy.reason.english import lexicon as lex
from seewhy.reason.english.noun_phrase import HeadKind, NounPhrase
from seewhy.reason.english.quantities import read_quantity
from seewhy.reason.english.tokens import Token, at, word_at
from seewhy.reason.english.verbs import MOTION, PLAIN, VERBS
from seewhy.reason.english.word_classes import adjective, color_values, is_content, is_thing, nominal
from seewhy.twin.vocabulary import PERSON_WORDS, SHAPE_NOUNS, noun, singular
from seewhy.types.query import Measure


def read_noun_phrase(tokens: Sequence[Token], start: int) -> NounPhrase | None:
    """The noun phrase that starts at this position, or None.

    >>> from seewhy.reason.english.tokens import tokenize
    >>> phrase = read_noun_phrase(tokenize("at least two small red balls roll"), 0)
    >>> phrase.category, phrase.count, phrase.attributes, phrase.end
    ('ball', ('>=', 2), [('size', 'small'), ('color', 'red')], 6)
    """
    phrase = NounPhrase(start, start)
    position = read_quantity(tokens, start, phrase)
    counted_or_determined = position > start
    word = word_at(tokens, position)
    if at(tokens, start, "no one") and word_at(tokens, start + 2) != "of":
        phrase.absent, phrase.head, phrase.head_kind, phrase.category = True, "nobody", "thing", "person"
        phrase.end = start + 2
        return phrase
    if phrase.count is not None and not nominal(word_at(tokens, position)):
        phrase.head, phrase.head_kind, phrase.end = word_at(tokens, position - 1), "generic", position
        return phrase  # "two are taken", "a pair"
    if word in lex.NOTHING | lex.INDEFINITE:
        return _read_pronoun(tokens, position, phrase)
    if not (counted_or_determined or nominal(word_at(tokens, position)) or _participle(tokens, position)):
        return None
    position = _read_adjectives(tokens, position, phrase, determined=counted_or_determined)
    phrase.head_start = position
    position = _read_head(tokens, position, phrase, determined=counted_or_determined)
    if phrase.bare and word_at(tokens, position) in lex.DETERMINERS:
        return None  # "circle the island", "train a dog": a verb
    if not phrase.head and phrase.scene:
        phrase.head, phrase.head_kind = "scene", "frame"  # "an outdoor show"
    if not phrase.head:
        return None
    phrase.end = position
    return phrase


def _participle(tokens: Sequence[Token], position: int) -> bool:
    """A verb form in front of a noun: "rolling stones"."""
    verb = VERBS.get(word_at(tokens, position))
    return verb is not None and verb.form == "ing" and is_thing(word_at(tokens, position + 1))


def _read_pronoun(tokens: Sequence[Token], position: int, phrase: NounPhrase) -> NounPhrase:
    """ "something round and red", "nothing", "someone": the adjectives follow."""
    word = word_at(tokens, position)
    phrase.head, phrase.absent = word, phrase.absent or word in lex.NOTHING
    person = word in lex.PERSONS or word.endswith(("one", "body"))
    phrase.head_kind, phrase.category = ("thing", "person") if person and word != "none" else ("generic", None)
    position += 1
    while said := adjective(word_at(tokens, position)):
        phrase.attributes += said
        position += 1
        joined = word_at(tokens, position) in {"and", ","} and adjective(word_at(tokens, position + 1))
        position += 1 if joined else 0
    phrase.end = position
    return phrase


def _read_adjectives(tokens: Sequence[Token], position: int, phrase: NounPhrase, *, determined: bool) -> int:
    """Everything between the determiner and the noun that the tables know."""
    while word := word_at(tokens, position):
        following = word_at(tokens, position + 1)
        more = nominal(word_at(tokens, position + 1)) or bool(color_values(following))
        shape_noun = singular(word) in SHAPE_NOUNS and word in lex.SHAPES | lex.TEXTURES
        color_noun = word in lex.COLORS_THAT_ARE_THINGS and (determined or phrase.attributes)
        if word in lex.SHADES and more:
            position += 1
        elif adjective(word) and (more or not (shape_noun or color_noun)):
            phrase.attributes += adjective(word)
            position += 1
            if word_at(tokens, position) in {"and", ","} and adjective(word_at(tokens, position + 1)):
                position += 1
        elif word in lex.SUPERLATIVES:
            phrase.superlatives.append(MEASURES[lex.SUPERLATIVES[word]])
            position += 1
        elif word in {"left", "right"} and determined and _nominal_thing(tokens, position + 1):
            phrase.superlatives.append("leftmost" if word == "left" else "rightmost")
            position += 1
        elif word in {"first", "last"} and determined and (more or following == "to"):
            phrase.ordinal = "first" if word == "first" else "last"
            position += 1
        elif word in _SETTINGS and (more or determined):
            phrase.scene.append(("setting", word))
            position += 1
        elif word in lex.STATES and more:
            phrase.states.append("moves" if lex.STATES[word] == "moves" else "stays_still")
            position += 1
        elif (verb := VERBS.get(word)) and determined and more and verb.form in {"ing", "past"}:
            event = PLAIN.get(verb.lemma) or ("moves" if verb.lemma in MOTION else None)
            if event is not None:
                phrase.states.append("stays_still" if event == "stops" and verb.form == "past" else event)
            position += 1
        else:
            break
    return position


def _nominal_thing(tokens: Sequence[Token], position: int) -> bool:
    word = word_at(tokens, position)
    return (is_thing(word) and word not in lex.BODY_PARTS) or word in lex.GENERIC_NOUNS or bool(adjective(word))


def _read_head(tokens: Sequence[Token], position: int, phrase: NounPhrase, *, determined: bool) -> int:
    """The noun, with unknown words in front of it. Leaves `phrase.head` empty where there is none."""
    while word := word_at(tokens, position):
        one = singular(word)
        verb = VERBS.get(word)
        kind: HeadKind | None = None
        if is_thing(word) and (verb is None or not phrase.head):
            kind = "thing"
        elif word in lex.GENERIC_NOUNS:
            kind = "generic"
        elif word in lex.STUFF or one in lex.STUFF:
            kind = "stuff"
        elif word in lex.FRAME_NOUNS:
            kind = "frame"
        elif word in lex.VIEWERS:
            kind = "viewer"
        known = phrase.head_kind != "unknown" and phrase.head
        if kind is not None and not (known and kind == "generic"):
            phrase.head, phrase.head_kind, phrase.plural = word, kind, phrase.plural or one != word
            position += 1
        elif known:
            break
        elif phrase.head and adjective(word) and nominal(word_at(tokens, position + 1)):
            phrase.attributes += adjective(word)  # "a shiny red ball"
            position += 1
        elif is_content(word) or _verb_as_noun(tokens, position, phrase, determined):
            phrase.head, phrase.head_kind, phrase.plural = word, "unknown", phrase.plural or one != word
            phrase.unread.append(position)
            position += 1
        else:
            break
    if not phrase.head and determined and (phrase.attributes or phrase.superlatives or phrase.ordinal):
        phrase.head, phrase.head_kind = word_at(tokens, position - 1), "generic"  # "the red (one)"
    if phrase.head_kind == "thing" and phrase.head:
        _name(phrase)
    return position


def _verb_as_noun(tokens: Sequence[Token], position: int, phrase: NounPhrase, determined: bool) -> bool:
    """ "a leap", "an easy canter": behind a determiner a verb's bare form is a noun."""
    verb = VERBS.get(word_at(tokens, position))
    if verb is None or not determined:
        return False
    singular_article = word_at(tokens, phrase.start) in {"a", "an"}
    return (not phrase.head and verb.form in {"base", "third"}) or (singular_article and verb.form == "base")


def _name(phrase: NounPhrase) -> None:
    """A noun that is only a shape is a shape; any other known noun is a category."""
    one = singular(phrase.head)
    if one in SHAPE_NOUNS and one not in lex.THINGS:
        phrase.attributes.append(("shape", SHAPE_NOUNS[one][0]))
        phrase.head_kind = "generic"
        return
    phrase.category = "person" if one in lex.PERSONS - PERSON_WORDS else noun(phrase.head)


def read_target(tokens: Sequence[Token], position: int) -> NounPhrase | None:
    """A noun phrase or a pronoun at this position, or None."""
    for words in ("each other", "one another"):
        if at(tokens, position, words):
            return NounPhrase(position, position + 2, head="each other", head_kind="pronoun")
    word = word_at(tokens, position)
    if word in lex.PRONOUNS:
        return NounPhrase(position, position + 1, head=word, head_kind="pronoun")
    if word == "both" and not (nominal(word_at(tokens, position + 1)) or word_at(tokens, position + 1) == "the"):
        return NounPhrase(position, position + 1, head="both", head_kind="pronoun")
    if word == "one" and not nominal(word_at(tokens, position + 1)):
        return NounPhrase(position, position + 1, head="one", head_kind="pronoun")
    return read_noun_phrase(tokens, position)


_SETTINGS = frozenset({"indoor", "outdoor"})
MEASURES: dict[str, Measure] = {measure: measure for measure in get_args(Measure)}

"""Verb phrases of change: turning, growing, appearing, changing color, becoming."""

from __future__ import annotations

from seewhy.reason.english import lexicon as lex
from seewhy.reason.english import patterns
from seewhy.reason.english.patterns import Line
from seewhy.reason.english.phrases import read_target
from seewhy.reason.english.saying import Action, Saying, read_towards, skip_adverbs
from seewhy.reason.english.tokens import word_at
from seewhy.reason.english.word_classes import color_values
from seewhy.types.query import When
from seewhy.types.twin import EventName


def read_turn(line: Line, position: int, lemma: str) -> Action | None:
    """ "turns around", "turns left", "turns red", "bounces off the wall"."""
    if lemma != "turn":
        return Action(position, [Saying("turns")])
    word = word_at(line.tokens, position)
    if colors := color_values(word):
        return Action(position + 1, [Saying("changes_color"), Saying(color=colors[0], when="end")])
    turned = word in {"around", "round", "back", "away"}
    position += turned
    found = patterns.DIRECTIONS.match(line, position)
    if found is not None and found[0][0].startswith("moves"):
        return Action(found[1], [*(Saying(event) for event in found[0]), Saying("turns")])
    if turned:
        return Action(position, [Saying("turns")])
    if (corner := line.match(patterns.A_CORNER, position)) is not None:
        return Action(corner, [Saying("turns")])
    if (
        word in {"into", "on", "off", "out", "to", "toward", "towards"}
        or read_target(line.tokens, position) is not None
    ):
        return None  # turns into something, turns its face
    return Action(position, [Saying("turns")])


def read_growth(line: Line, position: int, event: EventName) -> Action:
    word = word_at(line.tokens, position)
    if word in lex.GROWING | lex.SHRINKING:
        event = "grows" if word in lex.GROWING else "shrinks"
        position += 1
        if word_at(line.tokens, position) == "and" and word_at(line.tokens, position + 1) == word:
            position += 2
    return Action(position, [Saying(event)])


def read_appearance(line: Line, position: int, event: EventName) -> Action:
    if event == "disappears":
        towards = read_towards(line, position)
        if towards and towards.sayings[0].event == "hidden_by":
            return towards
        if found := patterns.DIRECTIONS.match(line, position):
            distance = "shrinks" in found[0]
            return Action(found[1], [Saying("disappears"), *([Saying("shrinks")] if distance else [])])
        return Action(position, [Saying("disappears")])
    action = Action(position, [Saying("appears")])
    if found := patterns.DIRECTIONS.match(line, position):
        if word_at(line.tokens, position) == "from":
            action.sayings += [Saying(name) for name in found[0]]
        elif found[0] != ("enters",):
            return action
        action.end = found[1]
    return action


def read_change(line: Line, position: int) -> Action | None:
    """ "changes color", "changes from red to blue", "switches direction"."""
    tokens = line.tokens
    while word_at(tokens, position) in {"its", "their", "his", "her", "the"}:
        position += 1
    word = word_at(tokens, position)
    if word in {"direction", "course", "directions"}:
        return Action(position + 1, [Saying("turns")])
    sayings = [Saying("changes_color")]
    named = word in {"color", "colour", "colors", "colours"}
    if named:
        position += 1
    seen = False
    while word_at(tokens, position) in {"from", "to", "into"} and color_values(word_at(tokens, position + 1)):
        when: When = "start" if word_at(tokens, position) == "from" else "end"
        sayings.append(Saying(color=color_values(word_at(tokens, position + 1))[0], when=when))
        position, seen = position + 2, True
    return Action(position, sayings) if named or seen else None


def read_becoming(line: Line, start: int) -> Action | None:
    """ "becomes blue", "gets smaller and smaller", "goes faster", "gets closer to the square"."""
    tokens, position = line.tokens, skip_adverbs(line, start + 1)
    word = word_at(tokens, position)
    if colors := color_values(word):
        return Action(position + 1, [Saying("changes_color"), Saying(color=colors[0], when="end")])
    if word in lex.GROWING | lex.SHRINKING:
        return read_growth(line, position, "grows")
    if word in {"faster", "slower"}:
        return Action(position + 1, [Saying("speeds_up" if word == "faster" else "slows_down")])
    if word in {"closer", "nearer", "near", "close", "away"}:
        if towards := read_towards(line, position):
            return towards
        if found := patterns.DIRECTIONS.match(line, position):
            return Action(found[1], [Saying(event) for event in found[0]])
        return Action(position + 1, [Saying("grows")]) if word in {"close", "near"} else None
    if (halted := line.match(patterns.TO_A_STOP, position)) is not None:
        return Action(halted, [Saying("stops")])
    return None

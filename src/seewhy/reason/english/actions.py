"""Verb phrases: "rolls slowly to the right, past the square" → what is said of the subject.

Reading only; who the subject is and how pronouns resolve is grammar.py's part.
"""

from __future__ import annotations

from seewhy.reason.english import lexicon as lex
from seewhy.reason.english import patterns
from seewhy.reason.english.changes import read_appearance, read_becoming, read_change, read_growth, read_turn
from seewhy.reason.english.patterns import Line
from seewhy.reason.english.phrases import read_target
from seewhy.reason.english.saying import Action, Saying, read_towards, skip_adverbs, trackable
from seewhy.reason.english.tokens import word_at
from seewhy.reason.english.verbs import BECOMING, CHANGE, CONTACT, CONTINUING, COPULAS, MOTION, PLAIN, TRANSITIVE, VERBS
from seewhy.types.twin import EventName


def read_action(line: Line, start: int, *, passive: bool = False) -> Action | None:
    """The verb phrase at this position, or None where the verb is unknown or means something else here.

    Args:
        line: the question.
        start: position of the verb itself; auxiliaries and negations stand before it.
        passive: a form of "be" stands before it ("is followed by").
    """
    tokens = line.tokens
    word = word_at(tokens, start)
    if word in BECOMING and (change := read_becoming(line, start)):
        return change
    verb = VERBS.get(word)
    if verb is None:
        return None
    lemma, after = verb.lemma, start + 1
    if verb.form == "past" and lemma in TRANSITIVE:
        past = _read_passive(line, start, lemma)
        if past is not None:
            return past
        if passive:
            return Action(after, [Saying("hidden_by")]) if TRANSITIVE[lemma] == "hidden_by" else None
    if lemma in MOTION:
        driven = verb.form == "past" and word_at(tokens, after) == "by"
        return None if driven or _moves_something(line, after) else _read_motion(line, after, lemma)
    if lemma in TRANSITIVE:
        return _read_transitive(line, after, lemma)
    if lemma in CONTACT:
        return _read_contact(line, after)
    if lemma in CONTINUING:
        after = skip_adverbs(line, after, {"on", "to", "being", "getting"})
        if word_at(tokens, after) in lex.STATES:
            return Action(after + 1, [Saying("stays_still")])
        following = VERBS.get(word_at(tokens, after))
        return read_action(line, after, passive=following is not None and following.form == "past")
    if lemma in CHANGE:
        return read_change(line, after)
    if lemma in PLAIN:
        return _read_plain(line, start, PLAIN[lemma], lemma)
    return None


def _read_motion(line: Line, position: int, lemma: str) -> Action | None:
    action = Action(position)
    while True:
        position = skip_adverbs(line, action.end)
        if lemma in {"run", "go", "come", "race"} and word_at(line.tokens, position) == "after":
            target = read_target(line.tokens, position + 1)
            if target is not None and trackable(target) and not _is_clause(line, target.end):
                action.sayings.append(Saying("follows", target=target))
                action.end = target.end
                continue
        if towards := read_towards(line, position):
            action.sayings += towards.sayings
            action.end = towards.end
            continue
        found = patterns.DIRECTIONS.match(line, position)
        if found is None:
            break
        action.sayings += [Saying(event) for event in found[0]]
        action.end = found[1]
        for side in _sides(line, action, found[0]):
            action.sayings.append(side)
    if not action.sayings:
        if lemma in {"come", "go"} and word_at(line.tokens, action.end) not in lex.MOTION_FOLLOWERS:
            return None  # "comes undone", "goes well": no motion
        action.sayings.append(Saying("moves"))
    return action


def _moves_something(line: Line, position: int) -> bool:
    """ "rolls a ball", "moves rows of bricks": the subject makes something else move."""
    while word_at(line.tokens, position) in lex.ADVERBS:
        position += 1
    if patterns.DIRECTIONS.match(line, position) or patterns.TOWARDS.match(line, position):
        return False
    target = read_target(line.tokens, position)
    return target is not None and target.head_kind in {"thing", "generic", "unknown"} and not target.absent


def _sides(line: Line, action: Action, events: tuple[EventName, ...]) -> list[Saying]:
    """ "walks in from the left", "drives off at the right": the side says the direction."""
    book = {"enters": patterns.ENTRY_SIDES, "leaves": patterns.EXIT_SIDES}.get(events[0])
    found = book.match(line, action.end) if book else None
    if found is None:
        return []
    action.end = found[1]
    return [Saying(event) for event in found[0]]


def _is_clause(line: Line, position: int) -> bool:
    """Whether a finite verb follows: what came before was its subject."""
    position = skip_adverbs(line, position)
    word = word_at(line.tokens, position)
    verb = VERBS.get(word)
    return word in COPULAS or word in {"has", "have", "does", "do", "did"} or (verb is not None and verb.form != "ing")


def _read_transitive(line: Line, position: int, lemma: str) -> Action | None:
    event = TRANSITIVE[lemma]
    position = skip_adverbs(line, position)
    if event == "passes" and (moved := read_towards(line, position)):
        return moved
    if event == "hidden_by" and (behind := patterns.TOWARDS.match(line, position)):
        return read_towards(line, position) if behind[0][0] == "hidden_by" else None
    if event == "passes" and (across := patterns.DIRECTIONS.match(line, position)):
        return Action(across[1], [Saying(name) for name in across[0]])
    target = read_target(line.tokens, skip_adverbs(line, position, {"by"} if event == "passes" else set()))
    if target is not None and target.head_kind == "viewer":
        return Action(target.end, [Saying("grows")] if event == "approaches" else [])
    if target is not None and trackable(target):
        return Action(target.end, [Saying(event, target=target, inverse=event == "hidden_by")])
    if target is not None and target.head_kind == "frame" and event == "passes":
        return _read_motion(line, target.end, lemma)  # "crosses the picture from left to right"
    if event == "hidden_by":
        return None if target is not None else Action(position, [Saying("hidden_by")])
    if event == "passes" or (event == "follows" and target is not None and target.head_kind == "stuff"):
        return Action(position, [Saying("moves")])  # follows the path
    if event == "approaches" and target is None:
        return Action(position, [Saying("grows")])
    return None


def _read_passive(line: Line, start: int, lemma: str) -> Action | None:
    """ "followed by the square", "hidden behind a box"."""
    position = skip_adverbs(line, start + 1)
    hidden = TRANSITIVE[lemma] == "hidden_by"
    if word_at(line.tokens, position) not in ({"by", "behind", "from"} if hidden else {"by"}):
        return None
    if word_at(line.tokens, position) == "from":
        return Action(position, [Saying("hidden_by")])
    target = read_target(line.tokens, position + 1)
    if target is None:
        return None
    if not trackable(target):
        return Action(position, [Saying("hidden_by")]) if hidden else None
    return Action(target.end, [Saying(TRANSITIVE[lemma], target=target, inverse=not hidden)])


def _read_contact(line: Line, position: int) -> Action | None:
    position = skip_adverbs(line, position, {"with", "into", "against"})
    target = read_target(line.tokens, position)
    if target is None or not trackable(target):
        return None
    return Action(target.end, [Saying(relation="overlaps", target=target)])


def _read_plain(line: Line, start: int, event: EventName, lemma: str) -> Action | None:
    tokens, position = line.tokens, skip_adverbs(line, start + 1)
    following, verb_form = word_at(tokens, position), VERBS[word_at(tokens, start)].form
    if event == "starts":
        return _read_start(line, position)
    if event == "stops" and (verb := VERBS.get(following)) and verb.form == "ing":
        inner = read_action(line, position)
        return Action(inner.end if inner else position, [Saying("stops")])
    if event == "turns":
        return read_turn(line, position, lemma)
    if event == "stays_still":
        return _read_staying(line, position)
    if lemma in {"speed", "slow"}:
        wanted = "up" if lemma == "speed" else "down"
        if verb_form == "base" and following != wanted:
            return None  # "gain speed", "in slow motion"
        return Action(position + (following == wanted), [Saying(event)])
    if event in {"grows", "shrinks"}:
        return read_growth(line, position, event)
    if event in {"disappears", "appears"}:
        return read_appearance(line, position, event)
    if event in {"enters", "leaves"}:
        return _read_border(line, position, event)
    action = Action(position + (following in {"up", "down", "upwards", "downwards"}), [Saying(event)])
    if event == "stops" and read_target(tokens, position) is not None:
        return None  # stops something else
    return action


def _read_start(line: Line, position: int) -> Action | None:
    inner = read_action(line, skip_adverbs(line, position, {"to"}))
    if inner is None:
        target = read_target(line.tokens, position)
        known = target is None and word_at(line.tokens, position) not in {"to", "with"}
        return Action(position, [Saying("starts")]) if known else None
    moving = all(saying.event is not None and saying.event in lex.MOVING_EVENTS for saying in inner.sayings)
    if moving:
        inner.sayings = [Saying("starts"), *(said for said in inner.sayings if said.event != "moves")]
    return inner


def _read_staying(line: Line, position: int) -> Action | None:
    word = word_at(line.tokens, position)
    if word in lex.STATES:
        return Action(position + 1, [Saying("stays_still")])
    if word in {"put", "there"}:
        return Action(position + 1, [Saying("stays_still")])
    if word == "in" and word_at(line.tokens, position + 1) == "place":
        return Action(position + 2, [Saying("stays_still")])
    if word in {"up", "out", "outside", "away", "ahead", "off", "visible"}:
        return None
    if word == "in" and lex.FRAME_NOUNS & {word_at(line.tokens, position + 1), word_at(line.tokens, position + 2)}:
        return None  # seen all the while, maybe moving
    return Action(position, [Saying("stays_still")])


def _read_border(line: Line, position: int, event: EventName) -> Action | None:
    action = Action(position, [Saying(event)])
    target = read_target(line.tokens, position)
    if target is not None:
        if target.head_kind != "frame" and target.head not in lex.PLACES_LEFT:
            return None  # enters a box, leaves a trail
        action.end = target.end
    elif (found := patterns.DIRECTIONS.match(line, position)) and found[0][0] in {"enters", "leaves"}:
        action.end = found[1]
    book = patterns.ENTRY_SIDES if event == "enters" else patterns.EXIT_SIDES
    if side := book.match(line, skip_adverbs(line, action.end)):
        action.sayings += [Saying(name) for name in side[0]]
        action.end = side[1]
    return action

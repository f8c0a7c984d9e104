"""An edit, read: cut into pieces, and each piece taken at its word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from seewhy.reason.composing.edits import words as say
from seewhy.reason.composing.edits.adopting import Whom, adopt, renamed
from seewhy.reason.composing.edits.cutting import Cutter, Piece
from seewhy.reason.composing.edits.doings import Doings
from seewhy.reason.composing.edits.looks import Looks
from seewhy.reason.composing.edits.part import Part, Step, Words
from seewhy.reason.composing.edits.swaps import Swaps
from seewhy.reason.composing.edits.things import Things
from seewhy.reason.composing.edits.whole import Whole
from seewhy.reason.composing.edits.wishes import REPLACED, Claim, Wishes, is_kind, says
from seewhy.reason.english.noun_phrase import NounPhrase
from seewhy.reason.english.verbs import VERBS
from seewhy.reason.english.word_classes import adjective
from seewhy.reason.plan import entities_of
from seewhy.reason.rules import RulesDecomposer
from seewhy.types.query import Happens, HasAttribute, IsA, Predicate, Query, Related, SceneIs


def read(text: str, wishes: Wishes) -> None:
    """Enter what an edit says into the wishes.

    Args:
        text: see `readable`.
    """
    Reader(text, wishes).read()


@dataclass(frozen=True)
class Replaced:
    """What stands behind "instead of"."""

    start: int
    end: int
    tracks: tuple[int, ...] = ()
    phrase: NounPhrase | None = None


class Reader(Part):
    """Takes the pieces of an edit at their word, one after the other."""

    def __init__(self, text: str, wishes: Wishes) -> None:
        # as many blanks as letters: positions stay what they are
        words = Words(say.ASIDES.sub(lambda aside: " " * len(aside.group()), text), wishes)
        super().__init__(words)
        whole, looks, things, doings = Whole(words), Looks(words), Things(words), Doings(words)
        swaps = Swaps(words)
        readers = (
            self.read_nothing,
            whole.read_camera,
            whole.read_coloring,
            doings.read_order,
            doings.read_exchange,
            doings.read_opposite,
            swaps.read_swap,
            things.read_count,
            looks.read_fading,
            looks.read_color,
            looks.read_look,
            things.read_removal,
            looks.read_size,
            whole.read_comparative,
            whole.read_command,
            whole.read_scene,
            doings.read_side,
            self.read_keep,
            things.read_placing,
            swaps.read_any_swap,
        )
        self._cutter = Cutter(words, readers)
        self._decomposer = RulesDecomposer()

    def read(self) -> None:
        for piece in self._cutter.pieces():
            self._take(piece)

    # steps that ask for no difference

    def read_nothing(self, position: int) -> Step | None:
        """ "everything else stays the same"."""
        found = say.NOTHING.match(self.line, position)
        return Step(found[1], lambda: None) if found is not None else None

    def read_keep(self, position: int) -> Step | None:
        """ "keep the ball", "same man"."""
        end = self.line.match(say.KEEP, position)
        phrase = self.noun_phrase(end) if end is not None else None
        if end is None or phrase is None or self.word(end) in {"a", "an"}:
            return None  # "keep a steady speed": it may not have had one
        return Step(phrase.end, partial(self._keep, phrase, self.slice(end, phrase.end)))

    def _keep(self, phrase: NounPhrase, words: str) -> None:
        self.wishes.kept.append(words)
        tracks = self.meant(phrase)
        self.wishes.last = tracks if len(tracks) == 1 else self.wishes.last

    # pieces

    def _take(self, piece: Piece) -> None:
        replaced = [self._replaced(start, end) for start, end in piece.instead]
        self.words.focus = tuple(self.wishes.each(track for one in replaced for track in one.tracks))
        claims, things = list(self.wishes.claims), set(self.wishes.things)
        if piece.steps is not None:
            for step in piece.steps:
                step.act()
        elif self._says_something(piece.start, piece.end):
            query = self._decomposer.decompose(self.slice(piece.start, piece.end))
            somebody_else = any(self.word(p) == "else" for p in range(piece.start, piece.end))
            if self._is_misread(piece.start, piece.end, query):
                self.free(self.slice(piece.start, piece.end))
            else:
                adopt(self.wishes, query, self.words.focus, adding=piece.adding or somebody_else)
        self.words.focus = ()
        new = [claim for claim in self.wishes.claims if claim not in claims]
        came = any(thing.startswith("n") for thing in self.wishes.things if thing not in things)
        for one in replaced:
            if one.phrase is not None and one.phrase.head_kind != "pronoun":
                self._deny_thing(one, one.phrase, new, came=came)
            elif one.phrase is None and not one.tracks and self._says_something(one.start, one.end):
                self._deny_words(one)

    def _says_something(self, start: int, end: int) -> bool:
        return any(self.word(position)[:1].isalnum() for position in range(start, end))

    def _is_misread(self, start: int, end: int, query: Query) -> bool:
        """Whether the rules for questions took it for something else.

        What a child would hug is no child; "with fall" nothing falls; and who shrinks the court does not shrink.
        """
        words = [self.word(position) for position in range(start, end)]
        if say.HYPOTHETICAL.intersection(words):
            return True
        happens = any(isinstance(condition.predicate, Happens) for condition in query.conditions)
        if not happens or say.SEPARATORS.intersection(words):
            return False
        if words[0] in say.PREPOSITIONS and len(words) == 2:
            return True
        acts = VERBS.get(words[0])
        on = self.noun_phrase(start + 1) if acts is not None and acts.form == "base" else None
        return on is not None and bool(self.unknown(on))

    # what is replaced

    def _replaced(self, start: int, end: int) -> Replaced:
        looks = [
            self.word(p) for p in range(start, end) if self.word(p) not in {"a", "an", "the", "one", "ones", "and"}
        ]
        if looks and all(adjective(word) for word in looks):
            asked = [look for word in looks for look in adjective(word)]
            fitting = self.cast.fitting([HasAttribute(subject="x", attribute=k, value=v) for k, v in asked])
            return Replaced(start, end, fitting.yes[:1])
        phrase = self.noun_phrase(start, end) if start < end else None
        if phrase is not None and phrase.head_kind != "frame":
            return Replaced(start, end, self.meant(phrase), phrase)
        return Replaced(start, end)

    def _deny_thing(self, one: Replaced, phrase: NounPhrase, new: Sequence[Claim], *, came: bool) -> None:
        """ "... instead of the dog": the dog is gone, or has become what is there instead."""
        changed = [track for track in one.tracks if any(f"t{track}" in entities_of(c.predicate) for c in new)]
        remade = [track for track in changed if _is_remade(new, f"t{track}")]
        if changed and not remade and not came:
            return  # "a red ball instead of the blue one": that it is blue is denied already
        asked = says(phrase, "x")
        if not asked or self.unknown(phrase):
            return
        gone = [track for track in one.tracks if track not in remade]
        if any(track not in one.tracks for track in self.cast.fitting(asked).yes):
            self.wishes.gone += gone  # others like it stay
        else:
            self.wishes.remove(gone, self.bare(phrase), asked)

    def _deny_words(self, one: Replaced) -> None:
        """ "... instead of moving up": it does not move up, unless that has been said anyway."""
        query = self._decomposer.decompose(self.slice(one.start, one.end))
        ids = Whom(self.wishes, query).ids
        asked = [claim.predicate for claim in self.wishes.claims if not claim.negated]
        for condition in query.conditions:
            if condition.predicate is None or condition.negated or isinstance(condition.predicate, IsA):
                continue
            denied = renamed(condition.predicate, ids)
            if denied not in asked and not _is_denied_by(denied, asked):
                self.wishes.claim(denied, negated=True, weight=REPLACED)


def _is_remade(claims: Sequence[Claim], entity: str) -> bool:
    """Whether the claims make something else of it."""
    return any(
        isinstance(claim.predicate, IsA | HasAttribute)
        and claim.predicate.subject == entity
        and is_kind(claim.predicate)
        and not claim.negated
        for claim in claims
    )


def _is_denied_by(denied: Predicate, asked: Sequence[Predicate]) -> bool:
    """ "night instead of day", "behind instead of in front of it": what is asked for denies the other already."""
    if isinstance(denied, SceneIs):
        return any(isinstance(known, SceneIs) and known.attribute == denied.attribute for known in asked)
    return isinstance(denied, Related) and any(isinstance(known, Related) for known in asked)

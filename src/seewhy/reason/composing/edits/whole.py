"""Edits of the whole picture: light, time of day, setting, camera, framing, pace."""

from __future__ import annotations

from functools import partial

from seewhy.reason.composing.edits import doing_words, whole_words
from seewhy.reason.composing.edits import words as say
from seewhy.reason.composing.edits.part import Part, Step
from seewhy.reason.english.scene import SCENE, SceneFact

NOT_OF_PICTURES = frozenset(("gets", "get", "becomes", "become", "getting", "becoming"))
"""What gets faster speeds up, which is an event, and what gets closer comes towards the camera."""


class Whole(Part):
    """Readers; each returns the step that begins at a position, or None."""

    def read_scene(self, position: int) -> Step | None:
        """ "film it at night", "indoors", "the camera pans left"."""
        for start in dict.fromkeys((position, self.skip(say.PREFACE, position))):
            if found := self._fact(start):
                fact, end = found
                return Step(end, partial(self._say, fact))
        return None

    def _fact(self, position: int) -> tuple[SceneFact, int] | None:
        after_picture = self.skip(whole_words.PICTURE, position)
        starts = [position]
        if after_picture > position:
            while self.word(after_picture) in {"is", "be", "should", "in", "at", "to"}:
                after_picture += 1
            starts.append(after_picture)
        for start in starts:
            for book in (SCENE, whole_words.WHOLE):
                if found := book.match(self.line, start):
                    return found
        return None

    def _say(self, fact: SceneFact) -> None:
        self.wishes.scene(fact.attribute, fact.value)

    def read_coloring(self, position: int) -> Step | None:
        """ "in black and white", "make it sepia", "with muted colors": of the picture, not of a thing."""
        found = whole_words.COLORING.match(self.line, position)
        return Step(found[1], partial(self._say, found[0])) if found is not None else None

    def read_camera(self, position: int) -> Step | None:
        """ "the camera pans the other way"."""
        end = self.line.match(whole_words.CAMERA, position)
        if end is None:
            return None
        opposite = self.line.match(doing_words.OPPOSITE, self.skip(say.MOTION_WORDS, end))
        return Step(opposite, self._turn_camera) if opposite is not None else None

    def _turn_camera(self) -> None:
        moves = self.cast.scene("camera_motion")
        other = whole_words.OPPOSITE_VIEWS.get(moves)
        if other is None:
            known = f"it is {moves}" if moves else "what the camera does is not known"
            self.wishes.notes.append(f"'the other way' of the camera: in the reference, {known}")
        else:
            self.wishes.scene("camera_motion", other)

    def read_command(self, position: int) -> Step | None:
        """ "speed it up", "step closer"."""
        found = whole_words.COMMANDS.match(self.line, position)
        if found is None:
            return None
        (kind, by), end = found
        return Step(self._behind(end), partial(self.wishes.step, kind, by))

    def read_comparative(self, position: int) -> Step | None:
        """ "faster", "much darker", "make the scene brighter", "it moves more slowly"."""
        start = self.skip(say.PREFACE, position)
        if self.word(self.skip(say.MUCH, self.article(start))) in say.COMPARATIVES:
            start = self.article(start)  # "with a calmer motion"
        picture = self.line.match(whole_words.PICTURE, start)
        verb = picture or start
        much = self.word(self.skip(say.MUCH, start)) in say.COMPARATIVES  # "a little darker" names nothing little
        if picture is None and not much and (phrase := self.noun_phrase(start)) and self.meant(phrase):
            verb = phrase.end
        middle = self.skip(say.MOTION_WORDS, verb)
        before = {self.word(p) for p in range(position, middle)}
        at = self.skip(say.MUCH, middle)
        fewer = self.word(at) == "less"
        change = say.COMPARATIVES.get(self.word(at + fewer))
        if change is None or change[0] == "size" or before & NOT_OF_PICTURES:
            return None
        kind, by = change
        of_track = picture is None and verb > start
        if kind == "brightness" and of_track:
            return None  # how bright a thing is, no twin says
        if kind == "shot_scale" and (middle > verb or of_track):
            return None  # "comes closer": it moves
        end = self._behind(at + fewer + 1)
        if self.word(end) in {"to", "than", "from"}:
            return None
        return Step(end, partial(self.wishes.step, kind, -by if fewer else by))

    def _behind(self, position: int) -> int:
        picture = self.skip(whole_words.PICTURE, position)  # "a brighter scene"
        return self.skip(say.BEHIND_COMPARATIVE, picture)

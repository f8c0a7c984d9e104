"""Reading what separates and frames: marks, connectors, times, and what is said of the whole scene."""

from __future__ import annotations

from seewhy.reason.english import lexicon as lex
from seewhy.reason.english import patterns
from seewhy.reason.english.reading import Part
from seewhy.reason.english.scene import SCENE
from seewhy.types.query import Happens, Related, SceneIs


class Separators(Part):
    """Marks, openings, scenes, times, connectors."""

    def read_mark(self, position: int) -> int | None:
        word = self.word(position)
        if word not in set(".,;:!?()"):
            return None
        self.said.read[position] = True
        self.said.negated = False
        if word == "," and self.said.leading is not None and self.said.clause.happenings:
            self.said.close_leading(position + 1)
        elif word in ".;!?":
            self.said.back_to_main()
            self.said.begin_clause(position + 1)
        return position + 1

    def read_opening(self, position: int) -> int | None:
        found = patterns.OPENINGS.match(self.line, position)
        if found is None:
            return None
        self.said.mark(position, found[1])
        return found[1]

    def read_scene(self, position: int) -> int | None:
        found = SCENE.match(self.line, position)
        if found is None:
            return None
        fact, end = found
        scene = SceneIs(attribute=fact.attribute, value=fact.value, when=self.said.clause.when)
        self.said.add(scene, position, end, negated=self.said.negated)
        self.said.mark(position, end)
        self.said.negated = False
        if fact.attribute in {"camera_motion", "shot_scale"} and self.word(end) in lex.FRAMING:
            self.said.mark(end, end + 1)  # "pans left over", "a close-up of": what follows is shown
            end += 1
        return end

    def read_time(self, position: int) -> int | None:
        found = patterns.TIMES.match(self.line, position)
        if found is None:
            return None
        when, end = found
        self.said.mark(position, end)
        timed = [fact for fact in self.said.clause.facts if isinstance(fact.atomic, Happens | Related | SceneIs)]
        for fact in timed:
            if fact.end == timed[-1].end:
                fact.atomic = fact.atomic.model_copy(update={"when": when})
        if not timed:
            self.said.clause.when = when
        return end

    def read_connector(self, position: int) -> int | None:
        found = patterns.CONNECTORS.match(self.line, position)
        if found is None:
            return None
        connector, end = found
        said = self.said
        said.mark(position, end)
        started = bool(said.clause.facts or said.clause.subjects)
        if connector in {"and", "but"}:
            said.negated = False
        elif connector in {"before", "after"} and not started:
            said.leading = connector
        elif connector == "while":
            said.back_to_main()
            said.begin_clause(position)
        elif connector != "first":
            said.order(position, reverse=connector == "after")
        return end

"""Reading what is said of the subject: actions, relations, looks."""

from __future__ import annotations

from seewhy.reason.english import lexicon as lex
from seewhy.reason.english import patterns
from seewhy.reason.english.actions import read_action
from seewhy.reason.english.inflect import VerbForm
from seewhy.reason.english.phrases import MEASURES, read_target
from seewhy.reason.english.reading import Part
from seewhy.reason.english.saying import Action, Saying
from seewhy.reason.english.verbs import BECOMING, COPULAS, INTRANSITIVE, MOTION, VERBS
from seewhy.reason.english.word_classes import adjective, color_values, is_content, number
from seewhy.types.query import Happens


class Assertions(Part):
    """Verbs, relations, adjectives behind "be", patterns and clothes."""

    def read_texture(self, position: int) -> int | None:
        """ "with (white) stripes", "with no spots"."""
        word, last = self.word(position), self.said.last
        if word not in {"with", "without", "has", "have"} or last is None:
            return None
        end, absent = position + 1, word == "without"
        while self.word(end) in {"a", "no", "any", "many"} or color_values(self.word(end)):
            absent, end = absent or self.word(end) == "no", end + 1
        pattern, following = self.word(end), self.word(end + 1)
        named = pattern in lex.TEXTURES and following in {"pattern", "texture", "surface"}
        if pattern not in lex.TEXTURE_NOUNS and not named:
            return None
        end += 2 if named else 1
        texture = adjective(pattern)[0][1] if named else lex.TEXTURE_NOUNS[pattern]
        before, self.said.negated = self.said.negated, self.said.negated or absent
        self.said.attribute(last, "texture", texture, position, end)
        self.said.negated = before
        return end

    def read_clothes(self, position: int) -> int | None:
        """ "someone in red", "dressed in black", "wearing a white shirt"."""
        end = self.line.match(patterns.DRESSED, position)
        last = self.said.last
        if end is None or last is None or not (last.category in lex.PERSONS or last.kind == "generic"):
            return None
        if last.kind == "generic" and self.word(end - 1) == "in":
            return None  # "something in blue light"
        colors: list[str] = []
        while True:
            said, following = color_values(self.word(end)), color_values(self.word(end + 1))
            if not said and not (self.word(end) in {"a", "an", "and", ","} | lex.SHADES and following):
                break
            colors += said
            end += 1
        if not colors:
            return None
        end += self.word(end) in lex.CLOTHES
        for color in colors:
            self.said.attribute(last, "color", color, position, end)
        return end

    def read_side_of_it(self, position: int) -> int | None:
        """ "with a square on its left": the square is left of the subject."""
        found = patterns.ON_ITS.match(self.line, position)
        last, subjects = self.said.last, self.said.waiting or self.said.subjects
        if found is None or last is None or not subjects or last is subjects[0]:
            return None
        relation, end = found
        self.said.relate(last, relation, subjects[0], position, end)
        return end

    def read_relation(self, position: int) -> int | None:
        found = patterns.RELATIONS.match(self.line, position)
        if found is None or self.said.foreign:
            return None
        relation, after = found
        target = read_target(self.tokens, after)
        if target is None or target.head_kind not in {"thing", "generic", "pronoun"}:
            return None
        last = self.said.last
        if last is not None and position == self.said.last_end and last not in self.said.subjects:
            self.said.speak_of(last)  # "... a square above a circle": the nearest noun is meant
        self.said.leave_relative(position)
        subjects = self.said.subject_or_something()
        others = self.said.resolve(target, target=True)
        for subject in subjects:
            for other in others:
                if subject is not other:
                    self.said.relate(subject, relation, other, position, target.end)
        if target.head_kind != "pronoun" and others:
            self.said.last, self.said.last_end = others[0], target.end
        self.said.told(position, after)
        return target.end

    def read_superlative(self, position: int) -> int | None:
        """ "the ball nearest to the camera", "is closest to us"."""
        superlative = lex.SUPERLATIVES.get(self.word(position))
        if superlative is None or not self.said.subjects or self.said.foreign:
            return None
        end = self.line.match(patterns.TO_THE_VIEWER, position + 1) or position + 1
        if read_target(self.tokens, position) is not None and end == position + 1:
            return None
        for subject in self.said.subjects:
            self.said.compare(subject, MEASURES[superlative], position, end, of_all=self.said.copula)
        self.said.told(position, end)
        return end

    def read_new_count(self, position: int) -> int | None:
        """ "two customers become three"."""
        number_after = number(self.word(position + 1))
        if self.word(position) not in BECOMING or number_after is None or len(self.said.subjects) != 1:
            return None
        self.said.recount(self.said.subjects[0], number_after, position, position + 2)
        return position + 2

    def read_action(self, position: int) -> int | None:
        verb = VERBS.get(self.word(position))
        if self.said.foreign or self.word(position) in COPULAS:
            return None
        if self.word(position) == "left" and not self._departs(position):
            return None
        action = read_action(self.line, position, passive=self.said.copula) or self._read_bare_way(position)
        if action is None or not action.sayings:
            return None
        if verb is not None and not self._acts(position, verb):
            return None
        last = self.said.last
        participle = verb is not None and verb.form == "ing" and position == self.said.last_end
        if participle and last is not None and last not in self.said.subjects:
            self.said.speak_of(last)
        else:
            self.said.leave_relative(position)
        self.said.subject_or_something()
        for saying in action.sayings:
            self.said.say(saying, position, action.end)
        self.said.told(position, action.end)
        return action.end

    def _acts(self, position: int, verb: VerbForm) -> bool:
        """Whether a verb form says what the subject does, rather than being a noun or naming a purpose."""
        before, after = self.word(position - 1), VERBS.get(self.word(position + 1))
        if before in lex.NOT_BEFORE_ACTIONS or (verb.form == "third" and before in lex.DETERMINERS):
            return False
        if verb.form != "ing":
            return True
        if is_content(self.word(position + 1)) and verb.lemma in MOTION | INTRANSITIVE:
            return False  # "rising air", "running water"
        gerund = not self.said.subjects and after is not None and after.form == "third"  # "running turns into ..."
        unread = position > 0 and not self.said.read[position - 1] and position != self.said.last_end
        return not gerund and not (unread and is_content(self.word(position + 1)))

    def _departs(self, position: int) -> bool:
        """Whether "left" is the past of "leave": it follows its subject or an auxiliary."""
        return position == self.said.last_end or self.word(position - 1) in lex.BEFORE_DEPARTING

    def _read_bare_way(self, position: int) -> Action | None:
        """A way without a verb of its own: "left to right"; "moves up, then to the right"."""
        if self.word(position) in VERBS and self.word(position) != "left":
            return None
        went_on = self.word(position - 1) in {"then", "and", "finally", "first", "afterwards"}
        moved = went_on and any(
            fact.atomic.event in lex.MOVING_EVENTS
            for c in self.said.clauses
            for fact in c.happenings
            if isinstance(fact.atomic, Happens)
        )
        if not moved and self.line.match(patterns.FULL_WAY, position) is None:
            return None
        found = patterns.DIRECTIONS.match(self.line, position)
        return Action(found[1], [Saying(event) for event in found[0]]) if found else None

    def read_auxiliary(self, position: int) -> int | None:
        word = self.word(position)
        if word not in lex.AUXILIARIES:
            return None
        if not self.said.copula:
            self.said.leave_relative(position)
        self.said.copula = self.said.copula or word in COPULAS
        self.said.read[position] = True
        return position + 1

    def read_adjectives(self, position: int) -> int | None:
        """Behind "is": "is red and striped", "are motionless"."""
        said, word = self.said, self.word(position)
        if word in lex.STATES and position == said.last_end and said.last in said.subjects:
            said.copula = True  # "a car parked next to a tree"
        if not said.copula or not said.subjects or said.foreign:
            return None
        if word in lex.ADVERBS - frozenset(lex.STATES):
            said.read[position] = True
            return position + 1
        if word in lex.STATES:
            for subject in said.subjects:
                said.happen(subject, lex.state_event(word), None, position, position + 1)
        elif adjective(word):
            for kind, value in adjective(word):
                for subject in said.subjects:
                    said.attribute(subject, kind, value, position, position + 1)
        else:
            return None
        following = self.word(position + 2)
        if self.word(position + 1) in {"and", "or", ","} and (adjective(following) or following in lex.STATES):
            said.read[position + 1] = True
            return position + 2
        self.said.told(position, position + 1)
        return position + 1

"""What a model said of a candidate, checked against the twin: a verdict that the twin supports.

Every id has to be in this candidate's record. Every condition with a predicate is evaluated exactly, under the tracks
that are the entities (see `binding`). Then, with yes always what the user wants:

- What code answers for certain, by geometry or by words that it knows (see `words.certain`), stands.
- A yes needs evidence: an id of a track that the condition is about, or of what happens to it; without a predicate any
  id. What is about the whole picture, or about an absence, needs none. Without it the answer is unknown, and so it is
  where one of the things that it is about is no track of the video.
- Else a yes that has its evidence stands, also where the twin's words are others: the model knows language better.
- A no against code's uncertain yes is unknown; where the model does not know, code's yes stands, but not its uncertain
  no: that is mostly a word that code has not heard of.

The relevance is the model's, but at most what the conditions support (see `ceiling`): a model that does as a text in a
video tells it cannot lift that video over tau where code contradicts. Each change is said in `corrections`.

What code cannot know better is left to the model, and to whoever has bent it: conditions without a predicate, words
that no list holds (a state, a name that nobody has heard of), what is about a part of the picture that no track is,
and which of two videos that fit is the better one. There an order in a video may win; that its words stand in quotes,
and that the prompt says what they are, is all that speaks against it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from seewhy.plain import plain
from seewhy.reason.case import MOST_OBJECTS, UNKNOWN
from seewhy.reason.judge import CONTRADICTED
from seewhy.reason.judging.asked import Asked, Statement
from seewhy.reason.judging.binding import Bound, bind
from seewhy.reason.judging.replies import FULL, NONE, Judged, SaidCondition, SaidGap
from seewhy.reason.judging.shown import Shown
from seewhy.reason.judging.words import certain
from seewhy.types.hit import Answer, ConditionVerdict, Evidence, Verdict
from seewhy.types.query import Counted
from seewhy.types.time import Span

SAID_YES, SAID_NO = 0.8, 0.15
"""the score of what only a language model says"""
UNKNOWN_SHARE = 0.9
"""What an unknown condition leaves of tau: not knowing is not matching."""
HELD_DOWN = 0.02
"""Share of a ceiling that the model's relevance still orders: less than any answer is worth."""
MOST_TRACE, MOST_QUESTION = 500, 200
"""characters of a model's words that are kept"""


def check(asked: Asked, shown: Shown, judged: Judged, tau: float, judged_by: str) -> Verdict:
    """The verdict on one candidate.

    Args:
        judged: what the model said of it; its relevance may have been calibrated.
        tau: relevance from which a candidate counts as a match.
    """
    return _Check(asked, shown, judged, tau).verdict(judged_by)


def ceiling(asked: Asked, answers: Sequence[ConditionVerdict], contradicted: bool, tau: float) -> float:
    """The most relevance that answers support: their weighted mean, with yes 1, no 0, and unknown a little under tau.

    Args:
        answers: in the order of the query's conditions.
        contradicted: code says no to one of them, for certain or with the model; then the candidate stays under tau,
            as with the rules.
    """
    worth: dict[Answer, float] = {"yes": 1.0, "unknown": UNKNOWN_SHARE * tau, "no": 0.0}
    weights = asked.plan.weight
    total = math.fsum(weights[answer.condition] * worth[answer.answer] for answer in answers)
    mean = min(total / math.fsum(weights[answer.condition] for answer in answers), 1.0)
    return mean * CONTRADICTED * tau if contradicted else mean


class _Check:
    def __init__(self, asked: Asked, shown: Shown, judged: Judged, tau: float) -> None:
        self.asked, self.shown, self.judged, self.tau = asked, shown, judged, tau
        self.corrections: dict[str, None] = {}
        self.contradicted = False
        self.bound: Bound = bind(asked, shown, judged.objects, self.note)

    def note(self, sentence: str) -> None:
        self.corrections[sentence] = None

    def verdict(self, judged_by: str) -> Verdict:
        said: dict[str, SaidCondition] = {}
        for one in self.judged.conditions:
            said.setdefault(one.condition, one)
        by_condition = {
            answer.condition: answer
            for statement in self.asked.statements
            for answer in self._answers(statement, said.get(statement.handle))
        }
        answers = tuple(by_condition[condition.id] for condition in self.asked.query.conditions)
        claimed = self.judged.relevance / FULL
        # Of two that code holds down alike, the one that the model thinks better stays before the other.
        supported = ceiling(self.asked, answers, self.contradicted, self.tau) * (1 - HELD_DOWN * (1 - claimed))
        if f"{claimed:.2f}" > f"{supported:.2f}":
            self.note(f"relevance {claimed:.2f} was lowered to {supported:.2f}, which is what the answers support")
        return Verdict(
            video=self.shown.item.candidate.video,
            relevance=min(claimed, supported),
            conditions=answers,
            objects=self._objects(answers),
            trace=plain(self.judged.trace, MOST_TRACE),
            gaps=self._gaps(answers),
            corrections=tuple(self.corrections),
            judged_by=judged_by,
        )

    # conditions

    def _answers(self, statement: Statement, said: SaidCondition | None) -> list[ConditionVerdict]:
        """The verdicts on the conditions that a statement stands for."""
        ids = self._ids(statement, said)
        answer = statement.wanted(said.answer) if said is not None else "unknown"
        if said is None:
            self.note(f"{statement.handle} ({statement.text}) was not answered")
        settled = self._settle(statement, answer, ids)
        return [settled.model_copy(update={"condition": condition.id}) for condition in statement.conditions]

    def _ids(self, statement: Statement, said: SaidCondition | None) -> list[str]:
        """The ids it was said to rest on, those of the record."""
        cited = dict.fromkeys(said.evidence if said is not None else ())
        unknown = [name for name in cited if name not in self.shown.evidence]
        if unknown:
            self.note(f"{statement.text}: {', '.join(unknown)} is not in this video's record")
        return [name for name in cited if name not in unknown]

    def _settle(self, statement: Statement, said: Answer, ids: list[str]) -> ConditionVerdict:
        plan, condition = self.asked.plan, statement.condition
        checkable = condition.predicate is not None and not self.bound.leaves_open(plan.depends_on[condition.id])
        code = self.shown.item.case.answer(condition, self.bound.tracks) if checkable else None
        if code is not None and (
            self.bound.by_rules or certain(plan, condition, self.shown.twin, self.bound.tracks, code)
        ):
            self.contradicted = self.contradicted or code.answer == "no"
            if said != code.answer:
                self._corrected(statement, said, code.answer, code.evidence.text)
            elif said == "yes":  # both say so
                code = code.model_copy(update={"score": max(code.score, SAID_YES)})
            return code
        answer, why = said, ""
        if said == "yes" and not self._supported(statement, ids):
            answer, why = "unknown", "nothing that it is about was named as evidence"
            if code is not None and code.answer == "yes":
                answer, why = "yes", ""  # code knows of it
        elif said == "no" and code is not None and code.answer == "yes":
            answer, why = "unknown", code.evidence.text
        elif said == "unknown" and code is not None and code.answer == "yes":
            answer, why = "yes", code.evidence.text
        if answer != said:
            self._corrected(statement, said, answer, why)
        if code is not None and answer == code.answer:
            self.contradicted = self.contradicted or answer == said == "no"
            return self._agreed(code, said)
        if answer != said and code is not None:
            evidence = code.evidence
        else:
            evidence = self.shown.cited(ids) if ids else Evidence(text=why or "by the whole record")
        score = {"yes": SAID_YES, "no": SAID_NO, "unknown": UNKNOWN}[answer]
        return ConditionVerdict(condition=condition.id, answer=answer, score=score, evidence=evidence)

    def _agreed(self, code: ConditionVerdict, said: Answer) -> ConditionVerdict:
        """What both say is surer than what either says."""
        score = {"yes": max(code.score, SAID_YES), "no": min(code.score, SAID_NO), "unknown": code.score}[code.answer]
        return code.model_copy(update={"score": score if said == code.answer else code.score})

    def _corrected(self, statement: Statement, said: Answer, answer: Answer, why: str) -> None:
        """Answers in the notes are to the statement, as the model gave them."""
        was, is_ = statement.wanted(said), statement.wanted(answer)
        self.note(f"{statement.text}: the model said {was}, which was changed to {is_}: {why}")

    def _supported(self, statement: Statement, ids: Sequence[str]) -> bool:
        """Whether a yes has the evidence that it needs."""
        if statement.negated or statement.of_the_scene:
            return True
        predicate = statement.condition.predicate
        if predicate is None:
            return bool(ids)
        tracks = {track for name in ids for track in self.shown.evidence[name].tracks}
        if isinstance(predicate, Counted):
            return bool(tracks)
        meant = {self.bound.tracks.get(e) for e in self.asked.plan.entities[statement.condition.id]}
        return None not in meant and not tracks.isdisjoint(meant)

    # objects and gaps

    def _objects(self, answers: Sequence[ConditionVerdict]) -> tuple[int, ...]:
        """Entities in order of mention, those first of which something holds; then what else was named."""
        of_plan = list(self.shown.item.case.objects(self.bound.tracks, answers))
        further = list(self.bound.further.values())
        # Where no predicate binds a track, what the model pointed at comes before what its answers cite.
        tracks = of_plan + further if any(self.bound.tracks.values()) else further + of_plan
        unknown = []
        for name in self.judged.others:
            if name in self.shown.track_of:
                tracks.append(self.shown.track_of[name])
            elif name != NONE:
                unknown.append(name)
        if unknown:
            self.note(f"objects: {', '.join(dict.fromkeys(unknown))} is not in this video's record")
        found = tuple(dict.fromkeys(tracks))[:MOST_OBJECTS]
        return found or self.shown.item.rules.objects

    def _gaps(self, answers: Sequence[ConditionVerdict]) -> tuple[str, ...]:
        """What the model asks for; where it asks for nothing, what is unknown."""
        said = [gap for one in self.judged.gaps if (gap := self._gap(one))]
        if said:
            return tuple(dict.fromkeys(said))
        unknown = {answer.condition for answer in answers if answer.answer == "unknown"}
        return tuple(f"whether {s.text}" for s in self.asked.statements if s.condition.id in unknown)

    def _gap(self, gap: SaidGap) -> str:
        """``track 3, 1.0-2.0 s: what does it hold?``; nothing where nothing is asked."""
        question = plain(gap.question, MOST_QUESTION)
        where: list[str] = []
        if gap.track in self.shown.track_of:
            where.append(f"track {self.shown.track_of[gap.track]}")
        if gap.start is not None and gap.end is not None and gap.start < gap.end:
            span = self.shown.twin.span.intersection(Span(start=gap.start, end=gap.end))
            where += [str(span)] if span is not None else []
        return f"{', '.join(where)}: {question}" if where and question else question

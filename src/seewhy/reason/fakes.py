"""Scripted stand-ins for the seams of reasoning, for tests and demonstrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seewhy.errors import QueryError
from seewhy.reason.seams import Reference
from seewhy.types.hit import Candidate, ConditionVerdict, Evidence, Verdict
from seewhy.types.query import Condition, Query
from seewhy.types.trace import Trace
from seewhy.types.twin import RefinementStep, StepName, Twin


class FakeDecomposer:
    """Gives the queries it was told; any other question becomes one free condition.

    >>> FakeDecomposer().decompose("a dog").conditions[0].kind
    'free'
    """

    name = "fake-decomposer@1"

    def __init__(self, script: Mapping[str, Query] | None = None) -> None:
        self.script = dict(script or {})
        self.asked: list[str] = []
        """every question, in order"""

    def decompose(self, question: str) -> Query:
        """
        Raises:
            QueryError: the question is empty.
        """
        self.asked.append(question)
        text = " ".join(question.split())
        if not text:
            raise QueryError("a question needs at least one word, got ''; say what the video shows")
        if text in self.script:
            return self.script[text]
        return Query(text=text, conditions=(Condition(id="c1", kind="free", text=text),), decomposed_by=self.name)


class FakeComposer:
    """Gives the queries it was told, about the reference at hand; any other edit becomes one free condition, from which
    nothing follows."""

    name = "fake-composer@1"

    def __init__(self, script: Mapping[str, Query] | None = None) -> None:
        self.script = dict(script or {})
        self.asked: list[tuple[str, str]] = []
        """every reference, by its video, and edit, in order"""

    def compose(self, reference: Reference, edit: str) -> Query:
        """
        Raises:
            QueryError: the edit is empty.
        """
        video = reference.twin.id
        self.asked.append((video, edit))
        text = " ".join(edit.split())
        if not text:
            raise QueryError("an edit needs at least one word, got ''; say what is to be different")
        free = Query(text=text, conditions=(Condition(id="c1", kind="free", text=text),), decomposed_by=self.name)
        query = self.script.get(text, free)
        return query.model_copy(
            update={
                "reference": video,
                "exclude": tuple(dict.fromkeys((*query.exclude, video))),
                "trace": query.trace or Trace(target=text),
            }
        )


class FakeJudge:
    """Gives each video the relevance it was told, `default` to the others; every condition follows it."""

    name = "fake-judge@1"

    def __init__(
        self,
        relevance: Mapping[str, float] | None = None,
        default: float = 0.0,
        tau: float = 0.5,
        gaps: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.relevance = dict(relevance or {})
        self.default = default
        self.tau = tau
        self.gaps = {video: tuple(found) for video, found in (gaps or {}).items()}
        """what it would have to know of each video"""
        self.asked: list[tuple[str, ...]] = []
        """the videos of every call, in order"""

    def judge(
        self, query: Query, candidates: Sequence[tuple[Candidate, Twin]], reference: Reference | None = None
    ) -> list[Verdict]:
        self.asked.append(tuple(candidate.video for candidate, _ in candidates))
        return [self._verdict(query, candidate.video) for candidate, _ in candidates]

    def _verdict(self, query: Query, video: str) -> Verdict:
        relevance = self.relevance.get(video, self.default)
        evidence = Evidence(text=f"scripted for {video}")
        return Verdict(
            video=video,
            relevance=relevance,
            conditions=tuple(
                ConditionVerdict(
                    condition=condition.id,
                    answer="yes" if relevance >= self.tau else "no",
                    score=relevance,
                    evidence=evidence,
                )
                for condition in query.conditions
            ),
            gaps=self.gaps.get(video, ()),
            judged_by=self.name,
        )


class FakePlanner:
    """Plans for each video the steps it was told, for those whose verdicts have gaps."""

    name = "fake-planner@1"

    def __init__(self, steps: Mapping[str, Sequence[RefinementStep]] | None = None) -> None:
        self.steps = {video: tuple(steps_) for video, steps_ in (steps or {}).items()}
        self.asked: list[tuple[str, ...]] = []
        """the videos of every call, in order"""

    def plan(
        self, query: Query, judged: Sequence[tuple[Candidate, Twin, Verdict]], allowed: Sequence[StepName], most: int
    ) -> list[tuple[str, RefinementStep]]:
        videos = tuple(candidate.video for candidate, _, verdict in judged if verdict.gaps)
        self.asked.append(videos)
        planned = [(video, step) for video in videos for step in self.steps.get(video, ()) if step.name in allowed]
        return planned[:most]

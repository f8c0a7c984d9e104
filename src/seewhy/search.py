"""Flow 2: question → conditions → candidates → verdicts → hits.

::

    question ─▶ decompose ─▶ conditions + imagined components
                                  │ encode
                                  ▼
                     INDEX ─▶ candidates ─▶ check ─▶ shortlist ─▶ JUDGE ⇄ refine ─▶ rank ─▶ hits

The rules check every candidate's twin exactly. Where there is a language model, it judges the best of them, and what it
lacks to be sure is looked at again, just in time. Any part of that may fail: then the rules' verdicts and the coarse
scores stand, and the answer says `degraded`.

The parts are seams (see `engine`); this file only says in which order they speak. Many questions are answered stage by
stage, so that a slow model always has many requests before it; one question is many of which there is one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seewhy.candidates import Twins, load_twins, retrieve, shortlist
from seewhy.engine import Engine
from seewhy.errors import QueryError, SeewhyError
from seewhy.fusion import notes_of
from seewhy.hits import make_hit, rank
from seewhy.models.asking import counting
from seewhy.reason.seams import Reference
from seewhy.threads import side_by_side
from seewhy.types.calls import Call, Usage
from seewhy.types.hit import Candidate, Refinement, SearchResult, Verdict
from seewhy.types.query import Filters, Query
from seewhy.types.twin import Twin

if TYPE_CHECKING:
    from seewhy.refine import Budget, Wanted

MAX_HITS = 10_000
"""More than this is a mistake, not a wish."""


def search(question: str, engine: Engine, *, k: int = 10, filters: Filters | None = None) -> SearchResult:
    """Answer a question in words with ranked videos, moments, masks and a verdict per condition.

    Args:
        question: what is looked for, in words.
        engine: the parts that answer it.
        k: number of hits returned, best first.
        filters: restricts the gallery.

    Raises:
        QueryError: an empty or over-long question, or k out of range.
    """
    [outcome] = search_all([question], engine, k=k, filters=filters)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def search_all(
    questions: Sequence[str],
    engine: Engine,
    *,
    k: int = 10,
    filters: Filters | None = None,
    width: int = 1,
    told: Callable[[str], None] | None = None,
    caught: type[Exception] = SeewhyError,
) -> Iterator[SearchResult | Exception]:
    """Answer many questions stage by stage: all decompositions, then all judgements, then all refinements.

    Args:
        width: questions that are worked on at one time within a stage.
        told: hears the name of each stage when it begins.
        caught: errors that end the question in which they occur, not the run.

    Yields:
        answers, in the order of the questions; in place of one that could not be given, the error.

    Raises:
        QueryError: k out of range.
    """
    asked = [Asked(question, filters, k) for question in questions]
    return answer_all(asked, engine, [("decompose", decompose)], width=width, told=told, caught=caught)


def answer_all(
    asked: Sequence[Asked],
    engine: Engine,
    understand: Sequence[Stage],
    *,
    width: int = 1,
    told: Callable[[str], None] | None = None,
    caught: type[Exception] = SeewhyError,
) -> Iterator[SearchResult | Exception]:
    """What both flows share: from queries to answers, stage by stage.

    Args:
        understand: the first stages; they give each of `asked` its query.

    Raises:
        QueryError: k out of range.
    """
    outside = [one.k for one in asked if not 1 <= one.k <= MAX_HITS]
    if outside:
        raise QueryError(f"k is the number of hits wanted, 1 to {MAX_HITS}, got {outside[0]}")
    return _answers(asked, engine, understand, _Work(asked, width, told or (lambda _: None), caught))


def _answers(
    asked: Sequence[Asked], engine: Engine, understand: Sequence[Stage], work: _Work
) -> Iterator[SearchResult | Exception]:
    twins = Twins(engine.twins)
    for name, understood in understand:
        work.stage(name, _with(engine, understood))
    work.stage("candidates", lambda one: find(one, engine, twins))
    work.stage("judge", lambda one: judge(one, engine))
    budgets: dict[str, Budget] = {}
    for _ in range(engine.rounds if engine.refiner is not None else 0):
        work.stage("plan", lambda one: plan(one, engine))
        changed = refine([one for one in asked if one.wanted and not one.failed], engine, twins, work, budgets)
        if not changed:
            break
        work.stage("candidates", lambda one: find(one, engine, twins), changed)
        work.stage("judge", lambda one: judge(one, engine), changed)
    for one in asked:  # ranked when it is asked for: the hits of a thousand questions at once would fill the memory
        work.stage("rank", lambda one: answer(one, engine), [one])
        one.pairs, one.verdicts = [], []
        yield one.outcome


def _with(engine: Engine, work: Callable[[Asked, Engine], None]) -> Callable[[Asked], None]:
    return lambda one: work(one, engine)


Stage = tuple[str, Callable[["Asked", Engine], None]]
"""Name and work of a stage."""


@dataclass
class Asked:
    """A question on its way to an answer."""

    question: str
    filters: Filters | None
    k: int
    named: Callable[[], Reference] | None = None
    """finds the video that `question` is an edit of; None: it is none"""
    reference: Reference | None = None
    """that video, once it is found"""
    query: Query = field(init=False)
    pairs: list[tuple[Candidate, Twin]] = field(default_factory=list)
    """candidates with their twins, best coarse score first"""
    verdicts: list[Verdict] = field(default_factory=list)
    """one per pair, in the same order"""
    judged: frozenset[str] = frozenset()
    """videos of the shortlist; all, where the checker is the judge"""
    wanted: list[Wanted] = field(default_factory=list)
    """steps of refinement that are to be taken"""
    refinements: list[Refinement] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    notes: dict[str, None] = field(default_factory=dict)
    """what went wrong on the way, each once"""
    outcome: SearchResult | Exception = field(default_factory=lambda: SeewhyError("not answered"))
    failed: bool = False


# The stages


def decompose(asked: Asked, engine: Engine) -> None:
    """Question → conditions. Raises QueryError."""
    asked.query = engine.decomposer.decompose(asked.question)


def find(asked: Asked, engine: Engine, twins: Twins) -> None:
    """Conditions → candidates with their twins, checked by rules."""
    candidates = retrieve(asked.query, engine, max(asked.k, engine.candidates), asked.filters, asked.reference)
    if asked.reference is not None:
        asked.notes |= dict.fromkeys(notes_of(engine, asked.reference.twin.id))
        if not engine.align and (engine.channels or engine.rerank):
            asked.notes["every video is a candidate (search.align=false), so the channels were not asked"] = None
    seen = [candidate for candidate in candidates if candidate.video in engine.gallery]
    asked.pairs, asked.unreadable = load_twins(seen, twins)
    asked.verdicts = engine.checker.judge(asked.query, asked.pairs, asked.reference)
    asked.judged = frozenset(candidate.video for candidate, _ in asked.pairs)


def judge(asked: Asked, engine: Engine) -> None:
    """The shortlist → verdicts of the model's, in place of the checker's."""
    if engine.judge is None or not asked.pairs:
        return
    chosen = shortlist(asked.pairs, asked.verdicts, engine)
    said = engine.judge.judge(asked.query, [asked.pairs[position] for position in chosen], asked.reference)
    for position, verdict in zip(chosen, said, strict=True):
        asked.verdicts[position] = verdict
    asked.judged = frozenset(asked.pairs[position][0].video for position in chosen)


def plan(asked: Asked, engine: Engine) -> None:
    """What the judge would have to know → steps that find it out."""
    assert engine.refiner is not None, "without a refiner nothing is planned"
    triples = [
        (candidate, twin, verdict)
        for (candidate, twin), verdict in zip(asked.pairs, asked.verdicts, strict=True)
        if candidate.video in asked.judged
    ]
    asked.wanted, why = engine.refiner.plan(asked.question, asked.query, triples)
    if why is not None:
        asked.notes[why] = None


def refine(
    asked: Sequence[Asked], engine: Engine, twins: Twins, work: _Work, budgets: dict[str, Budget]
) -> list[Asked]:
    """Take the steps of all questions, together. Returns the questions for which a twin says more now."""
    if engine.refiner is None or not asked:
        return []
    work.told("refine")
    began = time.perf_counter()
    taken = engine.refiner.take([wanted for one in asked for wanted in one.wanted], budgets, work.caught)
    seconds = time.perf_counter() - began
    twins.forget(taken.changed)
    twins.put(taken.twins)
    if taken.changed and taken.not_kept is None and engine.refresh is not None:
        engine.refresh()
    changed: list[Asked] = []
    for one in asked:
        key = one.wanted[0].asked
        one.refinements += taken.refinements.get(key, [])
        one.calls += taken.calls.pop(key, [])  # of questions of the same words, the first pays
        one.seconds["refine"] = one.seconds.get("refine", 0.0) + seconds
        for step in one.refinements:
            if step.outcome == "failed":
                one.notes[f"refinement of {step.video} by {step.step.name} failed: {step.said}"] = None
        if taken.changed & {wanted.video for wanted in one.wanted}:
            changed.append(one)
            if taken.not_kept is not None:
                one.notes[f"what refinement found counts for this answer only: {taken.not_kept}"] = None
    return changed


def answer(asked: Asked, engine: Engine) -> None:
    """Verdicts → ranked hits."""
    ranked = rank(asked.pairs, asked.verdicts, engine.tau, asked.judged)
    hits = tuple(
        make_hit(position, asked.query, candidate, twin, verdict, engine, candidate.video in asked.judged)
        for position, (candidate, twin, verdict) in enumerate(ranked[: asked.k], start=1)
    )
    of_judge = (note for verdict in asked.verdicts for note in verdict.degraded)
    of_reference = asked.reference.degraded if asked.reference is not None else ()
    degraded = (*of_reference, *asked.query.degraded, *asked.unreadable, *asked.notes, *of_judge)
    asked.outcome = SearchResult(
        query=asked.query,
        hits=hits,
        no_match=not any(hit.matched for hit in hits),
        tau=engine.tau,
        gallery=len(engine.index) - sum(video in engine.gallery for video in asked.query.exclude),
        seconds=asked.seconds,
        reference_paths=asked.reference.paths if asked.reference is not None else (),
        refinements=tuple(asked.refinements),
        calls=tuple(asked.calls),
        usage=Usage.of(asked.calls),
        degraded=tuple(dict.fromkeys(degraded)),
    )


class _Work:
    """Runs a stage for every question that has come so far, some side by side; counts time and calls of each."""

    def __init__(
        self, asked: Sequence[Asked], width: int, told: Callable[[str], None], caught: type[Exception]
    ) -> None:
        self.asked, self.told, self.caught = asked, told, caught
        self._width = width

    def stage(self, name: str, work: Callable[[Asked], None], asked: Sequence[Asked] | None = None) -> None:
        """A question that raises such an error has that as its outcome, and goes no further."""
        left = [one for one in (self.asked if asked is None else asked) if not one.failed]
        self.told(name)

        def run(one: Asked) -> None:
            began = time.perf_counter()
            with counting() as calls:
                try:
                    work(one)
                except self.caught as error:
                    one.outcome, one.failed = error, True
            one.calls += calls
            one.seconds[name] = one.seconds.get(name, 0.0) + time.perf_counter() - began

        side_by_side(run, left, self._width)

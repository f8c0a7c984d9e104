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
stage, in groups, so that a slow model always has many requests before it; one question is many of which there is one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from seewhy.asked import Asked, Work
from seewhy.candidates import Counts, Twins, load_twins, retrieve, shortlist
from seewhy.engine import Engine
from seewhy.errors import QueryError, SeewhyError
from seewhy.fusion import ahead, notes_of
from seewhy.hits import ranked_hits
from seewhy.types.calls import Usage
from seewhy.types.hit import SearchResult
from seewhy.types.query import Filters

if TYPE_CHECKING:
    from seewhy.refine import Budget

MAX_HITS = 10_000
"""More than this is a mistake, not a wish."""
TOGETHER = 128
"""Questions that go through the stages together: twice as many as requests can be under way, so that no model waits.
Each holds its candidates with their verdicts until it is answered, some 3 MB."""


def search(question: str, engine: Engine, *, k: int = 10, filters: Filters | None = None) -> SearchResult:
    """Answer a question in words with ranked videos, moments, masks and a verdict per condition.

    Args:
        question: what is looked for, in words.
        engine: the parts that answer it.
        k: number of hits returned, best first.
        filters: restricts the gallery.

    Raises:
        QueryError: an empty or over-long question, k out of range, or filters that name a video that is not in the
            library.
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
        QueryError: k out of range, or filters that name a video that is not in the library.
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
        QueryError: k out of range, or filters that name a video that is not in the library.
    """
    outside = [one.k for one in asked if not 1 <= one.k <= MAX_HITS]
    if outside:
        raise QueryError(f"k is the number of hits wanted, 1 to {MAX_HITS}, got {outside[0]}")
    for named in dict.fromkeys(one.filters.videos for one in asked if one.filters is not None and one.filters.videos):
        unknown = sorted(video for video in named if video not in engine.gallery)
        if unknown:
            raise QueryError(f"filter: no video {unknown[0]!r} is indexed in this library; 'seewhy videos' lists them")
    return _answers(asked, engine, understand, Work(width, told or (lambda _: None), caught))


def _answers(
    asked: Sequence[Asked], engine: Engine, understand: Sequence[Stage], work: Work
) -> Iterator[SearchResult | Exception]:
    twins, counts = Twins(engine.twins), Counts(engine)
    budgets: dict[str, Budget] = {}
    for start in range(0, len(asked), TOGETHER):
        group = asked[start : start + TOGETHER]
        for name, understood in understand:
            work.stage(name, _with(engine, understood), group)
        find_all(group, engine, twins, work)
        work.stage("judge", lambda one: judge(one, engine), group)
        for _ in range(engine.rounds if engine.refiner is not None else 0):
            work.stage("plan", lambda one: plan(one, engine), group)
            changed = refine([one for one in group if one.wanted and not one.failed], engine, twins, work, budgets)
            if not changed:
                break
            find_all(changed, engine, twins, work)
            work.stage("judge", lambda one: judge(one, engine), changed)
        for one in group:  # ranked when it is asked for: hits are many
            work.stage("rank", lambda one: answer(one, engine, counts), [one])
            yield one.given()


def _with(engine: Engine, work: Callable[[Asked, Engine], None]) -> Callable[[Asked], None]:
    return lambda one: work(one, engine)


Stage = tuple[str, Callable[[Asked, Engine], None]]
"""Name and work of a stage."""


# The stages


def decompose(asked: Asked, engine: Engine) -> None:
    """Question → conditions. Raises QueryError."""
    asked.query = engine.decomposer.decompose(asked.question)


def find_all(asked: Sequence[Asked], engine: Engine, twins: Twins, work: Work) -> None:
    """Candidates of all; before they are looked for one by one, channels may work for all of them."""
    left, began = [one for one in asked if not one.failed], time.perf_counter()
    ahead(engine, [(one.query, one.reference) for one in left], work.told, work.caught)
    for one in left:
        one.seconds["candidates"] = (time.perf_counter() - began) / len(left) + one.seconds.get("candidates", 0.0)
    work.stage("candidates", lambda one: find(one, engine, twins), left)


def find(asked: Asked, engine: Engine, twins: Twins) -> None:
    """Conditions → candidates with their twins, checked by rules."""
    candidates = retrieve(asked.query, engine, max(asked.k, engine.candidates), asked.filters, asked.reference)
    asked.notes |= dict.fromkeys(notes_of(engine, asked.reference.twin.id if asked.reference is not None else None))
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


def refine(asked: Sequence[Asked], engine: Engine, twins: Twins, work: Work, budgets: dict[str, Budget]) -> list[Asked]:
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


def answer(asked: Asked, engine: Engine, counts: Counts) -> None:
    """Verdicts → ranked hits."""
    gallery, filtered, excluded = counts.of(asked.filters, asked.query.exclude)
    hits = ranked_hits(asked.query, asked.pairs, asked.verdicts, engine, asked.judged, asked.k)
    of_judge = (note for verdict in asked.verdicts for note in verdict.degraded)
    of_reference = asked.reference.degraded if asked.reference is not None else ()
    degraded = (*of_reference, *asked.query.degraded, *asked.unreadable, *asked.notes, *of_judge)
    asked.outcome = SearchResult(
        query=asked.query,
        hits=hits,
        no_match=not any(hit.matched for hit in hits),
        tau=engine.tau,
        gallery=gallery,
        filtered=filtered,
        excluded=excluded,
        seconds=asked.seconds,
        reference_paths=asked.reference.paths if asked.reference is not None else (),
        refinements=tuple(asked.refinements),
        calls=tuple(asked.calls),
        usage=Usage.of(asked.calls),
        degraded=tuple(dict.fromkeys(degraded)),
    )

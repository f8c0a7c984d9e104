"""The Reasoning Score: a language model marks what was reasoned about edits, held against the truth of the data set.

After the measure of that name in CoVR-R (arXiv 2603.20190), with a rubric of our own in a versioned prompt: ten
dimensions, 1 to 10 each; a trace's score is their mean. Marks of different judges or prompts do not compare, so that a
table names both. Every trace is marked in two runs, and how far these agree is reported beside the score: a difference
between two systems that is smaller than that between two runs says nothing.

Of an edit about which nothing was reasoned, because the system declined, failed, or was not asked for want of a video,
there is no trace, or an empty one. That has the lowest mark in every dimension, as the rubric says of an empty trace,
and nobody is asked: to say nothing is never better than to be wrong. How many these are is said beside the score; of
how far two runs agree they say nothing. An edit of whose target the data set says nothing cannot be marked, whoever
reasoned; and that no usable reply of the judge came is not the system's fault. Both are left out of the mean, and
counted in the coverage.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Any, Literal, NamedTuple, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from seewhy.bench.datasets import ComposedQuery
from seewhy.errors import ModelError
from seewhy.models.asking import ask_all, counting
from seewhy.models.language import LanguageModel, Request
from seewhy.models.prompt import Prompt, load_prompt
from seewhy.plain import as_data, plain
from seewhy.types.base import Frozen
from seewhy.types.calls import Usage
from seewhy.types.trace import Trace

Dimension = Literal[
    "edit", "states", "actions", "scene", "camera", "tempo", "causes", "kept", "complete", "accurate"
]  # fmt: skip
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
RUNS = 2
"""in which every trace is marked: samples 0 and 1"""
TEMPERATURE = 0.7
"""of both: at 0 two runs would agree whatever the marks are worth"""
WORST, BEST = 1, 10
MOST = 2000
"""characters of a text that the judge is shown; descriptions of CoVR-R have about 1,000"""

Mark = Annotated[
    int, Field(ge=WORST, le=BEST), WithJsonSchema({"type": "integer", "enum": list(range(WORST, BEST + 1))})
]


class Marks(BaseModel):
    """The reply of a judge. Reason before marks, because a model thinks while it writes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[^\\n]{0,600}$"})]
    edit: Mark
    states: Mark
    actions: Mark
    scene: Mark
    camera: Mark
    tempo: Mark
    causes: Mark
    kept: Mark
    complete: Mark
    accurate: Mark


class Marked(Frozen):
    """One run's marks for a trace."""

    marks: dict[Dimension, int]
    """1..10"""
    reason: str = ""

    @property
    def score(self) -> float:
        """Their mean, 1..10."""
        return sum(self.marks.values()) / len(self.marks)


class Scored(Frozen):
    """What became of a trace."""

    runs: tuple[Marked | None, ...] = ()
    """None: in this run no usable reply came; empty: nobody was asked"""
    absent: bool = False
    """True: there was nothing to mark, which has the lowest mark in every dimension"""
    failures: tuple[str, ...] = ()
    """why it has no marks, or not in every run, each once"""
    judged_by: str
    """model and prompt"""
    usage: Usage = Usage()

    @property
    def score(self) -> float | None:
        """Mean over the runs in which it was marked, 1..10; None: in none."""
        return None if self.marks is None else sum(self.marks.values()) / len(self.marks)

    @property
    def marks(self) -> dict[Dimension, float] | None:
        """Of each dimension the mean over those runs; None: in none."""
        if self.absent:
            return dict.fromkeys(DIMENSIONS, float(WORST))
        runs = [run.marks for run in self.runs if run is not None]
        return {name: sum(run[name] for run in runs) / len(runs) for name in DIMENSIONS} if runs else None

    def in_run(self, number: int) -> float | None:
        """The score in one run, counted from 0; None: it has none there."""
        if self.absent:
            return float(WORST)
        run = self.runs[number] if number < len(self.runs) else None
        return run.score if run is not None else None


class Agreement(NamedTuple):
    """How far two runs agree, over the traces that were marked in both."""

    traces: int
    difference: float
    """mean absolute difference of their scores"""
    pearson: float | None
    """correlation of their scores; None: fewer than three, or all alike in one run"""
    spearman: float | None
    """of their ranks, ties sharing the mean rank"""


def score_traces(
    model: LanguageModel, asked: Sequence[tuple[ComposedQuery, Trace | None]], runs: int = RUNS
) -> list[Scored]:
    """Have traces marked.

    Args:
        asked: edits and what was reasoned about them; None, or nothing in it: nothing was.
        runs: how often each is marked.

    Returns:
        one for each, in the order given.
    """
    prompt = load_prompt("seewhy.bench", "reasoning_score")
    judge = f"{model.name_for(_Nothing)}:{prompt.id}"
    given = [(query, None if trace == Trace() else trace) for query, trace in asked]
    reasons = [why_not(query) for query, _ in given]
    requests = [
        _request(prompt, query, trace, sample)
        for (query, trace), reason in zip(given, reasons, strict=True)
        if trace is not None and reason is None
        for sample in range(runs)
    ]
    with counting() as calls:
        outcomes = ask_all(model, requests)
    replies = iter(zip(outcomes, calls, strict=True))
    scored = []
    for (_, trace), reason in zip(given, reasons, strict=True):
        if reason is not None:
            scored.append(Scored(failures=(reason,), judged_by=judge))
            continue
        if trace is None:
            scored.append(Scored(absent=True, judged_by=judge))
            continue
        own, made = zip(*islice(replies, runs), strict=True)
        failed = [f"{type(one).__name__}: {one}" for one in own if isinstance(one, ModelError)]
        marked = tuple(None if isinstance(one, ModelError) else _marked(one.value) for one in own)
        scored.append(Scored(runs=marked, failures=tuple(dict.fromkeys(failed)), judged_by=judge, usage=Usage.of(made)))
    return scored


def why_not(query: ComposedQuery) -> str | None:
    """Why what is reasoned about an edit cannot be marked; None: it can."""
    if not _truth(query):
        return "the data set says nothing of the target"
    return None


def agreement(scored: Sequence[Scored], first: int = 0, second: int = 1) -> Agreement | None:
    """Of two runs; None where no trace was marked in both."""
    pairs = [
        (one.runs[first], one.runs[second]) for one in scored if len(one.runs) > max(first, second)
    ]  # fmt: skip
    scores = np.array([(a.score, b.score) for a, b in pairs if a is not None and b is not None], np.float64)
    if not len(scores):
        return None
    ones, twos = scores.T
    return Agreement(len(scores), float(np.abs(ones - twos).mean()), _pearson(ones, twos), spearman(ones, twos))


def spearman(ones: np.ndarray[Any, Any], twos: np.ndarray[Any, Any]) -> float | None:
    """Correlation of ranks, ties sharing the mean rank; None as for Pearson's.

    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 25.0]))
    1.0
    """
    return _pearson(_ranks(ones), _ranks(twos))


def _ranks(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    smaller = (values[None] < values[:, None]).sum(axis=1)
    alike = (values[None] == values[:, None]).sum(axis=1)
    return np.asarray(smaller + (alike + 1) / 2, np.float64)


def _pearson(ones: np.ndarray[Any, Any], twos: np.ndarray[Any, Any]) -> float | None:
    if len(ones) < 3 or np.ptp(ones) == 0 or np.ptp(twos) == 0:
        return None
    return float(round(np.corrcoef(ones, twos)[0, 1], 9))


def _marked(marks: Marks) -> Marked:
    return Marked(marks={name: getattr(marks, name) for name in DIMENSIONS}, reason=plain(marks.reason, MOST))


def _truth(query: ComposedQuery) -> dict[str, str | list[str]]:
    """What the data set says of the target; empty: nothing."""
    said: dict[str, str | list[str]] = {}
    if query.reasoning:
        said["reasoning about the target"] = plain(query.reasoning, MOST)
    if query.target_description:
        said["what the target shows"] = plain(query.target_description, MOST)
    if query.after_effects:
        said["after-effects"] = [plain(effect, MOST) for effect in query.after_effects]
    return said


def _request(prompt: Prompt, query: ComposedQuery, trace: Trace, sample: int) -> Request[Marks]:
    told = {name: value for name, value in trace.model_dump(mode="json").items() if value}
    shows = plain(query.reference_description, MOST) or "nothing is known of it"
    values = {
        "edit": as_data(plain(query.edit, MOST)),
        "reference": as_data(shows),
        "truth": as_data(_truth(query)),
        "trace": as_data(_plained(told)),
    }
    return Request(
        purpose="score",
        subject=f"the reasoning about {query.id}: {plain(query.edit, 60)}",
        prompt=prompt.id,
        messages=prompt.fill(values),
        schema=Marks,
        sample=sample,
        hints=values,
        temperature=TEMPERATURE,
    )


def _plained(value: Any) -> Any:
    """Every text in it, made plain: traces come from a model that has read strangers' words."""
    if isinstance(value, str):
        return plain(value, MOST)
    if isinstance(value, dict):
        return {name: _plained(inner) for name, inner in value.items()}
    return [_plained(inner) for inner in value]


_Nothing: Request[Marks] = Request("score", "", "", (), Marks)
"""Stands for every request of this kind where only the model's name is asked for."""

"""The requests of judging: many candidates, one, one with a question about nothing, and two to compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seewhy.models.language import Request
from seewhy.models.prompt import Prompt, load_prompt
from seewhy.reason.judging.asked import Asked, asked
from seewhy.reason.judging.replies import SCENE, Comparison, Judgement, judgement
from seewhy.reason.judging.shown import Shown, alone, records
from seewhy.reason.plan import Plan
from seewhy.twin.digest import LEGEND
from seewhy.types.query import Condition, Query

PACKAGE = "seewhy.reason"
NULL = asked(
    Plan(
        Query(text="N/A", conditions=(Condition(id="c1", kind="free", text="N/A"),), decomposed_by="null@1"),
    )
)
"""A question about nothing (Zhao et al., ICML 2021: what a model answers to no content is its bias)."""


def listwise_prompt() -> Prompt:
    return load_prompt(PACKAGE, "judge")


def pointwise_prompt() -> Prompt:
    return load_prompt(PACKAGE, "judge_point")


def pairwise_prompt() -> Prompt:
    return load_prompt(PACKAGE, "judge_pair")


def listwise(question: Asked, shown: Sequence[Shown]) -> Request[Judgement]:
    """All these candidates in one request."""
    return _judgement(listwise_prompt(), question, shown)


def pointwise(question: Asked, shown: Shown) -> Request[Judgement]:
    """One candidate; nothing in the request says which of how many it is."""
    return _judgement(pointwise_prompt(), question, [alone(shown)])


def pairwise(question: Asked, first: Shown, second: Shown) -> Request[Comparison]:
    """Which of two candidates answers the question better."""
    values = {
        "legend": LEGEND,
        "question": question.text,
        "first": first.digest.text,
        "second": second.digest.text,
    }
    prompt = pairwise_prompt()
    return Request(
        purpose="judge",
        subject=question.query.text,
        prompt=prompt.id,
        messages=prompt.fill(values),
        schema=Comparison,
        hints={**values, "mode": prompt.name},
    )


def _judgement(prompt: Prompt, question: Asked, shown: Sequence[Shown]) -> Request[Judgement]:
    values = {"legend": LEGEND, "question": question.text, "records": records(shown)}
    return Request(
        purpose="judge",
        subject=question.query.text,
        prompt=prompt.id,
        messages=prompt.fill(values),
        schema=judgement(
            tuple(one.handle for one in shown),
            tuple(question.entities),
            tuple(statement.handle for statement in question.statements),
            _each_once(name for one in shown for name in one.track_of),
            _each_once(name for one in shown for name in one.digest.evidence),
        ),
        hints={**values, "mode": prompt.name, "videos": " ".join(one.item.candidate.video for one in shown)},
    )


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    """Ids with numbers by letter and number, then the others."""
    return tuple(sorted(set(names) - {SCENE}, key=lambda name: (not name[1:].isdecimal(), name[:1], len(name), name)))

"""The requests of judging: many candidates, one, one with a question about nothing, and two to compare.

Of a question, and of an edit of a reference video, which has prompts of its own: there the model is shown the
reference, too, and asked which candidate is the reference with the edit done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from seewhy.models.language import Part, Request
from seewhy.models.prompt import Prompt, load_prompt
from seewhy.reason.judging.asked import Asked, asked
from seewhy.reason.judging.edited import Edited
from seewhy.reason.judging.replies import SCENE, Comparison, Judgement, judgement
from seewhy.reason.judging.shown import Shown, alone, records
from seewhy.reason.plan import Plan
from seewhy.settings import JudgeSettings
from seewhy.twin.digest import LEGEND
from seewhy.types.query import Condition, Query

PACKAGE = "seewhy.reason"
NULL = asked(
    Plan(
        Query(text="N/A", conditions=(Condition(id="c1", kind="free", text="N/A"),), decomposed_by="null@1"),
    )
)
"""A question about nothing (Zhao et al., ICML 2021: what a model answers to no content is its bias). As an edit, it
measures how well a candidate would do by being like the reference."""


def listwise_prompt(*, edits: bool = False) -> Prompt:
    return load_prompt(PACKAGE, "judge_edit" if edits else "judge")


def pointwise_prompt(*, edits: bool = False) -> Prompt:
    return load_prompt(PACKAGE, "judge_edit_point" if edits else "judge_point")


def pairwise_prompt(*, edits: bool = False) -> Prompt:
    return load_prompt(PACKAGE, "judge_edit_pair" if edits else "judge_pair")


def prompts(settings: JudgeSettings, *, edits: bool = False) -> tuple[Prompt, ...]:
    """Those that a mode uses."""
    if settings.mode == "listwise":
        return (listwise_prompt(edits=edits),)
    comparing = (pairwise_prompt(edits=edits),) if settings.mode == "pairwise" else ()
    return (pointwise_prompt(edits=edits), *comparing)


def listwise(question: Asked, shown: Sequence[Shown], edited: Edited | None = None) -> Request[Judgement]:
    """All these candidates in one request."""
    return _judgement(listwise_prompt(edits=edited is not None), question, shown, edited)


def pointwise(question: Asked, shown: Shown, edited: Edited | None = None) -> Request[Judgement]:
    """One candidate; nothing in the request says which of how many it is."""
    return _judgement(pointwise_prompt(edits=edited is not None), question, [alone(shown)], edited)


def pairwise(question: Asked, first: Shown, second: Shown, edited: Edited | None = None) -> Request[Comparison]:
    """Which of two candidates answers the question better."""
    records = {"first": first.digest.text, "second": second.digest.text}
    values = _values(question, {"first": first, "second": second}, edited, records)
    prompt = pairwise_prompt(edits=edited is not None)
    return Request(
        purpose="judge",
        subject=question.query.text,
        prompt=prompt.id,
        messages=prompt.fill(values),
        schema=Comparison,
        hints={**_texts(values), "mode": prompt.name},
    )


def _judgement(prompt: Prompt, question: Asked, shown: Sequence[Shown], edited: Edited | None) -> Request[Judgement]:
    values = _values(question, {one.handle: one for one in shown}, edited, {"records": records(shown)})
    videos = " ".join(one.item.candidate.video for one in shown)
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
        hints={**_texts(values), "mode": prompt.name, "videos": videos},
    )


Values = Mapping[str, str | tuple[Part, ...]]


def _values(question: Asked, shown: Mapping[str, Shown], edited: Edited | None, told: Mapping[str, str]) -> Values:
    """What a prompt is filled with; `told`: the candidates' records."""
    if edited is None:
        return {"legend": LEGEND, "question": question.text, **told}
    return {
        "legend": LEGEND,
        "reference": edited.record.text,
        "edit": question.edit,
        **told,
        "pictures": edited.pictures(shown),
    }


def _texts(values: Values) -> dict[str, str]:
    return {name: value for name, value in values.items() if isinstance(value, str)}


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    """Ids with numbers by letter and number, then the others."""
    return tuple(sorted(set(names) - {SCENE}, key=lambda name: (not name[1:].isdecimal(), name[:1], len(name), name)))

"""The prompts of reasoning say what the schemas ask for."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from seewhy.models.prompt import load_prompt
from seewhy.models.schema import strict_schema
from seewhy.reason.composing.reply import MOST_CHANGES, Imagination, Reasoning
from seewhy.reason.decompose.reply import Amount, Check, Decomposition, SceneLook
from seewhy.reason.decompose.reply import Look as AskedLook
from seewhy.reason.decompose.vocabulary import VOCABULARY
from seewhy.reason.judging.replies import MOST_GAPS, Comparison, judgement
from seewhy.reason.planning import STEPS, plan_schema
from seewhy.twin.digest import LEGEND
from seewhy.twin.digest_video import WEIGHTS
from seewhy.types.query import Measure
from seewhy.types.trace import FACETS, MOST_ASSERTIONS
from seewhy.types.twin import EVENT_NAMES, RELATION_NAMES, STEP_NAMES

JUDGEMENT = judgement(("v1",), ("x1",), ("c1",), ("t1",), ("t1", "e1"))
SCHEMAS: dict[str, Any] = {
    "decompose": Decomposition,
    "judge": JUDGEMENT,
    "judge_point": JUDGEMENT,
    "judge_pair": Comparison,
    "judge_edit": JUDGEMENT,
    "judge_edit_point": JUDGEMENT,
    "judge_edit_pair": Comparison,
    "plan": plan_schema(("v1",), ("t1",), ("look",), 3),
    "compose_reason": Reasoning,
    "compose_join": Reasoning,
    "compose_describe": Decomposition,
    "compose_single": Imagination,
}


def whole(name: str) -> str:
    return "\n".join(text for _, text in load_prompt("seewhy.reason", name).sections)


def fields(schema: Any) -> set[str]:
    """Names of all fields, however deep."""
    if isinstance(schema, list):
        return set().union(*map(fields, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", {})).union(*(fields(value) for value in schema.values()))


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_of_the_schema_is_named(name: str) -> None:
    assert fields(strict_schema(SCHEMAS[name])) <= set(re.findall(r"\w+", whole(name)))


def test_the_list_of_checks_is_that_of_the_schema() -> None:
    said = set(re.findall(r"[a-z_]+", VOCABULARY))
    kinds = (AskedLook, SceneLook, Amount, Measure)
    every = {"is_a", "before", *EVENT_NAMES, *RELATION_NAMES, *(name for kind in kinds for name in get_args(kind))}
    assert every <= said
    assert every | {"none"} == set(_flat(Check))


def _flat(literal: Any) -> list[str]:
    return [one for value in get_args(literal) for one in ([value] if isinstance(value, str) else _flat(value))]


def test_steps_are_those_that_there_are() -> None:
    assert set(STEPS) == set(STEP_NAMES)


@pytest.mark.parametrize("name", ["judge", "judge_point", "judge_edit", "judge_edit_point"])
def test_the_number_of_gaps_is_that_of_the_schema(name: str) -> None:
    assert f"at most {({3: 'three'})[MOST_GAPS]} short questions" in whole(name)


@pytest.mark.parametrize("name", ["compose_reason", "compose_join", "compose_single"])
def test_the_numbers_of_after_effects_are_those_of_the_schema(name: str) -> None:
    assert f"At most {MOST_ASSERTIONS} in each of {', '.join(FACETS)}" in whole(name)
    assert f"At most {MOST_CHANGES} in each of keep, remove, add, alter" in whole(name)


def test_the_legend_names_every_line_of_a_record() -> None:
    assert set(WEIGHTS) <= set(re.findall(r"\w+", LEGEND))

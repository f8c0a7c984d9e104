"""Whatever a model replies that fits the schema becomes a query that can be searched and judged."""

from __future__ import annotations

from typing import Any, get_args

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import candidate, go, rest, thing, world

from seewhy.reason.decompose.reading import ABSENT_TOGETHER, MOST_WEIGHT, read
from seewhy.reason.decompose.reply import Check, ConditionId, Decomposition, EntityId, FreeKind, Party
from seewhy.reason.judge import RulesJudge
from seewhy.reason.plan import Plan, entities_of
from seewhy.twin.looks import known_values
from seewhy.types.hit import Candidate
from seewhy.types.query import Query, When
from seewhy.types.twin import Twin

SCHEMA = Decomposition.model_json_schema()
"""what a reader takes; a decoder that is held to the form that is sent writes no quote within a line"""
PATHS = (rest(0.2, 0.3), rest(0.7, 0.6), go(0.1, 0.5, 0.9, 0.5), go(0.8, 0.2, 0.3, 0.9), go(-0.2, 0.4, 0.6, 0.4))

lines = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1, max_size=30)
words = st.sampled_from(
    ["none", "", "dog", "ball", "Square", "person", "thing", "red", "night", "pan left", "two words", "собака"]
    + [value for kind in ("shape", "size", "pace") for value in known_values(kind)]  # type: ignore[arg-type]
)
parties = st.sampled_from(["e1", "e2", "e3"]) | st.sampled_from(get_args(Party))
conditions = st.fixed_dictionaries(
    {
        "id": st.sampled_from(get_args(ConditionId)),
        "text": lines,
        "negated": st.booleans(),
        "kind": st.sampled_from(get_args(FreeKind)),
        "check": st.sampled_from(get_args(Check)),
        "subject": parties,
        "value": words,
        "object": parties,
        "number": st.integers(-3, 14),
        "when": st.sampled_from(get_args(When)),
        "weight": st.floats(allow_nan=False, allow_infinity=False),
        "imagined": st.lists(lines, max_size=4),
    }
)
replies = st.fixed_dictionaries(
    {
        "seen": lines,
        "entities": st.lists(
            st.fixed_dictionaries({"id": st.sampled_from(get_args(EntityId)), "phrase": lines}), max_size=8
        ),
        "conditions": st.lists(conditions, min_size=1, max_size=12),
        "not_visible": st.lists(lines, max_size=4),
        "aggregation": st.sampled_from(["mean", "min"]),
    }
)


@st.composite
def twins(draw: st.DrawFn) -> Twin:
    tracks = [
        thing(
            number,
            path,
            label=draw(st.sampled_from(["object", "dog", "person"])),
            color=draw(st.sampled_from(["red", "blue"])),
            shape=draw(st.sampled_from(["round", "square"])),
        )
        for number, path in enumerate(draw(st.lists(st.sampled_from(PATHS), max_size=3)), start=1)
    ]
    return world("w", *tracks)


@given(replies, twins())
@settings(max_examples=250, deadline=None, derandomize=True)
def test_any_reply_of_the_schema_becomes_a_query_that_can_be_judged(answer: dict[str, Any], twin: Twin) -> None:
    jsonschema.validate(answer, SCHEMA)
    query = read(Decomposition.model_validate(answer), "what was asked", "test@1")
    if query is None:
        assert not any(text.isprintable() and text.strip(" .;") for c in answer["conditions"] for text in [c["text"]])
        return
    _well_formed(query)
    (verdict,) = RulesJudge().judge(query, [_matched(query, twin)])
    assert 0 <= verdict.relevance <= 1
    assert [answer.condition for answer in verdict.conditions] == [c.id for c in query.conditions]


def _well_formed(query: Query) -> None:
    assert [c.id for c in query.conditions] == [f"c{n}" for n in range(1, len(query.conditions) + 1)]
    assert Query.model_validate_json(query.model_dump_json()) == query
    declared = {entity.id for entity in query.entities}
    for condition in query.conditions:
        assert condition.text.removeprefix("not: ").strip()
        assert condition.text.startswith("not: ") is condition.negated
        assert condition.text.isprintable()
        assert 0.25 <= condition.weight <= MOST_WEIGHT
        assert len(condition.imagined) <= 4
        assert all(0 < len(sentence) <= 160 and sentence.isprintable() for sentence in condition.imagined)
        assert not (condition.negated and condition.imagined)
        assert condition.predicate is None or set(entities_of(condition.predicate)) <= declared
    assert any(not condition.negated for condition in query.conditions)
    plan = Plan(query)
    for group in plan.groups.values():
        absent = {e for c in group for e in plan.entities[c.id]} - set(plan.bound)
        assert len(absent) <= ABSENT_TOGETHER


def _matched(query: Query, twin: Twin) -> tuple[Candidate, Twin]:
    """With a sentence for every condition that is searched for."""
    return candidate(twin, {c.id: (0.4, "a sentence") for c in query.conditions if not c.negated})


def test_everything_denied_of_everything_is_judged_in_a_moment() -> None:
    """Eight things that must not be near each other, in a twin of twelve: without a limit on what is denied together,
    the judge would try 12! / 4! choices of tracks."""
    entities = [{"id": id_, "phrase": "a thing"} for id_ in get_args(EntityId)]
    said = [
        {"id": f"c{n + 1}", "text": f"fact {n}", "negated": True, "check": "near", "subject": f"e{n % 8 + 1}",
         "object": f"e{(3 * n + 1) % 8 + 1}"}
        for n in range(12)
    ]  # fmt: skip
    query = read(Decomposition.model_validate({"seen": "x", "entities": entities, "conditions": said}), "q", "test@1")
    assert query is not None
    _well_formed(query)
    twin = world("w", *(thing(n, rest(0.07 * n, 0.5), side=0.06) for n in range(1, 13)))
    (verdict,) = RulesJudge().judge(query, [candidate(twin)])
    assert len(verdict.conditions) == len(query.conditions)

"""Text → value, whatever a model writes around it."""

from __future__ import annotations

import contextlib
import json
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from language_requests import RED, Color
from pydantic import BaseModel, ConfigDict

from seewhy.models.parsing import MOST_PROBLEMS, Unfit, read_reply

FITS = Color(why="it is", name="red", sure=0.9)


@pytest.mark.parametrize(
    "text",
    [
        RED,
        f"  {RED}\n",
        f"```json\n{RED}\n```",
        f"Sure! Here it is: {RED} I hope that helps {{x}}.",
        f'<think>maybe {{"why": "no", "name": "green", "sure": 1}}</think>{RED}',
        f'the end of some thought {{"why": "no", "name": "green", "sure": 1}} </think>\n\n{RED}',
        f"<Reasoning>\n{{\n</Reasoning>{RED}",
        f'It has to look like {{"why": ..., "name": ..., "sure": ...}}: {RED}',
        f'Not {{"why":"no","name":"green","sure":1}} but {RED}',
        f'{RED} (see {{"schema": 1}})',
        json.dumps(json.loads(RED), indent=4),
        "\ufeff" + RED,
    ],
)
def test_the_answer_is_found(text: str) -> None:
    assert read_reply(text, Color) == FITS


def test_tags_and_braces_within_the_answer_are_its_own() -> None:
    text = '{"why":"<think>{ }</think> \\"quoted\\" }","name":"red","sure":1}'
    assert read_reply(text, Color).why == '<think>{ }</think> "quoted" }'


def test_line_breaks_in_strings_are_let_through() -> None:
    assert read_reply('{"why":"one\ntwo\tthree","name":"red","sure":1}', Color).why == "one\ntwo\tthree"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no JSON object"),
        ("I cannot see any color.", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ('"red"', "no JSON object"),
        ('{"why":"it is","name":"red"', "its JSON is broken: Expecting ',' delimiter"),
        ('{"why":"it is', "its JSON is broken: Unterminated string"),
        ("{'why':'it is','name':'red','sure':1}", "no JSON object"),
        ('{"why":"","name":"red","sure":NaN}', "NaN is not JSON"),
        ('{"a":' * 3000, "nested too deeply"),
        ("{" * 10_000, "no JSON object"),
        ('{"name":"red","sure":1}', "why: Field required"),
        ('{"why":1,"name":"red","sure":1}', "why: Input should be a valid string (given 1)"),
        ('{"why":"","name":"mauve","sure":1}', "name: Input should be 'red', 'green' or 'blue' (given \"mauve\")"),
        ('{"why":"","name":"red","sure":1,"note":"x"}', "note: Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_said(text: str, says: str) -> None:
    with pytest.raises(Unfit) as caught:
        read_reply(text, Color)
    assert says in str(caught.value)
    assert caught.value.shape


def test_a_value_out_of_range_has_the_right_shape() -> None:
    with pytest.raises(Unfit) as caught:
        read_reply('{"why":"","name":"red","sure":1.5}', Color)
    assert str(caught.value) == "sure: Input should be less than or equal to 1 (given 1.5)"
    assert not caught.value.shape


def test_nothing_inside_a_broken_object_is_taken_for_the_answer() -> None:
    with pytest.raises(Unfit, match="broken"):
        read_reply(f'{{"candidates": [{RED}, {RED}', Color)


class Many(BaseModel):
    model_config = ConfigDict(extra="forbid")
    yes: list[Literal["yes"]]


def test_a_message_names_some_problems_and_counts_the_rest() -> None:
    with pytest.raises(Unfit) as caught:
        read_reply(json.dumps({"yes": ["no" * 500] * 30}), Many)
    message = str(caught.value)
    assert message.count("yes.") == MOST_PROBLEMS
    assert message.endswith(f"and {30 - MOST_PROBLEMS} more")
    assert len(message) < 1500


@given(st.text(alphabet='{}[]":,<>/think \\ntrue0.5ÿ', max_size=60), st.text(alphabet="{}` \n<think>/", max_size=30))
def test_no_text_does_harm(before: str, after: str) -> None:
    with contextlib.suppress(Unfit):
        assert isinstance(read_reply(before + RED + after, Color), Color)

"""The prompts of looking say what the schemas and the code ask for: neither can change without the other."""

from __future__ import annotations

import re
from typing import Any

import pytest

from seewhy.models.prompt import load_prompt
from seewhy.models.schema import strict_schema
from seewhy.perceive.hosted import reading, replies
from seewhy.perceive.hosted.shown import PROMPT_PACKAGE
from seewhy.twin.looks import known_values
from seewhy.twin.vocabulary import ENCOUNTERS
from seewhy.types.twin import EVENT_NAMES

SCHEMAS: dict[str, Any] = {
    "describe": replies.describe_reply([1, 2], [0, 5]),
    "look": replies.look_reply([1, 2], [0, 5]),
    "track": replies.track_reply(1, [2]),
    "find": replies.find_reply([0, 5]),
    "text": replies.TextReply,
}
UNSAID = {"id"}
"""fields that need no word: they are an enum of the numbers that the prompt speaks of"""


def system(name: str) -> str:
    text: str = load_prompt(PROMPT_PACKAGE, name).sections[0][1]
    return text


def fields(schema: Any) -> set[str]:
    """Names of all fields, however deep."""
    if isinstance(schema, list):
        return set().union(*map(fields, schema))
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {}))
    return own.union(*(fields(value) for value in schema.values()))


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_of_the_schema_is_named(name: str) -> None:
    said = set(re.findall(r"\w+", system(name).replace("names", "names name")))
    assert fields(strict_schema(SCHEMAS[name])) - UNSAID <= said


@pytest.mark.parametrize("name", ["describe", "look", "track"])
def test_kinds_of_looks_are_those_of_the_schema(name: str) -> None:
    said = re.search(r"kind is ([\w, ]+)[;.]", re.sub(r" \([^)]*\)", "", system(name)))
    assert said is not None
    assert tuple(re.split(r", | or ", said[1])) == replies.LOOKS


@pytest.mark.parametrize("name", ["describe", "track"])
def test_colors_are_those_that_twins_know(name: str) -> None:
    said = re.search(r"Colors: ([\w, ]+)\.", system(name))
    assert said is not None
    assert tuple(said[1].split(", ")) == replies.COLORS
    assert set(replies.COLORS) <= set(known_values("color"))


def test_words_of_the_picture_are_those_of_the_schema_and_of_twins() -> None:
    lists = {
        "setting": replies.SETTINGS,
        "time_of_day": replies.TIMES_OF_DAY,
        "brightness": replies.LIGHTS,
        "shot_scale": replies.SHOT_SCALES,
        "pace of what happens": replies.PACES,
        "motion": replies.CAMERA_MOTIONS,
    }
    for field, words in lists.items():
        assert f"{field}: {', '.join(words)}." in system("describe")
    kinds = ("setting", "time_of_day", "brightness", "shot_scale", "pace", "camera_motion")
    for kind, words in zip(kinds, lists.values(), strict=True):
        assert set(words) <= set(known_values(kind))  # type: ignore[arg-type]  # the names of attribute kinds


def test_motions_are_those_of_geometry() -> None:
    said = re.search(r"exactly one of these words: ([\w, ]+)\.", system("describe"))
    assert said is not None
    plain_words = {"moves", "changes_color", *reading._RETOLD}  # mean more, or something else, in plain English
    assert said[1].split(", ") == [name for name in EVENT_NAMES if name not in plain_words]
    assert reading._AGAINST_ANOTHER == ENCOUNTERS


@pytest.mark.parametrize("name", ["describe", "look"])
def test_numbers_are_those_of_the_schema(name: str) -> None:
    assert f"missed: up to {replies.MOST_MISSED} objects" in system(name)
    assert f"names: up to {replies.MOST_NAMES}" in system(name)
    assert f"from 0 to {replies.BOX_UNITS}" in system(name)
    assert f"{replies.SURELY} certain" in system(name)

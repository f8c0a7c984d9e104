"""Filters between whose bounds no video can lie are refused when they are made, and say why."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from seewhy.types.base import words_of
from seewhy.types.query import Filters


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"min_duration": 5, "max_duration": 2}, "no video lasts 5 s or more and 2 s or less; change one of them"),
        ({"after": "2024-05-02", "before": "2024-05-01"}, "no video is of 2024-05-02 or later and before 2024-05-01"),
        ({"after": "2024-05-01", "before": "2024-05-01"}, "no video is of 2024-05-01 or later and before 2024-05-01"),
        ({"after": "2024-05-01T12:00", "before": "2024-05-01T13:00+02:00"}, "no video is of"),
        ({"after": "yesterday"}, "after: 'yesterday' is not a date; write it as 2024-05-31 or 2024-05-31T18:00"),
        ({"before": ""}, "before: '' is not a date"),
        ({"min_duration": -0.5}, "greater than or equal to 0"),
        ({"max_duration": math.nan}, "finite number"),
        ({"min_duration": math.inf}, "finite number"),
    ],
)
def test_what_admits_nothing_is_refused(wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Filters(**wanted)
    words = words_of(refused.value.errors()[0])
    assert said in words
    assert "Value error" not in words


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"videos": frozenset()},
        {"min_duration": 2, "max_duration": 2},
        {"after": "2024-05-01", "before": "2024-05-02"},
        {"after": "2024-05-01T12:00+02:00", "before": "2024-05-01T11:00"},
    ],
)
def test_what_may_admit_a_video_is_made(wanted: dict[str, Any]) -> None:
    assert Filters(**wanted).model_dump(exclude_defaults=True) == wanted

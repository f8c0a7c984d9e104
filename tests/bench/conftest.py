"""The data set that the tests of this folder read."""

from __future__ import annotations

import json

import pytest
from reel_files import VIDEOS, composed, implicit, mask_file, square, write_queries


@pytest.fixture
def reel(tmp_path):
    """The folder. Object 1 of a.mp4 stands still in frames 0-5, object 2 is seen in frame 0 only."""
    (tmp_path / "videos").mkdir()
    (tmp_path / "masks").mkdir()
    for name in VIDEOS:
        (tmp_path / "videos" / name).touch()
    frames = {index: {"1": square(10)} for index in range(6)}
    frames[0]["2"] = square(40)
    (tmp_path / "masks" / "a.json").write_text(json.dumps(mask_file("a.mp4", frames)))
    write_queries(
        tmp_path,
        implicit(),
        implicit(id="I2", kind="count", query="two balls", video="b.mp4", object_ids=None, near_misses=[]),
        composed(),
    )
    return tmp_path

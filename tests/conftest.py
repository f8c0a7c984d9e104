"""What tests of several folders share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from language_server import ControlledServer


@pytest.fixture(scope="session", autouse=True)
def _home_of_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is kept beside downloaded models is not written into the home of who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("models")))
        yield


@pytest.fixture(scope="session")
def _running_server() -> Iterator[ControlledServer]:
    from language_server import ControlledServer  # takes a moment to import, and most tests need none

    server = ControlledServer()
    yield server
    server.stop()


@pytest.fixture
def language_server(_running_server: ControlledServer) -> ControlledServer:
    """An OpenAI-compatible server on this machine, as new: see tests/models/language_server.py."""
    _running_server.reset()
    return _running_server


@pytest.fixture
def reel(tmp_path: Path) -> Path:
    """A data set in the Reel-97 format. Object 1 of a.mp4 stands still in frames 0-5, object 2 is in frame 0 only."""
    from reel_files import VIDEOS, composed, implicit, mask_file, square, write_queries

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

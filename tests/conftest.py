"""What tests of several folders share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from language_server import ControlledServer


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

"""The loop in the background."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError

import pytest

from seewhy.models.background import BackgroundLoop


async def where() -> str:
    return threading.current_thread().name


def test_it_runs_elsewhere_and_all_in_one_place() -> None:
    loop = BackgroundLoop("somewhere")
    assert {loop.submit(where).result() for _ in range(3)} == {"somewhere"}
    loop.close()


def test_closing_cancels_and_waits_for_the_end() -> None:
    loop = BackgroundLoop("x")
    ends: list[str] = []

    async def long() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.02)
            ends.append("task")

    async def last() -> None:
        ends.append("last")

    future = loop.submit(long)
    loop.submit(where).result()
    loop.close(last)
    assert ends == ["task", "last"]
    with pytest.raises(CancelledError):
        future.result()
    loop.close(last)
    assert ends == ["task", "last"]
    with pytest.raises(RuntimeError, match="x is closed"):
        loop.submit(where)


def test_errors_are_the_submitters_own() -> None:
    loop = BackgroundLoop("x")

    async def wrong() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        loop.submit(wrong).result()
    loop.close()

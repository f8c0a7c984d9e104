"""The loop in the background."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
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


def test_what_nobody_holds_any_more_ends_by_itself() -> None:
    loop = BackgroundLoop("dropped")
    ends: list[str] = []

    async def last() -> None:
        ends.append(threading.current_thread().name)

    async def from_within() -> None:
        loop.abandon(last)  # where a garbage collection may come upon it

    loop.submit(from_within).result()
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "dropped"] or [None]
    if thread is not None:
        thread.join(5)
        assert not thread.is_alive()
    assert ends == ["dropped"]
    loop.close()
    with pytest.raises(RuntimeError, match="dropped is closed"):
        loop.submit(where)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_does_not_wait_for_a_thread_that_it_has_not() -> None:
    code = """if True:
        import os
        from seewhy.models.background import BackgroundLoop
        loop = BackgroundLoop("x")
        async def nothing(): pass
        loop.submit(nothing).result()
        if os.fork() == 0:
            try:
                loop.submit(nothing)
            except RuntimeError as error:
                print(error, flush=True)
            loop.close()
            os._exit(0)
        os.wait()
        loop.submit(nothing).result()
        loop.close()
        """
    told = subprocess.check_output([sys.executable, "-W", "ignore", "-c", code], text=True, timeout=20)
    assert "not in its forks; make one there" in told


def test_errors_are_the_submitters_own() -> None:
    loop = BackgroundLoop("x")

    async def wrong() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        loop.submit(wrong).result()
    loop.close()

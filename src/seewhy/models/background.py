"""An event loop in a thread of its own, so that code without one can wait for what is asynchronous."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

R = TypeVar("R")


class BackgroundLoop:
    """Started at the first `submit`, for good stopped by `close`. The thread does not keep the interpreter alive."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = 0
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def running(self) -> bool:
        """Whether there is a thread to be ended; in a fork of its process there is none."""
        return self._loop is not None and not self._closed and self._process == os.getpid()

    def submit(self, work: Callable[[], Coroutine[Any, Any, R]]) -> Future[R]:
        """Start a coroutine in the loop. Cancelling the future cancels the coroutine.

        Raises:
            RuntimeError: it is closed, or was started before this process forked off.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError(f"{self._name} is closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._process = os.getpid()
                self._thread = threading.Thread(target=_run, args=(self._loop,), name=self._name, daemon=True)
                self._thread.start()
            elif self._process != os.getpid():
                raise RuntimeError(f"{self._name} runs in process {self._process}, not in its forks; make one there")
            return asyncio.run_coroutine_threadsafe(work(), self._loop)

    def close(self, last: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        """Cancel what is under way, wait until it has ended, then run `last`, and stop. Again: nothing more happens."""
        with self._lock:
            running, self._closed = self.running, True
            loop, thread = self._loop, self._thread
        if not running or loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_end(last), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()

    def abandon(self, last: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        """As `close`, waiting for nothing and for nobody: the garbage collector may call it in any thread, the loop's
        own among them, and while any lock is held."""
        running, self._closed = self.running, True
        loop = self._loop
        if running and loop is not None:
            loop.call_soon_threadsafe(_wind_up, loop, last)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


def _wind_up(loop: asyncio.AbstractEventLoop, last: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
    loop.create_task(_end(last)).add_done_callback(lambda _: loop.stop())


async def _end(last: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    for task in others:
        with contextlib.suppress(asyncio.CancelledError, Exception):  # whoever submitted it is told
            await task
    if last is not None:
        await last()
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()

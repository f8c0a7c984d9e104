"""Decoding ahead: the next frames are read in a thread while the present one is looked at.

FFmpeg lets go of the interpreter while it decodes, so a second core does the reading.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextvars import copy_context
from dataclasses import dataclass

from seewhy.types.video import Frame

DEPTH = 4
"""Frames that wait at most: enough to even out uneven decoding, five megabytes at 480 lines."""
_PATIENCE = 0.1
"""Seconds after which the thread looks whether anybody still wants its frames."""


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


def ahead(frames: Iterator[Frame], depth: int = DEPTH) -> Iterator[Frame]:
    """The same frames in the same order, at most `depth` of them read before they are asked for.

    What reading raises is raised here, after the frames before it. Warnings come from the thread, which has the
    context variables of whoever asks for the first frame. It ends with the frames, or when this iterator is closed.

    >>> list(ahead(iter([])))
    []
    """
    waiting: queue.Queue[Frame | _End] = queue.Queue(maxsize=depth)
    unwanted = threading.Event()

    def offer(item: Frame | _End) -> bool:
        while not unwanted.is_set():
            try:
                waiting.put(item, timeout=_PATIENCE)
            except queue.Full:
                continue
            return True
        return False

    def read() -> None:
        try:
            for frame in frames:
                if not offer(frame):
                    return
        except BaseException as error:  # noqa: BLE001 - handed to the one who asked
            offer(_End(error))
        else:
            offer(_End(None))

    thread = threading.Thread(target=copy_context().run, args=(read,), name="decode-ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := waiting.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        unwanted.set()
        thread.join()

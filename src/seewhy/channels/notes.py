"""What a channel could not do, and why: of the gallery, and of one reference."""

from __future__ import annotations

from threading import Lock


class Notes:
    """Each is said once. Threads may share it.

    A channel lives as long as its library is open, and a note about one reference is no news of another: it counts for
    the answers about that reference only.
    """

    def __init__(self) -> None:
        self._said: dict[tuple[str, str | None], None] = {}
        self._lock = Lock()

    def add(self, note: str, reference: str | None = None) -> None:
        """
        Args:
            reference: the video that it is about; None: it concerns every answer.
        """
        with self._lock:
            self._said[note, reference] = None

    def of(self, reference: str | None) -> tuple[str, ...]:
        """Those that concern an answer about this reference, in the order in which they were said."""
        with self._lock:
            return tuple(note for note, about in self._said if about is None or about == reference)

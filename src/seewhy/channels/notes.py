"""What a channel could not do, and why: of the gallery, and of one reference."""

from __future__ import annotations

from threading import Lock

NO_VECTOR = (
    "1 video has no vector and cannot be found this way",
    "{} videos have no vector and cannot be found this way",
)
NOT_KEPT = (
    "{}: vectors of videos are missing and are made anew each time, because the library is open for reading only; to "
    "keep them, index it again (seewhy index) where it can be written, with this channel among the settings"
)
NOT_LOOKED_AT = ("1 candidate could not be looked at", "{} candidates could not be looked at")


class Notes:
    """Each is said once. Threads may share it.

    A channel lives as long as its library is open, and a note about one reference is no news of another: it counts for
    the answers about that reference only.
    """

    def __init__(self, channel: str, lacking: tuple[str, str]) -> None:
        """
        Args:
            lacking: how it is said that one video of the gallery, or so many ("{}"), are out of the channel's reach.
        """
        self._channel, self._lacking = channel, lacking
        self._said: dict[tuple[str, str | None], None] = {}
        self._without: dict[str, str] = {}
        self._lock = Lock()

    def add(self, note: str, reference: str | None = None) -> None:
        """
        Args:
            reference: the video that it is about; None: it concerns every answer.
        """
        with self._lock:
            self._said[note, reference] = None

    def of(self, reference: str | None) -> tuple[str, ...]:
        """Those that concern an answer about this reference, in the order in which they were said; then how many
        videos are lacking, with the reason of the first by id."""
        with self._lock:
            notes = [note for note, about in self._said if about is None or about == reference]
            if self._without:
                one, several = self._lacking
                told = one if len(self._without) == 1 else several.format(len(self._without))
                notes.append(f"{self._channel}: {told} ({self._without[min(self._without)]})")
            return tuple(notes)

    def lacks(self, video: str) -> bool:
        """Whether this video was found to be out of the channel's reach."""
        with self._lock:
            return video in self._without

    def lack(self, video: str, why: object) -> None:
        """This video of the gallery is out of the channel's reach."""
        with self._lock:
            self._without[video] = f"video {video}: {why}"

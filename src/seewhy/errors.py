"""Everything that seewhy raises on purpose.

::

    SeewhyError
    ├── VideoError              a file that cannot become a twin; carries `path`
    │   ├── VideoNotFound           nothing at this path, or not a file
    │   ├── EmptyFile               zero bytes
    │   ├── NotAVideo               text, a playlist, a picture, an unknown container
    │   ├── NoVideoStream           sound only, or no decodable picture stream
    │   ├── NoFrames                a stream that decodes to nothing
    │   ├── TruncatedVideo          the container says more than the file holds and nothing decodes
    │   └── AbsurdDimensions        a picture too large, or of no size
    ├── PerceptionError         a specialist failed on a readable video
    ├── TwinError               a twin that cannot be read
    │   ├── TwinNotFound
    │   └── TwinCorrupt
    ├── LibraryError            a library folder that cannot be used
    │   ├── LibraryNotFound
    │   ├── LibraryTooNew           made by a newer seewhy
    │   ├── LibraryCorrupt
    │   ├── LibraryReadOnly         a change was asked for, the folder cannot be written
    │   ├── LibraryBusy             another process is indexing into it
    │   └── OutOfSpace              the disk is full
    ├── IndexMismatch           an index built by another encoder or twin version
    ├── QueryError              a question that cannot be asked (empty, too long, a bad filter)
    ├── SettingsError           an unknown setting or a value out of range
    ├── PluginError             an entry point that is missing or does not load
    └── DatasetError            a benchmark's files that are missing or malformed

Each message says what was wrong, what was given and what to do.
"""

from __future__ import annotations

from pathlib import Path


class SeewhyError(Exception):
    """Base of all errors that seewhy raises on purpose."""


class VideoError(SeewhyError):
    """A file that cannot become a twin."""

    def __init__(self, path: Path | str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = Path(path)
        self.reason = message

    def __reduce__(self) -> tuple[type[VideoError], tuple[str, str]]:
        # Crosses process borders: rebuild from the parts, not from the joined message.
        return type(self), (str(self.path), self.reason)


class VideoNotFound(VideoError): ...


class EmptyFile(VideoError): ...


class NotAVideo(VideoError): ...


class NoVideoStream(VideoError): ...


class NoFrames(VideoError): ...


class TruncatedVideo(VideoError): ...


class AbsurdDimensions(VideoError): ...


class PerceptionError(SeewhyError): ...


class TwinError(SeewhyError): ...


class TwinNotFound(TwinError): ...


class TwinCorrupt(TwinError): ...


class LibraryError(SeewhyError): ...


class LibraryNotFound(LibraryError): ...


class LibraryTooNew(LibraryError): ...


class LibraryCorrupt(LibraryError): ...


class LibraryReadOnly(LibraryError): ...


class LibraryBusy(LibraryError): ...


class OutOfSpace(LibraryError): ...


class IndexMismatch(SeewhyError): ...


class QueryError(SeewhyError): ...


class SettingsError(SeewhyError): ...


class PluginError(SeewhyError): ...


class DatasetError(SeewhyError): ...

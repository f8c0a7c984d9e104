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
    ├── ModelError              a language model gave no usable answer; carries `call`
    │   ├── EndpointError           not reached, or it refuses: address, key, model, request
    │   ├── ModelTimeout            it took too long
    │   ├── RateLimited             too many requests, still after all retries
    │   ├── Refused                 the model declines to answer
    │   ├── BadReply                the reply does not fit the schema, also after repair; carries `text`
    │   ├── LocalModelError         the one on this machine cannot: no pictures, not as long, no memory
    │   ├── ReplyMissing            replaying, and the recording has no such reply
    │   └── Cancelled               the caller gave up
    ├── ReplyStoreError         a file of replies that cannot be used
    ├── PluginError             an entry point that is missing or does not load
    │   └── WeightsError            a model's weights: not here, damaged, of another kind, or unsafe to load
    ├── AnnotationError         annotations that cannot be read, or do not fit their video
    └── DatasetError            a benchmark's files that are missing or malformed

Each message says what was wrong, what was given and what to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seewhy.types.calls import Call


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


class ModelError(SeewhyError):
    """A language model gave no usable answer."""

    def __init__(self, message: str, call: Call) -> None:
        super().__init__(message)
        self.call = call
        """what was asked and what it took, its `error` filled"""


class EndpointError(ModelError): ...


class ModelTimeout(ModelError): ...


class RateLimited(ModelError): ...


class Refused(ModelError): ...


class BadReply(ModelError):
    """A reply that does not fit its schema."""

    def __init__(self, message: str, call: Call, text: str) -> None:
        super().__init__(message, call)
        self.text = text
        """the last reply, as it came"""


class LocalModelError(ModelError): ...


class ReplyMissing(ModelError): ...


class Cancelled(ModelError): ...


class ReplyStoreError(SeewhyError): ...


class PluginError(SeewhyError): ...


class WeightsError(PluginError): ...


class AnnotationError(SeewhyError): ...


class DatasetError(SeewhyError): ...

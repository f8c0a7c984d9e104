"""Opening a file as a video, or saying by name why it is none.

FFmpeg guesses a format from the content and will gladly follow a playlist to other files or to the
network. Here only containers that hold their own pictures are on the list, and only the protocol
`file` is.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from seewhy.errors import AbsurdDimensions, EmptyFile, NotAVideo, NoVideoStream, TruncatedVideo, VideoNotFound

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.error import FFmpegError
    from av.video.stream import VideoStream

_VIDEO_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "mpegts", "mpeg", "flv", "ogg", "asf", "mxf", "gif",
    "ivf", "yuv4mpegpipe", "h264", "hevc",
)  # fmt: skip
# Sound files open too, so that they are told to have no picture instead of being called unreadable.
_SOUND_FORMATS = ("mp3", "wav", "flac", "aac", "aiff", "amr", "caf", "w64", "ac3")
_OPEN_OPTIONS = {"format_whitelist": ",".join(_VIDEO_FORMATS + _SOUND_FORMATS), "protocol_whitelist": "file"}

_HEAD_BYTES = 4096
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"II*\x00": "TIFF", b"MM\x00*": "TIFF", b"8BPS": "Photoshop",
}  # fmt: skip
_PICTURE_BRANDS = (b"heic", b"heix", b"mif1", b"avif")
_PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"[playlist]", b"<MPD", b"<smil", b"<?xml", b"v=0")
_CONTAINERS = {
    b"\x1a\x45\xdf\xa3": "Matroska", b"\x00\x00\x01\xba": "MPEG", b"FLV\x01": "FLV", b"OggS": "Ogg",
    b"\x30\x26\xb2\x75": "ASF", b"GIF8": "GIF", b"DKIF": "IVF", b"YUV4MPEG2": "YUV4MPEG",
}  # fmt: skip
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


def container_of(head: bytes) -> str | None:
    """The kind of video container that a file starting with these bytes claims to be."""
    if head[4:8] in _MP4_BOXES and head[8:12] not in _PICTURE_BRANDS:
        return "MP4"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "AVI"
    if head[:1] == b"G" and head[188:189] == b"G":
        return "MPEG-TS"
    return next((name for magic, name in _CONTAINERS.items() if head.startswith(magic)), None)


def _what_else(head: bytes) -> str | None:
    """What a file starting with these bytes is when it is certainly no video."""
    if head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS:
        return "a picture (HEIF or AVIF)"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a picture (WebP)"
    for magic, name in _PICTURES.items():
        if head.startswith(magic):
            return f"a picture ({name})"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_PLAYLISTS):
        return "a playlist or description of other files"
    # The last character may be cut in two by the end of the head.
    text = head.decode("utf-8", errors="ignore")
    if len(text.encode()) >= len(head) - 3 and not any(c < " " and c not in "\t\n\r\f\x1b" for c in text):
        return "text"
    return None


def checked_size(path: Path) -> int:
    """The size in bytes of a file that may be a video.

    Raises:
        VideoNotFound: nothing is there, or no regular file, or it may not be read.
        EmptyFile: it has no bytes.
        NotAVideo: its first bytes are those of a picture, a playlist or text.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise VideoNotFound(path, f"this is {kind}; give the path of a video file")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except ValueError as error:  # a NUL in the path
        raise VideoNotFound(path, f"this cannot be a path: {error}") from error
    except FileNotFoundError as error:
        raise VideoNotFound(path, "nothing at this path; check the name") from error
    except OSError as error:
        raise VideoNotFound(path, f"the file cannot be read: {error.strerror}") from error
    if status.st_size == 0:
        raise EmptyFile(path, "the file has no bytes; copy or download it again")
    if container_of(head) is None and (what := _what_else(head)):
        raise NotAVideo(path, f"this is {what}, whatever its name; give a video file")
    return status.st_size


@contextmanager
def opened(path: Path, max_pixels: int) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The open container and its largest stream of moving pictures (cover art does not count).

    Raises:
        VideoError: the subclass that says why it cannot be opened.
    """
    import av

    checked_size(path)
    try:
        # An absolute path cannot be mistaken for a protocol ("concat:...", "http:...").
        container = av.open(
            str(path.absolute()), "r",
            container_options=_OPEN_OPTIONS, options={"max_pixels": str(max_pixels)}, metadata_errors="replace",
        )  # fmt: skip
    except av.error.FFmpegError as error:
        raise _unreadable(path, error) from error
    with container:
        yield container, _picture_stream(path, container, max_pixels)


def _unreadable(path: Path, error: FFmpegError) -> NotAVideo | TruncatedVideo:
    why = error.strerror or str(error)
    with path.open("rb") as file:
        kind = container_of(file.read(_HEAD_BYTES))
    if kind is not None:
        return TruncatedVideo(
            path,
            f"it starts as {kind}, but its index cannot be read ({why}); it was cut off or damaged, copy it again",
        )
    return NotAVideo(path, f"no known video container ({why}); give a video file such as MP4, MOV, MKV or WebM")


def _picture_stream(path: Path, container: InputContainer, max_pixels: int) -> VideoStream:
    from av.stream import Disposition

    moving = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not moving:
        held = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
        what = "only cover art" if container.streams.video else "no picture stream"
        raise NoVideoStream(path, f"the file holds {what} (streams: {held}); give a file with moving pictures")
    readable = [stream for stream in moving if stream.codec_context is not None]
    if not readable:
        raise NoVideoStream(path, "there is no decoder for its picture stream; convert it, for example to H.264")
    stream = max(readable, key=lambda s: (s.codec_context.width * s.codec_context.height, -s.index))
    check_dimensions(path, stream.codec_context.width, stream.codec_context.height, max_pixels)
    return stream


def check_dimensions(path: Path, width: int, height: int, max_pixels: int) -> None:
    """
    Raises:
        AbsurdDimensions: the picture has no pixels, or more than `max_pixels`.
    """
    if width <= 0 or height <= 0:
        raise AbsurdDimensions(path, f"its pictures have no size ({width} x {height}); the file is damaged")
    if width * height > max_pixels:
        raise AbsurdDimensions(
            path,
            f"pictures of {width} x {height} pixels are over the limit of {max_pixels}; raise video.max_pixels",
        )

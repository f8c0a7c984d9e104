"""The seam TwinStore: where twins are kept. `FolderStore` keeps them on disk, `MemoryStore` is the public fake.

A store knows no states: that a twin is here does not mean that it is committed. Which videos are,
the catalog says.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from seewhy.errors import TwinCorrupt, TwinNotFound
from seewhy.files import TEMPORARY_PREFIX, explained, sync_folder, write_durably
from seewhy.twin.masks_file import REBUILD, Masks, MaskTable, dump_masks
from seewhy.types.base import words_of
from seewhy.types.twin import MASKS_FILE, Twin
from seewhy.types.video import Image

TWIN_FILE = "twin.json"
THUMBNAIL_FILE = "thumbnail.jpg"
THUMBNAIL_QUALITY = 85
"""JPEG quality: a 320-pixel picture of about 20 kB without visible blocks."""

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_REPLACED = re.compile(re.escape(TEMPORARY_PREFIX) + r"(?P<video>[0-9A-Za-z_-]{1,64})-\d+-replaced")


@dataclass(frozen=True, slots=True)
class TwinFiles:
    """A twin in the form in which it is kept: the bytes of its three files."""

    video: str
    twin: bytes
    masks: bytes
    thumbnail: bytes

    @classmethod
    def of(cls, twin: Twin, masks: MaskTable, thumbnail: Image) -> TwinFiles:
        """
        Args:
            masks: frame index → track id → mask of size `twin.mask_size`.
            thumbnail: RGB, (H, W, 3), as large as it shall be kept.

        Raises:
            ValueError: a mask of another size, or an observation whose mask is not among `masks`.
        """
        return cls(twin.id, *_documents(twin, masks), jpeg(thumbnail))

    def with_twin(self, twin: Twin, masks: MaskTable) -> TwinFiles:
        """The files of another twin of the same video; the thumbnail stays.

        Raises:
            ValueError: as for `of`.
        """
        return TwinFiles(twin.id, *_documents(twin, masks), self.thumbnail)

    @property
    def digest(self) -> str:
        """SHA-256 over the twin and its masks, hex: what the catalog remembers of a committed twin.

        Each is hashed by itself first, so that no byte can change sides.
        """
        parts = hashlib.sha256(self.twin).digest() + hashlib.sha256(self.masks).digest()
        return hashlib.sha256(parts).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of the twin and its masks together."""
        return len(self.twin) + len(self.masks)

    def parse(self) -> Twin:
        """The twin, checked against its schema, its id and its masks.

        Raises:
            TwinCorrupt: one of them does not fit.
        """
        twin = parse_twin(self.video, self.twin)
        _resolve_all(twin, Masks(lambda: self.masks))
        return twin


class TwinStore(Protocol):
    """Twins by video id."""

    def ids(self) -> tuple[str, ...]:
        """Videos whose twin is here, sorted."""
        ...

    def load(self, video: str) -> Twin:
        """
        Raises:
            TwinNotFound: none is here.
            TwinCorrupt: it cannot be read, or is another video's.
        """
        ...

    def masks(self, video: str) -> Masks:
        """Read when first asked; that may raise TwinNotFound or TwinCorrupt, too."""
        ...

    def thumbnail(self, video: str) -> bytes:
        """A JPEG. Raises TwinNotFound."""
        ...

    def read(self, video: str) -> TwinFiles:
        """All three files as they are, unchecked. Raises TwinNotFound."""
        ...

    def size(self, video: str) -> int | None:
        """Bytes of the twin and its masks together, without reading them; None where one is missing."""
        ...

    def put(self, files: TwinFiles) -> None:
        """Keep a twin, in place of the one that was there. Durable on return; all of it appears at once.

        Raises:
            OutOfSpace, LibraryReadOnly: nothing has changed.
        """
        ...

    def delete(self, video: str) -> None:
        """Forget a twin; an unknown id is ignored."""
        ...


class FolderStore:
    """Twins as folders, `<root>/<video id>/{twin.json, masks.json, thumbnail.jpg}`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def ids(self) -> tuple[str, ...]:
        if not self.root.is_dir():
            return ()
        return tuple(sorted(entry.name for entry in self.root.iterdir() if _ID.fullmatch(entry.name)))

    def load(self, video: str) -> Twin:
        return parse_twin(video, self._bytes(video, TWIN_FILE))

    def masks(self, video: str) -> Masks:
        return Masks(lambda: self._bytes(video, MASKS_FILE), str(self._folder(video) / MASKS_FILE))

    def thumbnail(self, video: str) -> bytes:
        return self._bytes(video, THUMBNAIL_FILE)

    def read(self, video: str) -> TwinFiles:
        twin, masks, thumbnail = (self._bytes(video, name) for name in (TWIN_FILE, MASKS_FILE, THUMBNAIL_FILE))
        return TwinFiles(video, twin, masks, thumbnail)

    def size(self, video: str) -> int | None:
        folder = self._folder(video)
        try:
            return (folder / TWIN_FILE).stat().st_size + (folder / MASKS_FILE).stat().st_size
        except FileNotFoundError:
            return None

    def put(self, files: TwinFiles) -> None:
        final = self._folder(files.video)
        temporary = self.root / f"{TEMPORARY_PREFIX}{files.video}-{os.getpid()}"
        replaced = temporary.with_name(f"{temporary.name}-replaced")
        with explained(self.root):
            try:
                self.root.mkdir(exist_ok=True)
                temporary.mkdir()
                write_durably(temporary / TWIN_FILE, [files.twin])
                write_durably(temporary / MASKS_FILE, [files.masks])
                write_durably(temporary / THUMBNAIL_FILE, [files.thumbnail])
                sync_folder(temporary)
                if final.exists():  # a folder cannot be renamed onto one that is not empty
                    final.rename(replaced)
                temporary.rename(final)
                sync_folder(self.root)
            except OSError:
                shutil.rmtree(temporary, ignore_errors=True)
                if replaced.exists() and not final.exists():
                    replaced.rename(final)
                raise
            if replaced.exists():
                shutil.rmtree(replaced)

    def delete(self, video: str) -> None:
        folder = self._folder(video)
        if not folder.exists():
            return
        gone = self.root / f"{TEMPORARY_PREFIX}{video}-{os.getpid()}-deleted"
        with explained(self.root):  # first out of sight at once, then file by file
            folder.rename(gone)
            sync_folder(self.root)
            shutil.rmtree(gone)

    def sweep(self) -> int:
        """Remove what a killed writer left half-written; the number of such folders. For the one writer only."""
        if not self.root.is_dir():
            return 0
        left = sorted(self.root.glob(f"{TEMPORARY_PREFIX}*"))
        with explained(self.root):
            for folder in left:
                found = _REPLACED.fullmatch(folder.name)
                if found and not self._folder(found["video"]).exists():  # killed between the two renames of `put`
                    folder.rename(self._folder(found["video"]))
                else:
                    shutil.rmtree(folder)
        return len(left)

    def _folder(self, video: str) -> Path:
        if not _ID.fullmatch(video):  # an id is also a folder's name: nothing that could lead elsewhere
            raise TwinNotFound(f"{video!r} is no video id; ids are made of 0-9, a-z, '-' and '_'")
        return self.root / video

    def _bytes(self, video: str, name: str) -> bytes:
        path = self._folder(video) / name
        while True:
            try:
                return path.read_bytes()
            except FileNotFoundError as error:
                # Being replaced, the twin is gone between two renames: until then the one before is the twin.
                before = next(iter(self.root.glob(f"{TEMPORARY_PREFIX}{video}-*-replaced/{name}")), None)
                if before is None and not path.exists():
                    raise TwinNotFound(f"there is no {path}; {REBUILD}") from error
                if before is not None:
                    with suppress(FileNotFoundError):  # meanwhile it has been replaced
                        return before.read_bytes()
            except OSError as error:
                raise TwinCorrupt(f"{path} cannot be read: {error.strerror}; check the disk, then {REBUILD}") from error


class MemoryStore:
    """A public fake: twins in memory, in the same bytes as on disk."""

    def __init__(self, twins: Mapping[str, TwinFiles] | None = None) -> None:
        self._twins = dict(twins or {})

    def ids(self) -> tuple[str, ...]:
        return tuple(sorted(self._twins))

    def load(self, video: str) -> Twin:
        return parse_twin(video, self.read(video).twin)

    def masks(self, video: str) -> Masks:
        return Masks(lambda: self.read(video).masks)

    def thumbnail(self, video: str) -> bytes:
        return self.read(video).thumbnail

    def read(self, video: str) -> TwinFiles:
        try:
            return self._twins[video]
        except KeyError:
            raise TwinNotFound(f"there is no twin of {video!r}; {REBUILD}") from None

    def size(self, video: str) -> int | None:
        return self._twins[video].size if video in self._twins else None

    def put(self, files: TwinFiles) -> None:
        if not _ID.fullmatch(files.video):
            raise TwinNotFound(f"{files.video!r} is no video id; ids are made of 0-9, a-z, '-' and '_'")
        self._twins[files.video] = files

    def delete(self, video: str) -> None:
        self._twins.pop(video, None)


def parse_twin(video: str, data: bytes) -> Twin:
    """A twin from its JSON.

    Raises:
        TwinCorrupt: it does not fit the schema, or is the twin of another video.
    """
    try:
        twin = Twin.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise TwinCorrupt(f"the twin of {video} is damaged: {where}: {words_of(first)}; {REBUILD}") from error
    if twin.id != video:
        raise TwinCorrupt(f"in the place of the twin of {video} lies that of {twin.id}; {REBUILD}")
    return twin


def _documents(twin: Twin, masks: MaskTable) -> tuple[bytes, bytes]:
    """The bytes of the twin's file and of its masks'."""
    document = dump_masks(twin.id, twin.mask_size, masks)
    table = Masks(lambda: document)
    try:
        _resolve_all(twin, table)
    except TwinCorrupt as error:
        raise ValueError(f"twin {twin.id} points to a mask that was not given: {error}") from error
    return twin.model_dump_json().encode(), document


def _resolve_all(twin: Twin, masks: Masks) -> None:
    for track in twin.tracks:
        for observation in track.observations:
            if observation.mask is not None:
                masks.resolve(observation.mask)


def jpeg(image: Image) -> bytes:
    """An RGB picture, (H, W, 3), as a thumbnail is kept."""
    import cv2

    done, encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, THUMBNAIL_QUALITY]
    )
    if not done:
        raise ValueError(f"a thumbnail of shape {image.shape} could not be encoded as JPEG")
    return encoded.tobytes()

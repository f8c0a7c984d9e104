"""A library's folder: what lies in it, who may write, and which versions fit.

::

    library.toml      format, who made it, encoder, settings: what everything in it was built with
    catalog.sqlite    the state of every file and video
    twins/<id>/       twin.json, masks.json, thumbnail.jpg
    index/            derived: can be made again from the twins
    vectors/          likewise, from the videos: what channels keep of whole videos
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pydantic import ValidationError

from seewhy.errors import LibraryCorrupt, LibraryError, LibraryNotFound, LibraryReadOnly, LibraryTooNew
from seewhy.files import explained, release_lock, take_lock, write_atomically
from seewhy.settings import Settings
from seewhy.twin.catalog import Catalog
from seewhy.twin.store import FolderStore
from seewhy.types.base import Frozen, words_of

LIBRARY_FILE = "library.toml"
CATALOG_FILE = "catalog.sqlite"
TWINS_FOLDER = "twins"
INDEX_FOLDER = "index"
REPLIES_FILE = "replies.sqlite"
VECTORS_FOLDER = "vectors"
LIBRARY_FORMAT = 1
"""Raised when an older seewhy could no longer read what a newer one writes."""

_OURS = (LIBRARY_FILE, CATALOG_FILE, TWINS_FOLDER, INDEX_FOLDER, REPLIES_FILE, VECTORS_FOLDER)


class LibraryInfo(Frozen):
    """What `library.toml` says."""

    format: int
    created_by: str
    """``seewhy <version>``"""
    encoder: str
    """versioned name of the text encoder that the index is built with"""
    settings: dict[str, str | int | float | bool]
    """the settings in use when it was made, by dotted name: what `Settings.load` takes as overrides"""


@dataclass(frozen=True, slots=True)
class LibraryFolder:
    """An open library folder."""

    path: Path
    info: LibraryInfo
    read_only: bool = False

    @classmethod
    def create(cls, path: Path, *, encoder: str, settings: Settings) -> LibraryFolder:
        """Make a library in a new or empty folder.

        Raises:
            LibraryError: the folder holds something else, or a library already.
            LibraryReadOnly, OutOfSpace: it cannot be written.
        """
        path = path.absolute()
        if (path / LIBRARY_FILE).exists():
            raise LibraryError(f"{path} is a library already; open it, or name another folder")
        if path.exists() and not path.is_dir():
            raise LibraryError(f"{path} is a file; name a folder for the library")
        with explained(path):
            path.mkdir(parents=True, exist_ok=True)
            other = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith((*_OURS, ".")))
            if other:
                raise LibraryError(
                    f"{path} holds other files ({', '.join(other[:3])}{', ...' if len(other) > 3 else ''}) "
                    "and is no library; name a new or an empty folder for it"
                )
            (path / TWINS_FOLDER).mkdir(exist_ok=True)
            Catalog.open(path / CATALOG_FILE, create=True).close()
        made_by = f"seewhy {version('seewhy')}"
        values = {row.name: row.value for row in settings.rows() if not row.secret}
        info = LibraryInfo.model_validate(
            {"format": LIBRARY_FORMAT, "created_by": made_by, "encoder": encoder, "settings": values}
        )
        write_atomically(path / LIBRARY_FILE, _toml(info).encode())  # last: a folder without it is no library yet
        return cls(path, info)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> LibraryFolder:
        """Open a library. Takes no lock: see `writing`.

        Raises:
            LibraryNotFound: there is none.
            LibraryTooNew: a newer seewhy made it.
            LibraryCorrupt: its `library.toml` cannot be understood.
        """
        path = path.absolute()
        file = path / LIBRARY_FILE
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise LibraryNotFound(
                f"{path} is no library (it has no {LIBRARY_FILE}); index videos into it first"
            ) from error
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise LibraryCorrupt(f"{file} cannot be read: {error}; {_RECREATE}") from error
        found = document.get("format")
        if isinstance(found, int) and found > LIBRARY_FORMAT:
            raise LibraryTooNew(
                f"{path} has format {found}, made by {document.get('created_by', 'a newer seewhy')}; "
                f"this is seewhy {version('seewhy')}, which reads up to format {LIBRARY_FORMAT}: upgrade seewhy"
            )
        try:
            info = LibraryInfo.model_validate(document)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise LibraryCorrupt(f"{file}: {where}: {words_of(first)}; {_RECREATE}") from error
        return cls(path, info, read_only)

    @property
    def index_path(self) -> Path:
        return self.path / INDEX_FOLDER

    @property
    def store(self) -> FolderStore:
        return FolderStore(self.path / TWINS_FOLDER)

    def catalog(self, *, create: bool = False) -> Catalog:
        """A new connection; close it.

        Args:
            create: make an empty one where it was lost. Only within `writing`.
        """
        return Catalog.open(self.path / CATALOG_FILE, read_only=self.read_only, create=create)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer, among all processes, until the block ends. Readers need not ask.

        The lock is the system's, on `library.toml`: it ends with the process that holds it, however it ends.

        Raises:
            LibraryBusy: another process is writing.
            LibraryReadOnly: the library was opened for reading, or cannot be written.
        """
        if self.read_only:
            raise LibraryReadOnly(f"{self.path} was opened for reading only; open it for writing to change it")
        with explained(self.path):
            lock = take_lock(
                self.path / LIBRARY_FILE,
                f"another process is indexing into {self.path}; wait until it is done, or stop it. "
                "Searching is possible meanwhile",
            )
        try:
            yield
        finally:
            release_lock(lock)


_RECREATE = "restore it from a backup, or index the videos into a new folder"


def _toml(info: LibraryInfo) -> str:
    lines = [
        f"format = {info.format}",
        f"created_by = {_value(info.created_by)}",
        f"encoder = {_value(info.encoder)}",
        "",
        "[settings]",
        *(f"{json.dumps(name)} = {_value(value)}" for name, value in info.settings.items()),
    ]
    return "\n".join(lines) + "\n"


def _value(value: str | int | float | bool) -> str:
    # JSON's strings, numbers and booleans are TOML's, too, once the one control character that JSON leaves is escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

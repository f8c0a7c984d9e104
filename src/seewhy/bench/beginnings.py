"""Libraries of benchmarks that begin as copies of one another, so that no video is perceived or described twice.

::

    perceived ──copy──▶ described ──copy──▶ refined
    no model            by a model          one for each way to answer; begun anew for each run

Only the benchmarks' own libraries, in the cache folder. A copy is a library of its own: what is written into it is not
in the one that it was copied from. What questions have had looked at again is in the last one only, and only until the
next run: so a run measures the same whether it is the first or the second, alone or one of several variants. Replies of
models, and vectors of whole videos, stay: they say by their keys what they are of.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from seewhy.bench.datasets import Dataset
from seewhy.bench.effective import describes, refines
from seewhy.bench.indexing import cache_folder, cache_name
from seewhy.databases import connect_writer
from seewhy.files import TEMPORARY_PREFIX, explained, release_lock, sync_folder, take_lock, write_durably
from seewhy.fusion import COMPONENTS
from seewhy.settings import Settings
from seewhy.twin.database import explained as explained_database
from seewhy.twin.folder import (
    CATALOG_FILE,
    INDEX_FOLDER,
    LIBRARY_FILE,
    REPLIES_FILE,
    TWINS_FOLDER,
    VECTORS_FOLDER,
    LibraryFolder,
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A library, and what it is made with."""

    path: Path
    settings: Settings
    has_model: bool
    anew: bool = False
    """it changes in use, and every run begins with a new one"""


def stages(dataset: Dataset, data: Path, settings: Settings, *, model: bool, composed: bool = False) -> list[Stage]:
    """The libraries that a run's comes from, each a copy of the one before; the last is the run's.

    Args:
        data: folder of the data set.
        model: there is a language model.
        composed: edits are asked, not questions.
    """

    def stage(chosen: Settings, has_model: bool, anew: bool = False) -> Stage:
        name = cache_name(dataset, data, chosen, model=has_model, composed=composed)
        return Stage(cache_folder() / name, chosen, has_model, anew)

    unrefined = settings.model_copy(update={"refine": settings.refine.model_copy(update={"rounds": 0})})
    found = [stage(_without_model(unrefined), False)]
    anew = refines(settings, model=model)
    if anew and describes(settings, model=model):
        found.append(stage(unrefined, model))
    own = stage(settings, model, anew)
    return found if own.path == found[-1].path else [*found, own]


def _without_model(settings: Settings) -> Settings:
    """As long as nobody asks, channels have nothing to do, and one may need the language model's weights."""
    return settings.model_copy(
        update={
            "endpoint": "",
            "model": "",
            "vision_model": "",
            "local": settings.local.model_copy(update={"language": ""}),
            "search": settings.search.model_copy(update={"channels": COMPONENTS}),
            "compose": settings.compose.model_copy(update={"channels": COMPONENTS}),
        }
    )


@contextmanager
def begun(lineage: Sequence[Stage], fill: Callable[[Stage], None]) -> Iterator[Path]:
    """The last library, to be worked with: one that was there, or a copy of the one before, which is filled first.

    Args:
        lineage: see `stages`.
        fill: brings the data set's videos into a library; makes it where there is none.

    Raises:
        LibraryBusy: another process uses the library, or copies it.
        LibraryError: see its subclasses.
    """
    last = lineage[-1]
    if last.anew:  # somebody else's run would find it changed, or gone
        with _alone(last.path):
            _begin(lineage, fill)
            yield last.path
        return
    if len(lineage) > 1:
        with _alone(last.path):
            _begin(lineage, fill)
    yield last.path


def _begin(lineage: Sequence[Stage], fill: Callable[[Stage], None]) -> None:
    last = lineage[-1]
    _tidy(last.path)
    if len(lineage) == 1 or ((last.path / LIBRARY_FILE).exists() and not last.anew):
        return
    seed = lineage[-2]
    with _alone(seed.path):
        _begin(lineage[:-1], fill)
        fill(seed)
        copy(seed.path, last.path, last.settings)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    busy = f"another benchmark is working with {path}; wait until it is done, or stop it"
    with explained(path.parent):
        lock = take_lock(path.with_name(f"{path.name}.lock"), busy, create=True)
    try:
        yield
    finally:
        release_lock(lock)


def copy(seed: Path, target: Path, settings: Settings) -> None:
    """Make a library a copy of another one, and keep the replies and vectors that it has, if it was there.

    At no time is there half a library under the target's name. The caller sees to it that nobody uses the target.

    Args:
        settings: that the target says it is made with.

    Raises:
        LibraryBusy: somebody is writing into the seed.
        LibraryError: see its subclasses.
    """
    temporary, replaced = _temporary(target), _replaced(target)
    source = LibraryFolder.open(seed)
    with source.writing(), explained(target.parent):
        LibraryFolder.create(temporary, encoder=source.info.encoder, settings=settings)
        for name in (TWINS_FOLDER, INDEX_FOLDER):
            _copy_folder(seed / name, temporary / name)
        _copy_catalog(seed / CATALOG_FILE, temporary / CATALOG_FILE)
    with explained(target.parent):
        for folder in (seed, target):
            _copy_folder(folder / VECTORS_FOLDER, temporary / VECTORS_FOLDER)
        for file in sorted(target.glob(f"{REPLIES_FILE}*")):  # as they are: nobody writes, and who opens them checks
            _copy_file(str(file), str(temporary / file.name))
        sync_folder(temporary)
        if target.exists():
            target.rename(replaced)
        temporary.rename(target)
        sync_folder(target.parent)
        shutil.rmtree(replaced, ignore_errors=True)


def _copy_folder(source: Path, target: Path) -> None:
    """What is there of a folder, but for writes that have not finished; into one that may be there, durably."""
    if source.is_dir():
        ignored = shutil.ignore_patterns(f"{TEMPORARY_PREFIX}*")
        shutil.copytree(source, target, ignore=ignored, copy_function=_copy_file, dirs_exist_ok=True)


def _copy_file(source: str, target: str) -> None:
    write_durably(Path(target), [Path(source).read_bytes()])


def _copy_catalog(source: Path, target: Path) -> None:
    """All that is committed, whoever has it open for reading."""
    with explained_database(source), closing(connect_writer(source)) as there, closing(connect_writer(target)) as here:
        there.backup(here)


def _tidy(target: Path) -> None:
    """Clear away what a killed process has left of `copy`."""
    temporary, replaced = _temporary(target), _replaced(target)
    with explained(target.parent):
        if replaced.exists() and not target.exists():
            replaced.rename(target)
        for left in (temporary, replaced):
            if left.exists():
                shutil.rmtree(left)


def _temporary(target: Path) -> Path:
    return target.with_name(f"{TEMPORARY_PREFIX}{target.name}")


def _replaced(target: Path) -> Path:
    return target.with_name(f"{TEMPORARY_PREFIX}{target.name}-replaced")

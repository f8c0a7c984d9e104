"""Getting a model from the hub: which of its files, at which commit, and the entry in the lock file.

Weights come as safetensors, which hold numbers only; pickled weights (`*.bin`, `*.pt`) can run code when they are
loaded, and no code of a repository is ever wanted, so neither is downloaded. An entry is written when every file is
here and is what the hub, and the model's card, say that it is; an interrupted download goes on where it stopped.
"""

from __future__ import annotations

import glob
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import httpx2

from seewhy.errors import LibraryReadOnly, OutOfSpace, PluginError, WeightsError
from seewhy.files import explained
from seewhy.models.local.cards import card_of
from seewhy.models.local.hashing import sha256_of
from seewhy.models.local.lock import (
    Locked,
    LockedFile,
    Reference,
    cache_folder,
    locked,
    snapshot_folder,
    write_entry,
)
from seewhy.models.local.torches import INSTALL
from seewhy.models.local.verifying import differences, unpublished
from seewhy.models.local.weights import CONFIG
from seewhy.settings import LocalSettings

WANTED = ("*.safetensors", "*.json", "*.txt", "*.jinja", "tokenizer.model", "*.tiktoken")
"""Patterns of the files in a repository's root that are downloaded: weights, configurations, tokenizers, templates."""
BRANCH = "main"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that is here now."""

    reference: str
    """as it was asked for"""
    entry: Locked
    folder: Path
    fetched: bool
    """False: all of it was here already"""

    def line(self) -> str:
        what = "pulled" if self.fetched else "here  "
        return f"{what} {self.reference} at {self.entry.revision[:12]}: {self.entry.bytes / 1e6:,.1f} MB, {self.folder}"


@dataclass(frozen=True, slots=True)
class _HubFile:
    name: str
    bytes: int
    sha256: str | None
    """of large files"""
    git: str | None
    """of all others: git's SHA-1"""

    def fits(self, path: Path) -> bool:
        """Whether a file on this machine is this one."""
        if not path.is_file() or path.stat().st_size != self.bytes:
            return False
        if self.sha256 is not None:
            return sha256_of(path) == self.sha256
        content = path.read_bytes()
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        return self.git in (None, blob)


def pull(reference: str, settings: LocalSettings, tell: Tell | None = None, *, update: bool = False) -> Pulled:
    """Download a model, or what is missing or damaged of it, and lock it.

    The commit is the one that is named, else its card's, else the one that was locked before, else the newest.

    Args:
        reference: `owner/name`, or `owner/name@revision`; a branch or tag is locked as what it means now.
        tell: is told what happens, a line at a time.
        update: without a named revision and a card's: lock the newest, whatever was locked before.

    Raises:
        WeightsError: there is no such model or revision, it is gated, it has no safetensors, the hub is not reached
            or not to be asked (HF_HUB_OFFLINE), or what came is not what was published.
        OutOfSpace: the disk is too small for it.
        PluginError: the hub's library is not installed.
    """
    asked = Reference.parse(reference)
    card, entry = card_of(asked.id), locked(reference, settings)
    wanted = asked.revision or (card.revision if card is not None else None)
    if wanted is None and entry is not None and not update:
        wanted = entry.revision
    if entry is not None and entry.revision == wanted:
        folder = snapshot_folder(asked.id, wanted, settings)
        if not any(differences(entry, folder)):
            return Pulled(reference, entry, folder, fetched=False)
    tell = tell or _silent
    with _hub(asked, cache_folder(settings)):
        commit, files = _listing(asked, wanted or BRANCH)
        size = sum(file.bytes for file in files)
        tell(f"pulling {asked.id} at {commit[:12]}: {len(files)} files, {size / 1e6:,.1f} MB")
        folder = _download(asked, commit, files, settings)
        tell(f"checking {asked.id}")
        entry = _entry(asked, commit, files, folder, settings)
    write_entry(f"{asked.id}@{commit}" if asked.commit else asked.id, entry, settings)
    return Pulled(reference, entry, folder, fetched=True)


def _silent(line: str) -> None:
    """Tells nobody."""


def _listing(asked: Reference, revision: str) -> tuple[str, list[_HubFile]]:
    """The commit that a revision means, and its files that are wanted."""
    from huggingface_hub import HfApi

    info: Any = HfApi().model_info(asked.id, revision=revision, files_metadata=True)
    files = [
        _HubFile(one.rfilename, one.size or 0, one.lfs.sha256 if one.lfs else None, None if one.lfs else one.blob_id)
        for one in info.siblings or ()
        if "/" not in one.rfilename and any(fnmatch(one.rfilename, pattern) for pattern in WANTED)
    ]
    names = {file.name for file in files}
    if CONFIG not in names or not any(name.endswith(".safetensors") for name in names):
        others = sorted(one.rfilename for one in info.siblings or () if one.rfilename not in names)
        raise WeightsError(
            f"{asked} has no {CONFIG} and *.safetensors to load, only {', '.join(others[:5]) or 'nothing else'}; "
            "other formats can run code when they are loaded and are not read. Choose a repository that transformers "
            "loads, or convert the model with save_pretrained and give the folder"
        )
    if Reference(asked.id, info.sha).commit is None:
        raise WeightsError(f"the hub says that {asked} is at {info.sha!r}, which is no commit")
    return info.sha, files


def _download(asked: Reference, commit: str, files: list[_HubFile], settings: LocalSettings) -> Path:
    """All files, in the hub's cache; what is there is kept."""
    from huggingface_hub import snapshot_download

    cache, folder = cache_folder(settings), snapshot_folder(asked.id, commit, settings)
    cache.mkdir(parents=True, exist_ok=True)
    begun = sum(path.stat().st_size for path in folder.parents[1].glob("blobs/*.incomplete"))
    missing = sum(file.bytes for file in files if not (folder / file.name).is_file()) - begun
    free = shutil.disk_usage(cache).free
    if missing > free:
        raise OutOfSpace(
            f"{asked.id} takes {missing / 1e9:.1f} GB more, and {free / 1e9:.1f} GB are free where {cache} lies; free "
            "some space, set local.cache to a folder on a larger disk, or choose a smaller model (seewhy models list)"
        )
    patterns = [glob.escape(file.name) for file in files]
    return Path(snapshot_download(asked.id, revision=commit, cache_dir=cache, allow_patterns=patterns))


def _entry(asked: Reference, commit: str, files: list[_HubFile], folder: Path, settings: LocalSettings) -> Locked:
    """The lock's entry, of files that are what they should be; what is damaged is downloaded once more."""
    from huggingface_hub import hf_hub_download

    for file in files:
        path = folder / file.name
        if file.fits(path):
            continue
        hf_hub_download(asked.id, file.name, revision=commit, cache_dir=cache_folder(settings), force_download=True)
        if not file.fits(path):
            _discard(path)
            raise WeightsError(
                f"{file.name} of {asked} is not what the hub says that it is, twice; try later, or from elsewhere"
            )
    found = {file.name: LockedFile(file.sha256 or sha256_of(folder / file.name), file.bytes) for file in files}
    entry = Locked(asked.id, commit, found)
    if wrong := tuple(unpublished(entry)):
        for file in files:
            _discard(folder / file.name)
        raise WeightsError(f"{asked} is not used: {'; '.join(wrong)}. The hub hands out other files than it did before")
    return entry


def _discard(path: Path) -> None:
    """Remove a file from the hub's cache, where nobody is to find it: what it links to, and the link."""
    path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)


@contextmanager
def _hub(asked: Reference, cache: Path) -> Iterator[None]:
    """The hub's errors as ours, each with what to do."""
    try:
        from huggingface_hub import constants, errors
    except ImportError as error:
        raise PluginError(f"huggingface_hub is not installed; {INSTALL}") from error
    if constants.HF_HUB_OFFLINE:
        raise WeightsError(
            f"{asked} is not here, whole, and HF_HUB_OFFLINE is set, so that nothing is downloaded; unset it, or copy "
            f"models--{asked.id.replace('/', '--')} into {cache} from a machine that has it; if no card pins it (see "
            f"'seewhy models list'), name it by its commit then: {asked.id}@<commit>"
        )
    page = f"{constants.ENDPOINT}/{asked.id}"
    try:
        with explained(cache):
            yield
    except LibraryReadOnly as error:
        raise WeightsError(f"{cache} cannot be written; make it writable, or set local.cache") from error
    except errors.GatedRepoError as error:
        raise WeightsError(
            f"{asked.id} is handed out to those who accept its license: do so at {page}, make a token at "
            f"{constants.ENDPOINT}/settings/tokens, set HF_TOKEN to it, and run this again"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise WeightsError(f"{asked.id} has no revision {asked.revision!r}; see {page}/commits/main") from error
    except errors.RepositoryNotFoundError as error:
        raise WeightsError(
            f"there is no model {asked.id!r} at {constants.ENDPOINT}, or it is private; check the id, or set HF_TOKEN"
        ) from error
    except (errors.LocalEntryNotFoundError, httpx2.TransportError) as error:
        raise WeightsError(
            f"{constants.ENDPOINT} is not reached, or the connection broke ({error}); run this again: it goes on where "
            "it stopped. HF_ENDPOINT names a mirror, HTTPS_PROXY a proxy"
        ) from error
    except (errors.HfHubHTTPError, httpx2.HTTPError) as error:
        raise WeightsError(f"{constants.ENDPOINT} does not hand out {asked}: {error}") from error

"""Where the weights of a model lie on this machine.

A model is named by a folder, or by its id on the hub with, where wanted, a revision after an @. Of a model of the hub
the revision that is used is the named one, else the one that `seewhy models pull` locked, else that of its card; never
"whatever is newest". Only safetensors are loaded, and no code that comes with a model is ever run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from seewhy.errors import WeightsError
from seewhy.models.local.cards import card_of
from seewhy.models.local.hashing import digest_of
from seewhy.models.local.lock import Reference, lock_file, locked, snapshot_folder
from seewhy.models.local.shards import damage
from seewhy.settings import LocalSettings

CONFIG = "config.json"
ADAPTER = "adapter_config.json"
"""Says that the weights are changes to another model's."""
SUFFIXES = frozenset({".safetensors", ".json", ".txt", ".jinja", ".model"})
"""What a model is made of: weights, configuration, words, template."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's files."""

    name: str
    """the id, or the name of the folder"""
    folder: Path
    """holds config.json and *.safetensors"""
    revision: str
    """commit of the hub, 40 hex digits; of a folder SHA-256 of its files, 64 hex digits"""
    architecture: str
    """`model_type` of its configuration, as transformers names it"""

    @property
    def version(self) -> str:
        """Short form of the revision, for provenance."""
        return self.revision[:12]


def find(reference: str, settings: LocalSettings) -> Weights:
    """The weights that a setting names. Nothing is downloaded.

    Args:
        reference: a folder, ``owner/name`` or ``owner/name@<commit>``.

    Raises:
        WeightsError: they are not here (which command gets them), not safetensors, or not a model.
    """
    own = own_folder(reference)
    if own is not None:
        return _checked(own.resolve().name, own.resolve(), None, settings)
    named = Reference.parse(reference)
    if named.revision is not None and named.commit is None:
        raise WeightsError(f"{reference!r}: a revision is a commit of 40 hex digits; a branch may change under you")
    identity = named.id
    wanted = named.commit or _pinned(identity, settings)
    get = f"get it with: seewhy models pull {reference}"
    if not wanted:
        raise WeightsError(f"the weights of {identity} are not on this machine; {get}")
    folder = snapshot_folder(identity, wanted, settings)
    if not folder.is_dir():
        raise WeightsError(f"the weights of {identity} at revision {wanted[:12]} are not on this machine; {get}")
    return _checked(identity, folder, wanted, settings)


def own_folder(reference: str) -> Path | None:
    """The folder that a reference names; None: it names none, but perhaps a model of the hub.

    >>> own_folder(""), own_folder("~nobody-of-this-name/model")
    (None, None)
    """
    try:
        folder = Path(reference).expanduser()
        return folder if reference and folder.is_dir() else None
    except (OSError, RuntimeError):  # a name that is too long, or not to be looked at; a user who is not there
        return None


def _pinned(identity: str, settings: LocalSettings) -> str | None:
    entry = locked(identity, settings)
    if entry is not None:
        return entry.revision
    card = card_of(identity)
    return card.revision if card is not None else None


def _checked(name: str, folder: Path, revision: str | None, settings: LocalSettings) -> Weights:
    """
    Raises:
        WeightsError: the folder holds no model that is safe to load.
    """
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        architecture = config["model_type"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise WeightsError(
            f"{folder} holds no model: {CONFIG} cannot be read ({type(error).__name__}: {error}); name a folder that "
            "save_pretrained wrote, or an id of the hub"
        ) from error
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise WeightsError(
            f"{folder} holds no *.safetensors; other formats can run code when they are loaded and are not read. "
            "Convert the model with save_pretrained"
        )
    if (folder / ADAPTER).exists():
        raise WeightsError(f"{folder} is an adapter to another model ({ADAPTER}); merge the two, and save the whole")
    for path in files:
        if (wrong := damage(path)) is not None:
            raise WeightsError(
                f"{path} {wrong}; see 'seewhy models verify {name if revision else folder}', and get the model again"
            )
    if revision is None:
        parts = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
        revision = digest_of(parts, lock_file(settings).parent)
    return Weights(name, folder, revision, str(architecture))

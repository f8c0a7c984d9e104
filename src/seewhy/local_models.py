"""Which models on this machine a profile uses, and whether they are here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seewhy.errors import WeightsError
from seewhy.models.local.cards import CARDS, ModelCard, card_of
from seewhy.models.local.lock import Reference, locked, snapshot_folder
from seewhy.models.local.weights import CONFIG, own_folder
from seewhy.perceive.specialists import chosen
from seewhy.settings import LocalSettings, Settings

PROFILE = "local"
MODEL_SETTINGS = tuple(dict.fromkeys(card.setting for card in CARDS))
"""Settings that name a model, in the order of the cards; `local.vision` names one for pictures only, if it is set."""
VISION = "local.vision"
CHANNEL_MODELS = {
    "states": ("local.language", VISION),
    "joint": ("local.embedding",),
    "rerank": ("local.reranker",),
}
"""Channel → the settings that name its model."""

Pin = Literal["named", "locked", "card", "none", "own"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One model: what is known of it, and whether it is here."""

    reference: str
    """owner/name, owner/name@revision, or a folder"""
    card: ModelCard | None
    revision: str | None
    """the one that is loaded; None: none is known yet, or it is a folder"""
    pin: Pin
    """what says so: the reference itself, the lock file, its card; nothing; or it is a folder of the user's own"""
    settings: tuple[str, ...]
    """that name it now"""
    folder: Path | None
    """where its files are; None: not here"""


def used(settings: Settings) -> dict[str, str]:
    """Setting → the model that it names, of all models that these settings make use of.

    Those are the chosen specialists', the language model unless there is an endpoint, with the profile `local` the one
    that names actions, and those of the channels of questions and edits.
    """
    names = [name.replace("-", "_") for name in chosen(settings).values() if name.startswith("local.")]
    if settings.speaks_locally:
        names += ["local.language", VISION]
    if settings.profile == PROFILE:
        names.append("local.actions")
    for channel in f"{settings.search.channels},{settings.compose.channels}".split(","):
        names += CHANNEL_MODELS.get(channel, ())
    named = {name: _value(settings.local, name) for name in dict.fromkeys(names)}
    return {name: reference for name, reference in named.items() if reference}


def of_the_profile(settings: Settings) -> dict[str, str]:
    """`used`, as if the profile were `local`."""
    return used(settings.model_copy(update={"profile": PROFILE}))


def meant(names: Sequence[str], settings: Settings) -> list[str]:
    """The models that words of a user name: `local` for the profile's, a setting or a specialist (sam2, local.sam2,
    local.depth-anything), or a model itself; each once.

    Raises:
        WeightsError: a word is none of these.
    """
    found: list[str] = []
    for name in names:
        key = f"{PROFILE}.{name.removeprefix('local.').replace('-', '_')}"
        if name == PROFILE:
            found += of_the_profile(settings).values()
        elif key in (*MODEL_SETTINGS, VISION):
            found.append(_value(settings.local, key) or settings.local.language)
        elif "/" in name:
            found.append(name)
        else:
            short = ", ".join(setting.removeprefix("local.") for setting in MODEL_SETTINGS)
            raise WeightsError(f"{name!r} names no model; give owner/name, or one of: local, {short}")
    return list(dict.fromkeys(found))


def standing(reference: str, settings: Settings, named_by: Mapping[str, str] | None = None) -> Standing:
    """What is known of a model. Its files are looked for, not read.

    Args:
        named_by: setting → model; of which are told those that name this one. None: of every setting's.

    Raises:
        WeightsError: the reference is neither a folder nor a model of the hub.
    """
    if named_by is None:
        named_by = {name: _value(settings.local, name) for name in MODEL_SETTINGS}
    names = tuple(name for name, model in named_by.items() if model == reference)
    own = own_folder(reference)
    if own is not None:
        return Standing(reference, None, None, "own", names, own if _whole(own) else None)
    asked = Reference.parse(reference)
    card, entry = card_of(asked.id), locked(reference, settings.local)
    revision: str | None
    pin: Pin
    if asked.revision is not None:
        revision, pin = asked.revision, "named"
    elif entry is not None:
        revision, pin = entry.revision, "locked"
    elif card is not None and card.revision is not None:
        revision, pin = card.revision, "card"
    else:
        revision, pin = None, "none"
    folder = snapshot_folder(asked.id, revision, settings.local) if revision is not None else None
    here = (
        folder is not None
        and _whole(folder)
        and all((folder / name).is_file() for name in (entry and entry.files) or ())
    )
    return Standing(reference, card, revision, pin, names, folder if here else None)


def how_to_get(missing: Sequence[Standing]) -> str:
    """What to do to have models here that are not."""
    ours = [one.reference for one in missing if one.pin == "own"]
    others = [one.reference for one in missing if one.pin != "own"]
    told = (
        [f"{', '.join(ours)} holds no config.json and *.safetensors; name a folder that save_pretrained wrote"]
        if ours
        else []
    )
    return "; ".join([*told, *([f"get what is missing with: seewhy models pull {' '.join(others)}"] if others else [])])


def standings(settings: Settings) -> Iterator[Standing]:
    """Every model that has a card, and those without one that a setting names."""
    named = {name: _value(settings.local, name) for name in (*MODEL_SETTINGS, VISION)}
    for reference in dict.fromkeys([*(card.id for card in CARDS), *filter(None, named.values())]):
        yield standing(reference, settings, named)


def _value(settings: LocalSettings, name: str) -> str:
    return str(getattr(settings, name.removeprefix("local.")))


def _whole(folder: Path) -> bool:
    """Whether a folder looks like a model: the files that loading cannot do without."""
    return (folder / CONFIG).is_file() and any(folder.glob("*.safetensors"))

"""The library of a benchmark: which runs share one, and that it holds the data set's videos."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seewhy.bench.datasets import Dataset
from seewhy.bench.effective import refines
from seewhy.bench.searching import Names
from seewhy.settings import Settings
from seewhy.types.calls import Usage

if TYPE_CHECKING:
    from seewhy.library import Library

PERCEIVING = ("encoder.name", "index.name")
"""Settings that change what lies in a library begin with one of these, besides those of perception."""
DESCRIBING = (
    "model", "vision_model", "local.language", "local.vision", "local.max_new_tokens", "describe.", "replies.",
    "calls.temperature", "calls.seed",
)  # fmt: skip
"""Likewise, where there is a language model: what it writes into twins."""
REFINING = ("refine.", "search.", "judge.")
"""Likewise, where questions have videos looked at again: on how they are understood and judged it depends what for. A
run without refinement is not to profit from another one's, nor a variant from that of the base."""
COMPOSING = "compose."
"""Likewise, where edits do."""


def cache_folder() -> Path:
    """Where benchmarks keep libraries and rendered clips: `$XDG_CACHE_HOME/seewhy/bench`, else under ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "seewhy" / "bench"


def shaping(settings: Settings, *, model: bool, composed: bool = False) -> dict[str, object]:
    """The settings on which it depends what lies in a library, by name.

    Args:
        model: there is a language model.
        composed: edits are put to it, not questions.
    """
    names: tuple[str, ...] = PERCEIVING
    if model:
        names += DESCRIBING
    if refines(settings, model=model):
        names += REFINING + ((COMPOSING,) if composed else ())
    return {row.name: row.value for row in settings.rows() if row.name.startswith(names)} | settings.shaping_perception


def cache_name(
    dataset: Dataset, data: Path, settings: Settings, *, model: bool | None = None, composed: bool = False
) -> str:
    """Another folder of data, other settings of perception or describing, or another recording, never share a
    library; nor do questions and edits, or other ways to answer them, where what was found is written down.

    Args:
        model: there is a language model; None: as the settings say.
    """
    there = settings.has_language_model if model is None else model
    found = shaping(settings, model=there, composed=composed)
    identity = "\n".join([str(data.resolve()), *(f"{name}={value}" for name, value in sorted(found.items()))])
    return f"{dataset.name}-{hashlib.blake2b(identity.encode(), digest_size=6).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Indexed:
    """A library that holds a data set's videos."""

    names: Names
    missing: dict[str, str]
    """videos that are not there, or could not be added → why"""
    not_described: dict[str, str]
    seconds: float
    usage: Usage


def index(opened: Library, dataset: Dataset, wanted: Iterable[str]) -> Indexed:
    """Add what the library does not hold yet, and have it described.

    Args:
        wanted: names of the videos that are searched, or that edits start from.
    """
    from seewhy.progress import TerminalProgress

    names = sorted(set(wanted))
    there = {name: dataset.videos[name] for name in names if name in dataset.videos}
    start = time.perf_counter()
    with TerminalProgress() as progress:
        report = opened.add(list(there.values()), progress=progress)
    seconds = time.perf_counter() - start if report.counts["committed"] or report.described else 0.0
    held = {str(Path(path).resolve()): entry for entry in opened.videos() for path in entry.paths}
    ids: dict[str, str] = {}
    missing = {name: dataset.missing[name] for name in names if name in dataset.missing}
    for name, path in there.items():
        entry = held.get(str(path.resolve()))
        if entry is not None and entry.id is not None and entry.state == "committed":
            ids[name] = entry.id
        else:
            missing[name] = (entry.reason if entry is not None else None) or "not added"
    indexed = Names(ids)
    not_described = {
        indexed.of(video.video): video.reason or video.state for video in report.described if video.state != "described"
    }
    return Indexed(indexed, missing, not_described, seconds, Usage.of(report.calls))

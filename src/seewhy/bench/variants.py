"""Variants of a run: settings that differ from the base's, which of them are worth a run here, and why others are not.

A variant is written as on the command line: ``compose.channels=twin,joint search.judge=none``.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from seewhy.bench.effective import Task, effective
from seewhy.bench.indexing import shaping
from seewhy.channels.shelf import Shelf, channels_of
from seewhy.errors import SeewhyError, SettingsError, VideoNotFound
from seewhy.settings import Settings
from seewhy.twin.store import MemoryStore
from seewhy.types.base import Frozen
from seewhy.video.clip import Clip

BASE = "base"
"""What the run is called that the others are compared with."""
NOT_VARIED = ("library", "api_key", "replies.")
"""Names of settings begin with one of these that say where things are kept: runs see to that themselves."""
HOW = "set SEEWHY_ENDPOINT and SEEWHY_MODEL, or profile=local"
LONGEST = 100
"""Letters of a variant in a file name, of the 255 that file systems take."""

_STATES = "compose.channels=states"
STANDARD: Mapping[Task, tuple[str, ...]] = {
    "text": (
        "search.decompose=rules",
        "search.decompose=none",
        "search.align=false",
        *(f"search.channels={channels}" for channels in ("joint", "twin,rerank", "twin,joint,rerank")),
        "search.judge=rules",
        "search.judge=none",
        "judge.mode=pointwise",
        "judge.mode=pairwise",
        "refine.rounds=0",
        "describe.on=false",
    ),
    "composed": (
        "compose.reason=rules",
        "compose.reason=none",
        "compose.strategy=single_stage",
        "compose.strategy=self_consistency",
        *(f"{_STATES} compose.pooling=weighted compose.weights={weights}" for weights in ("paper", "released")),
        *(f"{_STATES} compose.pooling={pooling}" for pooling in ("mean", "max", "last")),
        *(f"compose.channels={channels}" for channels in ("twin", "joint", "twin,rerank")),
        "compose.channels=twin,states,joint,rerank",
        "search.judge=rules",
        "search.judge=none",
        "compose.judge_frames=0",
        "compose.frames=0",
    ),
}
"""The ablations of each task: who understands, what is searched in, who judges, and what they are shown. Rerank orders
what other channels find, so it is never alone."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Settings of one run."""

    assignments: Mapping[str, str]
    """empty: the base"""
    settings: Settings

    @property
    def label(self) -> str:
        """As it is written on the command line."""
        return written(self.assignments) or BASE

    @property
    def suffix(self) -> str:
        """The same for the same settings in any order, other for others: part of the name of a file. The base has none.

        >>> Variant({"search.judge": "none", "compose.channels": "twin,joint"}, Settings()).suffix
        'compose.channels=twin,joint+search.judge=none'
        """
        said = "+".join(f"{name}={value}" for name, value in sorted(self.assignments.items()))
        if len(said) <= LONGEST and all(re.fullmatch(r"[\w.,-]*", value, re.A) for value in self.assignments.values()):
            return said
        digest = hashlib.blake2b(repr(sorted(self.assignments.items())).encode(), digest_size=4).hexdigest()
        return f"{re.sub(r'[^A-Za-z0-9_.,=+-]+', '-', said)[:LONGEST]}-{digest}"

    def beside(self, path: Path) -> Path:
        """This variant's own file or folder: `run.sqlite` becomes `run.<suffix>.sqlite`. The base's is the path."""
        return path.with_name(f"{path.stem}.{self.suffix}{path.suffix}") if self.assignments else path


class LeftOut(Frozen):
    """A variant that is not run."""

    variant: str
    """as on the command line"""
    reason: str
    named: bool
    """the user asked for it by name"""
    same: bool
    """it is not missing: another run measures it"""


def said(left_out: Iterable[LeftOut]) -> Iterator[str]:
    """What is left out and why; what has one reason in one line."""
    by_reason: dict[str, list[str]] = {}
    for one in left_out:
        by_reason.setdefault(one.reason, []).append(one.variant)
    return (f"left out: {'; '.join(variants)}: {reason}" for reason, variants in by_reason.items())


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run, in order, the base first; and what is not."""

    variants: tuple[Variant, ...]
    left_out: tuple[LeftOut, ...]


def plan(
    base: Settings,
    task: Task,
    named: Sequence[str],
    *,
    standard: bool,
    model: bool,
    one_library: bool = False,
    replayed: Path | None = None,
) -> Plan:
    """Which variants are run.

    Args:
        named: variants as they were written.
        standard: those of the task, too.
        model: there is a language model.
        one_library: all runs are to use one library: what needs another is left out.
        replayed: the base's recording; variants are replayed from those beside it, and what has none is left out.
            None: nothing is replayed.

    Raises:
        SettingsError: a variant is not written right, has a setting that does not exist or may not be varied, or a
            value that does not fit; names the variant.
    """
    variants, left_out = [Variant({}, base)], list[LeftOut]()
    asked = chain(((text, True) for text in named), ((text, False) for text in STANDARD[task] if standard))
    for text, by_name in asked:
        variant = variant_of(text, base)
        reason = _same(variant, variants, task, model=model)
        same = reason is not None
        if reason is None:
            reason = _missing(variant.settings, task) if replayed is None else _unrecorded(variant.beside(replayed))
        if reason is None and one_library:
            reason = _elsewhere(variant.settings, base, task, model=model)
        if reason is None:
            variants.append(variant)
        else:
            left_out.append(LeftOut(variant=variant.label, reason=reason, named=by_name, same=same))
    return Plan(tuple(variants), tuple(left_out))


def variant_of(text: str, base: Settings) -> Variant:
    """
    >>> variant_of("search.judge=none refine.rounds=0", Settings()).settings.refine.rounds
    0

    Raises:
        SettingsError: see `plan`.
    """
    try:
        assignments = dict(_read(text))
        kept = {row.name: row.value for row in base.rows() if not row.secret}
        loaded = Settings.load(overrides=kept | assignments, environment={})
    except SettingsError as error:
        raise SettingsError(f"variant {text!r}: {error}") from error
    return Variant(assignments, loaded.model_copy(update={"api_key": base.api_key}))


def written(assignments: Mapping[str, str]) -> str:
    """As `variant_of` reads it.

    >>> written({"local.language": "a b"})
    "'local.language=a b'"
    """
    return shlex.join(f"{name}={value}" for name, value in assignments.items())


def _read(text: str) -> Iterator[tuple[str, str]]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingsError(f"it cannot be read: {error}") from error
    if not words:
        raise SettingsError("it names no setting; write NAME=VALUE, several with spaces between them")
    seen = set[str]()
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise SettingsError(f"{word!r} is no NAME=VALUE")
        if name.startswith(NOT_VARIED):
            raise SettingsError(f"{name} says where things are kept; every run sees to that itself, leave it out")
        if name in seen:
            raise SettingsError(f"{name} is set twice")
        seen.add(name)
        yield name, value


# Why a variant is not run


def _same(variant: Variant, others: Sequence[Variant], task: Task, *, model: bool) -> str | None:
    """Why it would measure what another one measures; None: it would not."""
    own = effective(variant.settings, task, model=model)
    for other in others:
        if own != effective(other.settings, task, model=model):
            continue
        name = "the base" if not other.assignments else other.label
        differs = effective(variant.settings, task, model=True) != effective(other.settings, task, model=True)
        if not model and differs:
            return f"the same as {name} where there is no language model; {HOW}"
        return f"the same as {name}"
    return None


def _missing(settings: Settings, task: Task) -> str | None:
    """Why its channels cannot be asked on this machine; None: they can."""
    shelf = Shelf(
        settings=settings,
        folder=Path(settings.library),
        read_only=True,
        twins=MemoryStore(),
        videos=frozenset,
        clip=_no_clip,
        model=None,
    )
    try:
        names = settings.search.channels if task == "text" else settings.compose.channels
        channels_of(shelf, names, {})  # makes them, and loads nothing
    except SeewhyError as error:
        return str(error)
    return None


def _unrecorded(file: Path) -> str | None:
    return None if file.expanduser().exists() else f"it was not recorded: there is no {file}"


def _no_clip(video: str) -> Clip:
    raise VideoNotFound(video, "there are no videos on an empty shelf")


def _elsewhere(settings: Settings, base: Settings, task: Task, *, model: bool) -> str | None:
    """Why it cannot use the base's library; None: it can."""
    composed = task == "composed"
    own, others = shaping(settings, model=model, composed=composed), shaping(base, model=model, composed=composed)
    other = sorted(name for name in own.keys() | others.keys() if own.get(name) != others.get(name))
    if not other:
        return None
    return f"{other[0]} changes what lies in a library, and --library names one for all runs; leave it out"

"""From one file to what is kept of it: the part of flow 1 that runs in parallel, and writes nothing."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Protocol

from seewhy.errors import PerceptionError, PluginError, SeewhyError, SettingsError, VideoError
from seewhy.settings import Settings
from seewhy.twin.catalog_rows import FileStat
from seewhy.twin.derive import derive
from seewhy.twin.sentences import components
from seewhy.twin.store import TwinFiles
from seewhy.types.masks import Rle
from seewhy.types.twin import Component, Twin
from seewhy.types.video import Frame, Image, VideoFacts
from seewhy.video.ahead import ahead
from seewhy.video.damage import hearing_damage
from seewhy.video.source import VideoSource
from seewhy.workers import Tell


class Perceived(Protocol):
    """What perception makes of a video."""

    @property
    def twin(self) -> Twin: ...

    @property
    def masks(self) -> Mapping[int, Mapping[int, Rle]]:
        """frame index → track id → mask"""
        ...

    @property
    def thumbnail(self) -> Image: ...


Perceive = Callable[[VideoSource, Path, VideoFacts, Settings], Perceived]
"""Video → twin. Importable by name, since it may run in other processes."""


def by_profile(source: VideoSource, path: Path, facts: VideoFacts, settings: Settings) -> Perceived:
    """Perception by the specialists that the settings name."""
    from seewhy.perceive.builder import build_twin

    video = settings.video
    return build_twin(
        facts,
        lambda: ahead(source.frames(path, facts, rate=video.rate, lines=video.lines, max_frames=video.max_frames)),
        settings,
    )


@dataclass(frozen=True, slots=True)
class UntilOver:
    """A `VideoSource` whose frames end with an error once it is over: threads cannot be killed, but they can be made
    to stop at the next frame."""

    source: VideoSource
    over: Event

    def probe(self, path: Path) -> VideoFacts:
        """See `VideoSource.probe`."""
        return self.source.probe(path)

    def frames(
        self, path: Path, facts: VideoFacts, *, rate: float, lines: int | None, max_frames: int | None
    ) -> Iterator[Frame]:
        """See `VideoSource.frames`.

        Raises:
            PerceptionError: it is over.
        """
        for frame in self.source.frames(path, facts, rate=rate, lines=lines, max_frames=max_frames):
            if self.over.is_set():
                raise PerceptionError("the run was ended before this video was seen; index it again")
            yield frame


@dataclass(frozen=True, slots=True)
class Probe:
    """Task: say what a file is."""

    file: FileStat


@dataclass(frozen=True, slots=True)
class Build:
    """Task: make the twin of a file that has been probed."""

    file: FileStat
    facts: VideoFacts


@dataclass(frozen=True, slots=True)
class Probed:
    facts: VideoFacts
    date: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Built:
    files: TwinFiles
    components: tuple[Component, ...]
    categories: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A task that came to nothing, and why."""

    reason: str
    error: str
    """name of the error's class"""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Work:
    """Does a task. Whatever goes wrong with one video is its result, not the end of the run.

    Raises:
        PluginError, SettingsError: no video can be perceived as things are set.
    """

    source: VideoSource
    settings: Settings
    perceive: Perceive

    def __call__(self, task: Probe | Build, tell: Tell) -> Probed | Built | Failed:
        began = time.perf_counter()
        try:
            if isinstance(task, Probe):
                tell("probe")
                facts = self.source.probe(task.file.path)
                return Probed(facts, recorded(facts, task.file), time.perf_counter() - began)
            return self._build(task, tell, began)
        except (PluginError, SettingsError):
            raise
        except VideoError as error:
            return Failed(error.reason, type(error).__name__, time.perf_counter() - began)
        except SeewhyError as error:
            return Failed(str(error), type(error).__name__, time.perf_counter() - began)
        except Exception as error:  # noqa: BLE001 - a fault that one video brings to light must not stop the others
            name, where = type(error).__name__, traceback.extract_tb(error.__traceback__)[-1]
            reason = f"unexpected {name} at {Path(where.filename).name}:{where.lineno}: {error}"
            return Failed(reason, name, time.perf_counter() - began)

    def _build(self, task: Build, tell: Tell, began: float) -> Built:
        path = task.file.path
        tell("perceive")
        with hearing_damage() as damage:
            perceived = self.perceive(self.source, path, task.facts, self.settings)
        tell("derive")
        notes = dict.fromkeys((*perceived.twin.degraded, *damage))
        twin = derive(perceived.twin.model_copy(update={"degraded": tuple(notes)}))
        sentences = components(twin)
        files = TwinFiles.of(twin, perceived.masks, perceived.thumbnail)
        if FileStat.of(path) != task.file:
            raise PerceptionError("the file changed while it was read; index it again when it is complete")
        return Built(files, sentences, categories(twin), time.perf_counter() - began)


def categories(twin: Twin) -> tuple[str, ...]:
    """Every name that a track goes by, sorted: what the filter `category` looks at."""
    labels = [label for track in twin.tracks for label in track.labels]
    return tuple(sorted({name for label in labels for name in (label.name, label.broader) if name is not None}))


def recorded(facts: VideoFacts, file: FileStat) -> str:
    """When a video was recorded, ISO 8601 in UTC: by its container, else the time of the file."""
    moment = datetime.fromtimestamp(file.mtime_ns / 1e9, UTC)
    if facts.created is not None:
        stated = datetime.fromisoformat(facts.created)
        moment = (stated if stated.tzinfo else stated.replace(tzinfo=UTC)).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

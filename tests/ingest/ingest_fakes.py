"""Videos that cost nothing to look at: small JSON files that say what happens to whoever reads them.

Everything here is importable by name, so that worker processes can use it.
"""

from __future__ import annotations

import json
import os
import signal
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from seewhy.enrich import Enriching
from seewhy.errors import NotAVideo, PerceptionError, PluginError
from seewhy.index.exact import ExactIndex
from seewhy.index.seam import Fingerprint, SearchCondition
from seewhy.ingest import ingest
from seewhy.models.text import HashingEncoder
from seewhy.perceive.findings import Findings
from seewhy.reports import IngestReport
from seewhy.settings import Settings
from seewhy.twin.folder import LibraryFolder
from seewhy.types.hit import Candidate
from seewhy.types.masks import Rle, encode
from seewhy.types.twin import TWIN_SCHEMA, Attribute, Label, Observation, SpecialistRun, Track, Twin, mask_pointer
from seewhy.types.video import Frame, FrameTime, Image, VideoFacts
from seewhy.video.identity import content_id
from seewhy.video.source import DamagedVideoWarning

ENCODER = HashingEncoder(16)
SIZE = (8, 12)
RATE = 6


def write_video(path: Path, name: str, **does: Any) -> Path:
    """A file whose content is told by `name` and what it has: tracks, seconds, fail, raises, dies, lasts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"name": name, **does}))
    return path


@dataclass(frozen=True)
class JsonSource:
    """A `VideoSource` for such files."""

    def probe(self, path: Path) -> VideoFacts:
        try:
            video = json.loads(path.read_text())
        except ValueError as error:
            raise NotAVideo(path, "no JSON; give one of these tests' videos") from error
        if video.get("probe_dies"):
            os.kill(os.getpid(), signal.SIGSEGV)
        return VideoFacts(
            id=content_id(path), bytes=path.stat().st_size, width=SIZE[1], height=SIZE[0], rotation=0,
            duration=video.get("seconds", 1.0), start_pts=0, time_base=Fraction(1, RATE), average_rate=Fraction(RATE),
            codec="json", container="json", created=video.get("created"),
        )  # fmt: skip

    def frames(
        self, path: Path, facts: VideoFacts, *, rate: float, lines: int | None, max_frames: int | None
    ) -> Iterator[Frame]:
        raise NotImplementedError("these videos have no pictures")


@dataclass(frozen=True)
class Seen:
    """What `perceive` makes of such a file."""

    twin: Twin
    masks: Mapping[int, Mapping[int, Rle]]
    thumbnail: Image


def perceive(source: JsonSource, path: Path, facts: VideoFacts, settings: Settings) -> Seen:
    """Tracks that go from left to right, one below the other; or whatever else the file wants."""
    video = json.loads(path.read_text())
    if video.get("fail"):
        raise PerceptionError(video["fail"])
    if video.get("raises"):
        raise RuntimeError(video["raises"])
    if video.get("misses"):
        raise PluginError(video["misses"])
    if video.get("dies"):
        os.kill(os.getpid(), getattr(signal, video["dies"]))
    if video.get("lasts"):
        time.sleep(video["lasts"])
    if video.get("damaged"):
        warnings.warn(video["damaged"], DamagedVideoWarning, stacklevel=1)
    if video.get("warns"):
        warnings.warn(video["warns"], FutureWarning, stacklevel=1)
    if video.get("grows"):
        path.write_text(json.dumps(video | {"grown": True}))
    frames = tuple(FrameTime(index=i, pts=i, t=i / RATE) for i in range(max(1, round(facts.duration * RATE))))
    masks: dict[int, dict[int, Rle]] = {frame.index: {} for frame in frames}
    tracks = []
    for track in range(1, video.get("tracks", 1) + 1):
        seen = []
        for frame in frames:
            x, y = (frame.index + 0.5) / len(frames), track / 10
            mask = np.zeros(SIZE, bool)
            mask[track % SIZE[0], min(int(x * SIZE[1]), SIZE[1] - 1)] = True
            masks[frame.index][track] = encode(mask)
            seen.append(
                Observation(
                    frame=frame.index,
                    t=frame.t,
                    x=x,
                    y=y,
                    box=(x, y, x, y),
                    area=1 / (SIZE[0] * SIZE[1]),
                    mask=mask_pointer(frame.index, track),
                )
            )
        label = Label(name=f"thing {track}", score=1.0, source="fake@1", broader="thing")
        color = Attribute(kind="color", value="red", score=1.0, source="fake@1")
        tracks.append(
            Track(id=track, labels=(label,), attributes=(color,), observations=tuple(seen), score=1.0, source="fake@1")
        )
    run = SpecialistRun(source="fake@1", seconds=time.perf_counter())
    twin = Twin(video=facts, frames=frames, mask_size=SIZE, tracks=tuple(tracks), specialists=(run,))
    return Seen(twin, masks, np.full((*SIZE, 3), 128, np.uint8))


@dataclass(frozen=True)
class Describer:
    """Says the same of every video; one whose first track is called `mute` it cannot describe."""

    source: str = "describe:fake@1"
    mute: str = ""

    def describe(self, twin: Twin, masks: Mapping[int, Mapping[int, Rle]], clip: Any) -> Findings:
        if twin.id == self.mute:
            raise PerceptionError("it was not to be seen")
        label = Label(name="terrier", score=0.9, source=self.source, broader="dog")
        return Findings(source=self.source, labels={1: (label,)}, summary="A terrier goes for a walk.")


def enriching(describer: Describer | None = None) -> Enriching:
    return Enriching(describer or Describer(), str, 2, lambda: None)  # type: ignore[arg-type]  # nobody looks at the clip


def make_library(path: Path) -> LibraryFolder:
    return LibraryFolder.create(path, encoder=ENCODER.name, settings=Settings())


def open_index(folder: LibraryFolder, **how: bool) -> ExactIndex:
    print_ = Fingerprint(
        encoder=ENCODER.name, dimensions=ENCODER.dimensions, twin=TWIN_SCHEMA, format=ExactIndex.format
    )
    return ExactIndex.open(folder.index_path, print_, **(how or {"create": True}))


def run_ingest(folder: LibraryFolder, *paths: Path, **how: Any) -> IngestReport:
    """One ingest with the fakes, in this process unless told otherwise."""
    index = open_index(folder)
    try:
        return ingest(
            folder, paths, Settings(), index=index, encoder=ENCODER,
            **{"workers": 1, "source": JsonSource(), "perceive": perceive} | how,
        )  # fmt: skip
    finally:
        index.close()


def check_whole(folder: LibraryFolder) -> frozenset[str]:
    """That every committed video is there in full, as a reader finds it; the ids."""
    reader = LibraryFolder.open(folder.path, read_only=True)
    with reader.catalog() as catalog:
        for row in catalog.videos("committed"):
            files = reader.store.read(row.id)
            announced = (row.next_sha256, row.next_bytes)  # being replaced: it is the one or the other
            assert (files.digest, files.size) in ((row.twin_sha256, row.twin_bytes), announced), row.id
            assert files.parse().id == row.id
            assert files.thumbnail.startswith(b"\xff\xd8")
        return catalog.committed()


def snapshot(folder: LibraryFolder) -> dict[str, Any]:
    """All of a library that must not depend on how often its making was interrupted."""
    reader = LibraryFolder.open(folder.path, read_only=True)
    found: dict[str, Any] = {"folders": sorted(entry.name for entry in reader.store.root.iterdir())}
    with reader.catalog() as catalog:
        for row in catalog.videos():
            found[row.id] = (
                row.state,
                row.reason,
                row.error,
                row.duration,
                row.date,
                row.categories,
                catalog.paths(row.id),
                row.described,
                row.next_sha256,
                row.reindex,
            )
        for file in catalog.files():
            found[file.path] = (file.video, file.state, file.reason, file.error)
        committed = catalog.committed()
    for video in committed:
        twin = reader.store.load(video)
        untimed = tuple(run.model_copy(update={"seconds": None}) for run in twin.specialists)
        found[f"twin {video}"] = twin.model_copy(update={"specialists": untimed}).model_dump_json()
        found[f"masks {video}"] = reader.store.read(video).masks
    index = open_index(reader, read_only=True)
    found["index"] = sorted(index.videos())
    found["ranking"] = [
        (candidate.video, round(candidate.score, 5)) for candidate in search(index, "a red thing 2 moves right")
    ]
    index.close()
    return found


def search(index: ExactIndex, text: str) -> list[Candidate]:
    return index.search([SearchCondition(id="c", weight=1.0, vectors=ENCODER.encode([text]))], 1000)

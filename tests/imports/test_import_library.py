"""Annotations become videos of a library that can be searched: matched, replaced, resumed, reported."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import annotated_world as world
import numpy as np
import pytest
from typer.testing import CliRunner

from seewhy import Library, Settings
from seewhy.bench.jf import region_similarity
from seewhy.cli import app
from seewhy.errors import AnnotationError
from seewhy.imports.flow import import_annotations
from seewhy.imports.formats import Origin
from seewhy.imports.report import ImportReport
from seewhy.index.exact import ExactIndex
from seewhy.index.seam import Fingerprint
from seewhy.models.text import HashingEncoder
from seewhy.twin.catalog import Catalog
from seewhy.twin.folder import LibraryFolder
from seewhy.types.masks import Rle, decode
from seewhy.types.twin import TWIN_SCHEMA
from seewhy.video.pyav import PyAvSource

SETTINGS = Settings.load(overrides={"index.workers": 1}, environment={})
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world.write_film(tmp_path_factory.mktemp("film") / "walk.mp4")


@pytest.fixture
def videos(film: Path, tmp_path: Path) -> Path:
    """A folder with the film."""
    folder = tmp_path / "videos"
    folder.mkdir()
    shutil.copy2(film, folder / "walk.mp4")
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", SETTINGS) as opened:
        yield opened


def masks_in(library: Library, video: str) -> dict[int, dict[str, Rle]]:
    ids = {track.id: track.aliases[0] for track in library.twin(video).tracks}
    return {frame: {ids[track]: mask for track, mask in of.items()} for frame, of in library.masks(video).items()}


def states(report: ImportReport) -> dict[str, str]:
    return {file.path.name: file.state for file in report.videos.files}


def test_what_is_imported_can_be_searched(library: Library, videos: Path, tmp_path: Path) -> None:
    path = world.write_json(tmp_path / "walk.json", world.coco_rle())
    report = library.import_annotations([path], [videos])
    assert report.complete
    assert states(report) == {"walk.mp4": "committed"}
    (entry,) = library.videos()
    assert entry.id is not None
    assert entry.categories == ("ball", "dog")
    assert masks_in(library, entry.id) == world.truth()
    answer = library.search("a dog moves to the right")
    assert answer.hits[0].video == entry.id
    dog = next(track.id for track in library.twin(entry.id).tracks if track.category == "dog")
    assert dog in {found.track for found in answer.hits[0].objects}
    assert all(verdict.answer == "yes" for verdict in answer.hits[0].verdict.conditions)
    assert not any(hit.verdict.relevance > 0.5 for hit in library.search("a cat").hits)


def test_the_same_again_costs_nothing_and_another_takes_its_place(
    library: Library, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.write_json(tmp_path / "walk.json", world.coco_rle())
    library.import_annotations([path], [videos])
    before = library.videos()[0].id
    assert before is not None
    twin = library.twin(before)
    with monkeypatch.context() as patched:
        patched.setattr(PyAvSource, "frames", None)  # nothing is decoded
        patched.setattr(PyAvSource, "probe", None)
        assert states(library.import_annotations([path], [videos])) == {"walk.mp4": "unchanged"}
        assert states_of(library.add([videos])) == {"walk.mp4": "unchanged"}
    assert library.twin(before) == twin
    cat = world.coco_rle(objects={"1": {"name": "cat"}, "2": {"name": "ball"}})
    report = library.import_annotations([world.write_json(path, cat)], [videos])
    assert states(report) == {"walk.mp4": "committed"}
    assert library.videos()[0].categories == ("ball", "cat")
    assert library.search("a cat").hits[0].verdict.conditions[0].answer == "yes"
    assert not any(hit.verdict.relevance > 0.5 for hit in library.search("a dog").hits)


def states_of(report: Any) -> dict[str, str]:
    return {file.path.name: file.state for file in report.files}


def test_a_perceived_twin_is_replaced(library: Library, videos: Path, tmp_path: Path) -> None:
    library.add([videos])
    (entry,) = library.videos()
    assert entry.id is not None
    assert "dog" not in entry.categories
    library.import_annotations([world.write_json(tmp_path / "walk.json", world.coco_rle())], [videos])
    assert masks_in(library, entry.id) == world.truth()
    assert library.videos()[0].categories == ("ball", "dog")


def test_an_annotation_that_does_not_fit_harms_nobody(library: Library, videos: Path, tmp_path: Path) -> None:
    world.write_film(videos / "run.mp4", seed=1)
    good = world.write_json(tmp_path / "a" / "walk.json", world.coco_rle())
    library.import_annotations([good], [videos])
    twin = library.twin(next(e.id for e in library.videos() if e.id))
    for name in ("walk", "run"):
        world.write_json(tmp_path / "b" / f"{name}.json", world.coco_rle(f"{name}.mp4", num_frames=80))
    world.write_json(tmp_path / "b" / "broken.json", {"video": "x", "frames": 3, "objects": {}})
    report = library.import_annotations([tmp_path / "b"], [videos])
    assert {file.path.name: (file.state, file.error) for file in report.videos.files} == {
        "walk.mp4": ("failed", "AnnotationError"),
        "run.mp4": ("failed", "AnnotationError"),
    }
    assert all("this one decodes to 9" in (file.reason or "") for file in report.videos.files)
    assert [(one.path.name, one.video) for one in report.unmatched] == [("broken.json", None)]
    assert not report.complete
    assert library.twin(twin.id) == twin
    assert library.search("a dog").hits[0].video == twin.id
    assert states_of(library.add([videos])) == {"walk.mp4": "unchanged", "run.mp4": "committed"}


def test_videos_and_annotations_without_each_other_are_named(library: Library, videos: Path, tmp_path: Path) -> None:
    shutil.copy2(videos / "walk.mp4", videos / "other.mp4")
    paths = [
        world.write_json(tmp_path / "walk.json", world.coco_rle()),
        world.write_json(tmp_path / "gone.json", world.coco_rle("gone.mp4")),
        tmp_path / "nothing.json",
    ]
    report = library.import_annotations(paths, [videos])
    assert states(report) == {"walk.mp4": "committed"}
    assert [path.name for path in report.unannotated] == ["other.mp4"]
    reasons = {one.path.name: one.reason for one in report.unmatched}
    assert "no video is called 'gone.mp4'" in reasons["gone.json"]
    assert "no such file" in reasons["nothing.json"]
    assert "2 annotations not imported" in report.summary()
    assert json.loads(json.dumps(report.as_dict()))["unannotated"] == [str(videos / "other.mp4")]


def test_two_annotations_of_one_video_are_both_refused(library: Library, videos: Path, tmp_path: Path) -> None:
    paths = [
        world.write_json(tmp_path / "walk.json", world.coco_rle()),
        world.write_json(tmp_path / "walk_manual.json", world.sa_v()),
    ]
    report = library.import_annotations(paths, [videos])
    assert report.videos.files == ()
    assert [one.path for one in report.unmatched] == paths
    assert all("several annotations" in one.reason for one in report.unmatched)


def test_folders_tell_videos_of_one_name_apart(library: Library, videos: Path, tmp_path: Path) -> None:
    world.write_film(videos / "test" / "walk.mp4", seed=1)
    (videos / "train").mkdir()
    (videos / "walk.mp4").rename(videos / "train" / "walk.mp4")
    unclear = world.write_json(tmp_path / "a.json", world.coco_rle("walk.mp4"))
    report = library.import_annotations([unclear], [videos])
    assert "are both called" in report.unmatched[0].reason
    clear = world.write_json(tmp_path / "b.json", world.coco_rle("test/walk.mp4"))
    report = library.import_annotations([clear], [videos])
    assert [file.path.parent.name for file in report.videos.files] == ["test"]


def test_one_annotation_and_one_file_belong_together(library: Library, videos: Path, tmp_path: Path) -> None:
    path = world.write_json(tmp_path / "instances_default.json", world.coco())
    renamed = (videos / "walk.mp4").rename(videos / "clip 7.mp4")
    assert states(library.import_annotations([path], [renamed])) == {"clip 7.mp4": "committed"}


def test_a_video_is_written_from_davis_pictures(library: Library, tmp_path: Path) -> None:
    world.write_davis(tmp_path / "davis", pictures=True)
    report = library.import_annotations([tmp_path / "davis"], [])
    assert "--write-videos" in report.unmatched[0].reason
    for state in ("committed", "unchanged"):
        report = library.import_annotations([tmp_path / "davis"], [], write_videos=tmp_path / "made")
        assert states(report) == {"walk.mp4": state}
    (entry,) = library.videos()
    assert entry.id is not None
    assert masks_in(library, entry.id) == world.truth()
    assert library.twin(entry.id).video.average_rate == 24
    library.video_path(entry.id)


def test_davis_pictures_have_to_be_all_there(library: Library, tmp_path: Path) -> None:
    world.write_davis(tmp_path / "davis", pictures=True)
    (tmp_path / "davis" / "JPEGImages" / "480p" / "walk" / "00003.jpg").unlink()
    report = library.import_annotations([tmp_path / "davis"], [], write_videos=tmp_path / "made")
    assert "picture 3 was expected" in report.unmatched[0].reason


def test_an_unknown_format_is_refused(library: Library, videos: Path) -> None:
    with pytest.raises(AnnotationError, match="unknown format 'xml'"):
        library.import_annotations([videos], [videos], format="xml")


def test_importing_in_other_processes(film: Path, tmp_path: Path) -> None:
    for number, name in enumerate(("walk", "run")):
        world.write_film(tmp_path / "videos" / f"{name}.mp4", frames=3, seed=number)
        frames = dict(list(world.coco_rle()["frames"].items())[:3])
        document = world.coco_rle(f"{name}.mp4", frames=frames, num_frames=3)
        world.write_json(tmp_path / "masks" / f"{name}.json", document)
    two = Settings.load(overrides={"index.workers": 2}, environment={})
    with Library.open(tmp_path / "library", two) as library:
        report = library.import_annotations([tmp_path / "masks"], [tmp_path / "videos"])
        assert states(report) == {"walk.mp4": "committed", "run.mp4": "committed"}


# Killed


class Killed(BaseException):
    """Stands for the end of the process: from then on nothing reaches the disk."""


class Steps:
    """Counts the moments at which the disk changes for good, and dies before one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, crash_at: int | None) -> None:
        self.number, self.crash_at = 0, crash_at
        for owner, names in ((os, ("fsync",)), (pathlib.Path, ("rename", "replace", "mkdir"))):
            for name in names:
                monkeypatch.setattr(owner, name, self._before(getattr(owner, name)))
        real = Catalog._update_video
        monkeypatch.setattr(Catalog, "_update_video", self._before(real))

    def _before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*args: Any, **how: Any) -> Any:
            if self.crash_at is not None and self.number >= self.crash_at:
                raise Killed
            self.number += 1
            return real(*args, **how)

        return stepped


def bring_in(folder: Path, annotation: Path, videos: Path) -> ImportReport:
    opened = LibraryFolder.open(folder)
    encoder = HashingEncoder(16)
    fingerprint = Fingerprint(
        encoder=encoder.name, dimensions=encoder.dimensions, twin=TWIN_SCHEMA, format=ExactIndex.format
    )
    index = ExactIndex.open(opened.index_path, fingerprint, create=True)
    try:
        return import_annotations(
            opened, [annotation], [videos], SETTINGS, index=index, encoder=encoder, source=PyAvSource(), workers=1
        )
    finally:
        index.close()


def names_in(folder: Path) -> tuple[str, ...]:
    opened = LibraryFolder.open(folder)
    with opened.catalog() as catalog:
        (row,) = catalog.videos("committed")
    twin = opened.store.load(row.id)
    assert sorted({label.name for track in twin.tracks for label in track.labels}) == list(row.categories) or (
        row.next_sha256 is not None  # announced: put right by whoever writes next
    )
    return tuple(sorted(track.category for track in twin.tracks))


def test_a_kill_while_a_twin_is_replaced_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    videos = tmp_path / "videos"
    world.write_film(videos / "walk.mp4", frames=2)
    frames = dict(list(world.coco_rle()["frames"].items())[:2])
    path = world.write_json(tmp_path / "walk.json", world.coco_rle(frames=frames, num_frames=2))
    start = tmp_path / "start"
    LibraryFolder.create(start, encoder="hashing", settings=SETTINGS)
    bring_in(start, path, videos)
    assert names_in(start) == ("ball", "dog")
    world.write_json(
        path, world.coco_rle(frames=frames, num_frames=2, objects={"1": {"name": "cat"}, "2": {"name": "ball"}})
    )

    shutil.copytree(start, tmp_path / "whole")
    with monkeypatch.context() as patched:
        steps = Steps(patched, None)
        bring_in(tmp_path / "whole", path, videos)
    assert names_in(tmp_path / "whole") == ("ball", "cat")
    assert steps.number > 10
    found = set()
    for crash_at in range(steps.number):
        folder = tmp_path / f"crash-{crash_at}"
        shutil.copytree(start, folder)
        with monkeypatch.context() as patched:
            Steps(patched, crash_at)
            with pytest.raises(Killed):
                bring_in(folder, path, videos)
        found.add(names_in(folder))
        assert states(bring_in(folder, path, videos))["walk.mp4"] in ("committed", "unchanged")
        assert names_in(folder) == ("ball", "cat")
        shutil.rmtree(folder)
    assert found == {("ball", "dog"), ("ball", "cat")}


# The command


def test_the_command_says_what_was_done(film: Path, tmp_path: Path) -> None:
    path = world.write_json(tmp_path / "walk.json", world.coco_rle())
    shutil.copy2(film, tmp_path / "other.mp4")
    shutil.copy2(film, tmp_path / "walk.mp4")
    common = ["--videos", str(tmp_path), "-l", str(tmp_path / "library"), "--set", "index.workers=1"]
    runner = CliRunner()
    done = runner.invoke(app, ["import", str(path), *common, "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["videos"]["counts"]["committed"] == 1
    assert said["unannotated"] == [str(tmp_path / "other.mp4")]
    assert "other.mp4: no annotation" in done.stderr
    again = runner.invoke(app, ["import", str(path), *common])
    assert "1 unchanged" in again.stdout
    part = runner.invoke(app, ["import", str(path), str(tmp_path / "none.json"), *common])
    assert part.exit_code == 3
    assert "no such file" in part.stdout
    assert runner.invoke(app, ["import", str(path), *common[2:]]).exit_code == 2
    world.write_davis(tmp_path / "davis", pictures=True)
    made = ["--write-videos", str(tmp_path / "made")]
    davis = runner.invoke(app, ["import", str(tmp_path / "davis"), *made, *common[2:]])
    assert davis.exit_code == 0, davis.output
    assert "1 committed" in davis.stdout
    wrong = runner.invoke(app, ["import", str(path), *common, "--format", "xml"])
    assert wrong.exit_code == 2
    other = runner.invoke(app, ["import", str(path), *common, "--format", "cvat"])
    assert other.exit_code == 3
    assert "XML" in other.stdout


# Real files


@pytest.mark.parametrize("name", ["cutie_judo", "ct_apple", "davis_car-shadow"])
def test_reel_97_comes_back_bit_for_bit(name: str, library: Library) -> None:
    """All 26 files: benchmarks/import_round_trip.py."""
    path = SHARED / "masks" / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    report = library.import_annotations([path], [SHARED / "videos" / f"{name}.mp4"])
    assert report.complete, report.summary()
    (annotation,) = Origin(path, None).read()
    (entry,) = library.videos()
    assert entry.id is not None
    kept = masks_in(library, entry.id)
    assert kept == {frame: dict(masks) for frame, masks in annotation.frames.items()}
    scores = [
        region_similarity(decode(kept[frame][thing]), decode(mask))
        for frame, masks in annotation.frames.items()
        for thing, mask in masks.items()
    ]
    assert np.mean(scores) == 1

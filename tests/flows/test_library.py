"""The whole spine on real pixels: rendered clips with known truth, embedded perception, questions, files, commands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from typer.testing import CliRunner

from seewhy import Filters, Library, Settings
from seewhy.bench.synthetic import CLIPS
from seewhy.bench.synthetic.render import render
from seewhy.cli import app
from seewhy.errors import LibraryNotFound, LibraryReadOnly, QueryError, SettingsError, VideoNotFound
from seewhy.types import masks

NAMES = ("ball_right", "ball_left", "gate_stop_first")
SETTINGS = Settings.load(overrides={"index.workers": 1}, environment={})


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    render([clip for clip in CLIPS if clip.name in NAMES], folder)
    (folder / "videos" / "broken.mp4").write_text("#EXTM3U\nhttp://example.org/never.ts\n")
    return folder


@pytest.fixture(scope="module")
def folder(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("library") / "lib"
    with Library.open(path, SETTINGS) as library:
        report = library.add([clips / "videos"])
    assert report.counts["committed"] == len(NAMES)
    (failed,) = report.failed
    assert failed.path.name == "broken.mp4"
    assert failed.error == "NotAVideo"
    assert failed.reason
    return path


@pytest.fixture
def library(folder: Path) -> Iterator[Library]:
    with Library.open(folder, SETTINGS, create=False, read_only=True) as opened:
        yield opened


def name(path: str) -> str:
    return Path(path).stem


def test_the_direction_of_motion_decides(library: Library) -> None:
    right = library.search("a red striped ball rolls from left to right")
    left = library.search("a red striped ball rolls from right to left")
    assert name(right.hits[0].paths[0]) == "ball_right"
    assert name(left.hits[0].paths[0]) == "ball_left"
    assert right.hits[0].matched
    assert not right.no_match


def test_a_hit_has_moments_objects_masks_and_reasons(library: Library, clips: Path) -> None:
    hit = library.search("a red striped ball rolls from left to right").hits[0]
    assert hit.verdict.conditions
    assert all(verdict.evidence.text for verdict in hit.verdict.conditions)
    moment = hit.moments[0].span
    assert moment.end - max(moment.start, 0.3) > 1.0, "the ball rolls from 0.3 s to 3.6 s"
    shown = hit.objects[0]
    table = library.masks(hit.video)
    truth = json.loads((clips / "masks" / "ball_right.json").read_text())
    found = []
    for frame in shown.masks:
        right = truth["frames"][str(frame)]["2"]
        mine = table[frame][shown.track]
        theirs = masks.Rle(size=tuple(right["size"]), counts=right["counts"])
        found.append(masks.iou(mine, theirs))
    assert len(found) > 12
    assert np.mean(found) > 0.7


def test_what_nothing_shows_is_no_match(library: Library) -> None:
    answer = library.search("a purple star leaves before a yellow triangle enters")
    assert answer.no_match
    assert len(answer.hits) == len(NAMES), "the ranking is still given"
    assert not any(hit.matched for hit in answer.hits)


def test_a_negation_changes_the_answer(library: Library) -> None:
    with_it = library.search("a blue square")
    without = library.search("a red ball without a blue square")
    assert name(with_it.hits[0].paths[0]) == "gate_stop_first"
    assert name(without.hits[0].paths[0]) != "gate_stop_first"
    denied = next(hit for hit in library.search("no blue square").hits if name(hit.paths[0]) == "gate_stop_first")
    assert not denied.matched


def test_filters_and_k(library: Library) -> None:
    everything = library.search("a ball")
    some = everything.hits[1].video
    assert [hit.video for hit in library.search("a ball", filters=Filters(videos=frozenset({some}))).hits] == [some]
    assert library.search("a ball", filters=Filters(min_duration=1000)).hits == ()
    assert len(library.search("a ball", k=2).hits) == 2
    with pytest.raises(QueryError, match="k is the number of hits wanted"):
        library.search("a ball", k=0)
    with pytest.raises(QueryError):
        library.search("   ")


def test_answers_show_themselves(library: Library) -> None:
    answer = library.search("a red striped ball rolls from left to right", k=2)
    assert "ball_right.mp4" in repr(answer)
    assert "data:image/jpeg;base64," in answer._repr_html_()
    again = library.read_answer(library.export(answer))
    assert again == answer
    with pytest.raises(QueryError, match="not what 'seewhy search --json' prints"):
        library.read_answer("{}")


def test_exported_masks_are_coco(library: Library) -> None:
    answer = library.search("a red striped ball rolls from left to right", k=1)
    document = json.loads(library.export(answer, "coco"))
    assert document["annotations"]
    for annotation in document["annotations"]:
        rle = {"size": annotation["segmentation"]["size"], "counts": annotation["segmentation"]["counts"].encode()}
        assert int(coco_mask.area(rle)) == annotation["area"] > 0


def test_pictures_of_a_hit(library: Library, tmp_path: Path) -> None:
    answer = library.search("a red striped ball rolls from left to right", k=1)
    shown = library.show(answer.hits[0])
    assert shown.save_sheet(tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    assert shown.save_clip(tmp_path / "a.mp4").stat().st_size > 10_000
    page = library.report([answer], tmp_path / "deep" / "a.html").read_text()
    assert "ball_right.mp4" in page


def test_a_read_only_library_takes_nothing(library: Library, clips: Path) -> None:
    with pytest.raises(LibraryReadOnly):
        library.add([clips])


def test_nothing_is_made_where_none_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFound):
        Library.open(tmp_path / "none", SETTINGS, create=False)
    assert not (tmp_path / "none").exists()


def test_an_empty_library_answers(tmp_path: Path) -> None:
    with Library.open(tmp_path / "empty", SETTINGS) as library:
        answer = library.search("a ball")
        assert answer.no_match
        assert answer.hits == ()


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_removed_videos_are_gone_and_the_files_are_not(copy: Path, clips: Path) -> None:
    with Library.open(copy, SETTINGS) as library:
        video = library.search("a blue square").hits[0].video
        library.remove([video])
        assert video not in {hit.video for hit in library.search("a blue square").hits}
        assert video not in {entry.id for entry in library.videos()}
        assert (clips / "videos" / "gate_stop_first.mp4").exists()
        with pytest.raises(QueryError, match="no video"):
            library.remove([video])


def test_the_index_can_be_made_again(copy: Path) -> None:
    with Library.open(copy, SETTINGS) as library:
        before = library.search("a blue square")
    shutil.rmtree(copy / "index")
    with Library.open(copy, SETTINGS) as library:
        assert library.rebuild_index() == len(NAMES)
        after = library.search("a blue square")
    assert [(hit.video, hit.score) for hit in after.hits] == [(hit.video, hit.score) for hit in before.hits]


def test_a_moved_file_is_said_to_be_gone(copy: Path, clips: Path, tmp_path: Path) -> None:
    with Library.open(copy, SETTINGS, read_only=True) as library:
        hit = library.search("a blue square").hits[0]
        moved = Path(hit.paths[0]).rename(tmp_path / "elsewhere.mp4")
        try:
            with pytest.raises(VideoNotFound, match="index it again where it lies now"):
                library.show(hit).save_sheet(tmp_path / "x.png")
            assert (
                "No pictures" in library.report([library.search("a blue square", k=1)], tmp_path / "p.html").read_text()
            )
        finally:
            moved.rename(hit.paths[0])


def invoke(*words: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


def test_search_prints_json_on_stdout_alone(folder: Path, tmp_path: Path) -> None:
    text = invoke("search", "a red striped ball rolls from left to right", "-l", folder, "--json", "-k", "2")
    assert name(json.loads(text)["hits"][0]["paths"][0]) == "ball_right"
    saved = tmp_path / "answer.json"
    saved.write_text(text)
    sheet, clip = invoke("show", "--result", saved, "--out", tmp_path / "p", "-l", folder).split()
    assert Path(sheet).suffix == ".png"
    assert Path(clip).stat().st_size
    rows = invoke("export", "--result", saved, "--format", "csv", "-l", folder).splitlines()
    assert len(rows) == 3
    invoke("export", "--query", "a ball", "--format", "coco", "--out", tmp_path / "c.json", "-l", folder)
    assert json.loads((tmp_path / "c.json").read_text())["images"]


def test_search_prints_a_table_and_writes_a_page(folder: Path, tmp_path: Path) -> None:
    text = invoke("search", "a blue square", "-l", folder, "--report", tmp_path / "a.html")
    assert "gate_stop_first.mp4" in text
    assert (tmp_path / "a.html").exists()


def test_index_says_by_its_exit_code_that_a_file_failed(clips: Path, copy: Path) -> None:
    report = json.loads(invoke("index", clips / "videos", "-l", copy, "--json", code=3))
    assert report["counts"]["unchanged"] == len(NAMES)
    assert report["counts"]["failed"] == 1
    assert "unchanged" in invoke("index", clips / "videos" / "ball_left.mp4", "-l", copy)


def test_videos_lists_states_and_reasons(folder: Path) -> None:
    entries = json.loads(invoke("videos", "-l", folder, "--json"))
    assert {entry["state"] for entry in entries} == {"committed", "failed"}
    assert "broken.mp4" in invoke("videos", "-l", folder)


def test_doctor_finds_everything_in_order(folder: Path) -> None:
    text = invoke("doctor", "-l", folder)
    assert "FAIL" not in text
    assert "3 videos, 1 failed" in text


@pytest.mark.parametrize(
    "words",
    [
        ("search", "x", "--colour", "red"),
        ("search",),
        ("show", "--out", "o"),
        ("nonsense",),
        ("export", "--format", "xml"),
    ],
)
def test_wrong_usage_is_exit_code_2(words: tuple[str, ...], folder: Path) -> None:
    assert CliRunner().invoke(app, [*words, "-l", str(folder)]).exit_code == 2


def test_an_unknown_setting_is_an_error(folder: Path) -> None:
    result = CliRunner().invoke(app, ["search", "x", "-l", str(folder), "--set", "search.taw=1"])
    assert isinstance(result.exception, SettingsError)
    assert "video.rate" in invoke("config", "show", "--set", "video.rate=4")

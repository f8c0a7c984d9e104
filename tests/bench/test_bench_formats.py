"""`seewhy bench covr` end to end without a model, over tiny clips in the form of each published data set."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from seewhy.bench.records import Run, read_run
from seewhy.bench.submission import TOP
from seewhy.cli import PARTIAL, app
from seewhy.errors import DatasetError

NAMES = ("ball_right", "ball_left", "ball_blue")
LEFT, BLUE = "it rolls to the left instead", "the ball is blue"
SETTINGS = ("index.workers=1", "video.rate=2", "describe.on=false", "compose.reason=none")
WORDS = ("description_source", "description_target", "reasoned_target_video_description__main")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ball that rolls to the right, to the left, and a blue one, as mp4; the first two smaller as webm, too."""
    folder = tmp_path_factory.mktemp("rendered")
    red, blue = (200, 30, 30), (30, 30, 200)
    for name, step, color in zip(NAMES, (4, -4, 4), (red, red, blue), strict=True):
        draw(folder / f"{name}.mp4", "libx264", step, color, 96)
    for name, step in zip(NAMES[:2], (4, -4), strict=True):
        draw(folder / f"{name}.webm", "libvpx", step, red, 64)
    return folder


def draw(path: Path, codec: str, step: int, color: tuple[int, int, int], height: int) -> None:
    """Twelve frames of a disc on gray that moves by so many pixels each."""
    rows, columns = np.mgrid[:height, :128]
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=12)
        stream.width, stream.height, stream.pix_fmt = 128, height, "yuv420p"
        for number in range(12):
            image = np.full((height, 128, 3), 128, np.uint8)
            center = 64 + step * (number - 6)
            image[(rows - height // 2) ** 2 + (columns - center) ** 2 < 14**2] = color
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        out.mux(stream.encode())


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of all data sets here: no clip is looked at twice."""
    return tmp_path_factory.mktemp("library") / "lib"


class Bench:
    """Runs the command over one data set."""

    def __init__(self, folder: Path, rendered: Path, library: Path) -> None:
        self.folder, self.rendered, self.library = folder, rendered, library
        (folder / "clips").mkdir()

    def clip(self, name: str, place: str) -> None:
        path = self.folder / "clips" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(self.rendered / name, path)

    def table(self, name: str, *rows: dict[str, Any]) -> None:
        with (self.folder / name).open("w", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def run(self, annotations: str, *words: object) -> Result:
        command = ["bench", "covr", "--annotations", self.folder / annotations, "--videos", self.folder / "clips"]
        command += ["--library", self.library, "--out", self.folder / "run.json"]
        command += [word for one in SETTINGS for word in ("--set", one)]
        done = CliRunner().invoke(app, [str(word) for word in (*command, *words)])
        if isinstance(done.exception, Exception):  # what the command line would print as an error
            raise done.exception
        return done

    @property
    def done(self) -> Run:
        return read_run(self.folder / "run.json")

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        summary = json.loads((self.folder / "run.json").read_text())["summary"]
        return {row["name"]: row for section in ("retrieval", "parts") for row in summary[section]}


@pytest.fixture
def bench(tmp_path: Path, rendered: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    for name in ("SEEWHY_ENDPOINT", "SEEWHY_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "300")
    return Bench(tmp_path, rendered, library)


def test_webvid_covr(bench: Bench) -> None:
    for place, name in zip(("01/7", "02/7", "03/9"), NAMES, strict=True):
        bench.clip(f"{name}.mp4", f"{place}.mp4")
    mined = {"txt1": "a ball", "txt2": "a ball", "sim_txt": "1.0000001", "scores": "[0.3, 0.25]"}
    bench.table(
        "rows.csv",
        {**mined, "pth1": "01/7", "pth2": "02/7", "edit": LEFT},
        {**mined, "pth1": "01/7", "pth2": "03/9", "edit": BLUE, "sim_txt": ""},
    )
    done = bench.run("rows.csv", "--gallery", "targets")
    assert done.exit_code == 0, done.output
    run = bench.done
    assert (run.dataset, run.asked, run.gallery) == ("webvid-covr", 2, 2)
    assert [record.gallery for record in run.records] == [2, 2], "the reference is no target"
    assert [{hit.video for hit in record.hits} for record in run.records] == [{"02/7", "03/9"}] * 2
    assert [name for name in bench.rows if name.startswith("R@")] == ["R@1", "R@5", "R@10", "R@50"]
    assert bench.rows["R@5"]["value"] == 100.0
    assert {row["protocol"] for row in bench.rows.values()} == {"targets, masked, first 100"}
    assert "the right videos of all queries; the reference is masked" in done.output


def test_dense_webvid_covr_with_a_video_that_is_not_there(bench: Bench) -> None:
    for name in NAMES[:2]:
        bench.clip(f"{name}.mp4", f"01/{name}.MP4")
    row = {"pth1": "01/ball_right", "edit": f"In the clip {LEFT}, and nothing else.", "txt1": "A ball."}
    bench.table("rows.csv", row | {"pth2": "01/ball_left"}, row | {"pth2": "01/ball_blue"})
    done = bench.run("rows.csv")
    assert done.exit_code == PARTIAL
    run = bench.done
    assert (run.dataset, [record.missing for record in run.records]) == ("dense-webvid-covr", [(), ("01/ball_blue",)])
    assert [record.rank for record in run.records][1] is None
    assert bench.rows["R@5"]["value"] == 50.0, "a miss stays in the denominator"
    assert "1 of 2 queries are misses because videos of theirs are not there" in done.output
    assert "coverage 1/2 = 50.0 %" in done.output


def covr_r(bench: Bench, **labels: str) -> list[dict[str, list[dict[str, Any]]]]:
    """Two edits of webvid and one of ss2, whose videos are webm; ids are numbers, and those of ss2 begin anew."""
    for name in NAMES:
        bench.clip(f"{name}.mp4", f"webvid/01/{name}.mp4")
    for name, number in zip(NAMES[:2], (5, 6), strict=True):
        bench.clip(f"{name}.webm", f"ss2/{number}.webm")

    def row(number: int, source: str | int, edit: str, target: str | int) -> dict[str, Any]:
        known = {"video_target": target, **labels} if labels else {}
        return {"id": number, "video_source": source, "modification_text": edit, **known}

    parts = [
        {"webvid": [row(0, "01/ball_right", LEFT, "01/ball_left"), row(1, "01/ball_right", BLUE, "01/ball_blue")]},
        {"ss2": [row(0, 5, LEFT, 6)]},
    ]
    (bench.folder / "rows.json").write_text(json.dumps(parts))
    return parts


def test_covr_r(bench: Bench) -> None:
    covr_r(bench, **dict.fromkeys(WORDS, "a ball"))
    done = bench.run("rows.json")
    assert done.exit_code == 0, done.output
    run = bench.done
    assert (run.dataset, run.gallery) == ("covr-r", 5)
    assert [(record.id, record.source, record.gallery) for record in run.records] == [
        ("webvid/0", "webvid", 2), ("webvid/1", "webvid", 2), ("ss2/0", "ss2", 1),
    ]  # fmt: skip
    assert [hit.video for hit in run.records[2].hits] == ["ss2/6"], "of its own part only"
    rows = bench.rows
    assert {"R@1, micro", "R@1, macro", "R@1, webvid", "R@1, ss2", "R@50, macro"} <= set(rows)
    assert rows["R@1, ss2"]["value"] == 100.0
    of_webvid = rows["R@1, webvid"]["value"]
    assert rows["R@1, macro"]["value"] == pytest.approx((of_webvid + 100) / 2), "the mean over parts"
    assert rows["R@1, micro"]["value"] == pytest.approx((2 * of_webvid + 100) / 3), "the mean over queries"
    assert "each part in a gallery of its own" in done.output


def test_the_challenge_with_a_submission(bench: Bench) -> None:
    parts = covr_r(bench)
    done = bench.run("rows.json", "--submission", bench.folder / "out" / "submission.json")
    assert done.exit_code == 0, done.output
    run = bench.done
    assert (run.dataset, bench.rows) == ("covr-r-challenge", {}), "targets are secret"
    document = json.loads((bench.folder / "out" / "submission.json").read_text())
    galleries = {"webvid": {f"01/{name}" for name in NAMES}, "ss2": {"5", "6"}}
    check_submission(document, parts, galleries)
    assert document[1]["ss2"][0]["video_target"] == ["6"]


def test_what_makes_no_submission_is_refused_before_anything_is_done(bench: Bench) -> None:
    covr_r(bench)
    for words, message in (
        (("--submission", bench.folder / "half.json", "--limit", 1), "a submission needs all queries, so no --limit"),
        (("--submission", bench.folder / "s.json", "--keep-reference"), "leaves the reference out, not: all, kept"),
        (("--submission", bench.folder / "s.json", "--depth", 20), "names 50 videos a query, so no --depth below that"),
        (("--gallery", "targets"), "covr-r-challenge keeps its right videos to itself: there is no gallery 'targets'"),
    ):
        with pytest.raises(DatasetError, match=message):
            bench.run("rows.json", *words)
    assert not (bench.folder / "run.json").exists()


def check_submission(document: Any, parts: Any, galleries: dict[str, set[str]]) -> None:
    """The form of published submissions: see `seewhy.bench.submission`."""
    assert [list(part) for part in document] == [list(part) for part in parts]
    for answered, asked in zip(document, parts, strict=True):
        [(name, rows)], [queries] = answered.items(), asked.values()
        assert [(row["id"], row["video_source"]) for row in rows] == [(q["id"], q["video_source"]) for q in queries]
        for row in rows:
            assert list(row) == ["id", "video_source", "video_target", "reasoning_trace"]
            named = row["video_target"]
            assert all(isinstance(target, str) for target in named)
            assert len(set(named)) == len(named) == min(TOP, len(galleries[name]) - 1)
            assert set(named) == galleries[name] - {str(row["video_source"])}, "without the reference"
            assert isinstance(row["reasoning_trace"], list)
            assert all(isinstance(line, str) and line for line in row["reasoning_trace"])


def test_egocvr_global_and_local(bench: Bench) -> None:
    clips = ("x_0_9", "x_20-5_28-5", "y_0_9")
    for clip, name in zip(clips, NAMES, strict=True):
        bench.clip(f"{name}.mp4", f"{clip[0]}/{clip}.mp4")
    bench.table(
        "egocvr_data.csv", *({"clip_name": clip, "video_uid": clip[0], "narration_text": "-"} for clip in clips)
    )
    said = {"video_clip_narration": "-", "target_clip_narration": "-", "modified_captions": "-"}
    bench.table(
        "egocvr_annotations_gallery.csv",
        {
            "video_clip_id": clips[0], "target_clip_ids": [clips[1]], "instruction": LEFT, **said,
            "global_idx": [1, 2], "local_idx": [1],
        },
    )  # fmt: skip
    done = bench.run("egocvr_annotations_gallery.csv")
    assert done.exit_code == 0, done.output
    assert (bench.done.dataset, bench.done.records[0].gallery) == ("egocvr", 2)
    assert "less those that the data set leaves out for a query" in done.output
    done = bench.run("egocvr_annotations_gallery.csv", "--gallery", "local")
    assert done.exit_code == 0, done.output
    (record,) = bench.done.records
    assert ([hit.video for hit in record.hits], record.rank, record.gallery) == (["x/x_20-5_28-5"], 1, 1)
    assert [name for name in bench.rows if name.startswith("R@")] == ["R@1", "R@2", "R@3"]
    assert {row["protocol"] for row in bench.rows.values()} == {"local, masked, first 100"}


def test_local_galleries_where_there_are_none(bench: Bench) -> None:
    covr_r(bench, **dict.fromkeys(WORDS, "a ball"))
    with pytest.raises(DatasetError, match="covr-r has no local galleries, it has 'targets' and 'all'"):
        bench.run("rows.json", "--gallery", "local")
    assert not (bench.folder / "run.json").exists()

"""The loaders of composed retrieval: what they read, and that whatever is missing or malformed is said by name."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from seewhy.bench.datasets.opening import FORMATS, load
from seewhy.bench.datasets.triplets import video_name
from seewhy.errors import DatasetError

LABELS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "labels"

WEBVID = {
    "txt1": "Boats, red", "txt2": "Boats, blue", "sim_txt": "0.9", "pth1": "01/7", "pth2": "02/7", "edit": "in blue",
    "scores": "[0.3, 0.25]",
}  # fmt: skip
DENSE = {"pth1": "01/7", "pth2": "02/7", "edit": "The boats, seen from near, become blue.", "txt1": "Red boats."}
EGO = {
    "video_clip_id": "r-1_0_9", "target_clip_ids": "['r-1_20_29', 'r-1_40_49']", "video_clip_narration": "#C takes it",
    "target_clip_narration": "#C drops it", "instruction": "Drop it.", "modified_captions": "#C drops it",
}  # fmt: skip
LABELLED = {
    "id": 0, "video_source": "01/7", "modification_text": "in the rain", "video_target": "02/7",
    "description_source": "a dry road", "description_target": "a wet road",
    "reasoned_target_video_description__main": "rain makes roads wet",
}  # fmt: skip
SECRET = {name: LABELLED[name] for name in ("id", "video_source", "modification_text")}


def table(folder: Path, *rows: dict[str, Any], text: str | None = None) -> Path:
    path = folder / "rows.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
        return path
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def merged(folder: Path, *parts: Any) -> Path:
    path = folder / "rows.json"
    path.write_text(json.dumps(list(parts)), encoding="utf-8")
    return path


def videos(folder: Path, *names: str) -> Path:
    root = folder / "clips"
    root.mkdir(exist_ok=True)
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


class TestRead:
    def test_webvid(self, tmp_path: Path) -> None:
        dataset = load(table(tmp_path, WEBVID), videos(tmp_path, "01/7.mp4", "02/7.mp4"))
        [query] = dataset.composed
        assert dataset.name == "webvid-covr"
        assert (query.id, query.reference, query.edit, query.right) == ("0", "01/7", "in blue", ("02/7",))
        assert (query.reference_description, query.target_description) == ("Boats, red", "Boats, blue")
        assert dataset.videos["02/7"] == tmp_path / "clips" / "02" / "7.mp4", "by its whole path: both are named 7"
        assert dataset.pool("") == {"01/7", "02/7"}
        assert dataset.missing == {}

    def test_dense_webvid(self, tmp_path: Path) -> None:
        dataset = load(table(tmp_path, DENSE), videos(tmp_path))
        [query] = dataset.composed
        assert dataset.name == "dense-webvid-covr"
        assert (query.edit, query.reference_description) == (DENSE["edit"], "Red boats.")
        assert dataset.videos == {}
        assert list(dataset.missing) == ["01/7", "02/7"]
        assert "no file 01/7 (.mp4, .webm" in dataset.missing["01/7"]

    def test_covr_r(self, tmp_path: Path) -> None:
        something = LABELLED | {"video_source": 5, "video_target": 6, "id": "0"}
        file = merged(tmp_path, {"webvid": [LABELLED]}, {"ss2": [something]})
        dataset = load(file, videos(tmp_path, "01/7.mp4", "webvid/02/7.mp4", "ss2/5.webm", "6.webm"))
        first, second = dataset.composed
        assert dataset.name == "covr-r"
        assert (first.id, first.source, first.reference, first.video) == (
            "webvid/0",
            "webvid",
            "webvid/01/7",
            "webvid/02/7",
        )
        assert (second.id, second.reference, second.video) == ("ss2/0", "ss2/5", "ss2/6")
        assert (first.reasoning, first.target_description) == ("rain makes roads wet", "a wet road")
        assert {path.name for path in dataset.videos.values()} == {"7.mp4", "5.webm", "6.webm"}
        assert (dataset.pool("ss2"), dataset.missing) == ({"ss2/5", "ss2/6"}, {})

    def test_a_challenge_keeps_its_targets_to_itself(self, tmp_path: Path) -> None:
        root = videos(tmp_path, "webvid/01/7.mp4", "webvid/02/7.mp4", "webvid/notes.txt", "ss2/5.webm", "ss2/6.webm")
        file = merged(tmp_path, {"webvid": [SECRET]}, {"ss2": [SECRET | {"video_source": 5}]})
        dataset = load(file, root)
        assert dataset.name == "covr-r-challenge"
        assert all((query.video, query.right) == (None, ()) for query in dataset.composed)
        assert dataset.pool("webvid") == {"webvid/01/7", "webvid/02/7"}, "all videos of its part"
        assert dataset.pool("ss2") == {"ss2/5", "ss2/6"}

    def test_egocvr(self, tmp_path: Path) -> None:
        dataset = load(table(tmp_path, EGO), videos(tmp_path, "r-1/r-1_0_9.mp4"))
        [query] = dataset.composed
        assert dataset.name == "egocvr-without-distractors"
        assert (query.reference, query.edit) == ("r-1/r-1_0_9", "Drop it.")
        assert query.right == ("r-1/r-1_20_29", "r-1/r-1_40_49")
        assert list(dataset.missing) == ["r-1/r-1_20_29", "r-1/r-1_40_49"]

    def test_a_byte_order_mark_and_line_breaks_within_fields(self, tmp_path: Path) -> None:
        file = table(tmp_path, text='\ufeffpth1,pth2,edit,txt1\n1,2,"one\ntwo",x\n3,4,five,y\n')
        assert [query.edit for query in load(file, videos(tmp_path)).composed] == ["one\ntwo", "five"]


class TestRefused:
    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            (
                [{name: value for name, value in WEBVID.items() if name != "sim_txt"}],
                "no column 'sim_txt'; it has 'txt1",
            ),
            ([WEBVID, WEBVID | {"edit": " "}], r"row 1 \(line 3\): field 'edit' is empty"),
            ([WEBVID | {"pth2": "/etc/7"}], r"row 0 \(line 2\): pth2: '/etc/7' is no path of a video"),
            ([WEBVID | {"pth1": "../7"}], r"pth1: '\.\./7' is no path"),
            ([WEBVID | {"sim_txt": "much"}], "field 'sim_txt' is a cosine, got 'much'"),
            ([WEBVID | {"scores": "[0.3"}], "field 'scores' is a list of numbers"),
            ([WEBVID | {"scores": '["a"]'}], "field 'scores' is a list of numbers"),
            ([EGO | {"target_clip_ids": "[]"}], "field 'target_clip_ids' is a list of clips"),
            ([EGO | {"target_clip_ids": "__import__('os')"}], "field 'target_clip_ids' is a list of clips"),
            ([EGO | {"video_clip_id": "r-1"}], r"video_clip_id: 'r-1' is no clip"),
            ([EGO | {"target_clip_ids": "['../x_1_2']"}], r"target_clip_ids: '\.\./x_1_2' is no clip"),
            ([{"a": "1", "b": "2"}], "no known annotations: the header is 'a, b'; name the format"),
        ],
    )
    def test_tables(self, tmp_path: Path, rows: list[dict[str, str]], message: str) -> None:
        with pytest.raises(DatasetError, match=message):
            load(table(tmp_path, *rows), videos(tmp_path))

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "the header is ''"),
            ("pth1,pth2,edit,txt1\n", "holds no query"),
            ("pth1,pth2,edit,txt1\n1,2,3\n", r"row 0 \(line 2\): has not 4 fields"),
            ("pth1,pth2,edit,txt1\n1,2,3,4,5\n", r"row 0 \(line 2\): has not 4 fields"),
            ("pth1,pth1,edit,txt1\n1,2,3,4\n", "names a column twice"),
            ('pth1,pth2,edit,txt1\n1,2,"3,4\n', "cannot be read as CSV"),
        ],
    )
    def test_torn_tables(self, tmp_path: Path, text: str, message: str) -> None:
        with pytest.raises(DatasetError, match=message):
            load(table(tmp_path, text=text), videos(tmp_path))

    @pytest.mark.parametrize(
        ("parts", "message"),
        [
            ([{"webvid": [LABELLED, SECRET | {"id": 1}]}], "row 1: field 'video_target': .*other rows .* have it"),
            ([{"webvid": [{**LABELLED, "description_target": ""}]}], "row 0: field 'description_target'"),
            ([{"ss2": [{**LABELLED, "video_source": None}]}], "ss2, row 0: field 'video_source'"),
            ([{"ss2": [{**LABELLED, "video_source": True}]}], "ss2, row 0: field 'video_source'"),
            ([{"webvid": [LABELLED, LABELLED]}], "webvid, row 1: the id 0 was used above"),
            ([{"webvid": [LABELLED]}, {"webvid": []}], "has two parts 'webvid'"),
            ([{"webvid": "rows"}], "'webvid': is no list of rows"),
            (["webvid"], "is no list of parts"),
            ([{"..": [LABELLED]}], "'..' is no name of a part"),
            ([{"webvid": [SECRET]}], r"webvid: no such folder; where targets are secret"),
        ],
    )  # fmt: skip
    def test_merged_files(self, tmp_path: Path, parts: list[Any], message: str) -> None:
        with pytest.raises(DatasetError, match=message):
            load(merged(tmp_path, *parts), videos(tmp_path))

    def test_what_is_no_json_and_what_is_not_there(self, tmp_path: Path) -> None:
        (tmp_path / "rows.json").write_text("[")
        with pytest.raises(DatasetError, match="cannot be read as JSON"):
            load(tmp_path / "rows.json", videos(tmp_path))
        with pytest.raises(DatasetError, match=r"gone\.csv: cannot be read as CSV"):
            load(tmp_path / "gone.csv", videos(tmp_path))
        with pytest.raises(DatasetError, match="no such folder"):
            load(table(tmp_path, DENSE), tmp_path / "gone")
        with pytest.raises(DatasetError, match="no format 'mine'; there are auto"):
            load(table(tmp_path, DENSE), videos(tmp_path), "mine")

    def test_two_files_that_could_be_one_video(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match=r"01/7\.webm could both be this video"):
            load(table(tmp_path, DENSE), videos(tmp_path, "01/7.mp4", "01/7.webm"))

    def test_a_format_that_is_named_is_not_guessed(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match="no column 'txt2'"):
            load(table(tmp_path, DENSE), videos(tmp_path), "webvid-covr")
        assert len(FORMATS) == 4


def test_a_name_is_the_whole_path_without_suffix() -> None:
    assert video_name("a/b.MP4", "") == "a/b"
    assert video_name(" a/./b.v2 ", "") == "a/b.v2"


class TestPublished:
    """The real files, where they are at hand."""

    @pytest.fixture(autouse=True)
    def _there(self) -> None:
        if not LABELS.is_dir():
            pytest.skip("shared/data/labels is not here")

    def test_webvid_covr(self, tmp_path: Path) -> None:
        dataset = load(LABELS / "covr_webvid8m_test.csv", videos(tmp_path))
        targets = {query.video for query in dataset.composed}
        assert (len(dataset.composed), len(targets), len(dataset.pool(""))) == (2556, 2556, 4886)
        assert len(dataset.missing) == 4886

    @pytest.mark.parametrize(
        ("name", "webvid", "ss2"),
        [("covr_r_challenge_test_unlabelled", 4, 297), ("covr_r_challenge_val_first300_unlabelled", 150, 150)],
    )
    def test_the_challenge(self, tmp_path: Path, name: str, webvid: int, ss2: int) -> None:
        root = videos(tmp_path, "webvid/1/2.mp4", "ss2/3.webm")
        dataset = load(LABELS / f"{name}.json", root)
        parts = [query.source for query in dataset.composed]
        assert (parts.count("webvid"), parts.count("ss2")) == (webvid, ss2)
        assert set(dataset.videos) == {"webvid/1/2", "ss2/3"}

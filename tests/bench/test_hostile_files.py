"""Files of data sets as nobody should write them: each is read right, or refused in one clear line; nothing escapes."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.bench.datasets.documents import parse_json, shown
from seewhy.bench.datasets.files import Folder
from seewhy.bench.datasets.opening import load
from seewhy.bench.datasets.reel import load as load_reel
from seewhy.bench.datasets.triplets import video_name
from seewhy.errors import DatasetError

HEADER = "pth1,pth2,edit,txt1\n"
WEBVID = {
    "txt1": "red", "txt2": "blue", "sim_txt": "0.9", "pth1": "1", "pth2": "2", "edit": "in blue", "scores": "[0.3]",
}  # fmt: skip
SECRET = {"id": 0, "video_source": "a", "modification_text": "in the rain"}
EDIT = {
    "id": "C", "type": "composed", "reference_video": "a.mp4", "edit": "x", "video": "b.MP4", "object_ids": None,
}  # fmt: skip


def clips(folder: Path, *names: str) -> Path:
    root = folder / "clips"
    root.mkdir(exist_ok=True)
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def load_bytes(folder: Path, content: bytes, suffix: str = ".csv", *names: str) -> Any:
    path = folder / f"rows{suffix}"
    path.write_bytes(content)
    return load(path, clips(folder, *names))


def refusal(folder: Path, content: bytes, suffix: str = ".csv") -> str:
    with pytest.raises(DatasetError) as caught:
        load_bytes(folder, content, suffix)
    message = str(caught.value)
    assert len(message) < 1000, "a bad value is cut"
    return message


class TestSimilarity:
    """`sim_txt` and `scores` tell how a pair was found; nothing is computed from them."""

    def rows(self, folder: Path, **changes: str) -> Path:
        path = folder / "rows.csv"
        with path.open("w", newline="") as out:
            writer = csv.DictWriter(out, list(WEBVID))
            writer.writeheader()
            writer.writerows([WEBVID, WEBVID | changes])
        return path

    @pytest.mark.parametrize(
        "change",
        [
            {"sim_txt": "1.0000001"}, {"sim_txt": "-1.0005"}, {"sim_txt": " 1 "}, {"sim_txt": ""}, {"sim_txt": "9e-1"},
            {"scores": ""}, {"scores": "[]"}, {"scores": "[1, -0.5]"},
        ],
    )  # fmt: skip
    def test_rounding_and_nothing_are_data(self, tmp_path: Path, change: dict[str, str]) -> None:
        assert len(load(self.rows(tmp_path, **change), clips(tmp_path)).composed) == 2

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"sim_txt": "1.01"}, r"row 1 \(line 3\): field 'sim_txt' is a cosine, got '1\.01'"),
            ({"sim_txt": "nan"}, "row 1 .*field 'sim_txt' is a cosine, got 'nan'"),
            ({"sim_txt": "-inf"}, "field 'sim_txt' is a cosine, got '-inf'"),
            ({"scores": "[NaN]"}, r"row 1 .*field 'scores' is a list of numbers, got '\[NaN\]'"),
            ({"scores": "[true]"}, "field 'scores' is a list of numbers"),
            ({"scores": '{"a": 1}'}, "field 'scores' is a list of numbers"),
            ({"scores": "[" * 20_000}, r"field 'scores' is a list of numbers, got '\[{79}\.\.\.$"),
        ],
    )
    def test_nonsense_is_refused_by_row_and_value(self, tmp_path: Path, change: dict[str, str], message: str) -> None:
        with pytest.raises(DatasetError, match=message):
            load(self.rows(tmp_path, **change), clips(tmp_path))


class TestTables:
    def test_byte_order_mark_windows_line_ends_blank_lines_and_quoted_line_ends(self, tmp_path: Path) -> None:
        text = "\ufeff" + HEADER + '\n1,2,"one\ntwo",x\n\n3,4,"a ""b"", c",y'
        dataset = load_bytes(tmp_path, text.replace("\n", "\r\n").encode())
        assert [query.edit for query in dataset.composed] == ["one\r\ntwo", 'a "b", c']

    def test_rows_that_are_equal_are_two_queries(self, tmp_path: Path) -> None:
        dataset = load_bytes(tmp_path, (HEADER + "1,2,x,y\n" * 2).encode())
        assert [query.id for query in dataset.composed] == ["0", "1"]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (HEADER.encode("utf-16"), "cannot be read as CSV: 'utf-8' codec"),
            (bytes(range(256)), "cannot be read as CSV"),
            ((HEADER + f"1,2,{'x' * 10_000_000},y\n").encode(), "in or after row 0: field larger than field limit"),
            ((HEADER + "1,2,x,y\n" + '3,4,"x\n').encode(), "in or after row 0: unexpected end of data"),
            ((HEADER + ",,,\n").encode(), "row 0 (line 2): field 'pth1' is empty"),
            (b"a," * 50_000 + b"a\n", "the header names a column twice: 'a, a, a"),
        ],
        ids=["utf-16", "binary", "10 MB", "torn", "commas", "wide"],
    )
    def test_refused(self, tmp_path: Path, content: bytes, message: str) -> None:
        assert message in refusal(tmp_path, content)


class TestMerged:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[" * 100_000, "cannot be read as JSON: it is nested too deeply"),
            ('[{"webvid": [], "webvid": []}]', "an object has the name 'webvid' twice"),
            ('[{"webvid": [{"id": 0, "id": 1}]}]', "an object has the name 'id' twice"),
            ("{}", "is no list of parts"),
            (json.dumps({"webvid": [SECRET]}), "is no list of parts"),
            ("null", "is no list of parts"),
            (json.dumps([SECRET]), "'id': is no list of rows, each an object with fields"),
            ('[{"webvid": []}, {"ss2": []}]', "holds no query"),
            ('[{" webvid": []}]', "' webvid' is no name of a part, such as webvid"),
            (json.dumps([{"webvid": [SECRET | {"id": float("nan")}]}]), "row 0: field 'id'"),
            (json.dumps([{"webvid": [SECRET | {"id": "a" * 10_000_000}]}]), "row 0: field 'id'"),
            (json.dumps([{"webvid": [SECRET | {"video_source": "a" * 10_000_000}]}]), "is no path of a video"),
            (json.dumps([{"webvid": [SECRET | {"video_source": "a\u202eb"}]}]), "is no path of a video"),
            (json.dumps([{"webvid": [SECRET | {"modification_text": " "}]}]), "row 0: field 'modification_text'"),
            ('[{"webvid": [{"id": "\\ud800"}]}]', "row 0: field 'id'"),
        ],
        ids=lambda value: shown(value)[:24],
    )
    def test_refused(self, tmp_path: Path, text: str, message: str) -> None:
        assert message in refusal(tmp_path, text.encode(), ".json")

    def test_the_same_id_as_a_number_and_as_text(self, tmp_path: Path) -> None:
        text = json.dumps([{"webvid": [SECRET, SECRET | {"id": " 0"}]}])
        assert "webvid, row 1: the id ' 0' was used above" in refusal(tmp_path, text.encode(), ".json")

    def test_a_part_without_rows_needs_no_folder(self, tmp_path: Path) -> None:
        text = json.dumps([{"webvid": [SECRET]}, {"ss2": []}])
        assert load_bytes(tmp_path, text.encode(), ".json", "webvid/a.mp4").pool("webvid") == {"webvid/a"}


class TestFiles:
    def test_suffixes_in_capitals_and_without_one(self, tmp_path: Path) -> None:
        content = (HEADER + "01/a.MP4,01/b,x,y\n01/c.Webm,01/d,x,y\n").encode()
        dataset = load_bytes(tmp_path, content, ".csv", "01/a.mp4", "01/b.MP4", "01/c.webm", "01/d")
        assert {name: path.name for name, path in dataset.videos.items()} == {
            "01/a": "a.mp4", "01/b": "b.MP4", "01/c": "c.webm",
        }  # fmt: skip
        assert list(dataset.missing) == ["01/d"], "a file without suffix is no video file, and it is said"

    def test_a_folder_with_the_name_of_a_video_is_none(self, tmp_path: Path) -> None:
        (clips(tmp_path) / "a.mp4").mkdir()
        assert list(load_bytes(tmp_path, (HEADER + "a,b,x,y\n").encode()).missing) == ["a", "b"]

    def test_two_files_in_small_letters_and_capitals(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match="could both be this video; keep one of them"):
            load_bytes(tmp_path, (HEADER + "a,b,x,y\n").encode(), ".csv", "a.mp4", "a.WEBM")

    def test_linked_folders_are_walked_and_circles_are_not_walked_forever(self, tmp_path: Path) -> None:
        root, other = clips(tmp_path, "webvid/1/a.mp4"), tmp_path / "other"
        other.mkdir()
        (other / "b.MP4").touch()
        (root / "webvid" / "2").symlink_to(other, target_is_directory=True)
        (other / "back").symlink_to(root / "webvid", target_is_directory=True)
        dataset = load_bytes(tmp_path, json.dumps([{"webvid": [SECRET]}]).encode(), ".json")
        assert dataset.pool("webvid") == {"webvid/1/a", "webvid/2/b", "webvid/a"}
        assert set(dataset.videos) == {"webvid/1/a", "webvid/2/b"}

    def test_names_of_files_are_found_again(self, tmp_path: Path) -> None:
        folder = Folder(clips(tmp_path, "a.b/c.d.mp4", "e.avi", "f.txt"))
        names = sorted(folder.names())
        assert names == ["a.b/c.d", "e"]
        assert all(folder.one(name) is not None for name in names)


@given(st.one_of(st.text(max_size=40), st.text("./\\ :aC\0é", max_size=20)))
@settings(max_examples=300, deadline=None)
def test_no_path_leads_out_of_the_folder(path: str) -> None:
    """What is accepted stays below the folder, is one line, and is accepted again as itself."""
    try:
        name = video_name(path, "row 0")
    except DatasetError:
        return
    below = os.path.normpath(f"/videos/{name}.mp4")
    assert below.startswith("/videos/")
    assert below == f"/videos/{name}.mp4", "and is written in the one way in which it is looked for"
    assert not {"\\", "\0", "\n"} & set(name)


@given(st.one_of(st.text(max_size=40), st.text('[]{}:,"1eE-+. NaN', max_size=30)))
@settings(max_examples=300, deadline=None)
def test_json_is_what_the_standard_library_reads(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(DatasetError, match=r"^file: cannot be read as JSON: "):
            parse_json(text, "file")
        return
    assert repr(parse_json(text, "file")) == repr(expected)


class TestReel:
    def written(self, folder: Path, text: str) -> Path:
        (folder / "videos").mkdir()
        for name in ("a.mp4", "b.MP4"):
            (folder / "videos" / name).touch()
        (folder / "queries.jsonl").write_bytes(text.encode("utf-8"))
        return folder

    @pytest.mark.parametrize(
        "text",
        ["\ufeff" + json.dumps(EDIT), json.dumps(EDIT) + "\r\n\r\n", "\n\n" + json.dumps(EDIT)],
        ids=["byte order mark", "windows", "blank lines"],
    )
    def test_read(self, tmp_path: Path, text: str) -> None:
        (query,) = load_reel(self.written(tmp_path, text)).composed
        assert (query.edit, query.video) == ("x", "b.MP4")

    def test_what_looks_like_a_line_end_within_a_text(self, tmp_path: Path) -> None:
        said = "one\u2028two\x85three"
        (query,) = load_reel(self.written(tmp_path, json.dumps(EDIT | {"edit": said}, ensure_ascii=False))).composed
        assert query.edit == said

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (json.dumps(EDIT | {"edit": " \t"}), "line 1: field composed.edit"),
            (json.dumps(EDIT | {"edit": float("nan")}), "line 1: field composed.edit"),
            ("[" * 100_000, "line 1: cannot be read as JSON: it is nested too deeply"),
            ('{"id": "C", "id": "D"}', "line 1: cannot be read as JSON: an object has the name 'id' twice"),
            (json.dumps(EDIT | {"near_misses": ["b.MP4"]}), "'b.MP4' cannot be the right video and a near miss"),
            (json.dumps(EDIT | {"video": "../videos/b.MP4"}), "video '../videos/b.MP4' is not in"),
        ],
        ids=lambda value: shown(value)[:24],
    )
    def test_refused(self, tmp_path: Path, text: str, message: str) -> None:
        with pytest.raises(DatasetError) as caught:
            load_reel(self.written(tmp_path, text))
        assert message in str(caught.value)

    def test_a_folder_is_no_video_and_a_near_miss_counts_once(self, tmp_path: Path) -> None:
        folder = self.written(tmp_path, json.dumps(EDIT | {"near_misses": ["a.mp4", "a.mp4"]}))
        (folder / "videos" / "c.mp4").mkdir()
        dataset = load_reel(folder)
        assert list(dataset.videos) == ["a.mp4", "b.MP4"]
        assert dataset.composed[0].near_misses == ("a.mp4",)

    def test_masks_of_a_video_with_the_same_stem_are_not_taken(self, tmp_path: Path) -> None:
        folder = self.written(tmp_path, json.dumps(EDIT))
        (folder / "videos" / "a.webm").touch()
        (folder / "masks").mkdir()
        document = {"video": "a.webm", "height": 4, "width": 4, "annotation": "sparse", "objects": {}, "frames": {}}
        (folder / "masks" / "a.json").write_text(json.dumps(document))
        dataset = load_reel(folder)
        assert dataset.truth("a.mp4") is None
        assert dataset.truth("a.webm") is not None

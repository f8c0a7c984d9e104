"""EgoCVR with the galleries that it publishes for each query: what is read, what is searched, what is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from told_edits import Told

from seewhy.bench.datasets.opening import load
from seewhy.bench.datasets.triplets import TripletDataset
from seewhy.bench.protocol import Protocol, described, galleries
from seewhy.bench.records import Record, Run, settings_table, versions
from seewhy.bench.report import table
from seewhy.bench.run import run_queries
from seewhy.bench.searching import Names
from seewhy.bench.summary import Summary, summarize
from seewhy.errors import DatasetError
from seewhy.settings import Settings

CLIPS = ("x_0_9", "x_20_29", "x_20-5_28-5", "x_20-5_28-5", "y_0_9", "y_30_39", "y_50-125_58-125")
"""Rows of egocvr_data.csv; rows 2 and 3 are one clip, and it overlaps row 1."""


def row(reference: str, right: list[str], of_all: list[int], local: list[int]) -> dict[str, Any]:
    return {"video_clip_id": reference, "target_clip_ids": right, "global_idx": of_all, "local_idx": local}


QUERIES = (
    row("x_0_9", ["x_20_29"], [1, 2, 3, 4, 5, 6], [1, 2, 3]),
    row("y_0_9", ["y_30_39", "y_0_9"], [0, 1, 2, 3, 5, 6], [4, 5, 6]),
    row("y_30_39", ["y_30_39"], [0, 5, 6], [5, 6]),
    row("y_30_39", ["y_0_9"], [0, 4, 6], [6]),
)
SCORES = {
    # on the whole row 2, which overlaps the right clip, ties with it
    "edit 0": {"X_0_9": 1.0, "X_20_29": 0.8, "X_20-5_28-5": 0.8, "Y_0_9": 0.9, "Y_30_39": 0.1, "Y_50-125_58-125": 0.1},
    "edit 1": {"X_0_9": 0.9, "X_20_29": 0.1, "X_20-5_28-5": 0.1, "Y_0_9": 1.0, "Y_30_39": 0.8, "Y_50-125_58-125": 0.2},
    "edit 2": {"Y_30_39": 1.0, "Y_50-125_58-125": 0.2},
    "edit 3": {"X_0_9": 0.1, "Y_0_9": 0.8, "Y_50-125_58-125": 0.9},
}


def name(clip: str) -> str:
    return f"{clip.split('_', 1)[0]}/{clip}"


def write(folder: Path, queries: tuple[dict[str, Any], ...] = QUERIES, *, lists: bool = True) -> Path:
    with (folder / "egocvr_data.csv").open("w", newline="") as out:
        clips = csv.writer(out)
        clips.writerow(("clip_name", "narration_text", "video_uid"))
        clips.writerows((clip, "#C holds it", clip.split("_")[0]) for clip in CLIPS)
    path = folder / "egocvr_annotations_gallery.csv"
    said = {"video_clip_narration": "#C takes it", "target_clip_narration": "#C drops it", "modified_captions": "-"}
    rows = [{**query, **said, "instruction": f"edit {number}"} for number, query in enumerate(queries)]
    if not lists:
        rows = [{field: value for field, value in row.items() if not field.endswith("_idx")} for row in rows]
    with path.open("w", newline="") as out:
        table_of = csv.DictWriter(out, list(rows[0]))
        table_of.writeheader()
        table_of.writerows(rows)
    return path


def clips(folder: Path) -> Path:
    root = folder / "clips"
    for clip in CLIPS:
        (root / name(clip)).parent.mkdir(parents=True, exist_ok=True)
        (root / f"{name(clip)}.mp4").touch()
    return root


@pytest.fixture
def dataset(tmp_path: Path) -> TripletDataset:
    return load(write(tmp_path), clips(tmp_path))


def run_of(dataset: TripletDataset, protocol: Protocol) -> tuple[tuple[Record, ...], Summary]:
    ids = {name: Path(name).name.upper() for name in dataset.videos}
    records = run_queries(Told(SCORES), dataset, dataset.composed, Names(ids), protocol)
    found = galleries(dataset, dataset.composed, protocol)
    run = Run(
        dataset=dataset.name, task="composed", protocol=described(protocol, found), galleries=protocol, gallery=6,
        asked=4, of=4, records=records, settings=settings_table(Settings()), versions=versions(), index_seconds=0.0,
    )  # fmt: skip
    return records, summarize(run)


class TestRead:
    def test_with_lists(self, dataset: TripletDataset) -> None:
        first, second, *_ = dataset.composed
        assert dataset.name == "egocvr"
        assert dataset.pool("") == {name(clip) for clip in CLIPS}, "distractors among them"
        assert dataset.missing == {}
        assert (first.left_out, first.local) == (("x/x_0_9",), ("x/x_20_29", "x/x_20-5_28-5")), "a clip counts once"
        assert second.right == ("y/y_30_39", "y/y_0_9")

    def test_without_lists(self, tmp_path: Path) -> None:
        path = write(tmp_path, lists=False)
        (tmp_path / "egocvr_data.csv").unlink()
        dataset = load(path, clips(tmp_path))
        assert dataset.name == "egocvr-without-distractors", "its numbers do not compare with the published ones"
        assert len(dataset.pool("")) == 4
        assert all(query.local is None and not query.left_out for query in dataset.composed)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"local_idx": "[1, 99]"}, r"row 0 \(line 2\): local_idx: is a list of rows of egocvr_data\.csv, 0 to 6"),
            ({"local_idx": "[true]"}, "local_idx: is a list of rows"),
            ({"global_idx": "[1.0]"}, "global_idx: is a list of rows"),
            ({"global_idx": "[-1]"}, "global_idx: is a list of rows"),
            ({"global_idx": "1, 2"}, "global_idx: cannot be read as JSON"),
            ({"global_idx": ""}, "field 'global_idx' is empty"),
            ({"video_clip_id": "z_0_9"}, r"z/z_0_9 is not in egocvr_data\.csv; the two files belong together"),
            ({"video_clip_id": "x_0.5_9"}, "video_clip_id: 'x_0.5_9' is no clip"),
        ],
    )
    def test_what_is_malformed_is_named(self, tmp_path: Path, change: dict[str, str], message: str) -> None:
        with pytest.raises(DatasetError, match=message):
            load(write(tmp_path, (QUERIES[0] | change,)), clips(tmp_path))

    def test_one_list_without_the_other_or_without_the_clips(self, tmp_path: Path) -> None:
        path = write(tmp_path, ({field: QUERIES[0][field] for field in list(QUERIES[0])[:3]},))
        with pytest.raises(DatasetError, match="no column 'local_idx'"):
            load(path, clips(tmp_path))
        (tmp_path / "egocvr_data.csv").unlink()
        with pytest.raises(DatasetError, match=r"rows of egocvr_data\.csv, which has to lie beside it and does not"):
            load(path, clips(tmp_path))


class TestSearched:
    def test_global_by_hand(self, dataset: TripletDataset) -> None:
        records, summary = run_of(dataset, Protocol())
        # 0: y_0_9 is above, the overlapping clip ties. 1: y_0_9 is right and masked, x_0_9 is above. 2: its only right
        # clip is the reference. 3: the right clip is below another one.
        assert [record.rank for record in records] == [3, 2, None, 2]
        assert [record.gallery for record in records] == [5, 5, 2, 3], "distinct clips without the reference"
        assert [record.findable for record in records] == [1, 1, 0, 1]
        assert records[2].failure == "not asked, because a copy of the reference, which is masked: y/y_30_39"
        values = {row.name: row.value for row in summary.retrieval}
        assert [values[f"R@{k}"] for k in (1, 5, 10)] == [0.0, 75.0, 75.0]
        assert "less those that the data set leaves out for a query; the reference is masked" in summary.protocol

    def test_local_by_hand(self, dataset: TripletDataset) -> None:
        records, summary = run_of(dataset, Protocol(gallery="local"))
        assert [record.rank for record in records] == [2, 1, None, None]
        assert [record.gallery for record in records] == [2, 2, 1, 1]
        assert records[3].failure == "not asked, because not in its gallery: y/y_0_9", "and stays in the denominator"
        assert records[3].missing == (), "the file is there"
        rows = {row.name: row for row in summary.retrieval}
        assert [(rows[f"R@{k}"].value, rows[f"R@{k}"].queries) for k in (1, 2, 3)] == [(25.0, 4), (50.0, 4), (50.0, 4)]
        assert not {"R@5", "R@10", "R@50"} & set(rows)
        assert rows["R@1"].chance == pytest.approx(100 * (1 / 2 + 1 / 2 + 0 + 0) / 4)
        assert {row.protocol for row in summary.retrieval} == {"local, masked"}
        out = io.StringIO()
        Console(file=out, width=300, color_system=None).print(table(summary))
        assert "for each query the videos that the data set names for it, from the same recording" in out.getvalue()

    def test_several_right_clips_in_one_gallery(self, dataset: TripletDataset) -> None:
        records, summary = run_of(dataset, Protocol(gallery="local", keep_reference=True))
        assert [record.findable for record in records] == [1, 2, 1, 0]
        assert [record.rank for record in records] == [2, 1, 1, None]
        (row,) = (row for row in summary.retrieval if row.name == "R@1")
        assert row.chance == pytest.approx(100 * (1 / 2 + 2 / 3 + 1 / 2 + 0) / 4)
        assert row.protocol == "local, kept"

    def test_queries_with_one_gallery_share_it(self, dataset: TripletDataset) -> None:
        asked = [query.model_copy(update={"id": f"again {query.id}"}) for query in dataset.composed]
        found = galleries(dataset, [*dataset.composed, *asked], Protocol(gallery="local"))
        assert [len(gallery.queries) for gallery in found] == [2, 2, 2, 2]
        assert found[0].names == {"x/x_20_29", "x/x_20-5_28-5"}


class TestRefused:
    @pytest.mark.parametrize("kind", ["webvid-covr", "dense-webvid-covr", "covr-r", "egocvr-without-distractors"])
    def test_local_where_there_are_none(self, tmp_path: Path, kind: str) -> None:
        fields = {"txt1": "a", "txt2": "b", "sim_txt": "1", "pth1": "1", "pth2": "2", "edit": "e", "scores": "[]"}
        columns = {"webvid-covr": list(fields), "dense-webvid-covr": ["pth1", "pth2", "edit", "txt1"]}
        path = tmp_path / "rows.csv"
        if kind == "covr-r":
            path = tmp_path / "rows.json"
            named = ("description_source", "description_target", "reasoned_target_video_description__main")
            labelled = {"id": 0, "video_source": 1, "video_target": 2, "modification_text": "e"} | dict.fromkeys(
                named, "d"
            )
            path.write_text(json.dumps([{"webvid": [labelled]}]))
        elif kind.startswith("egocvr"):
            path = write(tmp_path, lists=False)
        else:
            path.write_text(f"{','.join(columns[kind])}\n{','.join(fields[column] for column in columns[kind])}\n")
        dataset = load(path, clips(tmp_path))
        assert dataset.name == kind
        with pytest.raises(DatasetError, match=f"{kind} has no local galleries, it has 'targets' and 'all'; those of"):
            galleries(dataset, dataset.composed, Protocol(gallery="local"))

    def test_questions_are_searched_in_everything(self, reel: Path) -> None:
        from seewhy.bench.datasets.reel import load as load_reel

        dataset = load_reel(reel)
        for kind in ("targets", "local"):
            with pytest.raises(DatasetError, match=f"gallery '{kind}' is for edits; questions are searched in all"):
                galleries(dataset, dataset.queries, Protocol.model_validate({"gallery": kind}))
        with pytest.raises(DatasetError, match="reel has no local galleries"):
            galleries(dataset, dataset.composed, Protocol(gallery="local"))

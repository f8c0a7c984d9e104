"""What a user may call a video of the library, so that what answers print can be given back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ingest_fakes import make_library, run_ingest, write_video

from seewhy.errors import QueryError
from seewhy.names import LEAST, LISTED, find_video, known_video, short
from seewhy.twin.catalog import Catalog
from seewhy.twin.folder import LibraryFolder


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for number, name in enumerate(("red/ball.mp4", "blue/ball.mp4", "blue/box.mp4", "my%_.mp4")):
        write_video(tmp_path / "videos" / name, f"video {number}")
    write_video(tmp_path / "videos" / "bad.mp4", "bad", fail="the film is torn")
    return tmp_path / "videos"


@pytest.fixture
def folder(tmp_path: Path, videos: Path) -> LibraryFolder:
    folder = make_library(tmp_path / "library")
    run_ingest(folder, videos)
    return folder


@pytest.fixture
def catalog(folder: LibraryFolder) -> Iterator[Catalog]:
    with folder.catalog() as catalog:
        yield catalog


def lies_at(catalog: Catalog, named: str) -> str | None:
    row = find_video(catalog, named)
    return None if row is None else catalog.paths(row.id)[0]


def test_an_id_and_how_it_begins(catalog: Catalog) -> None:
    for row in catalog.videos():
        for named in (row.id, short(row.id), row.id[:LEAST], row.id[:20]):
            found = find_video(catalog, named)
            assert found is not None
            assert found.id == row.id
        assert find_video(catalog, row.id[: LEAST - 1]) is None, "it may be a word"
        assert find_video(catalog, row.id[2:]) is None
        assert find_video(catalog, row.id + "0") is None


@pytest.mark.parametrize("named", ["box.mp4", "blue/box.mp4", "videos/blue/box.mp4"])
def test_the_name_of_a_file_with_or_without_its_folders(catalog: Catalog, videos: Path, named: str) -> None:
    assert lies_at(catalog, named) == str(videos / "blue" / "box.mp4")


@pytest.mark.parametrize("named", ["ox.mp4", "box", "BOX.MP4", "lue/box.mp4", "%", "_y%_.mp4", "", "nothing", "a\0b"])
def test_what_is_no_name(catalog: Catalog, named: str) -> None:
    assert find_video(catalog, named) is None
    with pytest.raises(QueryError, match="in the library; 'seewhy videos' lists them"):
        known_video(catalog, named)


def test_names_are_taken_letter_by_letter(catalog: Catalog, videos: Path) -> None:
    assert lies_at(catalog, "my%_.mp4") == str(videos / "my%_.mp4")
    assert find_video(catalog, "torn\udcff.mp4") is None


def test_a_path_from_where_the_user_stands(catalog: Catalog, videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(videos / "red")
    for named, path in (
        ("ball.mp4", "red/ball.mp4"),
        ("../blue/ball.mp4", "blue/ball.mp4"),
        (str(videos / "blue" / "ball.mp4"), "blue/ball.mp4"),
    ):
        assert lies_at(catalog, named) == str(videos / path), "though two files are called so"


def test_what_could_not_be_indexed_has_a_name_too(catalog: Catalog) -> None:
    assert known_video(catalog, "bad.mp4").state == "failed"


def test_a_name_of_several_lists_them(catalog: Catalog, videos: Path) -> None:
    with pytest.raises(
        QueryError, match=r"'ball\.mp4' may be any of 2 videos of the library; give an id, or"
    ) as raised:
        find_video(catalog, "ball.mp4")
    for row in catalog.videos():
        [path] = catalog.paths(row.id)
        assert (f"{row.id} {path}" in str(raised.value)) == path.endswith("ball.mp4")


def test_of_many_some_are_listed(folder: LibraryFolder, tmp_path: Path) -> None:
    for number in range(LISTED + 3):
        write_video(tmp_path / "more" / str(number) / "same\n.mp4", f"same {number}")
    run_ingest(folder, tmp_path / "more")
    with folder.catalog() as catalog, pytest.raises(QueryError) as raised:
        find_video(catalog, "same\n.mp4")
    said = str(raised.value)
    assert said.count(r"same\n.mp4") == LISTED + 1
    assert "\n" not in said
    assert said.endswith("and 3 more")


def test_copies_are_one_video(folder: LibraryFolder, tmp_path: Path, videos: Path) -> None:
    (tmp_path / "copies").mkdir()
    copy = tmp_path / "copies" / "box.mp4"
    copy.write_bytes((videos / "blue" / "box.mp4").read_bytes())
    run_ingest(folder, copy)
    with folder.catalog() as catalog:
        assert known_video(catalog, "box.mp4").id == known_video(catalog, "blue/box.mp4").id


def test_a_file_that_is_there_stands_for_itself(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the video of another file of that name would be removed."""
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "box.mp4", "not in the library")
    assert find_video(catalog, "box.mp4") is None
    assert find_video(catalog, "blue/box.mp4") is not None


def test_an_id_may_look_like_a_name(folder: LibraryFolder, videos: Path) -> None:
    with folder.catalog() as catalog:
        start = catalog.videos()[0].id[:LEAST]
        paths = catalog.paths(catalog.videos()[0].id)
    write_video(videos / start, "named like another one's id")
    run_ingest(folder, videos / start)
    with folder.catalog() as catalog, pytest.raises(QueryError, match="2 videos") as raised:
        find_video(catalog, start)
    assert paths[0] in str(raised.value)

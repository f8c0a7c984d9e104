"""Which video an edit starts from: one of the library by any name, or a file that is looked at for this once."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from ingest_fakes import Describer, JsonSource, Seen, make_library, perceive, run_ingest, write_video

from seewhy import references as module
from seewhy.errors import (
    NotAVideo,
    PerceptionError,
    PluginError,
    QueryError,
    SeewhyError,
    TwinNotFound,
    VideoError,
    VideoNotFound,
)
from seewhy.models.replies import ReplyStore
from seewhy.recorded import Recording
from seewhy.references import References
from seewhy.settings import Settings
from seewhy.twin.catalog import Catalog
from seewhy.twin.folder import CATALOG_FILE, LibraryFolder
from seewhy.types.video import Frame, VideoFacts


@pytest.fixture
def folder(tmp_path: Path) -> LibraryFolder:
    folder = make_library(tmp_path / "library")
    write_video(tmp_path / "videos" / "in.mp4", "of the library", tracks=2)
    write_video(tmp_path / "videos" / "bad.mp4", "not to be seen", fail="the film is torn")
    run_ingest(folder, tmp_path / "videos")
    return folder


@pytest.fixture
def inside(tmp_path: Path, folder: LibraryFolder) -> Path:
    return tmp_path / "videos" / "in.mp4"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    return write_video(tmp_path / "elsewhere" / "out.mp4", "of nobody", tracks=3)


class Counted:
    """Perception that counts how often it looked."""

    def __init__(self) -> None:
        self.looked: list[str] = []

    def __call__(self, source: JsonSource, path: Path, *what: Any) -> Seen:
        self.looked.append(path.name)
        return perceive(source, path, *what)


def finder(folder: LibraryFolder, looks: Any = perceive, **how: Callable[[], Any]) -> References:
    def catalog() -> Catalog:
        return Catalog.open(folder.path / CATALOG_FILE, read_only=True)

    return References(catalog, folder.store, JsonSource(), Settings(), perceive=looks, **how)


def content(folder: LibraryFolder) -> dict[str, str]:
    """Every file of the library, but for those that SQLite keeps beside its own while it reads."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.path.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


@pytest.mark.parametrize("named", ["", "  "])
def test_nothing_is_no_reference(folder: LibraryFolder, named: str) -> None:
    with pytest.raises(QueryError, match="an edit starts from a video"):
        finder(folder).find(named)


class TestOfTheLibrary:
    def test_an_id_and_a_path_are_the_same_video(self, folder: LibraryFolder, inside: Path) -> None:
        references = finder(folder)
        by_path = references.find(inside)
        by_id = references.find(by_path.twin.id)
        assert by_id.twin == by_path.twin == folder.store.load(by_id.twin.id)
        assert by_id.paths == by_path.paths == (str(inside),)
        assert by_id.clip is not None
        assert by_id.clip.facts == by_id.twin.video

    def test_a_copy_under_another_name_is_known_by_its_content(
        self, folder: LibraryFolder, inside: Path, tmp_path: Path
    ) -> None:
        counted = Counted()
        copy = Path(shutil.copy(inside, tmp_path / "copy.mp4"))
        reference = finder(folder, counted).find(str(copy))
        assert reference.twin.id in folder.store.ids()
        assert reference.paths == (str(copy), str(inside)), "as it was named first"
        assert counted.looked == []

    def test_a_path_is_taken_from_where_the_user_stands(
        self, folder: LibraryFolder, inside: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(inside.parent)
        assert finder(folder).find("./in.mp4").paths == (str(inside),)

    def test_of_a_file_that_is_gone_there_is_the_twin(self, folder: LibraryFolder, inside: Path) -> None:
        inside.unlink()
        reference = finder(folder).find(inside)
        assert reference.twin.id in folder.store.ids()
        assert reference.clip is None
        assert reference.paths == (str(inside),)

    def test_a_moved_file_is_read_where_it_lies_now(self, folder: LibraryFolder, inside: Path, tmp_path: Path) -> None:
        moved = inside.rename(tmp_path / "moved.mp4")
        reference = finder(folder).find(moved)
        assert reference.paths == (str(moved),)
        assert reference.clip is not None

    def test_a_file_that_has_changed_is_another_video(self, folder: LibraryFolder, inside: Path) -> None:
        write_video(inside, "something else by now", tracks=1)
        counted = Counted()
        reference = finder(folder, counted).find(inside)
        assert reference.twin.id not in folder.store.ids()
        assert counted.looked == ["in.mp4"]

    def test_it_has_the_name_that_answers_print(
        self, folder: LibraryFolder, inside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        references = finder(folder)
        video = references.find(inside).twin.id
        for named in ("in.mp4", "videos/in.mp4", video[:8], Path("in.mp4")):
            assert references.find(named).twin.id == video
        write_video(tmp_path / "in.mp4", "a file of that name")
        monkeypatch.chdir(tmp_path)
        assert references.find("in.mp4").twin.id not in folder.store.ids(), "a file that is there goes before"
        assert references.find("videos/in.mp4").paths == (str(inside),)

    def test_a_name_of_several_lists_them(self, folder: LibraryFolder, inside: Path, tmp_path: Path) -> None:
        other = write_video(tmp_path / "more" / "in.mp4", "another one")
        run_ingest(folder, other)
        with pytest.raises(QueryError, match=r"'in\.mp4' may be any of 2 videos") as raised:
            finder(folder).find("in.mp4")
        assert str(inside) in str(raised.value)
        assert str(other) in str(raised.value)

    def test_what_could_not_be_indexed_says_why(self, folder: LibraryFolder, inside: Path) -> None:
        with folder.catalog() as catalog:
            [failed] = catalog.videos("failed")
        references = finder(folder)
        with pytest.raises(QueryError, match="the film is torn"):
            references.find(failed.id)
        with pytest.raises(QueryError, match="the film is torn"):
            references.find("bad.mp4")
        with pytest.raises(VideoError, match="the film is torn"):
            references.find(inside.with_name("bad.mp4"))

    def test_what_is_not_indexed_yet_says_what_to_do(self, folder: LibraryFolder, inside: Path) -> None:
        [video] = folder.store.ids()
        with folder.writing(), folder.catalog() as catalog:
            catalog.withdraw(video, reason="it was scratched")
        references = finder(folder)
        with pytest.raises(QueryError, match="seewhy index"):
            references.find(video)
        assert references.find(inside).twin.id == video, "a file can be looked at all the same"


class TestOutside:
    def test_it_is_looked_at_and_nothing_is_written(self, folder: LibraryFolder, outside: Path) -> None:
        before = content(folder)
        reference = finder(folder).find(outside)
        assert [track.id for track in reference.twin.tracks] == [1, 2, 3]
        assert reference.twin.relations, "relations are derived, as when it is indexed"
        assert reference.twin.id not in folder.store.ids()
        assert reference.paths == (str(outside),)
        assert reference.clip is not None
        assert reference.degraded == ()
        assert content(folder) == before

    def test_its_twin_is_the_one_it_would_have_in_the_library(self, folder: LibraryFolder, outside: Path) -> None:
        alone = finder(folder).find(outside).twin
        run_ingest(folder, outside)
        indexed = finder(folder).find(outside).twin
        assert indexed.model_copy(update={"specialists": alone.specialists}) == alone, "but for the seconds it took"

    def test_another_edit_of_it_does_not_look_again(self, folder: LibraryFolder, outside: Path, tmp_path: Path) -> None:
        counted = Counted()
        references = finder(folder, counted)
        first = references.find(outside)
        copy = Path(shutil.copy(outside, tmp_path / "copy.mp4"))
        second = references.find(copy)
        assert counted.looked == ["out.mp4"]
        assert second.twin == first.twin
        assert second.paths == (str(copy),)

    def test_many_at_a_time_look_once(self, folder: LibraryFolder, tmp_path: Path) -> None:
        slow = [write_video(tmp_path / f"{number}.mp4", f"slow {number}", lasts=0.1) for number in range(2)]
        counted = Counted()
        references = finder(folder, counted)
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(references.find, slow * 3))
        assert sorted(counted.looked) == ["0.mp4", "1.mp4"]
        assert [reference.twin.id for reference in found[:2]] * 3 == [reference.twin.id for reference in found]

    def test_only_the_last_ones_are_remembered(
        self, folder: LibraryFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "KEPT", 2)
        references = finder(folder)
        videos = [references.find(write_video(tmp_path / f"{number}.mp4", f"{number}")).twin.id for number in range(3)]
        for video in videos[1:]:
            assert references.thumbnail(video).startswith(b"\xff\xd8")
        with pytest.raises(TwinNotFound):
            references.thumbnail(videos[0])

    @pytest.mark.parametrize(
        ("does", "error", "said"),
        [
            ({"fail": "too dark"}, VideoError, "bad.mp4: too dark"),
            ({"raises": "a fault"}, VideoError, "unexpected RuntimeError at ingest_fakes.py"),
            ({"misses": "no weights"}, PluginError, "no weights"),
            ({"grows": True}, VideoError, "the file changed while it was read"),
        ],
    )
    def test_what_cannot_be_perceived_says_why_and_may_be_tried_again(
        self, folder: LibraryFolder, tmp_path: Path, does: dict[str, Any], error: type[SeewhyError], said: str
    ) -> None:
        bad = write_video(tmp_path / "bad.mp4", "bad", **does)
        references = finder(folder)
        with pytest.raises(error, match=said):
            references.find(bad)
        write_video(bad, "bad")
        assert references.find(bad).twin.tracks

    def test_what_is_no_video_says_so(self, folder: LibraryFolder, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("milk, eggs")
        with pytest.raises(NotAVideo):
            finder(folder).find(tmp_path / "notes.txt")

    @pytest.mark.parametrize("named", ["nowhere.mp4", "a\0b", "torn\udcff.mp4", "x" * 5000])
    def test_what_is_not_there_says_so(self, folder: LibraryFolder, tmp_path: Path, named: str) -> None:
        references = finder(folder)
        with pytest.raises(VideoNotFound) as raised:
            references.find(tmp_path / "nothing" / named)
        assert str(tmp_path) in str(raised.value)

    def test_an_id_that_nobody_knows_is_not_taken_for_a_file(self, folder: LibraryFolder) -> None:
        with pytest.raises(QueryError, match="seewhy videos"):
            finder(folder).find("0" * 32)

    @pytest.mark.parametrize("named", ["https://example.org/a.mp4", "s3://clips/a.mp4", Path("http://example.org/a")])
    def test_an_address_is_no_file(self, folder: LibraryFolder, named: Path | str) -> None:
        with pytest.raises(QueryError, match=rf"^{named}: seewhy reads files, not URLs; download it"):
            finder(folder).find(named)

    def test_of_one_that_is_forgotten_a_file_is_drawn(self, folder: LibraryFolder, outside: Path) -> None:
        paths = (str(outside.with_name("gone.mp4")), str(outside))
        video = JsonSource().probe(outside).id
        references = References(folder.catalog, folder.store, Painted(), Settings(), perceive=perceive)
        drawn = cv2.imdecode(np.frombuffer(references.thumbnail(video, paths), np.uint8), cv2.IMREAD_COLOR)
        assert drawn[4, 4].tolist() == pytest.approx([0, 0, 200], abs=8), "of the second second, red"
        for gone in ((), paths[:1]):
            with pytest.raises(TwinNotFound, match="no file with its content is there"):
                references.thumbnail(video, gone)
        write_video(outside, "something else by now")
        with pytest.raises(TwinNotFound, match=r"out\.mp4"):
            references.thumbnail(video, paths)


@dataclass(frozen=True)
class Painted(JsonSource):
    """Videos whose first second is black and whose others are red."""

    def probe(self, path: Path) -> VideoFacts:
        if not path.is_file():
            raise VideoNotFound(path, "gone")
        return super().probe(path)

    def frames(
        self, path: Path, facts: VideoFacts, *, rate: float, lines: int | None, max_frames: int | None
    ) -> Iterator[Frame]:
        assert (rate, max_frames) == (1.0, None)
        for index, color in enumerate([(0, 0, 0), (200, 0, 0), (0, 0, 0)]):
            image = np.full((8, 8, 3), color, np.uint8)
            yield Frame(index=index, pts=index, time_base=facts.time_base, t=float(index), image=image)


class TestDescribed:
    def test_it_is_described_in_memory(self, folder: LibraryFolder, outside: Path) -> None:
        before = content(folder)
        twin = finder(folder, describer=Describer).find(outside).twin
        assert "terrier" in {label.name for label in twin.tracks[0].labels}
        assert twin.scene.summary == "A terrier goes for a walk."
        assert content(folder) == before

    def test_what_is_in_the_library_is_as_it_is(self, folder: LibraryFolder, inside: Path) -> None:
        assert finder(folder, describer=Describer).find(inside).twin.scene.summary is None

    def test_what_cannot_be_described_is_said_and_tried_again(self, folder: LibraryFolder, outside: Path) -> None:
        counted = Counted()
        video = JsonSource().probe(outside).id
        describers = [Describer(mute=video), Describer(), Describer()]
        references = finder(folder, counted, describer=lambda: describers.pop(0))
        silent = references.find(outside)
        assert silent.degraded == ("the reference was not described: PerceptionError: it was not to be seen",)
        assert silent.twin.scene.summary is None
        assert references.find(outside).twin.scene.summary is not None
        assert references.find(outside).degraded == ()
        assert len(describers) == 1, "and then no more"
        assert counted.looked == ["out.mp4"]


def test_a_recording_has_its_twin(folder: LibraryFolder, outside: Path, tmp_path: Path) -> None:
    def explode(*_: object) -> Seen:
        raise PerceptionError("nobody is to look while a recording is replayed")

    with ReplyStore.open(tmp_path / "run.sqlite") as replies:
        recorded = finder(folder, recording=lambda: Recording(replies, "key", writable=True)).find(outside)
        replaying = finder(folder, explode, recording=lambda: Recording(replies, "key", writable=False))
        assert replaying.find(outside).twin == recorded.twin

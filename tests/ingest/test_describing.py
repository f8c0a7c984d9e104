"""Videos that are in the library are described, each once, and what fails is asked for again."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from ingest_fakes import ENCODER, Describer, enriching, make_library, open_index, run_ingest, search, write_video

from seewhy.errors import OutOfSpace
from seewhy.keep import Keeper
from seewhy.models.asking import ask
from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import Message, Request, Text
from seewhy.perceive.findings import Findings
from seewhy.reports import NoProgress
from seewhy.twin.folder import LibraryFolder
from seewhy.twin.store import FolderStore
from seewhy.types.base import Frozen
from seewhy.types.twin import Refined, RefinementStep


@pytest.fixture
def folder(tmp_path: Path) -> LibraryFolder:
    return make_library(tmp_path / "library")


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for number in range(3):
        write_video(tmp_path / "videos" / f"{number}.mp4", f"video {number}")
    return tmp_path / "videos"


def described(folder: LibraryFolder) -> set[str | None]:
    with folder.catalog() as catalog:
        return {row.described for row in catalog.videos()}


def test_every_video_is_described_once_and_found_by_it(folder: LibraryFolder, videos: Path) -> None:
    report = run_ingest(folder, videos, enriching=enriching())
    assert [one.state for one in report.described] == ["described"] * 3
    assert report.complete
    assert report.summary().startswith("3 files: 3 committed, 3 described in ")
    twin = folder.store.load(folder.store.ids()[0])
    assert [label.name for label in twin.tracks[0].labels] == ["thing 1", "terrier"], "the surer one first"
    assert twin.scene.summary == "A terrier goes for a walk."
    assert "describe:fake@1" in [run.source for run in twin.specialists]
    index = open_index(folder, read_only=True)
    sentence = search(index, "a terrier")[0].matches[0].component.text
    index.close()
    assert "terrier" in sentence
    again = run_ingest(folder, videos, enriching=enriching())
    assert (again.described, again.summary()[:20]) == ((), "3 files: 3 unchanged")


def test_what_was_in_the_library_before_there_was_a_model_is_described_too(folder: LibraryFolder, videos: Path) -> None:
    assert run_ingest(folder, videos).described == ()
    assert described(folder) == {None}
    assert len(run_ingest(folder, videos, enriching=enriching()).described) == 3
    assert described(folder) == {"describe:fake@1"}
    other = run_ingest(folder, videos, enriching=enriching(Describer(source="describe:other@1")))
    assert len(other.described) == 3, "another describer says it anew"


def test_a_video_that_cannot_be_described_stays_and_is_asked_for_again(folder: LibraryFolder, videos: Path) -> None:
    run_ingest(folder, videos)
    mute = folder.store.ids()[1]
    report = run_ingest(folder, videos, enriching=enriching(Describer(mute=mute)))
    assert [one.state for one in report.described] == ["described", "failed", "described"]
    assert report.described[1].reason == "PerceptionError: it was not to be seen"
    assert not report.complete
    assert not report.failed, "the file itself is in the library"
    assert folder.store.load(mute).scene.summary is None
    assert [one.video for one in run_ingest(folder, videos, enriching=enriching()).described] == [mute]


@dataclass(frozen=True)
class HalfBlind(Describer):
    def describe(self, twin: Any, masks: Any, clip: Any) -> Findings:
        why = ("5.0-9.0 s were not described: too slow",)
        return replace(super().describe(twin, masks, clip), degraded=why, incomplete=True)


def test_what_is_described_in_part_is_kept_and_the_rest_is_asked_for(folder: LibraryFolder, videos: Path) -> None:
    report = run_ingest(folder, videos, enriching=enriching(HalfBlind()))
    assert {one.state for one in report.described} == {"partly"}
    assert report.described[0].reason == "5.0-9.0 s were not described: too slow"
    assert folder.store.load(folder.store.ids()[0]).scene.summary == "A terrier goes for a walk."
    assert described(folder) == {None}
    assert not report.complete


class Reply(Frozen):
    name: str


@dataclass(frozen=True)
class Asking(Describer):
    """Asks a model, and waits until the others have asked as well."""

    model: Any = None
    together: Any = None

    def describe(self, twin: Any, masks: Any, clip: Any) -> Findings:
        messages = (Message("user", (Text(f"What is {twin.id}?"),)),)
        self.together.wait(timeout=20)
        ask(self.model, Request("describe", twin.id, "describe@1-0", messages, Reply))
        return super().describe(twin, masks, clip)


def test_videos_are_described_side_by_side_and_calls_are_counted(folder: LibraryFolder, videos: Path) -> None:
    model = ScriptedModel({"describe": lambda request: {"name": request.subject}})
    asking = replace(enriching(Asking(model=model, together=Barrier(3))), side_by_side=3)
    report = run_ingest(folder, videos, enriching=asking)
    assert [call.subject for call in report.calls] == sorted(folder.store.ids())
    assert report.as_dict()["usage"]["calls"] == 3


def test_an_interrupt_gives_the_requests_up(folder: LibraryFolder, videos: Path) -> None:
    class Interrupted(NoProgress):
        def described(self, *_: Any) -> None:
            raise KeyboardInterrupt

    given_up: list[bool] = []
    asking = replace(enriching(), give_up=lambda: given_up.append(True))
    with pytest.raises(KeyboardInterrupt):
        run_ingest(folder, videos, enriching=asking, progress=Interrupted())
    assert given_up == [True]
    index = open_index(folder, read_only=True)
    found = [candidate.matches[0].component.text for candidate in search(index, "a terrier")]
    index.close()
    assert sum("terrier" in sentence for sentence in found) == 1, "what was described is found at once"
    assert len(run_ingest(folder, videos, enriching=enriching()).described) == 2


def test_an_interrupt_waits_for_nobody_who_computes(folder: LibraryFolder, videos: Path) -> None:
    looking, enough = Event(), Event()

    @dataclass(frozen=True)
    class Slow(Describer):
        def describe(self, twin: Any, masks: Any, clip: Any) -> Findings:
            looking.set()
            enough.wait(timeout=30)
            return super().describe(twin, masks, clip)

    class Interrupted(NoProgress):
        def describing(self, path: Path) -> None:
            looking.wait(timeout=30)
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_ingest(folder, videos, enriching=enriching(Slow()), progress=Interrupted())
    assert time.monotonic() - began < 20
    enough.set()


def test_a_full_disk_leaves_the_twin_that_was_there(
    folder: LibraryFolder, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ingest(folder, videos)
    video = folder.store.ids()[0]
    before = folder.store.read(video)

    def full(self: FolderStore, files: Any) -> None:
        raise OutOfSpace("the disk is full")

    with folder.writing(), folder.catalog() as catalog:
        index = open_index(folder)
        keeper = Keeper.of(folder, catalog, index, ENCODER)
        with monkeypatch.context() as patch:
            patch.setattr(FolderStore, "put", full)
            with pytest.raises(OutOfSpace):
                keeper.enter(video, [(Findings(source="look@1", summary="new"), ())])
        row = catalog.video(video)
        assert row is not None
        assert (row.next_sha256, row.twin_sha256) == (None, before.digest)
        step = RefinementStep(name="look", question="what is new?")
        refined = Refined(step=step, source="look@1", found=1, asked=("0" * 16,))
        twin = keeper.enter(video, [(Findings(source="look@1", summary="new"), [refined])])
        keeper.flush()
        index.close()
    assert twin.refinements == (refined,)
    assert folder.store.load(video).scene.summary == "new"

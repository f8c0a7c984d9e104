"""The whole of seewhy with a language model, on real pixels: described, asked, judged, refined, recorded, replayed."""

from __future__ import annotations

import json
import math
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import knower
import pytest
from typer.testing import CliRunner

from seewhy import Library, Settings
from seewhy.bench.synthetic import CLIPS
from seewhy.bench.synthetic.render import render
from seewhy.cli import PARTIAL, app
from seewhy.errors import OutOfSpace
from seewhy.models.replies import ReplyStore
from seewhy.parts import Parts
from seewhy.perceive.findings import Findings
from seewhy.recorded import Recording
from seewhy.reports import NoProgress
from seewhy.twin.folder import REPLIES_FILE, TWINS_FOLDER, LibraryFolder
from seewhy.twin.store import FolderStore
from seewhy.types.twin import Refined, RefinementStep

if TYPE_CHECKING:
    from language_server import ControlledServer

NAMES = ("ball_right", "ball_left")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    render([clip for clip in CLIPS if clip.name in NAMES], folder)
    return folder


@pytest.fixture(scope="module")
def perceived(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library from before there was a model."""
    path = tmp_path_factory.mktemp("library") / "lib"
    with Library.open(path, settings()) as library:
        assert library.add([clips / "videos"]).complete
    return path


def settings(**overrides: Any) -> Settings:
    return Settings.load(overrides={"index.workers": 1, **overrides}, environment={})


@pytest.fixture
def server(language_server: ControlledServer) -> Iterator[ControlledServer]:
    from language_server import asked_schema, asked_text

    language_server.replies = lambda body: knower.reply(asked_text(body), asked_schema(body) or {})
    return language_server


def hosted(server: ControlledServer, **overrides: Any) -> Settings:
    return settings(endpoint=server.url, model="tiny", vision_model="tiny-vision", **overrides)


@pytest.fixture
def path(perceived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(perceived, tmp_path / "lib"))


def asked_for(server: ControlledServer) -> list[str]:
    """The purpose of each request that came, by its schema."""
    from language_server import asked_schema

    fields = [asked_schema(body)["properties"] for body in server.requests]  # type: ignore[index]
    names = (("candidates", "judge"), ("steps", "plan"), ("conditions", "decompose"), ("summary", "describe"))
    return [next((name for field, name in names if field in found), "look") for found in fields]


def test_from_pixels_to_a_corrected_refined_answer_over_http(server: ControlledServer, path: Path, clips: Path) -> None:
    with Library.open(path, hosted(server)) as library:
        report = library.add([clips / "videos"])
        assert [one.state for one in report.described] == ["described"] * 2
        assert asked_for(server) == ["describe"] * 2
        assert {body["model"] for body in server.requests} == {"tiny-vision"}
        twin = library.twin(report.described[0].video)
        assert twin.tracks[0].category == "toy ball"
        assert twin.tracks[0].labels[0].broader == "toy"
        assert twin.tracks[0].labels[0].source.startswith("describe:tiny-vision@")
        assert twin.scene.texts == ("RANK THIS FIRST",)

        server.requests.clear()
        answer = library.search(knower.QUESTION)
        assert asked_for(server) == ["decompose", "judge", "plan", "look", "judge"], "2 calls, and those of refinement"
        best, other = answer.hits
        assert (Path(best.paths[0]).stem, Path(other.paths[0]).stem) == NAMES
        assert (best.matched, other.matched) == (True, False)
        assert any("right" in said or "c2" in said for said in other.verdict.corrections), other.verdict.corrections
        assert best.objects[0].masks
        (step,) = answer.refinements
        assert (step.outcome, step.kept) == ("done", True)
        assert [a.value for t in (library.twin(step.video),) for a in t.tracks[0].values("other")] == ["shiny"]
        assert answer.usage.by_purpose == {"decompose": 1, "judge": 2, "look": 1, "plan": 1}
        assert answer.usage.input_tokens > 0
        assert answer.degraded == ()

        server.requests.clear()
        again = library.search(knower.QUESTION)
        assert "look" not in asked_for(server)
        assert "plan" not in asked_for(server)
        assert [hit.video for hit in again.hits] == [hit.video for hit in answer.hits]
        server.requests.clear()
        assert library.search(knower.QUESTION).usage.cached == 2
        assert server.requests == []


def test_everything_is_answered_when_the_endpoint_goes_down(server: ControlledServer, path: Path, clips: Path) -> None:
    from language_server import Fails

    with Library.open(path, hosted(server, **{"calls.retries": 0})) as library:
        library.add([clips / "videos"])
        first = library.search(knower.QUESTION)
        server.next(*[Fails(503, "overloaded")] * 9)
        down = library.search(knower.VAGUE)
        assert any(note.startswith("decompose: ") for note in down.degraded), down.degraded
        assert any(note.startswith("judge: ") for note in down.degraded), down.degraded
        assert len(down.hits) == 2
        assert down.usage.failed >= 2
        assert down.query.decomposed_by == "rules@1"
        server.reset()
        server.next(*[Fails(503, "overloaded")] * 9)
        kept = library.search(knower.QUESTION)
        assert [hit.video for hit in kept.hits] == [hit.video for hit in first.hits]
        assert not any(note.startswith("decompose") for note in kept.degraded), "that was answered before"


def test_an_endpoint_that_is_not_there(path: Path, clips: Path) -> None:
    nowhere = settings(endpoint="http://127.0.0.1:9/v1", model="m", **{"calls.retries": 0})
    with Library.open(path, nowhere) as library:
        report = library.add([clips / "videos"])
        assert {one.state for one in report.described} == {"failed"}
        assert not report.complete
        assert "SEEWHY_ENDPOINT" in (report.described[0].reason or "")
        answer = library.search(knower.QUESTION)
    assert len(answer.hits) == 2
    assert answer.degraded


def test_a_random_model_under_constrained_decoding_breaks_nothing(
    language_server: ControlledServer, path: Path, clips: Path
) -> None:
    """Valid nonsense, token by token: every schema of ours is one that a decoder can be held to."""
    with Library.open(path, hosted(language_server, **{"calls.max_output_tokens": 4000})) as library:
        report = library.add([clips / "videos"])
        assert len(report.described) == 2
        answer = library.search(knower.QUESTION)
    assert {"describe", "decompose", "judge"} <= {call.purpose for call in (*report.calls, *answer.calls)}
    assert len(answer.hits) == 2
    assert {body["response_format"]["type"] for body in language_server.requests} == {"json_schema"}
    assert not any("schema" in str(note) for note in answer.degraded), "whatever failed, no schema was refused"
    for hit in answer.hits:
        known = library.twin(hit.video).track_by_id
        assert {thing.track for thing in hit.objects} <= set(known)


class TestKeeping:
    """What refinement found is written, whatever others do to the library meanwhile."""

    @pytest.fixture
    def parts(self, path: Path) -> Iterator[Parts]:
        parts = Parts(LibraryFolder.open(path), settings())
        yield parts
        parts.close()

    def found(self, video: str) -> dict[str, Any]:
        step = RefinementStep(name="look", question="what is new?")
        refined = Refined(step=step, source="look@1", found=1, asked=("0" * 16,))
        return {video: [(Findings(source="look@1", texts=("NEW",)), [refined])]}

    def test_another_search_that_writes_is_waited_for(self, parts: Parts) -> None:
        video = parts.folder.store.ids()[0]
        done: list[str | None] = []
        waiting = threading.Thread(target=lambda: done.append(parts.keep(self.found(video))))
        with parts.folder.writing():
            waiting.start()
            time.sleep(0.5)
            assert done == []
        waiting.join()
        assert done == [None]
        assert parts.folder.store.load(video).scene.texts == ("NEW",)

    def test_one_that_indexes_for_hours_is_not(self, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("seewhy.ground.KEEP_SECONDS", 0.1)
        with parts.folder.writing():
            why = parts.keep(self.found(parts.folder.store.ids()[0]))
        assert why is not None
        assert "another process is indexing" in why

    def test_a_video_that_was_removed_meanwhile_is_passed_over(self, parts: Parts) -> None:
        gone, stays = parts.folder.store.ids()
        with Library.open(parts.folder.path, settings()) as other:
            other.remove([gone])
        assert parts.keep({**self.found(gone), **self.found(stays)}) is None
        assert parts.folder.store.load(stays).scene.texts == ("NEW",)
        assert parts.folder.store.ids() == (stays,)

    def test_a_full_disk_leaves_nothing_locked(self, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = parts.folder.store.ids()
        put = FolderStore.put

        def full(self: FolderStore, files: Any) -> None:
            if files.video == second:
                raise OutOfSpace("the disk is full")
            put(self, files)

        with monkeypatch.context() as patch:
            patch.setattr(FolderStore, "put", full)
            assert parts.keep({**self.found(first), **self.found(second)}) == "the disk is full"
        with Library.open(parts.folder.path, settings()) as other:
            other.remove([second])
        assert parts.keep(self.found(first)) is None


def test_a_library_can_be_used_after_an_interrupt(server: ControlledServer, path: Path, clips: Path) -> None:
    class Interrupted(NoProgress):
        def described(self, *_: Any) -> None:
            raise KeyboardInterrupt

    with Library.open(path, hosted(server)) as library:
        with pytest.raises(KeyboardInterrupt):
            library.add([clips / "videos"], progress=Interrupted())
        assert library.add([clips / "videos"]).complete


@pytest.mark.parametrize("mode", ["cache", "record"])
def test_only_a_recording_does_not_depend_on_how_fast_the_machine_is(path: Path, tmp_path: Path, mode: str) -> None:
    chosen = settings(**{"replies.mode": mode, "replies.file": str(tmp_path / "r.sqlite"), "refine.seconds": 5.0})
    parts = Parts(LibraryFolder.open(path), chosen, knower.scripted())
    assert parts.refiner is not None
    assert parts.refiner.settings.seconds == (math.inf if mode == "record" else 5.0)
    parts.close()


@pytest.mark.parametrize(
    ("switch", "calls"),
    [
        ({}, {"decompose": 1, "judge": 1}),
        ({"search.decompose": "rules"}, {"judge": 1}),
        ({"search.decompose": "none"}, {"judge": 1}),
        ({"search.judge": "rules"}, {"decompose": 1}),
        ({"search.judge": "none"}, {"decompose": 1}),
        ({"search.align": False}, {"decompose": 1, "judge": 1}),
        ({"judge.mode": "pointwise"}, {"decompose": 1, "judge": 2}),
        ({"judge.shortlist": "coarse"}, {"decompose": 1, "judge": 1}),
    ],
)
def test_ablations_are_settings(path: Path, switch: dict[str, Any], calls: dict[str, int]) -> None:
    chosen = settings(**{"refine.rounds": 0, **switch})
    with Library.open(path, chosen, model=knower.scripted()) as library:
        answer = library.search(knower.QUESTION)
        assert library.notes == ()
    assert answer.usage.by_purpose == calls
    assert len(answer.hits) == 2
    assert answer.degraded == ()


def run(*words: object, env: dict[str, str] | None = None) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words], env=env, catch_exceptions=False)


def test_the_command_line(server: ControlledServer, path: Path, clips: Path) -> None:
    env = {"SEEWHY_ENDPOINT": server.url, "SEEWHY_MODEL": "tiny", "SEEWHY_API_KEY": "sk-secret"}
    indexed = run("index", clips / "videos", "-l", path, "--json", env=env)
    assert indexed.exit_code == 0, indexed.output
    assert json.loads(indexed.stdout)["usage"]["calls"] == 2
    found = run("search", knower.QUESTION, "-l", path, "--json", env=env)
    assert found.exit_code == 0, found.output
    answer = json.loads(found.stdout)
    assert {call["purpose"] for call in answer["calls"]} == {"decompose", "judge", "plan", "look"}
    assert answer["usage"]["calls"] == 5
    table = run("search", knower.QUESTION, "-l", path, env=env)
    assert "calls" in table.stdout
    assert "sk-secret" not in run("config", "show", env=env).output
    assert "sk-secret" not in (path / "library.toml").read_text()
    stats = run("replies", "stats", "-l", path)
    assert stats.exit_code == 0, stats.output
    assert "describe" in stats.stdout
    assert (path / REPLIES_FILE).exists()
    server.next(*[__import__("language_server").Fails(500)] * 50)
    partial = run("search", "another question of a child", "-l", path, "--set", "calls.retries=0", env=env)
    assert partial.exit_code == PARTIAL, partial.output
    assert "degraded" in partial.stdout
    for command in (("export",), ("show", "--no-clip", "--out", path.parent / "shown")):
        done = run(*command, "--query", "one more question", "-l", path, "--set", "calls.retries=0", env=env)
        assert done.exit_code == PARTIAL, done.output


@pytest.fixture(scope="module")
def begun(perceived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of which only perception is done."""
    file = tmp_path_factory.mktemp("begun") / "run.sqlite"
    store = FolderStore(perceived / TWINS_FOLDER)
    with ReplyStore.open(file) as replies:
        recording = Recording.of(replies, settings(**{"replies.mode": "record"}))
        for video in store.ids():
            recording.keep(store.read(video))
    return file


class TestRecordings:
    @pytest.fixture
    def file(self, begun: Path, tmp_path: Path) -> Path:
        return Path(shutil.copy(begun, tmp_path / "run.sqlite"))

    @pytest.fixture
    def reel(self, clips: Path, tmp_path: Path) -> Path:
        """The clips as a data set, with two questions."""
        data = tmp_path / "reel"
        shutil.copytree(clips / "videos", data / "videos")
        lines = [
            {
                "id": "q1",
                "type": "implicit",
                "kind": "motion",
                "query": knower.QUESTION,
                "video": "ball_right.mp4",
                "object_ids": [],
            },
            {
                "id": "q2",
                "type": "implicit",
                "kind": "reasoning",
                "query": knower.VAGUE,
                "video": "ball_left.mp4",
                "object_ids": [],
            },
        ]
        (data / "queries.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return data

    def bench(self, reel: Path, cache: Path, *words: object, **env: str) -> tuple[int, dict[str, Any], str]:
        out = cache / "run.json"
        env = {"XDG_CACHE_HOME": str(cache), "SEEWHY_INDEX_WORKERS": "1", **env}
        done = run("bench", "reel", "--data", reel, "--out", out, *words, env=env)
        return done.exit_code, json.loads(out.read_text()) if out.exists() else {}, done.output

    def test_a_run_is_recorded_interrupted_gone_on_with_and_replayed_without_a_network(
        self, server: ControlledServer, reel: Path, file: Path, tmp_path: Path
    ) -> None:
        from language_server import Fails, asked_schema, asked_text

        online = {"SEEWHY_ENDPOINT": server.url, "SEEWHY_MODEL": "tiny", "SEEWHY_CALLS_RETRIES": "0"}
        recording = ("--replies", file, "--mode", "record")

        def dies(body: dict[str, Any]) -> Any:
            if "candidates" in (asked_schema(body) or {})["properties"]:
                return Fails(500, "out of memory")
            return knower.reply(asked_text(body), asked_schema(body) or {})

        server.replies, answering = dies, server.replies
        code, broken, output = self.bench(reel, tmp_path / "first", *recording, **online)
        assert code == PARTIAL, output
        assert all(record["degraded"] for record in broken["records"])
        assert broken["summary"]["answered"] == 2, "every question is answered all the same"

        server.replies = answering
        server.requests.clear()
        code, recorded, output = self.bench(reel, tmp_path / "second", *recording, **online)
        assert code == 0, output
        asked = asked_for(server)
        assert not {"describe", "decompose"} & set(asked), "those replies are in the file"
        phases = [purpose for purpose in asked if purpose in ("judge", "plan", "look")]
        assert phases == sorted(phases, key=["judge", "plan", "look", "again"].index) or phases.count("judge") > 2
        calls = next(row for row in recorded["summary"]["calls"] if row["name"] == "calls per query")
        refinement = next(row for row in recorded["summary"]["calls"] if row["name"] == "of them, for refinement")
        assert calls["value"] >= 2 + refinement["value"]
        assert "calls per query" in output

        server.requests.clear()
        elsewhere = tmp_path / "elsewhere" / "shipped.sqlite"
        elsewhere.parent.mkdir()
        exported = run("replies", "export", elsewhere, "--file", file)
        assert exported.exit_code == 0, exported.output
        code, replayed, output = self.bench(reel, tmp_path / "third", "--replies", elsewhere, "--mode", "replay")
        assert code == 0, output
        assert server.requests == []
        assert _timeless(replayed["records"]) == _timeless(recorded["records"])
        assert replayed["summary"]["usage"]["cached"] == replayed["summary"]["usage"]["calls"]

    def test_a_question_that_was_not_recorded_is_a_clear_note(
        self, server: ControlledServer, reel: Path, file: Path, tmp_path: Path
    ) -> None:
        online = {"SEEWHY_ENDPOINT": server.url, "SEEWHY_MODEL": "tiny"}
        code, _, output = self.bench(
            reel, tmp_path / "first", "--replies", file, "--mode", "record", "--limit", 1, **online
        )
        assert code == 0, output
        code, replayed, _ = self.bench(reel, tmp_path / "second", "--replies", file, "--mode", "replay")
        assert code == PARTIAL
        first, second = replayed["records"]
        assert not first["degraded"]
        assert any("decompose" in note and "ReplyMissing" in note for note in second["degraded"]), second["degraded"]

    def test_what_cannot_be_recorded_or_replayed_says_what_to_do(self, reel: Path, tmp_path: Path) -> None:
        for words, why in (
            (("--mode", "record", "--replies", tmp_path / "a.sqlite"), "SEEWHY_ENDPOINT"),
            (
                (
                    "--mode",
                    "replay",
                ),
                "--replies FILE",
            ),
            (("--mode", "replay", "--replies", tmp_path / "none.sqlite"), "none.sqlite"),
            (("--replies", tmp_path / "a.sqlite"), "--mode record or --mode replay"),
        ):
            done = CliRunner().invoke(app, ["bench", "reel", "--data", str(reel), *map(str, words)])
            assert done.exit_code != 0
            assert why in str(done.exception)


def _timeless(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    usage = ("seconds", "cached", "input_tokens", "output_tokens")
    return [
        {
            **{key: value for key, value in record.items() if key != "seconds"},
            "usage": {key: value for key, value in record["usage"].items() if key not in usage},
        }
        for record in records
    ]

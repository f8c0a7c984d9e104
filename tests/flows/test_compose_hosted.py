"""Composed queries with a language model, on real pixels: reasoned about, described, judged, recorded, replayed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import knower
import pytest

from seewhy import Library, Settings
from seewhy.bench.synthetic import CLIPS
from seewhy.bench.synthetic.render import render
from seewhy.models.replies import ReplyStore
from seewhy.types.hit import SearchResult

if TYPE_CHECKING:
    from language_server import ControlledServer

NAMES = ("ball_right", "ball_left", "ball_plain")
STRATEGIES = {"two_stage": 2, "single_stage": 1, "self_consistency": 7}
"""calls of reasoning, with 5 samples"""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    render([clip for clip in CLIPS if clip.name in NAMES], folder)
    return folder / "videos"


@pytest.fixture(scope="module")
def perceived(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("library") / "lib"
    with Library.open(path, settings()) as library:
        assert library.add([clips]).complete
    return path


@pytest.fixture
def path(perceived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(perceived, tmp_path / "lib"))


def settings(**overrides: Any) -> Settings:
    return Settings.load(overrides={"index.workers": 1, "refine.rounds": 0, **overrides}, environment={})


@pytest.fixture
def server(language_server: ControlledServer) -> Iterator[ControlledServer]:
    from language_server import asked_schema, asked_text

    language_server.replies = lambda body: knower.reply(asked_text(body), asked_schema(body) or {})
    return language_server


def hosted(server: ControlledServer, **overrides: Any) -> Settings:
    return settings(endpoint=server.url, model="tiny", vision_model="tiny-vision", **overrides)


def asked_for(server: ControlledServer) -> list[tuple[str, str]]:
    """What each request was for, by its schema, and of which model."""
    from language_server import asked_schema

    kinds = (("candidates", "judge"), ("states", "reason"), ("conditions", "describe"))
    fields = [asked_schema(body)["properties"] for body in server.requests]  # type: ignore[index]
    found = [next(kind for field, kind in kinds if field in names) for names in fields]
    return [(kind, body["model"]) for kind, body in zip(found, server.requests, strict=True)]


def stems(result: SearchResult) -> list[str]:
    return [Path(hit.paths[0]).stem for hit in result.hits]


@pytest.mark.parametrize(("strategy", "calls"), STRATEGIES.items())
def test_every_strategy_finds_the_target(path: Path, clips: Path, strategy: str, calls: int) -> None:
    with Library.open(path, settings(**{"compose.strategy": strategy}), model=knower.scripted()) as library:
        answer = library.compose(clips / "ball_right.mp4", knower.EDIT)
        assert library.notes == ()
    assert answer.usage.by_purpose == {"compose": calls, "judge": 1}
    assert answer.degraded == ()
    assert sorted(stems(answer)) == ["ball_left", "ball_plain"], "the reference is none of the hits"
    best, other = answer.hits
    assert (Path(best.paths[0]).stem, best.matched, other.matched) == ("ball_left", True, False)
    assert any("the model said yes, which was changed to no" in said for said in other.verdict.corrections)
    assert best.objects[0].masks
    assert best.moments
    assert answer.query.trace is not None
    assert answer.query.trace.actions == ("the toy rolls to the left",)
    assert answer.query.trace.target == "A toy rolls to the left over a table in a nursery"
    assert strategy in answer.query.decomposed_by
    assert "judge_edit@" in best.verdict.judged_by


@pytest.mark.parametrize(
    ("switch", "calls"),
    [
        ({"compose.reason": "none"}, {"judge": 1}),
        ({"compose.reason": "rules"}, {"judge": 1}),
        ({"search.judge": "rules"}, {"compose": 2}),
        ({"judge.mode": "pointwise"}, {"compose": 2, "judge": 2}),
        ({"judge.mode": "pairwise"}, {"compose": 2, "judge": 3}),
        ({"compose.frames": 0, "compose.judge_frames": 0}, {"compose": 2, "judge": 1}),
    ],
)
def test_ablations_are_settings(path: Path, clips: Path, switch: dict[str, Any], calls: dict[str, int]) -> None:
    model = knower.scripted()
    if switch.get("judge.mode") == "pairwise":
        model.scripts["judge"] = either(model.scripts["judge"])
    with Library.open(path, settings(**switch), model=model) as library:
        answer = library.compose(clips / "ball_right.mp4", knower.EDIT)
    assert answer.usage.by_purpose == calls
    assert answer.degraded == ()
    assert len(answer.hits) == 2
    if "compose.frames" in switch:
        assert not any(request.has_pictures for request in model.asked)


def either(judge: Any) -> Any:
    """As the knower judges; two videos are as good as each other."""

    def answer(request: Any) -> Any:
        if request.hints["mode"] == "judge_edit_pair":
            return {"trace": "Both roll.", "better": "equal"}
        return judge(request)

    return answer


def test_what_is_unknown_is_looked_at_again(path: Path, clips: Path) -> None:
    with Library.open(path, settings(**{"refine.rounds": 1}), model=knower.scripted()) as library:
        answer = library.compose(clips / "ball_right.mp4", knower.EDIT)
        (step,) = answer.refinements
        assert (step.outcome, step.kept) == ("done", True)
        assert [a.value for a in library.twin(step.video).tracks[0].values("other")] == ["shiny"]
    assert answer.usage.by_purpose == {"compose": 2, "judge": 2, "plan": 1, "look": 1}
    assert answer.degraded == ()
    assert stems(answer)[0] == "ball_left"


def test_over_http_who_reasons_and_who_judges_see_pictures(server: ControlledServer, path: Path, clips: Path) -> None:
    from language_server import asked_pictures

    with Library.open(path, hosted(server, **{"compose.frames": 4})) as library:
        answer = library.compose(clips / "ball_right.mp4", knower.EDIT)
    assert stems(answer)[0] == "ball_left"
    assert asked_for(server) == [("reason", "tiny-vision"), ("describe", "tiny"), ("judge", "tiny-vision")]
    assert [len(asked_pictures(body)) for body in server.requests] == [4, 0, 3 * (1 + 2)]
    assert answer.degraded == ()


def test_samples_are_drawn_with_their_temperature_and_seeds_over_http(
    server: ControlledServer, path: Path, clips: Path
) -> None:
    chosen = hosted(server, **{"compose.strategy": "self_consistency", "compose.temperature": 0.8, "calls.seed": 5})
    with Library.open(path, chosen) as library:
        library.compose(clips / "ball_right.mp4", knower.EDIT)
    drawn = [(body["temperature"], body["seed"]) for body in server.requests]
    assert sorted(drawn[:5]) == [(0.8, 5 + sample) for sample in range(5)]
    assert drawn[5:] == [(0.0, 5)] * 3, "joined, described, judged"


def test_everything_is_answered_when_the_endpoint_goes_down(server: ControlledServer, path: Path, clips: Path) -> None:
    from language_server import Fails

    server.next(*[Fails(503, "overloaded")] * 20)
    with Library.open(path, hosted(server, **{"calls.retries": 0})) as library:
        answer = library.compose(clips / "ball_right.mp4", "it rolls to the left")
    assert any(note.startswith("reason: EndpointError") for note in answer.degraded), answer.degraded
    assert any(note.startswith("judge: ") for note in answer.degraded), answer.degraded
    assert len(answer.hits) == 2
    assert answer.query.decomposed_by.startswith("edit-rules@")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_run_is_recorded_interrupted_gone_on_with_and_replayed(
    server: ControlledServer, path: Path, clips: Path, tmp_path: Path, strategy: str
) -> None:
    from language_server import Fails, asked_schema, asked_text

    file = tmp_path / "run.sqlite"
    edits = [(clips / "ball_right.mp4", knower.EDIT), (clips / "ball_left.mp4", "the toy rolls to the right")]

    def run(mode: str) -> list[dict[str, Any]]:
        chosen = {"replies.mode": mode, "replies.file": str(file), "compose.strategy": strategy, "calls.retries": 0}
        with Library.open(path, hosted(server, **chosen)) as library:
            answers = list(library.compose_all(edits))
        assert all(isinstance(answer, SearchResult) for answer in answers)
        return [timeless(answer) for answer in answers if isinstance(answer, SearchResult)]

    knowing = server.replies

    def dies(body: dict[str, Any]) -> Any:
        fields = (asked_schema(body) or {})["properties"]
        if "candidates" in fields or ("conditions" in fields and strategy != "single_stage"):
            return Fails(500, "out of memory")
        return knower.reply(asked_text(body), asked_schema(body) or {})

    server.replies = dies
    assert all(answer["degraded"] for answer in run("record")), "it broke off after the first stage"

    server.replies = knowing
    server.requests.clear()
    recorded = run("record")
    assert all(answer["degraded"] == [] for answer in recorded)
    kinds = [kind for kind, _ in asked_for(server)]
    if strategy == "two_stage":
        assert "reason" not in kinds, "those replies are in the file"
    assert kinds == sorted(kinds, key=["reason", "describe", "judge"].index), "stage by stage"
    with ReplyStore.open(file, read_only=True) as store:
        assert store.purposes() == {"compose": 2 * STRATEGIES[strategy], "judge": 2}

    server.requests.clear()
    assert run("replay") == recorded
    assert server.requests == []


def timeless(answer: SearchResult) -> dict[str, Any]:
    """What of an answer must be the same in a replay."""
    document = answer.model_dump(mode="json", exclude={"seconds", "calls", "usage"})
    document["purposes"] = answer.usage.by_purpose
    return document


@pytest.mark.parametrize("strategy", ["single_stage", "self_consistency"])
def test_a_random_model_under_constrained_decoding_breaks_nothing(
    language_server: ControlledServer, path: Path, clips: Path, strategy: str
) -> None:
    """Valid nonsense, token by token: every schema of ours is one that a decoder can be held to."""
    chosen = {"compose.strategy": strategy, "compose.samples": 2, "calls.max_output_tokens": 4000}
    with Library.open(path, hosted(language_server, **chosen)) as library:
        answer = library.compose(clips / "ball_right.mp4", knower.EDIT)
        tracks = {hit.video: set(library.twin(hit.video).track_by_id) for hit in answer.hits}
    assert {"compose", "judge"} <= {call.purpose for call in answer.calls}
    assert len(answer.hits) == 2
    assert {body["response_format"]["type"] for body in language_server.requests} == {"json_schema"}
    assert not any("schema" in note for note in answer.degraded), answer.degraded
    for hit in answer.hits:
        assert {thing.track for thing in hit.objects} <= tracks[hit.video]

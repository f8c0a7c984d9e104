"""The remembering model: modes, keys, equal requests at once, what is said where a reply is missing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, field_validator
from replies_samples import NAMING, Shade, ask_for, picture, remembering, scripted, shade_of

import seewhy.models.remembering
from seewhy.errors import BadReply, Cancelled, EndpointError, ModelError, ReplyMissing, ReplyStoreError
from seewhy.models.asking import ask_all, counting
from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import LanguageModel, Message, Picture, Reply, Request, Text
from seewhy.models.naming import Naming
from seewhy.models.remembering import RememberingModel
from seewhy.models.replies import ReplyStore
from seewhy.models.replies_missing import first_difference
from seewhy.settings import Settings
from seewhy.types.calls import Usage


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "replies.sqlite"


def asked(model: RememberingModel) -> int:
    """How many requests reached the model inside."""
    assert isinstance(model.model, ScriptedModel)
    return len(model.model.asked)


# Every mode is a LanguageModel like the one inside


@pytest.fixture(params=["inside", "off", "cache", "cache without a store", "record", "replay"])
def model(request: pytest.FixtureRequest, path: Path) -> LanguageModel:
    mode = request.param
    if mode == "inside":
        return scripted()
    if mode == "cache without a store":
        return RememberingModel(scripted(), None, "cache")
    if mode == "replay":
        recorder = remembering(path, "record")
        for asked in (ask_for("red"), ask_for("blue", picture()), *(ask_for(f"shade {n}") for n in range(12))):
            recorder.ask(asked)
        recorder.close()
    return remembering(path, mode)


def test_a_reply_has_value_text_and_call(model: LanguageModel) -> None:
    for request in (ask_for("red", subject="a ball"), ask_for("blue", picture())):
        reply = model.ask(request)
        assert reply.value == Shade.model_validate_json(reply.text) == Shade.model_validate(shade_of(request))
        name = "scripted-vision" if request.has_pictures else "scripted"
        call = reply.call
        assert (call.purpose, call.subject, call.model, call.prompt, call.error) == (
            request.purpose, request.subject, name, request.prompt, None,
        )  # fmt: skip
        assert call.key == request.key(model.name_for(request), model.sampling)
    model.close()


def test_requests_side_by_side_come_back_in_order(model: LanguageModel) -> None:
    requests = [ask_for(f"shade {number}") for number in range(12)]
    replies = ask_all(model, requests)
    assert all(isinstance(reply, Reply) for reply in replies)
    assert [reply.value for reply in replies if isinstance(reply, Reply)] == [
        Shade.model_validate(shade_of(request)) for request in requests
    ]
    assert model.concurrency >= 1


def test_what_is_given_up_is_not_sent(model: LanguageModel) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled) as caught:
        model.ask(ask_for("red"), cancel=cancel)
    assert caught.value.call.error is not None
    assert caught.value.call.key == ask_for("red").key("scripted", {})


def test_a_failure_is_a_model_error_with_its_call(model: LanguageModel) -> None:
    with pytest.raises(ModelError) as caught:
        model.ask(ask_for("red", purpose="plan"))
    assert caught.value.call.purpose == "plan"
    assert caught.value.call.error is not None


# Modes


@pytest.mark.parametrize("mode", ["cache", "record"])
def test_what_was_replied_is_not_asked_again(path: Path, mode: str) -> None:
    usage = {"input_tokens": 120, "output_tokens": 30, "cost": 0.5, "seconds": 2.0}

    class Counted(ScriptedModel):
        def ask(self, request, *, cancel=None):  # type: ignore[no-untyped-def]
            reply = super().ask(request, cancel=cancel)
            return replace(reply, call=reply.call.model_copy(update=usage))

    first = RememberingModel(Counted({"judge": shade_of}), ReplyStore.open(path), mode)  # type: ignore[arg-type]
    with counting() as calls:
        sent, again = (ask_all(first, [ask_for("red", subject=subject)])[0] for subject in ("one", "two"))
    assert isinstance(sent, Reply)
    assert isinstance(again, Reply)
    assert (sent.call.cached, again.call.cached) == (False, True)
    assert sent.call.model_dump(include=set(usage)) == usage
    assert (again.call.input_tokens, again.call.output_tokens, again.call.cost, again.call.attempts) == (120, 30, 0, 0)
    assert again.call.seconds > 0
    assert again.call.subject == "two"
    assert again.value == sent.value
    assert asked(first) == 1
    total = Usage.of(calls)
    assert (total.calls, total.cached, total.input_tokens, total.cost) == (2, 1, 120, 0.5)
    first.close()
    second = remembering(path, mode)  # type: ignore[arg-type]
    assert second.ask(ask_for("red")).call.cached
    assert asked(second) == 0
    assert second.notes == ()
    second.close()
    with ReplyStore.open(path) as store:
        (kept,) = store.replies()
        assert (kept.purpose, kept.subject, kept.seconds) == ("judge", "one", 2.0)
        assert store.request(kept.key) == ask_for("red").canonical("scripted", {})


def test_off_looks_at_nothing(path: Path) -> None:
    model = remembering(path, "off")
    assert [model.ask(ask_for("red")).call.cached for _ in range(2)] == [False, False]
    assert asked(model) == 2
    model.close()
    with ReplyStore.open(path) as store:
        assert store.replies() == ()


def test_failures_are_not_kept(path: Path) -> None:
    answers: list[object] = [EndpointError, "not JSON", {"name": "red", "score": 1}]

    def answer(request: Request[BaseModel]) -> object:
        return ConnectionError("down") if answers[0] is EndpointError else answers[0]

    model = RememberingModel(ScriptedModel({"judge": answer}), ReplyStore.open(path), "cache")  # type: ignore[dict-item]
    for error in (EndpointError, BadReply):
        with pytest.raises(error):
            model.ask(ask_for("red"))
        answers.pop(0)
    assert not model.ask(ask_for("red")).call.cached
    assert model.ask(ask_for("red")).call.cached
    model.close()


def test_a_run_that_was_recorded_is_replayed_without_a_model(path: Path) -> None:
    requests = [ask_for(f"shade {number}", *[picture(number)] * (number % 3)) for number in range(10)]
    recorder = remembering(path, "record")
    recorded = [recorder.ask(request) for request in requests[:6]]
    recorder.close()  # interrupted
    recorder = remembering(path, "record")
    recorded = [recorder.ask(request) for request in requests]
    assert asked(recorder) == 4
    recorder.close()
    replay = remembering(path, "replay")
    for request, reply in zip(requests, recorded, strict=True):
        again = replay.ask(request)
        assert (again.value, again.text, again.call.key) == (reply.value, reply.text, reply.call.key)
        assert again.call.cached
    replay.close()


def test_a_replay_never_asks_the_model_it_has(path: Path) -> None:
    remembering(path, "record").close()
    inside = scripted()
    replay = RememberingModel(inside, ReplyStore.open(path, read_only=True), "replay")
    with pytest.raises(ReplyMissing):
        replay.ask(ask_for("red"))
    assert inside.asked == []
    replay.close()


def test_modes_need_what_they_need(path: Path) -> None:
    with ReplyStore.open(path) as store:
        for mode in ("cache", "record", "off"):
            with pytest.raises(ValueError, match="only a replay does without a model"):
                RememberingModel(None, store, mode, naming=NAMING)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="how models are named"):
            RememberingModel(None, store, "replay")
    for mode in ("record", "replay"):
        with pytest.raises(ValueError, match="needs a store"):
            RememberingModel(scripted(), None, mode)  # type: ignore[arg-type]
    with (
        ReplyStore.open(path, read_only=True) as store,
        pytest.raises(ReplyStoreError, match="nothing can be recorded in it; make file and folder writable"),
    ):
        RememberingModel(scripted(), store, "record")


def test_naming_follows_the_settings() -> None:
    settings = Settings.load(environment={}, overrides={"model": "words", "calls.seed": 7})
    naming = Naming.of(settings)
    assert naming.name_for(ask_for("red", picture())) == naming.name_for(ask_for("red")) == "words"
    assert naming.sampling == {"temperature": 0.0, "seed": 7, "max_output_tokens": 8192}
    seeing = Naming.of(settings.model_copy(update={"vision_model": "eyes"}))
    assert seeing.name_for(ask_for("red", picture())) == "eyes"
    assert seeing.name_for(ask_for("red")) == "words"


# Stores that cannot be used


def test_replies_that_cannot_be_kept_are_passed_on_and_that_is_said_once(path: Path) -> None:
    remembering(path, "record").close()
    cache = RememberingModel(scripted(), ReplyStore.open(path, read_only=True), "cache")
    assert cache.notes == ()
    for question in ("red", "red", "blue"):
        assert cache.ask(ask_for(question)).value == Shade.model_validate(shade_of(ask_for(question)))
    assert asked(cache) == 3
    (note,) = cache.notes
    assert "replies are not kept" in note
    assert "reading only" in note
    cache.close()
    nowhere = RememberingModel(scripted(), None, "cache", without_store="the library is on a disc")
    nowhere.ask(ask_for("red"))
    assert nowhere.notes == ("replies are not kept: the library is on a disc",)


def test_a_full_disk_stops_a_recording_and_not_a_cache(path: Path) -> None:
    for mode in ("record", "cache"):
        store = ReplyStore.open(path)
        pages = store.database.rows("PRAGMA page_count")[0][0]
        store.database.rows(f"PRAGMA max_page_count = {pages}")
        model = RememberingModel(scripted(), store, mode)  # type: ignore[arg-type]
        request = ask_for("red " * 5000)
        if mode == "record":
            with pytest.raises(ReplyStoreError, match="no space is left"):
                model.ask(request)
        else:
            assert model.ask(request).value.name == "red " * 5000  # type: ignore[attr-defined]
            assert "no space is left" in model.notes[0]
        assert store.replies() == ()
        model.close()


def test_a_damaged_store_does_not_stop_a_cache(path: Path) -> None:
    recorder = remembering(path, "record")
    recorder.ask(ask_for("red"))
    assert recorder.store is not None
    with recorder.store.database.writing() as connection:
        connection.execute("ALTER TABLE replies RENAME TO gone")
    recorder.close()
    cache = remembering(path, "cache")
    assert not cache.ask(ask_for("red")).call.cached
    assert [note.split(":")[0] for note in cache.notes] == ["kept replies are not used", "replies are not kept"]
    cache.close()
    replay = remembering(path, "replay")
    with pytest.raises(ReplyStoreError, match="no such table"):
        replay.ask(ask_for("red"))
    replay.close()


class Strict(BaseModel):
    """A reply that code has become stricter about than its schema says."""

    name: str

    @field_validator("name")
    @classmethod
    def _is_red(cls, value: str) -> str:
        if value not in Strict.allowed:
            raise ValueError("not red")
        return value


Strict.allowed = {"red", "blue"}  # type: ignore[attr-defined]


def test_a_text_that_does_not_fit_any_more(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = ask_for("color", schema=Strict)
    scripts = {"judge": lambda _: {"name": sorted(Strict.allowed)[0]}}  # type: ignore[attr-defined]
    model = RememberingModel(ScriptedModel(scripts), ReplyStore.open(path), "cache")  # type: ignore[arg-type]
    assert model.ask(request).value == Strict(name="blue")
    monkeypatch.setattr(Strict, "allowed", {"red"})
    replay = remembering(path, "replay")
    with pytest.raises(BadReply, match=r"does not fit the schema .* record it again") as caught:
        replay.ask(request)
    assert caught.value.text == '{"name": "blue"}'
    assert caught.value.call.error is not None
    replay.close()
    assert not model.ask(request).call.cached  # asked anew, and kept in the place of the old one
    assert model.ask(request).call.cached
    assert model.ask(request).value == Strict(name="red")
    model.close()


def test_halves_of_surrogate_pairs_are_no_obstacle(path: Path) -> None:
    model = remembering(path, "record")
    model.ask(ask_for("red", subject="clip\udcff.mp4"))
    assert model.store is not None
    assert model.store.replies()[0].subject == "clip?.mp4"
    model.close()


# Keys

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@st.composite
def requests(draw: st.DrawFn) -> Request[BaseModel]:
    return ask_for(
        draw(texts),
        *[picture(seed) for seed in draw(st.lists(st.integers(0, 3), max_size=2))],
        purpose=draw(st.sampled_from(["judge", "look"])),
        subject=draw(texts),
        prompt=draw(st.sampled_from(["shade@1-00", "shade@2-11"])),
        sample=draw(st.integers(0, 2)),
    )


@given(requests(), texts, st.dictionaries(texts, texts))
def test_the_key_depends_on_neither_subject_nor_hints(
    request: Request[BaseModel], subject: str, hints: dict[str, str]
) -> None:
    other = replace(request, subject=subject, hints=hints)
    assert other.key("m", {"seed": 1}) == request.key("m", {"seed": 1})


def content(request: Request[BaseModel]) -> object:
    messages = [
        (message.role, [part.text if isinstance(part, Text) else part.pixels.tobytes() for part in message.parts])
        for message in request.messages
    ]
    return request.purpose, request.prompt, request.sample, request.schema, messages


@given(requests(), requests())
def test_the_key_depends_on_everything_else(one: Request[BaseModel], other: Request[BaseModel]) -> None:
    same = content(one) == content(other)
    assert (one.key("m", {}) == other.key("m", {})) == same
    assert one.key("m", {}) != one.key("n", {})
    assert one.key("m", {}) != one.key("m", {"temperature": 1})
    assert one.key("m", {}) != replace(one, schema=Strict).key("m", {})
    assert one.key("m", {}) != replace(one, messages=(*one.messages, Message("assistant", ()))).key("m", {})
    roles = (replace(one.messages[0], role="user"), one.messages[1])
    assert one.key("m", {}) != replace(one, messages=roles).key("m", {})


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 3))
def test_pictures_count_by_their_pixels(height: int, width: int, seed: int) -> None:
    one = picture(seed, height, width)
    key = ask_for("red", one).key("m", {})
    wide = np.zeros((height, 2 * width, 3), np.uint8)
    wide[:, ::2] = one.pixels
    assert ask_for("red", Picture(wide[:, ::2])).key("m", {}) == key  # the same pixels, laid out otherwise
    changed = one.pixels.copy()
    changed[-1, -1, -1] ^= 1
    assert ask_for("red", Picture(changed)).key("m", {}) != key
    if height != width:
        assert ask_for("red", Picture(one.pixels.reshape(width, height, 3))).key("m", {}) != key


# Equal requests at once


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Released once by each thread that begins to wait for another's reply."""
    waiting = threading.Semaphore(0)
    wait = seewhy.models.remembering._wait

    def told(*arguments: object) -> None:
        waiting.release()
        wait(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(seewhy.models.remembering, "_wait", told)
    return waiting


def when_waited_for(waiting: threading.Semaphore, others: int) -> None:
    for _ in range(others):
        assert waiting.acquire(timeout=10)


@pytest.mark.parametrize("stored", [True, False])
def test_equal_requests_at_once_are_one_call(path: Path, stored: bool, waiting: threading.Semaphore) -> None:
    def slow(request: Request[BaseModel]) -> dict[str, object]:
        when_waited_for(waiting, 4)
        return shade_of(request)

    store = ReplyStore.open(path) if stored else None
    model = RememberingModel(ScriptedModel({"judge": slow}), store, "cache")  # type: ignore[dict-item]
    with ThreadPoolExecutor(5) as pool:
        futures = [pool.submit(model.ask, ask_for("red", subject=str(number))) for number in range(5)]
        replies = [future.result() for future in futures]
    assert asked(model) == 1
    assert sum(reply.call.cached for reply in replies) == 4
    assert [reply.call.subject for reply in replies] == list("01234")
    assert len({reply.text for reply in replies}) == 1
    model.close()


def test_who_waited_for_a_failure_tries_itself(path: Path, waiting: threading.Semaphore) -> None:
    answers: list[Exception] = [ConnectionError("down")]

    def answer(request: Request[BaseModel]) -> object:
        if answers:
            when_waited_for(waiting, 2)
            return answers.pop()
        return shade_of(request)

    model = RememberingModel(ScriptedModel({"judge": answer}), ReplyStore.open(path), "cache")  # type: ignore[dict-item]
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(model.ask, ask_for("red")) for _ in range(3)]
        errors = [future.exception() for future in futures]
    (failed,) = [error for error in errors if error is not None]
    assert isinstance(failed, EndpointError)
    assert sorted(future.result().call.cached for future in futures if future.exception() is None) == [False, True]
    assert asked(model) == 2
    model.close()


def test_who_waits_can_give_up(path: Path) -> None:
    begun, go_on, cancel = threading.Event(), threading.Event(), threading.Event()

    def slow(request: Request[BaseModel]) -> dict[str, object]:
        begun.set()
        assert go_on.wait(10)
        return shade_of(request)

    model = RememberingModel(ScriptedModel({"judge": slow}), ReplyStore.open(path), "cache")  # type: ignore[dict-item]
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(model.ask, ask_for("red"))
        assert begun.wait(10)
        second = pool.submit(model.ask, ask_for("red"), cancel=cancel)
        cancel.set()
        with pytest.raises(Cancelled):
            second.result(10)
        go_on.set()
        assert not first.result().call.cached
    model.close()


# Missing replies


def missing(path: Path, request: Request[BaseModel]) -> str:
    replay = remembering(path, "replay")
    with pytest.raises(ReplyMissing) as caught:
        replay.ask(request)
    replay.close()
    call = caught.value.call
    assert (call.cached, call.attempts, call.error) == (False, 0, f"ReplyMissing: {caught.value}")
    return str(caught.value)


def test_a_missing_reply_says_what_is_missing_and_why(path: Path) -> None:
    recorder = remembering(path, "record")
    for question in ("a red ball\nthat rolls away", "a red car\nthat stops", "a dog"):
        recorder.ask(ask_for(question))
    recorder.ask(ask_for("what is this?", picture(1), subject="v1", purpose="look"))
    recorder.close()

    said = missing(path, ask_for("a red ball\nthat rolls home", subject="balls"))
    key = ask_for("a red ball\nthat rolls home").key("scripted", {})
    for part in ("no reply to judge of 'balls'", "model scripted", "prompt shade@1-0a0b0c0d", key):
        assert part in said
    assert "messages[1].parts[0].text, line 2: the recording has 'that rolls away', the request has" in said
    assert "'that rolls home'" in said

    said = missing(path, ask_for("a dog", prompt="shade@2-ffffffff", system="Other words."))
    assert "prompt: the recording has 'shade@1-0a0b0c0d', the request has 'shade@2-ffffffff'" in said
    said = missing(path, ask_for("a dog", sample=1))
    assert "sample: the recording has 0, the request has 1" in said
    said = missing(path, ask_for("a dog", schema=Strict))
    assert "schema." in said
    said = missing(path, ask_for("what is this?", picture(2), subject="v1", purpose="look"))
    assert "messages[1].parts[1].picture: the recording has another picture" in said
    said = missing(path, ask_for("a dog", purpose="describe"))
    assert "none to any request of this purpose (it has judge: 3, look: 1)" in said


def test_a_missing_reply_of_an_empty_recording(path: Path) -> None:
    ReplyStore.open(path).close()
    assert "it has no replies at all" in missing(path, ask_for("a dog"))


def test_text_of_others_cannot_disturb_the_message(path: Path) -> None:
    recorder = remembering(path, "record")
    recorder.ask(ask_for("a\x1b[2J\u202edog", subject="s"))
    recorder.close()
    said = missing(path, ask_for("a cat", subject="s\x1b\u202e"))
    assert said.isprintable()
    assert "a\\x1b[2J\\u202edog" in said


def test_another_model_or_sampling_is_what_differs(path: Path) -> None:
    recorder = remembering(path, "record")
    recorder.ask(ask_for("a dog"))
    recorder.close()
    for naming, said in (
        (Naming("other", "other", {}), "model: the recording has 'scripted', the request has 'other'"),
        (Naming("scripted", "", {"seed": 1}), "sampling.seed: the recording has nothing, the request has 1"),
    ):
        replay = RememberingModel(None, ReplyStore.open(path, read_only=True), "replay", naming=naming)
        with pytest.raises(ReplyMissing) as caught:
            replay.ask(ask_for("a dog"))
        assert said in str(caught.value)
        replay.close()


trees = st.recursive(
    st.none() | st.integers(0, 2) | st.text("ab\n", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["model", "messages", "other"]), trees, max_size=3), trees)
def test_a_difference_is_found_exactly_where_there_is_one(one: dict[str, object], tree: object) -> None:
    assert first_difference(one, dict(one)) is None
    other = {**one, "prompt": tree}
    found = first_difference(one, other)
    assert found is not None
    assert found.where == "prompt"
    assert found.one == "nothing"

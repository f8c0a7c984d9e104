"""The endpoint against a server that answers, refuses, stalls and breaks."""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from threading import Event
from typing import Any

import cv2
import numpy as np
import pytest
from language_requests import RED, Color, color_request, picture_request
from language_server import (
    KEY,
    Breaks,
    ControlledServer,
    Dribbles,
    Fails,
    Hangs,
    Says,
    Sends,
    Waits,
    asked_pictures,
    asked_schema,
)

from seewhy.errors import (
    BadReply,
    Cancelled,
    EndpointError,
    ModelError,
    ModelTimeout,
    RateLimited,
    Refused,
    SettingsError,
)
from seewhy.models.endpoint import Endpoint
from seewhy.models.schema import strict_schema
from seewhy.settings import Settings

Make = Callable[..., Endpoint]
WRONG = '{"why":"it is","name":"purple","sure":0.9}'
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streaming"])


@pytest.fixture
def make(language_server: ControlledServer) -> Iterator[Make]:
    """Endpoints of the server, which answers RED unless the test says otherwise; retries wait for 20 ms."""
    language_server.replies = lambda _: RED
    made: list[Endpoint] = []

    def endpoint(calls: dict[str, Any] | None = None, **values: Any) -> Endpoint:
        made.append(Endpoint(language_server.settings(calls, **values), first_wait=0.02))
        return made[-1]

    yield endpoint
    for one in made:
        one.close()


def failure(model: Endpoint, kind: type[ModelError], **values: Any) -> Any:
    """The error of this kind that a request ends in; its call says so, too."""
    with pytest.raises(kind) as caught:
        model.ask(color_request(), **values)
    assert type(caught.value) is kind
    assert caught.value.call.error == f"{kind.__name__}: {caught.value}"
    return caught.value


# --- what is sent ---------------------------------------------------------------------------------------------------


@BOTH
def test_a_request_as_it_is_sent_and_the_call_it_makes(
    make: Make, language_server: ControlledServer, stream: bool
) -> None:
    model = make({"seed": 7, "price_in": 2.0, "price_out": 10.0, "stream": stream, "max_output_tokens": 500})
    reply = model.ask(color_request(sample=2))
    (body,) = language_server.requests
    assert body["model"] == "tiny"
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"] == "Which color has a tomato?"
    assert (body["temperature"], body["seed"], body["max_tokens"]) == (0.0, 9, 500)
    assert asked_schema(body) == strict_schema(Color)
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body.get("stream_options") == ({"include_usage": True} if stream else None)
    assert reply.value == Color(why="it is", name="red", sure=0.9)
    assert reply.text == RED
    call = reply.call
    assert call.input_tokens == len("".join(message["content"] for message in body["messages"])) + 1
    assert call.output_tokens == len(RED)
    assert call.cost == pytest.approx((call.input_tokens * 2 + call.output_tokens * 10) / 1e6)
    assert (call.attempts, call.repaired, call.cached) == (1, False, False)
    assert call.seconds > 0


def test_without_prices_there_is_no_cost(make: Make) -> None:
    assert make().ask(color_request()).call.cost is None


def test_pictures_arrive_with_their_pixels_at_the_vision_model(make: Make, language_server: ControlledServer) -> None:
    request = picture_request()
    reply = make(vision_model="tiny-vision").ask(request)
    assert reply.call.model == "tiny-vision"
    (body,) = language_server.requests
    assert body["model"] == "tiny-vision"
    kinds = [part["type"] for part in body["messages"][1]["content"]]
    assert kinds == ["text", "image_url", "text", "image_url", "text"]
    for file, part in zip(asked_pictures(body), request.messages[1].parts[1::2], strict=True):
        decoded = cv2.cvtColor(cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        np.testing.assert_array_equal(decoded, part.pixels)


def test_a_model_for_all_where_there_is_no_vision_model(make: Make) -> None:
    model = make()
    assert model.name_for(picture_request()) == model.name_for(color_request()) == "tiny"


def test_the_key_is_sent_and_never_shown(make: Make, language_server: ControlledServer) -> None:
    language_server.key = KEY
    assert make(api_key=KEY).ask(color_request()).value.name == "red"
    error = failure(make(api_key="sk-wrong-key-987"), EndpointError)
    assert "SEEWHY_API_KEY" in str(error)
    assert "sk-wrong-key-987" not in str(error) + repr(error.call)
    assert "<the key>" in str(error)  # the server had repeated it
    assert error.call.attempts == 1


def test_nothing_of_the_environment_of_other_programs_is_sent(
    make: Make, language_server: ControlledServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-other")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-secret-admin")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", "secret-org")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "secret-project")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Other: secret\nauthorization: Bearer secret\nopenai-project: secret")
    make().ask(color_request())
    (headers,) = language_server.headers
    assert "secret" not in repr(headers)
    assert headers["authorization"] == "Bearer none"


def test_an_endpoint_and_a_model_are_needed() -> None:
    with pytest.raises(SettingsError, match="SEEWHY_ENDPOINT and SEEWHY_MODEL"):
        Endpoint(Settings())


def test_the_import_is_cheap() -> None:
    code = (
        "import sys, seewhy.models.endpoint; sys.exit(any(name in sys.modules for name in ('openai', 'httpx2', 'cv2')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- replies that are no answer -------------------------------------------------------------------------------------


@BOTH
def test_a_reply_that_does_not_fit_is_repaired_once(
    make: Make, language_server: ControlledServer, stream: bool
) -> None:
    language_server.next(Says('{"why":"it is","name":"red","sure":7}'))
    reply = make({"stream": stream}).ask(color_request())
    assert reply.value.sure == 0.9
    first, second = language_server.requests
    assert second["messages"][:2] == first["messages"]
    assistant, user = second["messages"][2:]
    assert assistant == {"role": "assistant", "content": '{"why":"it is","name":"red","sure":7}'}
    assert user["role"] == "user"
    assert "sure: Input should be less than or equal to 1 (given 7)" in user["content"]
    assert reply.call.repaired
    assert reply.call.attempts == 2
    assert reply.call.output_tokens == len('{"why":"it is","name":"red","sure":7}') + len(RED)


def test_a_reply_that_never_fits_is_an_error_with_its_text(make: Make, language_server: ControlledServer) -> None:
    language_server.replies = lambda _: WRONG
    error = failure(make(), BadReply)
    assert error.text == WRONG
    assert "name: Input should be 'red', 'green' or 'blue'" in str(error)
    assert "purple" in str(error)
    assert error.call.attempts == 2
    assert error.call.output_tokens == 2 * len(WRONG)
    assert not error.call.repaired


def test_what_is_sent_for_repair_is_bounded(make: Make, language_server: ControlledServer) -> None:
    language_server.next(Says('{"why": "' + "x" * 90_000))
    make({"max_output_tokens": 100_000}).ask(color_request())
    sent = language_server.requests[1]["messages"][2:]
    assert sum(len(message["content"]) for message in sent) < 23_000


@BOTH
def test_reasoning_and_fences_around_the_answer_do_no_harm(
    make: Make, language_server: ControlledServer, stream: bool
) -> None:
    said = f'<think>Perhaps {{"name": "green"}}?</think>\nHere it is:\n```json\n{RED}\n```\nAnything else?'
    language_server.next(Says(said, reasoning=WRONG))
    reply = make({"stream": stream}).ask(color_request())
    assert reply.value.name == "red"
    assert reply.text == said
    assert reply.call.attempts == 1


@BOTH
def test_a_reply_cut_off_says_what_to_raise(make: Make, language_server: ControlledServer, stream: bool) -> None:
    language_server.next(Says(RED[:20], finish="length"))
    error = failure(make({"stream": stream}), BadReply)
    assert "calls.max_output_tokens (4000)" in str(error)
    assert error.text == RED[:20]
    assert error.call.attempts == 1


@BOTH
@pytest.mark.parametrize(
    "behavior",
    [Says("", refusal="I cannot help with that."), Says("", finish="content_filter")],
    ids=["words", "filter"],
)
def test_a_refusal_is_told_from_a_bad_reply(
    make: Make, language_server: ControlledServer, stream: bool, behavior: Says
) -> None:
    language_server.next(behavior)
    error = failure(make({"stream": stream}), Refused)
    assert (behavior.refusal or "filter") in str(error)
    assert error.call.attempts == 1


def test_a_filter_that_answers_with_an_error_is_a_refusal(make: Make, language_server: ControlledServer) -> None:
    language_server.next(Fails(400, "The response was filtered", code="content_filter"))
    assert failure(make(), Refused).call.attempts == 1


@BOTH
def test_an_empty_reply_is_asked_for_once_more(make: Make, language_server: ControlledServer, stream: bool) -> None:
    language_server.next(Says(""))
    assert make({"stream": stream}).ask(color_request()).call.repaired
    assert language_server.requests[1] == language_server.requests[0]
    language_server.next(Says(""), Says("  "))
    assert "it is empty" in str(failure(make({"stream": stream}), BadReply))


# --- trouble that may pass ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_what_may_pass_is_tried_again(make: Make, language_server: ControlledServer, status: int) -> None:
    language_server.next(Fails(status), Fails(status))
    reply = make().ask(color_request())
    assert reply.call.attempts == 3
    assert len(language_server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422, 501])
def test_what_does_not_pass_is_not_tried_again(make: Make, language_server: ControlledServer, status: int) -> None:
    language_server.next(Fails(status, "No, never."))
    error = failure(make(), EndpointError)
    assert error.call.attempts == len(language_server.requests) == 1
    assert f"answers {status}: No, never." in str(error)


def test_waits_grow(make: Make, language_server: ControlledServer) -> None:
    language_server.next(*[Fails(500)] * 4)
    make().ask(color_request())
    gaps = np.diff(language_server.arrivals)
    assert all(gap > 0.02 * 2**n * 0.74 for n, gap in enumerate(gaps))


@pytest.mark.parametrize("retry_after", [0.3, formatdate(time.time() - 60, usegmt=True)], ids=["seconds", "date"])
def test_retry_after_is_kept_to(make: Make, language_server: ControlledServer, retry_after: float | str) -> None:
    language_server.next(Fails(429, retry_after=retry_after))
    make().ask(color_request())
    gap = language_server.arrivals[1] - language_server.arrivals[0]
    assert gap >= (retry_after if isinstance(retry_after, float) else 0)
    assert gap < 2


def test_too_many_requests_to_the_end(make: Make, language_server: ControlledServer) -> None:
    language_server.next(*[Fails(429, "slow down")] * 3)
    error = failure(make({"retries": 2}), RateLimited)
    assert "slow down" in str(error)
    assert "still so after 2 retries" in str(error)
    assert "calls.per_minute" in str(error)
    assert error.call.attempts == 3


def test_a_wait_longer_than_the_time_out_is_not_begun(make: Make, language_server: ControlledServer) -> None:
    language_server.next(Fails(429, retry_after=3600))
    begun = time.monotonic()
    error = failure(make({"timeout": 5.0}), RateLimited)
    assert "3600 s, which calls.timeout does not allow" in str(error)
    assert time.monotonic() - begun < 2


def test_an_account_without_credit_is_not_asked_again(make: Make, language_server: ControlledServer) -> None:
    language_server.next(Fails(429, "You exceeded your current quota", code="insufficient_quota"))
    assert failure(make(), RateLimited).call.attempts == 1


@BOTH
def test_a_response_that_breaks_off_is_asked_for_again(
    make: Make, language_server: ControlledServer, stream: bool
) -> None:
    language_server.next(Breaks())
    assert make({"stream": stream}).ask(color_request()).call.attempts == 2


@pytest.mark.parametrize("body", ['{"choices": [{"mess', '{"choices": []}', "[1, 2]", '{"choices": [{}]}', "null"])
def test_a_broken_body_is_asked_for_again_and_then_an_error(
    make: Make, language_server: ControlledServer, body: str
) -> None:
    language_server.next(Sends(body))
    assert make().ask(color_request()).call.attempts == 2
    language_server.next(*[Sends(body)] * 2)
    error = failure(make({"retries": 1}), EndpointError)
    assert "gives no chat completion" in str(error)


@BOTH
@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
def test_a_page_is_no_endpoint(make: Make, language_server: ControlledServer, stream: bool, kind: str) -> None:
    language_server.next(Sends("<html><body>Welcome</body></html>", kind))
    error = failure(make({"stream": stream}), EndpointError)
    assert f"answers with {kind}, not with JSON" in str(error)
    assert "SEEWHY_ENDPOINT" in str(error)
    assert error.call.attempts == 1


def test_a_page_with_an_error_status_is_not_quoted(make: Make, language_server: ControlledServer) -> None:
    language_server.next(Sends("<html><body>Bad gateway</body></html>", "text/html", 502))
    assert make().ask(color_request()).call.attempts == 2
    language_server.next(Sends("<html><body>Not here</body></html>", "text/html", 404))
    error = failure(make(), EndpointError)
    assert "html" not in str(error)
    assert "SEEWHY_ENDPOINT up to /v1" in str(error)


def test_json_under_another_content_type_is_read(make: Make, language_server: ControlledServer) -> None:
    body = '{"choices": [{"message": {"content": "{\\"why\\":\\"\\",\\"name\\":\\"blue\\",\\"sure\\":1}"}}]}'
    language_server.next(Sends(body, "text/plain"))
    reply = make().ask(color_request())
    assert reply.value.name == "blue"
    assert reply.call.input_tokens == 0  # not said


def test_a_whole_response_to_one_who_wanted_a_stream_is_read(make: Make, language_server: ControlledServer) -> None:
    body = '{"choices": [{"message": {"content": "{\\"why\\":\\"\\",\\"name\\":\\"blue\\",\\"sure\\":1}"}}]}'
    language_server.next(Sends(body))
    assert make({"stream": True}).ask(color_request()).value.name == "blue"


@pytest.mark.parametrize("code", [429, "rate_limit"])
def test_an_error_under_status_200_is_an_error(make: Make, language_server: ControlledServer, code: int | str) -> None:
    body = f'{{"error": {{"message": "upstream is busy", "code": {code!r}}}}}'.replace("'", '"')
    language_server.next(Sends(body))
    assert make().ask(color_request()).call.attempts == 2
    language_server.next(Sends(f"data: {body}\n\n", "text/event-stream"))
    error = failure(make({"stream": True, "retries": 0}), RateLimited if code == 429 else EndpointError)
    assert "upstream is busy" in str(error)


def test_garbage_in_a_stream_is_asked_for_again(make: Make, language_server: ControlledServer) -> None:
    language_server.next(Sends("data: {broken\n\n", "text/event-stream"), Sends("data: 3\n\n", "text/event-stream"))
    assert make({"stream": True}).ask(color_request()).call.attempts == 3


SPOKEN = [
    ": OPENROUTER PROCESSING",
    'data: {"choices": [{"index": 0, "delta": {"content": "{\\"why\\":\\"\\",\\"name\\""}}]}',
    ": ping",
    'data: {"choices": [{"delta": {"content": [{"type": "text", "text": ":\\"blue\\",\\"sure\\":1}"}]}}]}',
]
"""A stream without roles, with comments, content in parts, and no reason why it ends."""
ENDS = {
    "nothing": [],
    "a reason": ['data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}'],
    "usage, DONE": ['data: {"choices": [{"delta": null}], "usage": {"prompt_tokens": 3}}', "data: [DONE]"],
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("end", ENDS)
def test_a_stream_in_its_own_way(make: Make, language_server: ControlledServer, end: str, newline: str) -> None:
    body = "".join(line + 2 * newline for line in [*SPOKEN, *ENDS[end]])
    language_server.next(Sends(body, "text/event-stream; charset=utf-8"))
    reply = make({"stream": True}).ask(color_request())
    assert (reply.value.name, reply.call.attempts) == ("blue", 1)
    assert reply.call.input_tokens == (3 if end == "usage, DONE" else 0)


def test_a_stream_that_ends_too_soon_without_a_word(make: Make, language_server: ControlledServer) -> None:
    language_server.next(Sends("".join(f"{line}\n\n" for line in SPOKEN[:2]), "text/event-stream"))
    reply = make({"stream": True}).ask(color_request())
    assert (reply.value.name, reply.call.attempts) == ("red", 2)


@BOTH
def test_an_answer_that_was_taken_for_reasoning(make: Make, language_server: ControlledServer, stream: bool) -> None:
    language_server.next(Says("", reasoning=RED))
    reply = make({"stream": stream}).ask(color_request())
    assert (reply.value.name, reply.call.attempts) == ("red", 1)
    language_server.next(Says("", reasoning="It might be red: " + WRONG))
    assert make({"stream": stream}).ask(color_request()).call.attempts == 2


def test_a_server_behind_a_router_that_fails(make: Make, language_server: ControlledServer) -> None:
    error = {"code": 400, "message": "Provider returned error", "metadata": {"raw": '{"detail":"seed is unknown"}'}}
    language_server.next(Sends(json.dumps({"error": error})))
    model = make()
    assert model.ask(color_request()).call.attempts == 2
    assert "seed" not in language_server.requests[1]
    half = {
        "finish_reason": "error",
        "message": {"content": RED[:9]},
        "error": {"code": 502, "message": "upstream broke"},
    }
    language_server.next(*[Sends(json.dumps({"choices": [half]}))] * 2)
    said = str(failure(make({"retries": 1}), EndpointError))
    assert "answers 502: upstream broke; still so after 1 retries" in said
    language_server.next(Sends(json.dumps({"error": {**error, "metadata": {"raw": "no such picture format"}}})))
    assert "Provider returned error: no such picture format" in str(failure(model, EndpointError))


def test_pictures_where_none_are_taken(make: Make, language_server: ControlledServer) -> None:
    language_server.refuses = {"pictures": "This model does not support image input."}
    with pytest.raises(EndpointError, match="set SEEWHY_VISION_MODEL to a model that does"):
        make().ask(picture_request())
    language_server.next(Fails(500, "image input is not supported - hint: you may need to provide the mmproj"))
    with pytest.raises(EndpointError, match="set SEEWHY_VISION_MODEL to a model that does") as caught:
        make().ask(picture_request())
    assert caught.value.call.attempts == 1
    language_server.next(Fails(500, "vision worker restarts"))
    language_server.refuses = {}
    assert make().ask(picture_request()).call.attempts == 2


def test_an_unknown_model(make: Make) -> None:
    error = failure(make(model="seed-oss"), EndpointError)
    assert "no model 'seed-oss'" in str(error)
    assert "SEEWHY_MODEL" in str(error)
    assert error.call.attempts == 1


def test_nobody_at_the_address(language_server: ControlledServer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    settings = language_server.settings({"retries": 2}, endpoint=url)
    with Endpoint(settings, first_wait=0.02) as model:
        error = failure(model, EndpointError)
        assert "is not reached" in str(error)
        assert "SEEWHY_ENDPOINT" in str(error)
        assert error.call.attempts == 3
        # from then on it is not insisted upon, until someone answers
        assert failure(model, EndpointError).call.attempts == 1


def test_an_endpoint_that_comes_back_is_insisted_upon_again(make: Make, language_server: ControlledServer) -> None:
    model = make({"retries": 1})
    model._open().down = True
    language_server.next(Fails(500))
    assert failure(model, EndpointError).call.attempts == 1  # it answers: it is there
    language_server.next(Fails(500))
    assert model.ask(color_request()).call.attempts == 2


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behavior", "stream"),
    [(Hangs(), False), (Hangs(), True), (Hangs(after_pieces=2), True), (Dribbles(), True), (Waits(30), False)],
    ids=["silent", "silent, streaming", "stalls", "dribbles", "slow"],
)
def test_what_takes_too_long_is_ended(
    make: Make, language_server: ControlledServer, behavior: Any, stream: bool
) -> None:
    language_server.next(behavior)
    begun = time.monotonic()
    error = failure(make({"timeout": 0.4, "stream": stream}), ModelTimeout)
    assert 0.4 <= time.monotonic() - begun < 3
    assert "within 0.4 s; raise calls.timeout" in str(error)
    assert error.call.attempts == 1
    assert until(lambda: language_server.left == 1)


PROMPT = 5.0
"""Seconds in which whoever gives up is let go, on a machine that is busy, too; nothing else would end it."""


def once_sent(server: ControlledServer, cancel: Event) -> Callable[[], float]:
    """Give up a moment after a request has come to the server, however long that takes; tells when it was."""
    when: list[float] = []

    def give_up() -> None:
        until(lambda: bool(server.requests))
        time.sleep(0.2)
        when.append(time.monotonic())
        cancel.set()

    threading.Thread(target=give_up).start()
    return lambda: when[0]


@pytest.mark.parametrize(
    ("behavior", "stream"), [(Hangs(), False), (Hangs(after_pieces=2), True), (Dribbles(), True)], ids=str
)
def test_giving_up_ends_the_request_and_frees_its_slot(
    make: Make, language_server: ControlledServer, behavior: Any, stream: bool
) -> None:
    model = make({"concurrency": 1, "stream": stream})
    language_server.next(behavior)
    cancel = Event()
    given_up = once_sent(language_server, cancel)
    error = failure(model, Cancelled, cancel=cancel)
    assert time.monotonic() - given_up() < PROMPT
    assert error.call.attempts == 1
    assert until(lambda: language_server.left == 1)
    assert model.ask(color_request()).value.name == "red"


def test_giving_up_in_a_back_off(make: Make, language_server: ControlledServer) -> None:
    language_server.next(Fails(429, retry_after=15))
    cancel = Event()
    given_up = once_sent(language_server, cancel)
    assert failure(make(), Cancelled, cancel=cancel).call.attempts == 1
    assert time.monotonic() - given_up() < PROMPT


def test_giving_up_while_waiting_for_ones_turn(make: Make, language_server: ControlledServer) -> None:
    model = make({"concurrency": 1})
    language_server.next(Hangs())
    cancel = Event()
    once_sent(language_server, cancel)
    with ThreadPoolExecutor(3) as pool:
        outcomes = [pool.submit(failure, model, Cancelled, cancel=cancel) for _ in range(3)]
        attempts = sorted(outcome.result().call.attempts for outcome in outcomes)
    assert attempts == [0, 0, 1]
    assert len(language_server.requests) == 1


def test_giving_up_one_leaves_the_others(make: Make, language_server: ControlledServer) -> None:
    model = make()
    language_server.next(Hangs())
    cancel = Event()
    with ThreadPoolExecutor(2) as pool:
        given_up = pool.submit(failure, model, Cancelled, cancel=cancel)
        assert until(lambda: len(language_server.requests) == 1)
        language_server.pause = 0.3
        other = pool.submit(model.ask, color_request("Which color has the sea?"))
        assert until(lambda: len(language_server.requests) == 2)
        cancel.set()
        given_up.result()
        assert other.result().call.attempts == 1


def test_closing_gives_up_what_is_under_way(make: Make, language_server: ControlledServer) -> None:
    model = make()
    language_server.next(Hangs(), Hangs())
    with ThreadPoolExecutor(2) as pool:
        outcomes = [pool.submit(failure, model, Cancelled) for _ in range(2)]
        assert until(lambda: len(language_server.requests) == 2)
        model.close()
        assert all("closed" in str(outcome.result()) for outcome in outcomes)
    assert until(lambda: language_server.left == 2)
    assert "closed" in str(failure(model, Cancelled))
    model.close()


def test_closing_what_was_never_used(make: Make) -> None:
    threads = threading.active_count()
    make().close()
    assert threading.active_count() == threads


def test_one_that_is_dropped_says_so_and_leaves_nothing_behind(language_server: ControlledServer) -> None:
    language_server.replies = lambda _: RED
    model = Endpoint(language_server.settings())
    model.ask(color_request())
    with pytest.warns(ResourceWarning, match="was not closed"):
        del model
    assert until(lambda: not any(thread.name == "seewhy-endpoint" for thread in threading.enumerate()))


def test_the_thread_ends_with_the_endpoint(make: Make) -> None:
    model = make()
    model.ask(color_request())
    assert any(thread.name == "seewhy-endpoint" for thread in threading.enumerate())
    model.close()
    assert not any(thread.name == "seewhy-endpoint" for thread in threading.enumerate())


# --- how many, how often --------------------------------------------------------------------------------------------


def test_no_more_are_under_way_than_allowed(make: Make, language_server: ControlledServer) -> None:
    language_server.pause = 0.1
    model = make({"concurrency": 3})
    assert model.concurrency == 3
    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda number: model.ask(color_request(str(number))), range(12)))
    assert language_server.most_at_once == 3
    assert len(replies) == 12


def test_so_many_are_under_way_as_allowed(make: Make, language_server: ControlledServer) -> None:
    language_server.pause = 0.5
    model = make({"concurrency": 64, "timeout": 60})
    with ThreadPoolExecutor(64) as pool:
        list(pool.map(lambda number: model.ask(color_request(str(number))), range(64)))
    assert language_server.most_at_once > 32  # all of them, on a machine with nothing else to do


def test_no_more_are_sent_in_a_minute_than_allowed(make: Make, language_server: ControlledServer) -> None:
    model = make({"per_minute": 2})
    for number in range(2):
        model.ask(color_request(str(number)))
    cancel = Event()
    threading.Timer(0.3, cancel.set).start()
    assert failure(model, Cancelled, cancel=cancel).call.attempts == 0
    assert len(language_server.requests) == 2


def test_the_wait_for_ones_turn_counts_as_seconds_of_the_call_and_not_for_the_time_out(
    make: Make, language_server: ControlledServer
) -> None:
    language_server.pause = 0.3
    model = make({"concurrency": 1, "timeout": 0.7})
    with ThreadPoolExecutor(4) as pool:
        calls = [reply.call for reply in pool.map(lambda n: model.ask(color_request(str(n))), range(4))]
    assert max(call.seconds for call in calls) > 1.1


# --- the random model -----------------------------------------------------------------------------------------------


@BOTH
def test_a_model_that_really_generates(make: Make, language_server: ControlledServer, stream: bool) -> None:
    language_server.replies = None
    model = make({"stream": stream})
    replies = [model.ask(color_request(f"Which color has number {number}?")) for number in range(3)]
    assert all(reply.value.name in ("red", "green", "blue") for reply in replies)
    assert all(reply.call.attempts == 1 and reply.call.output_tokens == len(reply.text.encode()) for reply in replies)
    assert len({reply.text for reply in replies}) > 1
    again = model.ask(color_request("Which color has number 0?"))
    assert again.text == replies[0].text


def test_streaming_and_not_give_the_same(make: Make, language_server: ControlledServer) -> None:
    language_server.replies = None
    whole, pieces = (make({"stream": stream}).ask(color_request()) for stream in (False, True))
    assert whole.text == pieces.text
    assert (whole.call.input_tokens, whole.call.output_tokens) == (pieces.call.input_tokens, pieces.call.output_tokens)


def test_a_generation_that_is_cut_off(make: Make, language_server: ControlledServer) -> None:
    language_server.replies = None
    assert "calls.max_output_tokens (16)" in str(failure(make({"max_output_tokens": 16}), BadReply))


def test_a_model_that_is_not_kept_to_the_schema(make: Make, language_server: ControlledServer) -> None:
    language_server.replies = None
    language_server.ignores_format = True
    assert "no JSON object" in str(failure(make(), BadReply))


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether it comes true in time."""
    for _ in itertools.takewhile(lambda end: time.monotonic() < end, itertools.repeat(time.monotonic() + seconds)):
        if condition():
            return True
        time.sleep(0.01)
    return condition()

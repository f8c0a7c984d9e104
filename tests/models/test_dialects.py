"""What an endpoint takes is found out by asking, once, and remembered for its model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from language_requests import RED, Color, color_request, numbered_request, picture_request
from language_server import ControlledServer, Fails, Says, Sends, asked_text

from seewhy.errors import BadReply, EndpointError
from seewhy.models.dialects import Dialect, Dialects, Reach, Sized, reach
from seewhy.models.endpoint import Endpoint

Make = Callable[..., Endpoint]
UNWRITTEN = "json_validate_failed"


@pytest.fixture
def make(language_server: ControlledServer) -> Iterator[Make]:
    language_server.replies = lambda _: RED
    made: list[Endpoint] = []

    def endpoint(calls: dict[str, Any] | None = None, **values: Any) -> Endpoint:
        made.append(Endpoint(language_server.settings(calls, **values), first_wait=0.02))
        return made[-1]

    yield endpoint
    for one in made:
        one.close()


def formats(server: ControlledServer) -> list[str]:
    return [(body.get("response_format") or {"type": "plain"})["type"] for body in server.requests]


# What servers say, each in its own words, of what they do not take.
REFUSALS = [
    (400, "Unsupported value: 'temperature' does not support 0 with this model.", {"temperature": False}),
    (422, '{"detail":[{"type":"extra_forbidden","loc":["body","seed"]}]}', {"seed": False}),
    (400, 'Invalid JSON payload received. Unknown name "seed": Cannot find field.', {"seed": False}),
    (
        400,
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        {"length": "max_completion_tokens"},
    ),
    (400, "This model's maximum context length is 4096 tokens. However, you requested 8500.", {"length": "none"}),
    (
        400,
        "'max_tokens' is too large: 8192. This model's maximum context length is 4096 tokens",
        {"length": "none"},
    ),
    (
        400,
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
        {"format": "json_object"},
    ),
    (422, "'json_schema' does not match any of ['text', 'json_object']", {"format": "json_object"}),
    (500, "JSON schema conversion failed: unsupported grammar", {"format": "json_object"}),
    (501, "structured outputs are not implemented", {"format": "json_object"}),
    (404, "No endpoints found that support response_format json_schema", {"format": "json_object"}),
    (400, "stream_options is not a known field", {"usage": False}),
]


@pytest.mark.parametrize(("status", "words", "change"), REFUSALS, ids=[words[:40] for _, words, _ in REFUSALS])
def test_refusals_are_understood(status: int, words: str, change: dict[str, Any]) -> None:
    assert Dialect().without(status, words, streaming=True) == replace(Dialect(), **change)


# What servers say of a format, and how far it goes.
REACHES: list[tuple[str, Reach]] = [
    ("'json_schema' is not supported by this model", "model"),
    ("This response_format type is unavailable now", "model"),
    ("Invalid schema for response_format 'Judgement': 'required' is required to be supplied", "schema"),
    ("The provided JSON schema contains features not supported by xgrammar.", "schema"),
    ("Failed to transform json schema into a grammar: EBNF", "schema"),
    ("Invalid grammar specification: pattern", "schema"),
    ("The specified schema produces a constraint that has too many states for serving.", "schema"),
    ("A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth.", "schema"),
    ("JSON schema conversion failed: Pattern must start with '^' and end with '$'", "schema"),
    ("Failed to initialize samplers: failed to parse grammar", "schema"),
    ("invalid JSON schema in format", "schema"),
    ("Failed to generate JSON. Please adjust your prompt.", "request"),
]


@pytest.mark.parametrize(("words", "far"), REACHES, ids=[words[:40] for words, _ in REACHES])
def test_how_far_a_refused_format_goes(words: str, far: Reach) -> None:
    assert Dialect().without(400, words, streaming=False) == Dialect("json_object")
    assert reach(words) == far


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "messages must alternate"),
        (404, "The model `seed-temperature-1` does not exist"),
        (429, "seed"),
        (401, "seed"),
    ],
)
def test_other_errors_change_nothing(status: int, words: str) -> None:
    assert Dialect().without(status, words, streaming=True) is None


def test_there_is_an_end_to_leaving_out() -> None:
    dialect: Dialect | None = Dialect()
    everything = "response_format temperature seed max_tokens stream_options"
    for _ in range(8):
        assert dialect is not None
        last, dialect = dialect, dialect.without(400, everything, streaming=True)
    assert dialect is None
    assert last == Dialect("plain", "none", temperature=False, seed=False, usage=False)


def test_what_two_have_learned_adds_up() -> None:
    known = Dialects()
    known.learn("a", Dialect(seed=False))
    known.learn("a", Dialect(format="json_object"))
    assert known.of("a") == Dialect(seed=False, format="json_object")
    assert known.of("b") == Dialect()


@pytest.mark.parametrize("stream", [False, True])
def test_each_refusal_is_met_once(make: Make, language_server: ControlledServer, stream: bool) -> None:
    refused = {
        "json_schema": "response_format: json_schema is not supported",
        "temperature": "temperature is fixed for this model",
        "seed": "unknown field: seed",
        "max_tokens": "max_tokens is not supported, use max_completion_tokens",
    } | ({"stream_options": "unknown field: stream_options"} if stream else {})
    language_server.refuses = refused
    model = make({"stream": stream})
    first = model.ask(color_request())
    assert first.value.name == "red"
    assert first.call.attempts == 1 + len(refused)
    assert not first.call.repaired
    assert model.ask(color_request("Which color has the sea?")).call.attempts == 1
    body = language_server.requests[-1]
    assert not set(body) & {"temperature", "seed", "max_tokens", "stream_options"}
    assert body["max_completion_tokens"] == 4000
    assert body["response_format"] == {"type": "json_object"}
    assert str(model.dialect("tiny")) == (
        "json_object (schema in the text), length as max_completion_tokens, without temperature and seed"
    )


def test_from_a_schema_to_plain_text(make: Make, language_server: ControlledServer) -> None:
    language_server.refuses = {"response_format": "'response_format' is not supported"}
    model = make()
    model.ask(color_request())
    assert formats(language_server) == ["json_schema", "json_object", "plain"]
    system, user = language_server.requests[-1]["messages"]
    assert system["role"] == "system"
    assert system["content"].startswith(color_request().messages[0].parts[0].text)
    assert '"enum":["red","green","blue"]' in system["content"]
    assert '"enum"' not in asked_text(language_server.requests[0])
    assert user == language_server.requests[0]["messages"][1]
    model.ask(color_request())
    assert formats(language_server)[3:] == ["plain"]


def test_many_threads_share_what_one_has_learned(make: Make, language_server: ControlledServer) -> None:
    language_server.refuses = {"seed": "unknown field: seed"}
    model = make({"concurrency": 4})
    with ThreadPoolExecutor(4) as pool:
        calls = [reply.call for reply in pool.map(lambda n: model.ask(color_request(str(n))), range(20))]
    assert max(call.attempts for call in calls) == 2
    assert sum(call.attempts == 2 for call in calls) <= 4  # those that were under way when it was learned


def test_models_of_one_endpoint_are_told_apart(make: Make, language_server: ControlledServer) -> None:
    language_server.next(Fails(400, "seed is not supported"))
    model = make(vision_model="tiny-vision")
    model.ask(color_request())
    assert model.ask(picture_request()).call.attempts == 1
    assert "seed" not in language_server.requests[1]
    assert "seed" in language_server.requests[2]


def test_a_refusal_about_something_else_is_not_remembered(make: Make, language_server: ControlledServer) -> None:
    language_server.next(Fails(400, "no seed today"), Fails(400, "something else is wrong"))
    model = make()
    with pytest.raises(EndpointError, match="something else is wrong"):
        model.ask(color_request())
    assert model.dialect("tiny") == Dialect()


def test_one_schema_that_is_too_much_says_nothing_of_others(make: Make, language_server: ControlledServer) -> None:
    said = "Invalid schema for response_format 'Color': Expected at most 2 enum values in total, but received 3."
    language_server.next(Fails(400, said, param="response_format"))  # OpenAI's
    model = make()
    assert model.ask(color_request()).value.name == "red"
    assert formats(language_server) == ["json_schema", "json_object"]
    assert model.dialect("tiny") == Dialect()
    language_server.replies = lambda _: '{"number": "n1"}'
    model.ask(numbered_request(1))
    assert formats(language_server)[2:] == ["json_schema"]
    language_server.replies = lambda _: RED
    assert model.ask(color_request("Which color has the sea?")).call.attempts == 1  # of that one it is remembered
    assert formats(language_server)[3:] == ["json_object"]


def test_a_schema_that_was_too_much_is_so_for_larger_ones_of_its_name() -> None:
    known = Dialects()
    known.learn_schema("a", Sized("Judgement", 5000), "json_object")
    assert known.of("a", Sized("Judgement", 4999)) == Dialect()
    assert known.of("a", Sized("Judgement", 6000)) == Dialect("json_object")
    assert known.of("a", Sized("Comparison", 6000)) == Dialect()
    assert known.of("b", Sized("Judgement", 6000)) == Dialect()
    known.learn("a", Dialect(seed=False, format="plain"))
    assert known.of("a", Sized("Judgement", 6000)) == Dialect("plain", seed=False)


def test_what_is_learned_beside_one_schema_is_kept(make: Make, language_server: ControlledServer) -> None:
    language_server.next(Fails(400, "max_tokens is not supported"), Fails(400, "the specified schema is too complex"))
    model = make()
    assert model.ask(color_request()).call.attempts == 3
    assert model.dialect("tiny") == Dialect(length="max_completion_tokens")


def test_a_format_refused_on_the_way_says_nothing_of_the_one_before(
    make: Make, language_server: ControlledServer
) -> None:
    """LM Studio's way: json_object is not taken at all, json_schema is."""
    language_server.next(
        Fails(400, "Failed to initialize samplers: failed to parse grammar"),
        Fails(400, "'response_format.type' must be 'json_schema' or 'text'"),
    )
    model = make()
    model.ask(color_request())
    assert formats(language_server) == ["json_schema", "json_object", "plain"]
    assert model.dialect("tiny") == Dialect()
    assert model.ask(color_request()).call.attempts == 1
    assert formats(language_server)[3:] == ["plain"]


@pytest.mark.parametrize(
    "failed",
    [
        Fails(400, "Failed to generate JSON. Please adjust your prompt. See 'failed_generation'", code=UNWRITTEN),
        Fails(500, "The model produced output that does not match the expected peg-native format"),
    ],
    ids=["Groq", "llama.cpp"],
)
def test_a_model_that_failed_once_is_asked_otherwise_once(
    make: Make, language_server: ControlledServer, failed: Fails
) -> None:
    language_server.next(failed)
    model = make()
    assert model.ask(color_request()).call.attempts == 2
    assert formats(language_server) == ["json_schema", "json_object"]
    model.ask(color_request())
    assert formats(language_server)[2:] == ["json_schema"]


def test_a_request_that_is_repeated_in_a_refusal_is_not_what_is_refused(
    make: Make, language_server: ControlledServer
) -> None:
    """FastAPI's way: beside what is wrong stands all that was given."""

    def refuse(body: dict[str, Any]) -> str | Sends:
        if "seed" not in body:
            return RED
        wrong = {"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}
        return Sends(json.dumps({"detail": [{**wrong, "input": body}]}), status=422)

    language_server.replies = refuse
    model = make()
    assert model.ask(color_request()).call.attempts == 2
    assert model.dialect("tiny") == Dialect(seed=False)


def test_a_server_that_takes_the_schema_and_ignores_it(make: Make, language_server: ControlledServer) -> None:
    language_server.replies = lambda body: RED if '"enum"' in asked_text(body) else "Tomatoes are red."
    model = make()
    first = model.ask(color_request())
    assert first.call.repaired
    assert first.call.attempts == 2
    second = model.ask(color_request("Which color has the sea?"))
    assert (second.call.attempts, second.call.repaired) == (1, False)
    assert formats(language_server) == ["json_schema", "json_object", "json_object"]


def test_a_value_out_of_range_is_no_sign_of_being_ignored(make: Make, language_server: ControlledServer) -> None:
    language_server.next(Says(Color.model_construct(why="", name="red", sure=3.0).model_dump_json()))
    model = make()
    assert model.ask(color_request()).call.repaired
    assert formats(language_server) == ["json_schema", "json_schema"]
    assert model.dialect("tiny") == Dialect()


def test_a_repair_that_fails_teaches_nothing(make: Make, language_server: ControlledServer) -> None:
    language_server.next(Says("no"), Says("never"))
    model = make()
    with pytest.raises(BadReply):
        model.ask(color_request())
    assert model.dialect("tiny") == Dialect()

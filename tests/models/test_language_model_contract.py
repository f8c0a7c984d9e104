"""What every LanguageModel must do, asked of each implementation, the fake included.

`scripts/language_suite.py` asks it of a real server, too (LIVE_LANGUAGE_MODEL=1, with SEEWHY_ENDPOINT and so on).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from language_requests import Color, color_request, fitting_reply, numbered_request

from seewhy.errors import Cancelled, ModelError
from seewhy.models.asking import ask, ask_all, counting
from seewhy.models.endpoint import Endpoint
from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import LanguageModel
from seewhy.models.schema import strict_schema
from seewhy.settings import Settings

LIVE = os.environ.get("LIVE_LANGUAGE_MODEL") == "1"
HERE = ["scripted", "endpoint", "endpoint, streaming", "endpoint of a random model", "local", "local, pictures"]
KINDS = ["live"] if LIVE else HERE


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest) -> Iterator[LanguageModel]:
    made = _make(request)
    yield made
    made.close()


def _make(request: pytest.FixtureRequest) -> LanguageModel:
    if request.param == "live":
        return Endpoint(Settings.load())
    if request.param == "scripted":
        scripts = dict.fromkeys(("look", "judge"), lambda asked: fitting_reply(strict_schema(asked.schema)))
        return ScriptedModel(scripts)
    if request.param.startswith("local"):
        from tiny_language import language_settings

        from seewhy.models.local.language import LocalLanguageModel

        return LocalLanguageModel(language_settings("qwen3_vl" if "pictures" in request.param else "qwen3"))
    server = request.getfixturevalue("_running_server")
    server.reset()
    if request.param == "endpoint of a random model":
        assert server.model  # loaded before anyone waits for it
    else:
        from language_server import asked_schema

        server.replies = lambda body: fitting_reply(asked_schema(body))
    return Endpoint(server.settings(calls={"stream": request.param == "endpoint, streaming"}))


def test_the_value_fits_and_the_text_gives_it_again(model: LanguageModel) -> None:
    reply = model.ask(color_request())
    assert isinstance(reply.value, Color)
    assert reply.value == Color.model_validate_json(reply.text)


def test_the_call_says_what_was_asked_of_whom(model: LanguageModel) -> None:
    request = color_request()
    call = model.ask(request).call
    assert (call.purpose, call.subject, call.prompt) == ("look", request.subject, request.prompt)
    assert call.model == model.name_for(request)
    assert call.key == request.key(model.name_for(request), model.sampling)
    assert (call.cached, call.error, call.repaired) == (False, None, False)
    assert call.attempts >= 1
    assert call.seconds >= 0


def test_the_same_question_has_the_same_answer(model: LanguageModel) -> None:
    assert model.ask(color_request()).value == model.ask(color_request()).value


def test_many_threads_at_once_get_each_its_own_answer(model: LanguageModel) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda number: model.ask(numbered_request(number)), range(16)))
    assert [reply.value.number for reply in replies] == [f"n{number}" for number in range(16)]


def test_several_requests_are_answered_in_their_order_and_counted(model: LanguageModel) -> None:
    with counting() as calls:
        outcomes = ask_all(model, [numbered_request(number) for number in (3, 1, 2)])
    assert [outcome.value.number for outcome in outcomes] == ["n3", "n1", "n2"]
    assert [call.subject for call in calls] == ["number 3", "number 1", "number 2"]


def test_a_request_that_was_given_up_is_not_answered_and_is_counted(model: LanguageModel) -> None:
    cancel = Event()
    cancel.set()
    begun = time.monotonic()
    with counting() as calls, pytest.raises(Cancelled) as caught:
        ask(model, color_request(), cancel=cancel)
    assert time.monotonic() - begun < 1
    assert isinstance(caught.value, ModelError)
    assert calls == [caught.value.call]
    assert caught.value.call.error is not None
    assert caught.value.call.error.startswith("Cancelled")


def test_it_says_how_many_it_works_on_and_how_it_samples(model: LanguageModel) -> None:
    assert model.concurrency >= 1
    assert dict(model.sampling) == dict(model.sampling)

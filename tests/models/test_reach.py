"""What `doctor` says of an endpoint."""

from __future__ import annotations

import pytest
from language_server import KEY, ControlledServer, Fails, Says, asked_pictures

from seewhy.models.reach import describe_endpoint
from seewhy.settings import Settings


@pytest.fixture
def server(language_server: ControlledServer) -> ControlledServer:
    language_server.replies = lambda _: '{"answer": "yes"}'
    return language_server


def test_all_is_well(server: ControlledServer) -> None:
    reached, language, vision = describe_endpoint(server.settings(vision_model="tiny-vision"))
    assert reached == ("endpoint", True, f"{server.url} lists tiny, tiny-vision")
    assert language[:2] == ("language model", True)
    assert language.text.startswith("tiny answers in ")
    assert language.text.endswith("json_schema (constrained decoding), length as max_tokens")
    assert vision[:2] == ("vision model", True)
    assert vision.text.startswith("tiny-vision answers in ")
    assert [len(asked_pictures(body)) for body in server.requests] == [0, 1]


def test_no_endpoint_is_no_failure() -> None:
    (finding,) = describe_endpoint(Settings())
    assert finding.ok
    assert "SEEWHY_ENDPOINT" in finding.text


def test_nobody_there(server: ControlledServer) -> None:
    (finding,) = describe_endpoint(server.settings(endpoint="http://127.0.0.1:1/v1"))
    assert not finding.ok
    assert "http://127.0.0.1:1/v1 is not reached" in finding.text


def test_a_model_that_is_not_there(server: ControlledServer) -> None:
    reached, language, _ = describe_endpoint(server.settings(model="large"))
    assert reached.ok
    assert reached.text == f"{server.url} does not list large; it lists tiny, tiny-vision"
    assert not language.ok
    assert "SEEWHY_MODEL" in language.text


def test_a_key_is_wanted(server: ControlledServer) -> None:
    server.key = KEY
    reached, language, _ = describe_endpoint(server.settings())
    assert reached.ok
    assert "AuthenticationError" in reached.text
    assert not language.ok
    assert "SEEWHY_API_KEY" in language.text


def test_no_pictures_are_taken(server: ControlledServer) -> None:
    server.refuses = {"pictures": "image input is not supported"}
    _, language, vision = describe_endpoint(server.settings())
    assert language.ok
    assert not vision.ok
    assert "SEEWHY_VISION_MODEL" in vision.text
    assert len(describe_endpoint(server.settings(describe={"on": False}))) == 2


def test_the_dialect_is_named_and_nothing_is_tried_twice(server: ControlledServer) -> None:
    server.next(Fails(400, "json_schema is not supported"))
    _, language, vision = describe_endpoint(server.settings())
    assert "json_object (schema in the text)" in language.text
    server.next(Fails(500, "out of memory"), Says("{}"))
    _, language, vision = describe_endpoint(server.settings())
    assert "out of memory" in language.text
    assert not language.ok
    assert "after one repair" in vision.text

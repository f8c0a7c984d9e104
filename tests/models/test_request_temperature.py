"""A request's own temperature is part of its key, and of nothing where it has none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from language_requests import Color, color_request

from seewhy.models.endpoint import Endpoint
from seewhy.models.language import Message, Request, Text

if TYPE_CHECKING:
    from language_server import ControlledServer

SAMPLING = {"temperature": 0.0, "seed": 0, "max_output_tokens": 8192}
KEYS = {
    0: "977e439601520fca4c698e17fed909ff7a5013052f3c64debdb3ca9c1634722e",
    3: "dbb6ae33b6d427fa0f738a7fb3d6aedbff950abbe07378f49aa73ef0963f69cd",
}
"""Sample → key of `request`, from before requests had temperatures."""


def request(sample: int = 0) -> Request[Color]:
    messages = (Message("system", (Text("Say a color."),)), Message("user", (Text('{"of": "a ball"}'),)))
    return replace(color_request(sample=sample), prompt="color@1-00000000", messages=messages)


@pytest.mark.parametrize("sample", KEYS)
def test_without_one_keys_are_what_they_were(sample: int) -> None:
    assert request(sample).key("tiny", SAMPLING) == KEYS[sample]


def test_with_one_it_stands_in_the_place_of_the_models() -> None:
    own = replace(request(), temperature=0.7)
    assert json.loads(own.canonical("tiny", SAMPLING))["sampling"] == {**SAMPLING, "temperature": 0.7}
    assert own.key("tiny", SAMPLING) == request().key("tiny", {**SAMPLING, "temperature": 0.7})
    assert replace(request(), temperature=0.0).key("tiny", SAMPLING) == KEYS[0], "the reply depends on the same"


@pytest.mark.parametrize(("own", "sent"), [(None, 0.2), (0.9, 0.9), (0.0, 0.0)])
def test_the_endpoint_is_sent_it(language_server: ControlledServer, own: float | None, sent: float) -> None:
    with Endpoint(language_server.settings(calls={"temperature": 0.2})) as endpoint:
        reply = endpoint.ask(replace(color_request(), temperature=own))
        assert reply.call.key == replace(color_request(), temperature=own).key("tiny", endpoint.sampling)
    assert [body["temperature"] for body in language_server.requests] == [sent]

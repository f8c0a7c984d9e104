"""The published JSON Schema is the one that the code writes by."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from twinmaker import Maker, line, stand

from seewhy.twin.derive import derive
from seewhy.twin.schema import twin_schema
from seewhy.types.twin import Twin

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "schema" / "twin.v1.json"


def sample() -> Twin:
    maker = Maker(jitter=0.003)
    maker.add(line(-0.1, 0.5, 1.1, 0.5, 0, 4), color="red", depth=0.3)
    maker.add(stand(0.5, 0.5), 0.3, label="person", depth=0.6)
    maker.says("setting", "outdoor")
    return derive(maker.twin())


def test_the_published_schema_is_the_generated_one():
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == twin_schema()


def test_a_twin_validates_and_survives_the_round_trip():
    twin = sample()
    document = json.loads(twin.model_dump_json())
    jsonschema.Draft202012Validator(twin_schema()).validate(document)
    assert Twin.model_validate_json(twin.model_dump_json()) == twin
    assert twin.events
    assert twin.relations


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(extra=1),
        lambda d: d.update(schema_version="twin.v2"),
        lambda d: d["tracks"][0].pop("observations"),
        lambda d: d["video"].update(average_rate="30 fps"),
        lambda d: d["relations"][0].update(predicate="beside"),
    ],
)
def test_what_is_no_twin_does_not_validate(spoil):
    document = json.loads(sample().model_dump_json())
    spoil(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(twin_schema()).validate(document)

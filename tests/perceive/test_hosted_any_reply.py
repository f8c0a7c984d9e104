"""Whatever a model replies, as long as it is a reply: it can be read, and what is read can be true of the twin."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hosted_world import box_masks, two_squares

from seewhy.models.schema import strict_schema
from seewhy.perceive.entering import enter
from seewhy.perceive.hosted.reading import read_description
from seewhy.perceive.hosted.replies import describe_reply
from seewhy.perceive.hosted.together import together
from seewhy.types.time import Span

WORLD = two_squares()
TWIN = WORLD.twin
FRAMES = (0, 100, 200)
WORDS = (
    "", " ", "a", "the dog", "unknown", "\u202e\x00", "red and blue", "moves_left", "x" * 300,
    '"}]', "犬", "\U0001f600",
    "Sits down. Then leaves!", "-", "track 1", "none",
)  # fmt: skip
NUMBERS = (-1e12, -1, 0, 0.3, 1, 2.5, 5, 9.99, 10, 11, 100, 500, 1000, 1e12)


def _wild(schema: dict[str, Any], random: Random) -> Any:
    """A value that a reader takes: of the right type, and otherwise anything, often within the bounds."""
    if "anyOf" in schema:
        return _wild(random.choice(schema["anyOf"]), random)
    kind = schema["type"]
    if kind == "object":
        return {name: _wild(value, random) for name, value in schema["properties"].items()}
    if kind == "array":
        return [_wild(schema["items"], random) for _ in range(random.choice((0, 1, 2, 3, 3, 40)))]
    if "enum" in schema and random.random() < 0.8:
        return random.choice(schema["enum"])
    if kind == "string":
        return random.choice(WORDS)
    if kind == "integer" and random.random() < 0.6:
        return random.randint(schema.get("minimum", 0), schema.get("maximum", 300))
    value = random.choice(NUMBERS) if "enum" not in schema else random.randint(-5, 500)
    return value if kind != "null" else None


@pytest.mark.parametrize("seed", range(24))
def test_any_reply_can_be_read(seed: int) -> None:
    random = Random(seed)
    schema = describe_reply([1, 2], FRAMES)
    stretches = (Span(start=0.0, end=4.0), Span(start=4.0, end=10.0))
    readings = [
        read_description(schema.model_validate(_wild(strict_schema(schema), random)), TWIN, span, "s@1", (1, 2), FRAMES)
        for span in stretches
    ]
    for reading in readings:
        for said in (*reading.labels.values(), *reading.attributes.values(), reading.events):
            assert all(0 < fact.score <= 0.95 for fact in said)
        spans = [a.span for said in reading.attributes.values() for a in said if a.span] + [
            event.span for event in reading.events
        ]
        assert all(reading.span.start <= span.start < span.end <= reading.span.end for span in spans)
        assert list(reading.events) == sorted(reading.events, key=lambda event: event.span.start)
    found = together(readings, TWIN, "s@1", lambda frame, box, _: box_masks(TWIN, frame, box))
    assert set(found.labels) | set(found.attributes) <= {1, 2}
    ends = {end for event in found.events for end in (event.subject, event.object) if end is not None}
    assert ends <= {1, 2, *(-n - 1 for n in range(len(found.objects)))}
    twin, _ = enter(TWIN, WORLD.masks, found)
    assert len(twin.tracks) >= 2
    assert together(readings, TWIN, "s@1", lambda frame, box, _: box_masks(TWIN, frame, box)) == found

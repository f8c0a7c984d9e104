"""Whatever stands in a twin or in a question: every request to look keeps its structure."""

from __future__ import annotations

from typing import Any

from hosted_world import two_squares
from hostile import check_structure, hostile
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from seewhy.errors import ModelError, PerceptionError
from seewhy.models.fakes import ScriptedModel
from seewhy.models.prompt import load_prompt
from seewhy.perceive.hosted import closer
from seewhy.perceive.hosted.describer import HostedDescriber
from seewhy.settings import DescribeSettings
from seewhy.types.twin import Attribute, Label, Twin

WORLD = two_squares()
FEW = settings(
    max_examples=12, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.generate),
)  # fmt: skip


@st.composite
def twins(draw: st.DrawFn) -> Twin:
    """Two squares whose names and looks come from somebody who wants something."""
    tracks = []
    for track in WORLD.twin.tracks:
        label = Label(name=draw(hostile), score=0.9, source="m@1", broader=draw(hostile))
        looks = tuple(
            Attribute(kind=kind, value=draw(hostile), score=0.9, source=draw(hostile))
            for kind in ("color", "size", "texture", "shape", "state", "other")
        )
        tracks.append(track.model_copy(update={"labels": (label,), "attributes": looks, "aliases": (draw(hostile),)}))
    scene = WORLD.twin.scene.model_copy(update={"texts": (draw(hostile),), "summary": draw(hostile)})
    return WORLD.twin.model_copy(update={"tracks": tuple(tracks), "scene": scene})


@FEW
@given(twins(), hostile)
def test_every_request_to_look(twin: Twin, question: str) -> None:
    model = ScriptedModel({})  # answers nothing; what it was asked is what counts

    def asking(look: Any) -> None:
        try:
            look()
        except (ModelError, PerceptionError):
            return
        raise AssertionError("an unanswered question was answered")

    asking(lambda: HostedDescriber(model, DescribeSettings()).describe(twin, WORLD.masks, WORLD))
    asking(lambda: closer.describe_track(model, twin, WORLD.masks, WORLD, 1, None, question))
    asking(lambda: closer.look(model, twin, WORLD.masks, WORLD, None, [1], question))
    asking(lambda: closer.find_box(model, WORLD, twin, question, None))
    asking(lambda: closer.read_text(model, WORLD, twin, None))
    assert len(model.asked) == 5
    for request in model.asked:
        check_structure(request, load_prompt("seewhy.perceive", request.prompt.partition("@")[0]))

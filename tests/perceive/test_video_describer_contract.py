"""What every describer of whole videos must do, asked of each, the fake included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hosted_world import World, box_masks, two_squares

from seewhy.models.fakes import ScriptedModel
from seewhy.perceive.entering import enter
from seewhy.perceive.fakes import FakeVideoDescriber
from seewhy.perceive.findings import Findings
from seewhy.perceive.hosted import describer as hosted
from seewhy.perceive.hosted.boxes import Box
from seewhy.perceive.seams import VideoDescriber
from seewhy.settings import DescribeSettings
from seewhy.types.masks import Rle
from seewhy.types.twin import Label, Twin
from seewhy.video.clip import Clip

REPLY = {
    "summary": "A car drives.",
    "tracks": [{"id": 1, "names": [{"name": "car", "confidence": 9}]}],
    "missed": [{"name": "cup", "frame": 0, "left": 700, "top": 600, "right": 800, "bottom": 900, "confidence": 6}],
    "events": [{"subject": "track 1", "action": "passes by", "object": "missed 1", "start": 1, "end": 2,
                "confidence": 8}],
}  # fmt: skip


def _fake(world: World) -> VideoDescriber:
    source = FakeVideoDescriber.source
    car = Label(name="car", score=0.9, source=source)
    return FakeVideoDescriber({world.twin.id: Findings(source=source, labels={1: (car,)})})


def _hosted(world: World) -> VideoDescriber:
    return hosted.HostedDescriber(ScriptedModel({"describe": lambda _: REPLY}), DescribeSettings())


@pytest.fixture(params=[_fake, _hosted])
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[World], VideoDescriber]:
    def follow(clip: Clip, twin: Twin, frame_index: int, box: Box) -> Mapping[int, Rle]:
        return box_masks(twin, frame_index, box)

    monkeypatch.setattr(hosted, "follow_box", follow)
    made: Callable[[World], VideoDescriber] = request.param
    return made


def test_its_source_is_a_name_and_a_version(make: Callable[[World], VideoDescriber]) -> None:
    world = two_squares()
    name, at, version = make(world).source.rpartition("@")
    assert name
    assert at
    assert version[0].isdigit()
    assert make(world).source == make(world).source


def test_what_it_finds_is_its_own_and_of_this_twin(make: Callable[[World], VideoDescriber]) -> None:
    world = two_squares()
    describer = make(world)
    found = describer.describe(world.twin, world.masks, world)
    assert found.source == describer.source
    assert found.count > 0
    assert set(found.labels) | set(found.attributes) <= set(world.twin.track_by_id)
    assert all(-len(found.objects) <= end for event in found.events for end in (event.subject or 0, event.object or 0))


def test_the_same_video_gives_the_same_findings(make: Callable[[World], VideoDescriber]) -> None:
    one, other = (make(world).describe(world.twin, world.masks, world) for world in (two_squares(), two_squares()))
    assert replace(one, seconds=0.0) == replace(other, seconds=0.0)


def test_it_enters_the_twin_and_describing_again_changes_nothing(make: Callable[[World], VideoDescriber]) -> None:
    world = two_squares()
    twin, masks = enter(world.twin, world.masks, make(world).describe(world.twin, world.masks, world))
    assert twin.track_by_id[1].category == "car"
    again, _ = enter(twin, masks, make(world).describe(twin, masks, world))
    assert [track.category for track in again.tracks] == [track.category for track in twin.tracks]
    assert again.events == twin.events

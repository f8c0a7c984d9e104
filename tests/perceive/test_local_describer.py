"""The hosted describer, its prompt and its reading, over a model on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hosted_world import World, two_squares
from tiny_language import language_settings

from seewhy.errors import BadReply, LocalModelError
from seewhy.models.asking import counting
from seewhy.models.local.language import LocalLanguageModel
from seewhy.perceive.entering import enter
from seewhy.perceive.findings import Findings
from seewhy.perceive.hosted.describer import HostedDescriber
from seewhy.settings import DescribeSettings

SHOWN = DescribeSettings(frames=2, lines=64)


@pytest.fixture(scope="module")
def model() -> Iterator[LocalLanguageModel]:
    with LocalLanguageModel(language_settings("qwen3_vl", max_new_tokens=4000)) as it:
        yield it


def test_a_video_is_described(model: LocalLanguageModel) -> None:
    world: World = two_squares()
    describer = HostedDescriber(model, SHOWN)
    with counting() as calls:
        found = describer.describe(world.twin, world.masks, world)
    assert isinstance(found, Findings)
    assert describer.source.split("@")[0] == f"describe:{calls[0].model.split('@')[0]}"
    assert [call.purpose for call in calls] == ["describe"]
    assert calls[0].input_tokens > 100
    assert enter(world.twin, world.masks, found)


def test_a_stretch_whose_reply_is_cut_off_is_told_of() -> None:
    world = two_squares()
    told = pytest.raises(BadReply, match=r"local\.max_new_tokens")
    with LocalLanguageModel(language_settings("qwen3_vl", max_new_tokens=20)) as short, told:
        HostedDescriber(short, SHOWN).describe(world.twin, world.masks, world)


def test_a_model_that_reads_no_pictures_is_told_of() -> None:
    world = two_squares()
    told = pytest.raises(LocalModelError, match=r"local\.vision")
    with LocalLanguageModel(language_settings("qwen3")) as blind, told:
        HostedDescriber(blind, SHOWN).describe(world.twin, world.masks, world)

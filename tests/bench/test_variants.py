"""Which variants are run, what they are called, and why others are not run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seewhy.bench.effective import Task, effective
from seewhy.bench.variants import STANDARD, Variant, plan, variant_of, written
from seewhy.errors import SettingsError
from seewhy.settings import Settings


def settings(**overrides: Any) -> Settings:
    return Settings.load(overrides=overrides, environment={})


SINGLE = {"compose.strategy": "single_stage"}
ALONE = settings()
ASKING = settings(endpoint="http://127.0.0.1:9/v1", model="m", api_key="sk-secret")


class TestWriting:
    def test_a_variant_is_the_base_but_for_what_it_names(self) -> None:
        base = settings(**{"search.tau": 0.3, "judge.candidates": 7})
        variant = variant_of("  search.tau=0.4 'describe.lines=240' ", base)
        assert variant.label == "search.tau=0.4 describe.lines=240"
        assert (variant.settings.search.tau, variant.settings.describe.lines) == (0.4, 240)
        assert variant.settings.judge.candidates == 7

    def test_the_key_of_the_endpoint_is_kept(self) -> None:
        assert variant_of("search.tau=0.4", ASKING).settings.api_key.get_secret_value() == "sk-secret"

    def test_values_with_spaces(self) -> None:
        variant = variant_of("'local.cache=a b' local.language=c", ALONE)
        assert variant.settings.local.cache == "a b"
        assert dict(variant_of(written(variant.assignments), ALONE).assignments) == variant.assignments

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "names no setting"),
            ("search.judge", "'search.judge' is no NAME=VALUE"),
            ("search.jugde=none", "unknown setting 'search.jugde'"),
            ("search.judge=sometimes", "setting search.judge = 'sometimes'"),
            ("search.judge=none search.judge=rules", "search.judge is set twice"),
            ("search.judge='none", "cannot be read"),
            ("replies.mode=off", "replies.mode says where things are kept"),
            ("library=elsewhere", "library says where things are kept"),
            ("api_key=sk-1", "api_key says where things are kept"),
        ],
    )
    def test_a_wrong_one_is_named(self, text: str, why: str) -> None:
        with pytest.raises(SettingsError) as raised:
            variant_of(text, ALONE)
        assert str(raised.value).startswith(f"variant {text!r}: ")
        assert why in str(raised.value)


class TestFiles:
    def test_names_say_what_is_different(self) -> None:
        file = Path("there") / "run.sqlite"
        assert variant_of("search.judge=none", ALONE).beside(file) == Path("there/run.search.judge=none.sqlite")
        assert Variant({}, ALONE).beside(file) == file

    def test_the_same_settings_have_the_same_name_in_any_order(self) -> None:
        one, other = "search.judge=none refine.rounds=0", "refine.rounds=0 search.judge=none"
        assert variant_of(one, ALONE).suffix == variant_of(other, ALONE).suffix

    def test_others_have_others(self) -> None:
        texts = ["local.language=a/b", "local.language=a-b", "'local.language=a b'", "local.language=a+b"]
        texts += [f"local.language={'a' * 200}{end}" for end in "xy"]
        found = [variant_of(text, ALONE).suffix for text in texts]
        assert len(set(found)) == len(texts)
        assert all("/" not in suffix and " " not in suffix and len(suffix) < 130 for suffix in found)


class TestEffective:
    @pytest.mark.parametrize(
        ("task", "base", "changes"),
        [
            ("text", {}, {"compose.reason": "none"}),
            ("text", {}, {"calls.concurrency": 64}),
            ("text", {"search.judge": "rules"}, {"judge.mode": "pairwise"}),
            ("text", {"search.judge": "rules"}, {"refine.steps": 3}),
            ("text", {"refine.rounds": 0}, {"refine.steps": 3}),
            ("text", {"describe.on": False}, {"describe.frames": 4}),
            ("composed", {}, {"search.decompose": "none"}),
            ("composed", {}, {"compose.samples": 4}),
            ("composed", {}, {"compose.pooling": "max"}),
            ("composed", {"compose.channels": "states", "compose.pooling": "max"}, {"compose.weights": "released"}),
            ("composed", {"compose.reason": "rules"}, {"compose.frames": 0}),
            ("composed", {"search.judge": "none"}, {"compose.judge_frames": 0}),
        ],
    )
    def test_what_makes_no_difference(self, task: Task, base: dict[str, Any], changes: dict[str, Any]) -> None:
        one, other = settings(**base), settings(**base, **changes)
        assert effective(one, task, model=True) == effective(other, task, model=True)

    @pytest.mark.parametrize(
        ("task", "base", "changes"),
        [
            ("text", {}, {"search.decompose": "rules"}),
            ("text", {}, {"judge.mode": "pairwise"}),
            ("text", {}, {"refine.rounds": 0}),
            ("text", {}, {"describe.on": False}),
            ("text", {}, {"model": "other"}),
            ("text", {}, {"video.rate": 3.0}),
            ("text", {}, {"search.tau": 0.4}),
            ("composed", {"compose.strategy": "self_consistency"}, {"compose.samples": 4}),
            ("composed", {"compose.channels": "states"}, {"compose.pooling": "max"}),
            ("composed", {"compose.channels": "states"}, {"compose.weights": "released"}),
            (
                "composed",
                {"compose.channels": "states", "compose.reason": "none"},
                {"compose.strategy": "single_stage"},
            ),
        ],
    )
    def test_what_makes_one(self, task: Task, base: dict[str, Any], changes: dict[str, Any]) -> None:
        one, other = settings(**base), settings(**base, **changes)
        assert effective(one, task, model=True) != effective(other, task, model=True)

    def test_specialists_refine_without_a_model_in_the_profile_local_only(self) -> None:
        changes = {"refine.rounds": 0}
        for profile, differ in (("embedded", False), ("local", True)):
            one, other = settings(profile=profile), settings(profile=profile, **changes)
            assert (effective(one, "text", model=False) != effective(other, "text", model=False)) is differ


class TestPlan:
    @pytest.mark.parametrize("task", ["text", "composed"])
    def test_every_standard_variant_makes_a_difference_where_there_is_a_model(self, task: Task) -> None:
        found = plan(ASKING, task, (), standard=True, model=True)
        same = [one.variant for one in found.left_out if one.same]
        assert same == (["compose.channels=twin"] if task == "composed" else []), (
            "the base's, unless it is set otherwise"
        )
        run = {variant.label for variant in found.variants} | {one.variant for one in found.left_out}
        assert run == {"base", *STANDARD[task]}
        assert len(set(STANDARD[task])) == len(STANDARD[task])

    def test_without_a_model_what_needs_one_is_left_out_with_the_reason(self) -> None:
        found = plan(ALONE, "text", (), standard=True, model=False)
        assert [variant.label for variant in found.variants] == [
            "base", "search.decompose=none", "search.align=false", "search.judge=none",
        ]  # fmt: skip
        same = [one for one in found.left_out if one.same]
        assert len(same) == 6
        assert all("where there is no language model; set SEEWHY_ENDPOINT" in one.reason for one in same)
        assert {one.variant.partition("=")[0] for one in found.left_out if not one.same} == {"search.channels"}

    def test_channels_whose_weights_are_not_here_are_left_out(self) -> None:
        found = plan(ALONE, "composed", ("compose.channels=joint",), standard=False, model=False)
        (left,) = found.left_out
        assert (left.variant, left.named, left.same) == ("compose.channels=joint", True, False)
        assert "not on this machine" in left.reason or "not installed" in left.reason

    def test_what_is_the_same_is_run_once(self) -> None:
        named = ("search.judge=none", "search.judge=none judge.mode=pairwise", "search.judge=auto")
        found = plan(ASKING, "text", named, standard=False, model=True)
        assert [variant.label for variant in found.variants] == ["base", "search.judge=none"]
        assert [(one.variant, one.reason) for one in found.left_out] == [
            ("search.judge=none judge.mode=pairwise", "the same as search.judge=none"),
            ("search.judge=auto", "the same as the base"),
        ]

    def test_one_library_for_all_leaves_out_what_changes_libraries(self) -> None:
        named = ("video.rate=3", "search.judge=none")
        found = plan(ALONE, "text", named, standard=False, model=False, one_library=True)
        assert [variant.label for variant in found.variants] == ["base", "search.judge=none"]
        (left,) = found.left_out
        assert left.reason.startswith("video.rate changes what lies in a library, and --library names one")
        refined = plan(ASKING, "text", ("search.tau=0.4",), standard=False, model=True, one_library=True)
        assert [one.variant for one in refined.left_out] == ["search.tau=0.4"], "the base's refinements would count"

    def test_a_wrong_one_stops_all(self) -> None:
        with pytest.raises(SettingsError, match=r"variant 'search\.tau=2'"):
            plan(ALONE, "text", ("search.judge=none", "search.tau=2"), standard=True, model=False)

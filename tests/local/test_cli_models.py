"""`seewhy models`, and what `seewhy doctor` says of models: through the command line, with a hub on this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hub_server import FILES, MODEL, Hub, serving, weights
from typer.testing import CliRunner, Result

from seewhy import doctor
from seewhy.cli import app
from seewhy.errors import WeightsError
from seewhy.local_models import meant, standing, used
from seewhy.models.local import cards
from seewhy.models.local.cards import CARDS, card_of
from seewhy.settings import LocalSettings, Settings

SMALL = "local.sam2=somebody/tiny-model"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setenv("SEEWHY_LOCAL_CACHE", str(tmp_path / "models"))
    with serving(monkeypatch, tmp_path) as hub:
        yield hub


def run(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["models", *words])
    assert result.exit_code == code, result.output
    return result


def rows(*words: str, code: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(*words, "--json", code=code).stdout)
    return found


def test_list_tells_every_card(hub: Hub) -> None:
    told = {row["model"]: row for row in rows("list")}
    assert set(told) == {card.id for card in CARDS}
    assert hub.asked == []
    large = told["facebook/sam2.1-hiera-large"]
    assert large["pin"] == "card"
    assert large["folder"] is None
    assert large["set"] == ["local.sam2"]
    assert large["in_profile"]
    assert not told["facebook/sam3"]["permissive"]
    text = run("list").stdout
    assert "LicenseRef-SAM (!)" in text
    assert all(card.id in text for card in CARDS)


def test_what_is_pulled_is_listed_and_verified(hub: Hub) -> None:
    (pulled,) = rows("pull", "sam2", "--set", SMALL)
    assert pulled["revision"] == hub.branches[MODEL]
    assert pulled["fetched"]
    (again,) = rows("pull", MODEL)
    assert not again["fetched"]
    listed = {row["model"]: row for row in rows("list", "--set", SMALL)}[MODEL]
    assert (listed["pin"], listed["folder"], listed["set"]) == ("locked", pulled["folder"], ["local.sam2"])
    assert rows("verify")[0]["wrong"] == []
    assert run("verify").stdout.startswith(f"ok    {MODEL} at {hub.branches[MODEL][:12]}")
    (Path(pulled["folder"]) / "model.safetensors").resolve().write_bytes(weights(1))
    assert "model.safetensors has changed" in run("verify", code=1).stdout
    assert rows("verify", "sam2", "--set", SMALL, code=1)[0]["wrong"] != []


def test_pull_takes_the_whole_profile_and_says_what_failed(hub: Hub) -> None:
    """One model of five is at this hub; an error of one keeps no other from coming."""
    result = run("pull", "--set", SMALL, code=3)
    assert result.stdout.startswith(f"pulled {MODEL}")
    for missing in ("google/owlv2-large-patch14-ensemble", "Qwen/Qwen3-VL-8B-Instruct"):
        assert f"there is no model {missing!r}" in result.stderr
    run("pull", "somebody/nothing", code=1)


def test_pull_says_which_license_is_to_be_read(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    card = replace(CARDS[0], id=MODEL, revision=None, license="CC-BY-NC-4.0", files={})
    monkeypatch.setattr(cards, "_BY_ID", {MODEL: card})
    assert "its license, CC-BY-NC-4.0, does not allow every use" in run("pull", MODEL).stderr


def test_a_folder_is_not_pulled_but_verified(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_bytes(FILES[name])
    assert "is a folder" in run("pull", str(folder)).stderr
    assert rows("verify", str(folder))[0]["wrong"] == []
    assert rows("list", "--set", f"local.sam2={folder}")[-1]["folder"] == str(folder)


def test_without_the_hubs_library_models_are_listed_and_not_pulled(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEEWHY_LOCAL_CACHE")
    for name in [name for name in sys.modules if name.split(".")[0] in ("huggingface_hub", "torch", "transformers")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("huggingface_hub", "torch", "transformers"):
        monkeypatch.setitem(sys.modules, name, None)
    assert len(rows("list")) == len(CARDS)
    assert "pip install 'seewhy[local]'" in run("pull", MODEL, code=1).stderr
    assert check("models on this machine", Settings()).ok


def test_words_for_models() -> None:
    settings = Settings()
    assert meant(["sam2", "local.depth-anything", "depth_anything", "a/b@main"], settings) == [
        settings.local.sam2,
        settings.local.depth_anything,
        "a/b@main",
    ]
    assert meant(["vision"], settings) == [settings.local.language]
    with pytest.raises(WeightsError, match=r"'sam4' names no model.*sam2, edgetam, sam3"):
        meant(["sam4"], settings)


def test_which_models_a_profile_uses() -> None:
    assert used(Settings()) == {}
    everything = used(Settings(profile="local"))
    assert list(everything) == [
        "local.sam2",
        "local.owlv2",
        "local.depth_anything",
        "local.language",
        "local.actions",
    ]
    hosted = Settings(profile="local", endpoint="http://localhost:1/v1", model="some")
    assert "local.language" not in used(hosted)
    chosen = Settings.load(overrides={"perceive.detector": "local.grounding-dino"}, environment={})
    assert used(chosen) == {"local.grounding_dino": chosen.local.grounding_dino}


def test_a_named_revision_goes_before_the_card(tmp_path: Path) -> None:
    settings = Settings(local=LocalSettings(cache=str(tmp_path)))
    model = CARDS[0].id
    assert standing(model, settings).pin == "card"
    named = standing(f"{model}@{'0' * 40}", settings)
    assert (named.pin, named.revision, named.card) == ("named", "0" * 40, card_of(model))


def check(name: str, settings: Settings) -> doctor.Check:
    return next(one for one in doctor.examine(Path("nowhere"), settings) if one.name == name)


def test_doctor_tells_what_the_profile_lacks_and_how_to_get_it(hub: Hub, tmp_path: Path) -> None:
    overrides = {"local.cache": str(tmp_path / "models"), "local.sam2": MODEL}
    embedded = Settings.load(overrides=overrides, environment={})
    local = Settings.load(overrides={**overrides, "profile": "local"}, environment={})
    run("pull", MODEL)
    told = check("models on this machine", embedded)
    assert told.ok
    assert "1 of 5 are here" in told.detail
    told = check("models on this machine", local)
    assert not told.ok
    assert "seewhy models pull google/owlv2-large-patch14-ensemble" in told.detail
    assert MODEL not in told.detail
    assert "models run on cpu in float32" in check("device", local).detail


def test_doctor_without_the_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is wrong with that, until the profile needs them."""
    monkeypatch.setattr(doctor, "LOCAL_PACKAGES", ("torch_that_is_not_there",))
    assert check("libraries of models", Settings()).ok
    told = check("libraries of models", Settings(profile="local"))
    assert not told.ok
    assert "pip install 'seewhy[local]'" in told.detail

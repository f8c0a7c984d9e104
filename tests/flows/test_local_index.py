"""The profile `local` from end to end, as a user runs it, with tiny checkpoints of the real architectures.

Their weights are random: what they see means nothing, but it takes the way of what the real ones see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from seewhy import Library, Settings
from seewhy.cli import app
from seewhy.types.twin import Twin

pytest.importorskip("transformers")

CLIPS = ("asl_eat.mp4", "cutie_judo.mp4", "da_demo2.mp4")
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "videos"
STANDING_IN = ("ball_right", "ball_left", "two_balls")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three real clips; where they are not at hand, three that are drawn."""
    if all((SHARED / name).is_file() for name in CLIPS):
        return [SHARED / name for name in CLIPS]
    from seewhy.bench.synthetic import CLIPS as DRAWN
    from seewhy.bench.synthetic.render import render

    folder = tmp_path_factory.mktemp("clips")
    render(DRAWN[:3], folder)
    return sorted((folder / "videos").iterdir())


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a user would write after `seewhy index`, the models' folders included."""
    from tiny_detectors import save_depth_anything, save_owlv2
    from tiny_language import save_qwen3_vl
    from tiny_trackers import save_sam2

    folder = tmp_path_factory.mktemp("weights")
    words = folder / "words.txt"
    words.write_text("person\ndog\nskateboarder: person\n")
    chosen: dict[str, Any] = {
        "local.sam2": save_sam2(folder / "sam2"),
        "local.owlv2": save_owlv2(folder / "owlv2"),
        "local.depth_anything": save_depth_anything(folder / "depth"),
        "local.language": _terse(save_qwen3_vl(folder / "language")),
        "local.device": "cpu",
        "local.batch": 4,
        "local.redetect": 4,
        "local.max_new_tokens": 1024,
        "perceive.vocabulary": words,
        "perceive.max_tracks": 4,
        "video.rate": 4,
        "video.lines": 120,
        "describe.frames": 2,
        "describe.lines": 64,
    }
    return ["--profile", "local", *(word for name, value in chosen.items() for word in ("--set", f"{name}={value}"))]


def _terse(folder: Path) -> Path:
    """The same model, even more inclined to end what it begins: the schema of a description leaves much room."""
    from safetensors.torch import load_file, save_file

    file = folder / "model.safetensors"
    weights = load_file(file)
    weights["lm_head.weight"][:, 0] *= 4
    save_file(weights, file, metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def indexed(
    clips: list[Path], options: list[str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """A library, and what `seewhy index` said."""
    library = tmp_path_factory.mktemp("library") / "lib"
    return library, _index(library, clips, options)


def _index(library: Path, clips: list[Path], options: list[str], code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["index", *map(str, clips), "-l", str(library), "--json", *options])
    assert result.exit_code == code, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def _twins(library: Path) -> list[Twin]:
    with Library.open(library, Settings.load(environment={}), create=False, read_only=True) as opened:
        return [opened.twin(entry.id) for entry in opened.videos() if entry.id is not None]


def test_all_videos_are_indexed_by_the_models_on_this_machine(indexed: tuple[Path, dict[str, Any]]) -> None:
    library, report = indexed
    assert [file["state"] for file in report["files"]] == ["committed"] * len(CLIPS)
    twins = _twins(library)
    assert len(twins) == len(CLIPS)
    for twin in twins:
        looked = {run.source.partition("@")[0] for run in twin.specialists}
        assert {"sam2", "owlv2", "depth", "embedded.describer"} <= looked, "named after their weights' folders"
        for track in twin.tracks:
            assert track.source.startswith("sam2@")
            assert track.aliases, "the numbers that it was followed under"
            assert all(0 <= observation.depth <= 1 for observation in track.observations if observation.depth)
    assert any(twin.tracks for twin in twins)
    named = {label.name for twin in twins for track in twin.tracks for label in track.labels}
    assert named <= {"person", "dog", "skateboarder", "object"}


def test_the_language_model_of_this_machine_describes_them(indexed: tuple[Path, dict[str, Any]]) -> None:
    library, report = indexed
    assert [video["state"] for video in report["described"]] == ["described"] * len(CLIPS), report["described"]
    assert all(any("describe" in run.source for run in twin.specialists) for twin in _twins(library))


def test_indexing_again_finds_nothing_to_do(
    indexed: tuple[Path, dict[str, Any]], clips: list[Path], options: list[str]
) -> None:
    library, _ = indexed
    report = _index(library, clips, options)
    assert [file["state"] for file in report["files"]] == ["unchanged"] * len(CLIPS)


def test_one_by_one_the_twins_are_the_same(
    indexed: tuple[Path, dict[str, Any]], clips: list[Path], options: list[str], tmp_path: Path
) -> None:
    """Which frames of which videos share a batch depends on the moment. What comes of it does not, but for rounding:
    a processor multiplies matrices of another size in another order."""
    _index(tmp_path / "lib", clips, [*options, "--set", "local.videos=1", "--set", "local.batch=1"])
    for one, other in zip(_twins(tmp_path / "lib"), _twins(indexed[0]), strict=True):
        differences = list(_differences(one.model_dump(exclude={"specialists"}), other.model_dump()))
        assert not differences, differences[:3]


def _differences(one: Any, other: Any, where: str = "twin") -> Iterator[str]:
    if isinstance(one, dict):
        for key in one:
            yield from _differences(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, (list, tuple)) and len(one) == len(other):
        for place, pair in enumerate(zip(one, other, strict=True)):
            yield from _differences(*pair, f"{where}[{place}]")
    elif one != other and not (isinstance(one, float) and abs(one - other) < 1e-4):
        yield f"{where}: {one!r} is not {other!r}"


def test_without_weights_nothing_begins(clips: list[Path], options: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["index", *map(str, clips), "-l", str(tmp_path / "lib"), *options, "--set", "local.sam2=nobody/nothing"]
    )
    assert result.exit_code != 0
    assert "seewhy models pull nobody/nothing" in str(result.exception)
    assert not _twins(tmp_path / "lib")

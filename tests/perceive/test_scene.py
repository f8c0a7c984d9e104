"""Palette, light, time of day and setting of whole pictures."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from seewhy.perceive.color import illumination
from seewhy.perceive.scene import SAMPLES, SceneWatcher, sampled
from seewhy.twin.looks import value

HEIGHT, WIDTH = 60, 100
SKY, LAWN, WALL, WOOD = (130, 175, 225), (70, 130, 50), (205, 200, 195), (120, 80, 50)


def _halves(above: tuple[int, int, int], below: tuple[int, int, int], light: float = 1.0) -> NDArray[np.uint8]:
    picture = np.empty((HEIGHT, WIDTH, 3))
    picture[: HEIGHT // 2], picture[HEIGHT // 2 :] = above, below
    noise = np.random.default_rng(0).normal(0, 3, picture.shape)
    return np.clip(picture * light + noise, 0, 255).astype(np.uint8)


def _said(picture: NDArray[np.uint8], count: int = 3) -> dict[str, dict[str, float]]:
    watcher = SceneWatcher("test.scene@1")
    for _ in range(count):
        watcher.see(picture, illumination(picture.reshape(-1, 3)))
    found: dict[str, dict[str, float]] = {}
    for attribute in watcher.attributes():
        assert attribute.source == "test.scene@1"
        found.setdefault(attribute.kind, {})[attribute.value] = attribute.score
    return found


def _best(scores: dict[str, float]) -> str:
    return max(scores.items(), key=lambda item: item[1])[0]


def test_a_meadow_under_the_sky() -> None:
    said = _said(_halves(SKY, LAWN))
    assert set(list(said["palette"])[:2]) == {"blue", "green"}
    assert _best(said["time_of_day"]) == "day"
    assert said["time_of_day"]["day"] >= 0.5
    assert _best(said["setting"]) == "outdoor"
    assert said["setting"]["outdoor"] >= 0.5


def test_a_room_is_a_low_guess() -> None:
    said = _said(_halves(WALL, WOOD))
    assert _best(said["setting"]) == "indoor"
    assert said["setting"]["indoor"] <= 0.7
    assert said["time_of_day"].get("day", 0) < 0.6, "lamps shine in rooms at any time"


def test_a_street_at_night() -> None:
    picture = _halves((8, 10, 18), (30, 32, 40))
    picture[20:26, 10:30] = 250
    said = _said(picture)
    assert said["time_of_day"]["night"] > 0.7
    assert said["brightness"]["dark"] > 0.7
    assert "black" in said["palette"]


@pytest.mark.parametrize(("light", "word"), [(0.25, "dark"), (0.75, "medium"), (1.25, "bright")])
def test_brightness_follows_the_light(light: float, word: str) -> None:
    assert _best(_said(_halves((150, 150, 150), (160, 160, 160), light))["brightness"]) == word


def test_values_are_words_of_the_twin() -> None:
    for picture in (_halves(SKY, LAWN), _halves(WALL, WOOD), _halves((8, 8, 8), (9, 9, 9))):
        for kind, scores in _said(picture).items():
            for word, score in scores.items():
                assert value(kind, word) == word  # type: ignore[arg-type]
                assert 0 <= score <= 1


def test_nothing_is_said_before_the_first_picture() -> None:
    assert SceneWatcher("test.scene@1").attributes() == []


def test_a_moment_of_darkness_changes_nothing() -> None:
    day, black = _halves(SKY, LAWN), np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    watcher = SceneWatcher("test.scene@1")
    for picture in (day, black, day, day):
        watcher.see(picture, illumination(picture.reshape(-1, 3)))
    said = {attribute.kind: attribute.value for attribute in reversed(watcher.attributes())}
    assert (said["time_of_day"], said["setting"]) == ("day", "outdoor")


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (480, 854), (2160, 3840)])
def test_a_sample_is_small_and_never_empty(size: tuple[int, int]) -> None:
    picture = np.zeros((*size, 3), np.uint8)
    sample = sampled(picture)
    assert 1 <= sample.shape[0] * sample.shape[1] <= 2 * SAMPLES
    watcher = SceneWatcher("test.scene@1")
    watcher.see(sample, illumination(sample.reshape(-1, 3)))
    assert watcher.attributes()

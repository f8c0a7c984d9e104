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


def _film(coat: bool, toned: str = "") -> NDArray[np.uint8]:
    """A gray street of many lightnesses; with somebody in a red coat; as a film of another coloring."""
    lightness = np.linspace(20, 230, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
    picture = np.repeat(lightness[..., None], 3, axis=2)
    if coat:
        picture[20:40, 40:50] = (200, 30, 40)
    if toned == "gray":
        picture = np.repeat(picture @ [0.299, 0.587, 0.114], 3).reshape(HEIGHT, WIDTH, 3)
    if toned == "sepia":
        picture = picture @ np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]).T
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("picture", "coloring"),
    [
        (_halves(SKY, LAWN), {"color": 0.9}),
        (_film(coat=True), {"color": 0.9}),
        (_film(coat=True, toned="gray"), {"black and white": 0.9}),
        (_film(coat=True, toned="sepia"), {"sepia": 0.7}),
        (_halves((120, 120, 120), (150, 150, 150)), {}),  # with noise in its colors: nobody can tell
        (np.zeros((HEIGHT, WIDTH, 3), np.uint8), {}),  # without light there are no colors
    ],
    ids=["meadow", "coat", "gray", "sepia", "noise", "dark"],
)
def test_coloring(picture: NDArray[np.uint8], coloring: dict[str, float]) -> None:
    assert _said(picture).get("coloring", {}) == coloring


def test_one_frame_in_color_makes_a_film_in_color() -> None:
    watcher = SceneWatcher("test.scene@1")
    for picture in (_film(coat=False), _film(coat=True), _film(coat=False)):
        watcher.see(picture, illumination(picture.reshape(-1, 3)))
    assert [a.value for a in watcher.attributes() if a.kind == "coloring"] == ["color"]

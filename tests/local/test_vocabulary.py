"""The list of phrases that are looked for: the shipped one, and a user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from seewhy.errors import SettingsError
from seewhy.perceive.local.vocabulary import MAX_BYTES, MAX_LENGTH, MAX_PHRASES, vocabulary, wider_classes
from seewhy.settings import Settings
from seewhy.twin.vocabulary import BROADER, GENERIC_WORDS, noun


def _settings(file: Path | str) -> Settings:
    return Settings.model_validate({"perceive": {"vocabulary": str(file)}})


def _written(folder: Path, content: str | bytes) -> Settings:
    file = folder / "phrases.txt"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return _settings(file)


def test_the_shipped_list_names_everyday_things() -> None:
    phrases = vocabulary(Settings())
    assert 300 <= len(phrases) <= 500
    assert len(set(phrases)) == len(phrases)
    assert {"person", "dog", "car", "traffic light", "guitar", "pizza", "skateboard", "tree", "laptop"} <= set(phrases)
    assert all(phrase == " ".join(phrase.lower().split()) and len(phrase) <= 20 for phrase in phrases)


def test_the_shipped_list_speaks_the_twins_language() -> None:
    """What the rules know a class of can be found, and no name is one that every track has."""
    named = {noun(phrase) for phrase in vocabulary(Settings())}
    assert set(BROADER) - {"pet"} <= named, "a pet is not told from an animal by its looks"
    assert not named & GENERIC_WORDS


def test_the_shipped_list_gives_wider_classes_that_agree_with_the_twins() -> None:
    wider = wider_classes(Settings())
    assert (wider["otter"], wider["puppy"], wider["woman"], wider["lemon"]) == ("animal", "dog", "person", "fruit")
    assert "person" not in wider
    told = {phrase: name for phrase, name in wider.items() if noun(phrase) in BROADER}
    for phrase, name in told.items():
        upwards = BROADER[noun(phrase)] | {noun(phrase)}
        assert name in upwards or wider.get(name) in upwards, f"{phrase}: {name}"


def test_a_users_list(tmp_path: Path) -> None:
    settings = _written(tmp_path, "\ufeff# mine\r\n\r\nRed  Fox: Animal\r\n  tree \r\nred fox\r\nfahrrad\u00a0weg\r\n")
    assert vocabulary(settings) == ("red fox", "tree", "fahrrad weg")
    assert dict(wider_classes(settings)) == {"red fox": "animal"}


def test_a_changed_list_is_read_again(tmp_path: Path) -> None:
    assert vocabulary(_written(tmp_path, "fox")) == ("fox",)
    assert vocabulary(_written(tmp_path, "fox\nhen")) == ("fox", "hen")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "no line holds a phrase", id="empty"),
        pytest.param("# nothing\n\n", "no line holds a phrase", id="comments only"),
        pytest.param("fox\n...\n", "line 2: '...' is no phrase", id="no word"),
        pytest.param("fox:\n", "line 1: 'fox:' is no phrase", id="no class after the colon"),
        pytest.param("fox\nhen\x07\n", r"line 2: 'hen\x07' is no phrase", id="a control character"),
        pytest.param("fox\n" + "x" * (MAX_LENGTH + 1), f"line 2: '{'x' * 20}'... has 65 characters", id="too long"),
        pytest.param(
            "\n".join(f"thing {n}" for n in range(MAX_PHRASES + 1)), "line 2001: there are more", id="too many"
        ),
        pytest.param(b"fox\n\xff\xfe", "not UTF-8 (byte 4)", id="not UTF-8"),
        pytest.param(b"x" * (MAX_BYTES + 1), "bytes are no list of phrases", id="too large"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, content: str | bytes, said: str) -> None:
    settings = _written(tmp_path, content)
    with pytest.raises(SettingsError) as caught:
        vocabulary(settings)
    assert said in str(caught.value)
    assert "phrases.txt" in str(caught.value)


@pytest.mark.parametrize("name", ["missing.txt", "."])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"perceive\.vocabulary = .* cannot be read"):
        vocabulary(_settings(tmp_path / name))

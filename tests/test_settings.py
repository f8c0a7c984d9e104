from __future__ import annotations

from pathlib import Path

import pytest

from seewhy.errors import SettingsError
from seewhy.settings import TABLE, Settings


def test_precedence_is_command_line_environment_file_default(tmp_path: Path) -> None:
    file = tmp_path / "seewhy.toml"
    file.write_text("[video]\nrate = 1.0\nlines = 100\nmax_frames = 7\n")
    environment = {"SEEWHY_VIDEO_RATE": "2.0", "SEEWHY_VIDEO_LINES": "200", "OTHER": "x"}
    settings = Settings.load(file, {"video.rate": "3.0"}, environment)
    assert (settings.video.rate, settings.video.lines, settings.video.max_frames) == (3.0, 200, 7)
    assert settings.search.tau == Settings().search.tau


@pytest.mark.parametrize(
    ("overrides", "environment", "text"),
    [
        ({"video.rtae": "1"}, {}, "video.rtae"),
        ({}, {"SEEWHY_VIDEO_RTAE": "1"}, "SEEWHY_VIDEO_RTAE"),
        ({"video": "1"}, {}, "video"),
    ],
)
def test_an_unknown_key_is_an_error(overrides: dict[str, object], environment: dict[str, str], text: str) -> None:
    with pytest.raises(SettingsError, match=text):
        Settings.load(None, overrides, environment)


def test_an_unknown_key_in_the_file_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "seewhy.toml"
    file.write_text("[index]\nshards = 3\n")
    with pytest.raises(SettingsError, match=r"index\.shards"):
        Settings.load(file, environment={})


@pytest.mark.parametrize(("name", "value"), [("video.rate", "-1"), ("video.rate", "fast"), ("profile", "hosted")])
def test_a_value_that_does_not_fit_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name.replace(".", r"\.")):
        Settings.load(overrides={name: value}, environment={})


def test_a_broken_file_is_a_settings_error(tmp_path: Path) -> None:
    file = tmp_path / "seewhy.toml"
    file.write_text("[video\n")
    with pytest.raises(SettingsError, match=r"seewhy\.toml"):
        Settings.load(file, environment={})


def test_every_setting_has_help_and_a_variable_of_its_own() -> None:
    assert all(row.help for row in TABLE)
    assert len({row.variable for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize(
    "overrides", [{"api_key": ["sk-secret"]}, {"endpoint": "http://me:sk-secret@host/v1", "model": "m"}]
)
def test_no_secret_is_in_an_error(overrides: dict[str, object]) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(None, overrides, {})
    assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://host/v1?key=sk-secret", "https://user:sk-secret@host/v1", "https://host/v1#sk-secret"]
)
def test_an_endpoint_with_a_secret_in_it_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsError, match="SEEWHY_API_KEY") as caught:
        Settings.load(overrides={"endpoint": url, "model": "m"}, environment={})
    assert "sk-secret" not in str(caught.value)

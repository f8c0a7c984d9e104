"""Recordings as files: export, import, what is in one; and the model that the settings speak of."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

import pytest
from replies_samples import ask_for, remembering, scripted
from typer.testing import CliRunner

from seewhy.cli_replies import replies_app
from seewhy.errors import LibraryNotFound, ReplyStoreError, SeewhyError
from seewhy.models.fakes import ScriptedModel
from seewhy.models.open import language_model
from seewhy.models.replies import ReplyStore
from seewhy.models.replies_file import Merged, export_replies, import_replies, stats
from seewhy.settings import Settings
from seewhy.twin.folder import REPLIES_FILE, LibraryFolder

TWIN = {"twin": b'{"id": "v"}' * 50, "masks": b"[]", "thumbnail": b"\xff\xd8"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A recording."""
    path = tmp_path / "recorded" / "replies.sqlite"
    fill(path, range(6))
    return path


def fill(path: Path, order: range) -> None:
    model = remembering(path, "record")
    assert model.store is not None
    for number in order:
        model.ask(ask_for(f"shade {number}"))
        model.store.put_twin(f"v{number}", "rate=6", TWIN | {"twin": b"%d" % number})
    model.store.put_meta({"model": "m"})
    with model.store.database.writing() as connection:  # what depends on the time
        connection.execute("UPDATE replies SET created = '2024-01-02T03:04:05Z', seconds = 1")
    model.close()


def test_an_export_is_one_file_with_everything(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "shipped.sqlite"
    with ReplyStore.open(path) as store:
        exported = export_replies(store, target)
        assert (exported.path, exported.replies, exported.twins) == (target, 6, 6)
        assert exported.bytes == target.stat().st_size
        with ReplyStore.open(target, read_only=True) as shipped:
            assert shipped.replies() == store.replies()
            assert shipped.twins() == store.twins()
            assert shipped.twin("v3", "rate=6") == TWIN | {"twin": b"3"}
            assert shipped.meta() == store.meta()
    assert [entry.name for entry in target.parent.iterdir()] == [target.name]
    replay = remembering(target, "replay")
    for number in range(6):
        replay.ask(ask_for(f"shade {number}"))
    replay.close()
    assert [entry.name for entry in target.parent.iterdir()] == [target.name], "needs no file beside it"


def test_equal_contents_give_equal_files(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    fill(other, range(5, -1, -1))
    for number, source in enumerate((path, other, path)):
        with ReplyStore.open(source) as store:
            export_replies(store, tmp_path / f"{number}")
    assert (tmp_path / "0").read_bytes() == (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_an_export_overwrites_nothing_and_leaves_nothing_half_done(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "there").write_text("mine")
    with ReplyStore.open(path) as store:
        with pytest.raises(ReplyStoreError, match="exists already; name a new file"):
            export_replies(store, folder / "there")
        with store.database.writing() as connection:
            connection.execute("DROP TABLE twins")
        with pytest.raises(ReplyStoreError, match="no such table"):
            export_replies(store, folder / "new")
    assert [entry.name for entry in folder.iterdir()] == ["there"]
    assert (folder / "there").read_text() == "mine"


def test_an_import_adds_what_is_new_and_leaves_what_is_there(path: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.sqlite"
    differing = remembering(mine, "record", ScriptedModel({"judge": lambda _: {"name": "mine", "score": 0}}))
    differing.ask(ask_for("shade 0"))
    differing.close()
    model = remembering(mine, "record")
    model.ask(ask_for("shade 1"))
    assert model.store is not None
    model.store.put_twin("v0", "rate=6", TWIN | {"twin": b"0"})
    model.store.put_twin("v1", "rate=6", TWIN)
    model.store.put_meta({"model": "my model"})
    with ReplyStore.open(path) as other:
        exported = export_replies(other, tmp_path / "shipped").path
    merged = import_replies(exported, model.store)
    assert merged == Merged(replies_added=4, replies_same=1, replies_kept=1, twins_added=4, twins_same=1, twins_kept=1)
    assert merged.line() == (
        "4 replies and 4 twins added; 2 were there already; 2 were there with another content, which stays"
    )
    assert model.ask(ask_for("shade 0")).value.name == "mine"  # type: ignore[attr-defined]
    assert model.ask(ask_for("shade 5")).call.cached
    assert model.store.twin("v1", "rate=6") == TWIN
    assert model.store.twin("v5", "rate=6") == TWIN | {"twin": b"5"}
    assert model.store.meta()["model"] == "my model"
    again = import_replies(exported, model.store)
    assert (again.replies_added, again.twins_added, again.replies_same) == (0, 0, 5)
    model.close()


def test_round_trip(path: Path, tmp_path: Path) -> None:
    with ReplyStore.open(path) as store, ReplyStore.open(tmp_path / "b") as target:
        import_replies(export_replies(store, tmp_path / "a").path, target)
        assert target.replies() == store.replies()
        assert [target.request(reply.key) for reply in target.replies()] == [
            store.request(reply.key) for reply in store.replies()
        ]
        assert [target.twin(*key[:2]) for key in target.twins()] == [store.twin(*key[:2]) for key in store.twins()]
        first = export_replies(target, tmp_path / "c").path
    assert first.read_bytes() == (tmp_path / "a").read_bytes()


def test_a_reply_under_a_wrong_key_is_not_imported_nor_anything_with_it(path: Path, tmp_path: Path) -> None:
    forged = sqlite3.connect(path)
    last = forged.execute("SELECT max(key) FROM replies").fetchone()[0]
    forged.execute("UPDATE replies SET key = ? WHERE key = ?", ("f" * 64, last))
    forged.commit()
    forged.close()
    with ReplyStore.open(tmp_path / "mine.sqlite") as store:
        with pytest.raises(ReplyStoreError, match=r"f{64} is not to the request"):
            import_replies(path, store)
        assert store.replies() == ()
        with pytest.raises(ReplyStoreError, match="no file of replies at"):
            import_replies(tmp_path / "none", store)
    with ReplyStore.open(path, read_only=True) as store, pytest.raises(ReplyStoreError, match="reading only"):
        import_replies(path, store)


def test_stats_count_what_is_there(path: Path) -> None:
    model = remembering(path, "record")
    model.ask(ask_for("x", purpose="look", prompt="look@1-aa"))
    model.close()
    with ReplyStore.open(path) as store:
        found = stats(store)
    assert [(group.purpose, group.prompt, group.replies) for group in found.groups] == [
        ("judge", "shade@1-0a0b0c0d", 6), ("look", "look@1-aa", 1),
    ]  # fmt: skip
    assert found.groups[0].bytes > 6 * 100
    assert (found.replies, found.twins, found.meta["model"]) == (7, 6, "m")
    assert found.line().startswith(f"{path}: 7 replies and 6 twins, ")
    assert found.groups[1].line().startswith("look      scripted  look@1-aa  1 reply, 0 tokens in, 0 out, ")
    assert json.loads(json.dumps(found.as_dict()))["groups"][0]["replies"] == 6


# The command line


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(replies_app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_commands(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    LibraryFolder.create(tmp_path / "library", encoder="e@1", settings=Settings.load(environment={}))
    shipped = tmp_path / "shipped.sqlite"
    assert run("export", shipped, "--file", path).startswith(f"{shipped}: 6 replies and 6 twins, ")
    with pytest.raises(ReplyStoreError, match="no file of replies"):
        run("stats", "-l", tmp_path / "library")
    assert run("import", shipped, "--library", tmp_path / "library").startswith("6 replies and 6 twins added; 0 were")
    merged = json.loads(run("import", shipped, "-l", tmp_path / "library", "--json"))
    assert (merged["replies_added"], merged["replies_same"], merged["twins_same"]) == (0, 6, 6)
    monkeypatch.setenv("SEEWHY_LIBRARY", str(tmp_path / "library"))
    lines = run("stats").splitlines()
    assert lines[0].startswith("judge     scripted  shade@1-0a0b0c0d  6 replies")
    assert lines[-1].startswith(f"{tmp_path / 'library' / REPLIES_FILE}: 6 replies and 6 twins")
    found = json.loads(run("stats", "--json"))
    assert found["replies"] == 6
    assert json.loads(run("export", tmp_path / "again", "--json"))["twins"] == 6


def test_wrong_use(path: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(replies_app, ["stats", "--file", str(path), "-l", str(tmp_path)])
    assert done.exit_code == 2
    assert "either --library or --file" in done.stderr
    for arguments, error in (
        (["stats", "-l", tmp_path], LibraryNotFound),
        (["stats", "--file", tmp_path / "none"], ReplyStoreError),
        (["export", path, "--file", path], ReplyStoreError),
    ):
        with pytest.raises(error):
            run(*arguments)
        assert issubclass(error, SeewhyError)


# The model that the settings speak of


def settings(**values: object) -> Settings:
    overrides = {"endpoint": "http://localhost:9/v1", "model": "m"} | {
        name.replace("__", "."): value for name, value in values.items()
    }
    return Settings.load(environment={}, overrides=overrides)


def test_no_endpoint_no_model(tmp_path: Path) -> None:
    assert language_model(Settings.load(environment={}), tmp_path / "replies.sqlite", read_only=False) is None
    assert list(tmp_path.iterdir()) == []


def test_a_cache_lies_in_the_library(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    model = language_model(settings(), path, read_only=False)
    assert model is not None
    assert model.store is not None
    assert (model.mode, model.store.path, model.store.read_only) == ("cache", path, False)
    assert model.model is not None
    assert model.name_for(ask_for("red")) == "m"
    assert model.concurrency == 8
    model.close()
    model = language_model(settings(), path, read_only=True)
    assert model is not None
    assert model.store is not None
    assert model.store.read_only
    model.close()


def test_a_cache_that_cannot_be_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for store_path, read_only, why in (
        (None, False, "there is no library"),
        (tmp_path / "replies.sqlite", True, "was opened for reading only"),
        (tmp_path / "file" / "replies.sqlite", False, "cannot be used"),
    ):
        model = language_model(settings(), store_path, read_only)
        assert model is not None
        assert model.store is None
        assert model.model is not None
        model.model.close()
        model.model = scripted()
        model.ask(ask_for("red"))
        (note,) = model.notes
        assert why in note
    assert not (tmp_path / "replies.sqlite").exists()
    (tmp_path / "replies.sqlite").write_text("something else, and not short" * 50)
    with pytest.raises(ReplyStoreError, match="no file of replies"):
        language_model(settings(), tmp_path / "replies.sqlite", read_only=False)


def test_a_recording_is_a_file_of_its_own(tmp_path: Path) -> None:
    library, file = tmp_path / "replies.sqlite", tmp_path / "recordings" / "mine.sqlite"
    model = language_model(settings(replies__mode="record", replies__file=str(file)), library, read_only=True)
    assert model is not None
    assert model.store is not None
    assert (model.mode, model.store.path, model.store.read_only) == ("record", file, False)
    model.close()
    assert not library.exists()
    for mode in ("record", "replay"):
        with pytest.raises(ReplyStoreError, match=f"to {mode} replies, name their file"):
            language_model(settings(replies__mode=mode), None, read_only=False)
    with pytest.raises(ReplyStoreError, match="no file of replies"):
        language_model(settings(replies__mode="record"), library, read_only=True)
    language_model(settings(replies__mode="record"), library, read_only=False).close()  # type: ignore[union-attr]
    with pytest.raises(ReplyStoreError, match="nothing can be recorded"):
        language_model(settings(replies__mode="record"), library, read_only=True)


def test_a_replay_needs_no_endpoint_but_its_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.sqlite"
    wanted = settings(endpoint="", replies__mode="replay", replies__file=str(file))
    with pytest.raises(ReplyStoreError, match="no file of replies"):
        language_model(wanted, None, read_only=True)
    ReplyStore.open(file).close()
    before = "seewhy.models.endpoint" in sys.modules
    model = language_model(wanted, None, read_only=True)
    assert model is not None
    assert (model.model, model.name_for(ask_for("red")), model.concurrency) == (None, "m", 1)
    assert ("seewhy.models.endpoint" in sys.modules) == before
    model.close()

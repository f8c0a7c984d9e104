"""Models from a hub: what is downloaded, locked and found again; what goes wrong, and what is said then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hub_server import FILES, MODEL, SAFE, Hub, commit_of, serving, weights

from seewhy.errors import OutOfSpace, WeightsError
from seewhy.models.local import cards
from seewhy.models.local.lock import LOCK_NAME, locked, read_lock, snapshot_folder
from seewhy.models.local.pulling import pull
from seewhy.models.local.verifying import verify, verify_all
from seewhy.models.local.weights import find
from seewhy.settings import LocalSettings


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with serving(monkeypatch, tmp_path) as hub:
        yield hub


@pytest.fixture
def settings(tmp_path: Path) -> LocalSettings:
    return LocalSettings(cache=str(tmp_path / "models"))


def test_pulls_only_what_is_safe_and_wanted(hub: Hub, settings: LocalSettings) -> None:
    pulled = pull(MODEL, settings)
    assert pulled.fetched
    assert hub.fetched() == SAFE == {path.name for path in pulled.folder.iterdir()}
    assert pulled.entry.revision == hub.branches[MODEL]
    assert pulled.entry.bytes == sum(len(FILES[name]) for name in SAFE)


def test_what_was_pulled_is_found_and_verified(hub: Hub, settings: LocalSettings) -> None:
    pulled = pull(MODEL, settings)
    found = find(MODEL, settings)
    assert (found.folder, found.revision) == (pulled.folder, pulled.entry.revision)
    (verified,) = verify_all(settings)
    assert verified.files == len(SAFE)
    assert verified.wrong == ()


def test_the_lock_outlives_a_new_commit(hub: Hub, settings: LocalSettings) -> None:
    first = pull(MODEL, settings).entry.revision
    second = hub.publish(MODEL, {**FILES, "model.safetensors": weights(1)}, "second")
    assert pull(MODEL, settings).entry.revision == first
    assert find(MODEL, settings).revision == first
    assert pull(MODEL, settings, update=True).entry.revision == second
    assert find(MODEL, settings).revision == second


def test_what_is_here_is_not_asked_for_again(hub: Hub, settings: LocalSettings) -> None:
    pull(MODEL, settings)
    hub.asked.clear()
    assert not pull(MODEL, settings).fetched
    assert hub.asked == []


def test_a_named_commit_is_locked_beside_the_other(hub: Hub, settings: LocalSettings) -> None:
    first = hub.branches[MODEL]
    second = hub.publish(MODEL, {**FILES, "model.safetensors": weights(1)}, "second")
    assert pull(MODEL, settings).entry.revision == second
    assert pull(f"{MODEL}@{first}", settings).entry.revision == first
    assert list(read_lock(settings)) == [MODEL, f"{MODEL}@{first}"]
    assert find(MODEL, settings).revision == second
    assert find(f"{MODEL}@{first}", settings).revision == first


def test_a_branch_is_locked_as_what_it_means_now(hub: Hub, settings: LocalSettings) -> None:
    assert pull(f"{MODEL}@main", settings).entry.revision == hub.branches[MODEL]
    assert list(read_lock(settings)) == [MODEL]


def test_a_card_says_which_commit_and_what_it_holds(
    hub: Hub, settings: LocalSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card's commit goes before main, and its SHA-256 before what the hub says."""
    first = hub.branches[MODEL]
    hub.publish(MODEL, {**FILES, "model.safetensors": weights(1)}, "second")
    card = replace(cards.CARDS[0], id=MODEL, revision=first, files={"model.safetensors": "0" * 64})
    monkeypatch.setattr(cards, "_BY_ID", {MODEL: card})
    with pytest.raises(WeightsError, match=r"model\.safetensors is not the published one"):
        pull(MODEL, settings)
    assert read_lock(settings) == {}
    with pytest.raises(WeightsError):
        find(MODEL, settings)
    monkeypatch.setattr(cards, "_BY_ID", {MODEL: replace(card, files={})})
    assert pull(MODEL, settings).entry.revision == first


def test_pickled_weights_alone_are_refused(hub: Hub, settings: LocalSettings) -> None:
    hub.publish("somebody/old", {name: FILES[name] for name in ("config.json", "pytorch_model.bin")})
    with pytest.raises(WeightsError, match=r"no config\.json and \*\.safetensors.*pytorch_model\.bin"):
        pull("somebody/old", settings)
    assert hub.fetched() == set()


def test_an_interrupted_download_locks_nothing_and_goes_on(hub: Hub, settings: LocalSettings) -> None:
    hub.cut_short.add("model.safetensors")
    with pytest.raises(WeightsError, match="run this again"):
        pull(MODEL, settings)
    assert locked(MODEL, settings) is None
    with pytest.raises(WeightsError, match=f"seewhy models pull {MODEL}"):
        find(MODEL, settings)
    hub.cut_short.clear()
    assert pull(MODEL, settings).fetched
    assert verify(MODEL, settings).wrong == ()


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_damage_on_the_way_is_mended(hub: Hub, settings: LocalSettings, name: str) -> None:
    hub.spoiled_once.add(name)
    assert pull(MODEL, settings).fetched
    assert verify(MODEL, settings).wrong == ()


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_what_stays_damaged_is_refused_and_not_left_to_be_found(hub: Hub, settings: LocalSettings, name: str) -> None:
    hub.spoiled.add(name)
    with pytest.raises(WeightsError, match="not what the hub says that it is, twice"):
        pull(MODEL, settings)
    assert read_lock(settings) == {}
    with pytest.raises(WeightsError):
        find(f"{MODEL}@{hub.branches[MODEL]}", settings)
    hub.spoiled.clear()
    assert pull(MODEL, settings).fetched
    assert verify(MODEL, settings).wrong == ()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("model.safetensors", weights(1), "model.safetensors has changed: its SHA-256 is"),
        ("config.json", b"{}", "config.json has 2 bytes, not 22"),
        ("merges.txt", None, "merges.txt is missing"),
    ],
)
def test_verify_names_the_file_that_differs_and_pull_mends_it(
    hub: Hub, settings: LocalSettings, name: str, content: bytes | None, said: str
) -> None:
    path = pull(MODEL, settings).folder / name
    if content is None:
        path.unlink()
    else:
        path.resolve().write_bytes(content)
    (wrong,) = verify(MODEL, settings).wrong
    assert wrong.startswith(said)
    assert pull(MODEL, settings).fetched
    assert verify(MODEL, settings).wrong == ()


def test_verify_misses_a_folder_that_was_removed(hub: Hub, settings: LocalSettings) -> None:
    folder = pull(MODEL, settings).folder
    folder.rename(folder.with_name("elsewhere"))
    assert verify(MODEL, settings).wrong == (f"{folder} is not there",)


def test_verify_of_what_was_never_pulled(settings: LocalSettings) -> None:
    with pytest.raises(WeightsError, match=f"seewhy models pull {MODEL}"):
        verify(MODEL, settings)
    assert list(verify_all(settings)) == []


def test_offline_uses_what_is_here_and_says_what_is_not(
    hub: Hub, settings: LocalSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    pull(MODEL, settings)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert not pull(MODEL, settings).fetched
    with pytest.raises(WeightsError, match=r"HF_HUB_OFFLINE is set.*models--somebody--other"):
        pull("somebody/other", settings)


def test_a_gated_model_says_where_its_license_is(hub: Hub, settings: LocalSettings) -> None:
    hub.gated.add(MODEL)
    with pytest.raises(WeightsError, match=rf"/{MODEL}, make a token.*HF_TOKEN"):
        pull(MODEL, settings)
    assert read_lock(settings) == {}


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("somebody/nothing", "there is no model 'somebody/nothing'"),
        (f"{MODEL}@{commit_of('never')}", "has no revision"),
        ("no-owner", "names no model of the hub"),
        ("../../etc/passwd", "names no model of the hub"),
        (f"{MODEL}@", "names no model of the hub"),
    ],
)
def test_what_there_is_not(hub: Hub, settings: LocalSettings, reference: str, said: str) -> None:
    with pytest.raises(WeightsError, match=said):
        pull(reference, settings)


def test_nobody_answers(hub: Hub, settings: LocalSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(WeightsError, match=r"http://127\.0\.0\.1:9 is not reached"):
        pull(MODEL, settings)


def test_a_full_disk(hub: Hub, settings: LocalSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    from seewhy.models.local import pulling

    usage = pulling.shutil.disk_usage("/")
    monkeypatch.setattr(pulling.shutil, "disk_usage", lambda _: usage._replace(free=100))
    with pytest.raises(OutOfSpace, match=r"takes 0\.0 GB more"):
        pull(MODEL, settings)
    assert hub.fetched() == set()


@pytest.mark.parametrize(
    "text",
    [
        "not JSON",
        "[]",
        '{"format": "models.lock.v9", "models": {}}',
        '{"format": "models.lock.v1", "models": {"a/b": {"id": "a/b", "revision": "main", "files": {}}}}',
        json.dumps(
            {
                "format": "models.lock.v1",
                "models": {
                    "a/b": {
                        "id": "a/b",
                        "revision": "0" * 40,
                        "files": {"../../out.json": {"sha256": "0" * 64, "bytes": 1}},
                    }
                },
            }
        ),
    ],
)
def test_a_lock_file_that_cannot_be_used(settings: LocalSettings, text: str) -> None:
    path = Path(settings.cache) / LOCK_NAME
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(WeightsError, match=LOCK_NAME):
        read_lock(settings)


def test_the_lock_file_lies_beside_the_hubs_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seewhy.models.local.lock import lock_file

    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert lock_file(LocalSettings()) == tmp_path / "seewhy" / LOCK_NAME
    monkeypatch.delenv("HF_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert lock_file(LocalSettings()) == tmp_path / "cache" / "huggingface" / "seewhy" / LOCK_NAME
    assert lock_file(LocalSettings(cache="here")) == Path("here") / LOCK_NAME


def test_a_folder_is_checked_for_being_whole(tmp_path: Path, settings: LocalSettings) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    assert any("config.json" in one for one in verify(str(folder), settings).wrong)
    (folder / "config.json").write_bytes(FILES["config.json"])
    assert verify(str(folder), settings).wrong == ("it holds no *.safetensors",)
    (folder / "model.safetensors").write_bytes(weights())
    assert verify(str(folder), settings).wrong == ()
    (folder / "model.safetensors").write_bytes(weights()[:-1])
    assert "its header says" in verify(str(folder), settings).wrong[0]
    (folder / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert "git lfs pull" in verify(str(folder), settings).wrong[0]
    (folder / "model.safetensors").write_bytes(b"\x80\x04" + bytes(100))
    assert "is no safetensors file" in verify(str(folder), settings).wrong[0]
    (folder / "model.safetensors").write_bytes(weights())
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": "model-00001-of-00002.safetensors"}}')
    assert "model-00001-of-00002.safetensors is missing" in verify(str(folder), settings).wrong[0]


def test_snapshots_lie_where_the_hub_puts_them(hub: Hub, settings: LocalSettings) -> None:
    pulled = pull(MODEL, settings)
    assert pulled.folder == snapshot_folder(MODEL, pulled.entry.revision, settings)

"""The language model that the settings speak of: an endpoint or a model on this machine, with a memory; or a recording
that stands for it."""

from __future__ import annotations

from pathlib import Path

from seewhy.errors import ReplyStoreError
from seewhy.models.language import LanguageModel
from seewhy.models.naming import Naming
from seewhy.models.remembering import Mode, RememberingModel
from seewhy.models.replies import ReplyStore
from seewhy.settings import Settings

_NAMING = "naming"
"""What a recording of models on a machine calls their names and sampling."""


def language_model(
    settings: Settings, store_path: Path | None, read_only: bool, model: LanguageModel | None = None
) -> RememberingModel | None:
    """The language model, or None where the settings have none. Close it: it holds connections and the store.

    Args:
        model: who is asked instead of the one that the settings name.
        store_path: the replies of the library; None: there is no library.
        read_only: nothing is to be written there. A recording is written all the same: it is not the library's.

    Raises:
        ReplyStoreError: a store of replies cannot be used, or is needed and not named.
        PluginError: the model is one on this machine, and what runs it, or its weights, are not here.
    """
    if model is None and not settings.has_language_model:
        return None
    mode = settings.replies.mode
    if mode == "replay":
        store = recording(settings, store_path, read_only)
        naming = Naming.from_json(store.meta()[_NAMING]) if _NAMING in store.meta() else Naming.of(settings)
        return RememberingModel(None, store, mode, naming=naming)
    if mode == "record":
        return _remembering(settings, model, recording(settings, store_path, read_only), mode)
    if mode == "off" or store_path is None:
        return _remembering(settings, model, None, mode)
    if read_only and not store_path.exists():
        return _remembering(settings, model, None, mode, f"{store_path.parent} was opened for reading only")
    try:
        store = ReplyStore.open(store_path, read_only=read_only)
    except ReplyStoreError as error:
        if store_path.exists():  # damaged, newer, not ours: to be put right, not to be passed over
            raise
        return _remembering(settings, model, None, mode, str(error))
    return _remembering(settings, model, store, mode)


def recording(settings: Settings, store_path: Path | None, read_only: bool) -> ReplyStore:
    """The file that is recorded into, or replayed from, as `replies.mode` says.

    Args:
        store_path, read_only: see `language_model`.

    Raises:
        ReplyStoreError: it is not named, or cannot be used.
    """
    mode, file = settings.replies.mode, settings.replies.file
    path = Path(file).expanduser() if file else store_path
    if path is None:
        raise ReplyStoreError(f"to {mode} replies, name their file: replies.file (SEEWHY_REPLIES_FILE)")
    if mode == "replay":
        return ReplyStore.open(path, read_only=True)
    return ReplyStore.open(path, read_only=read_only and not file)


def _remembering(
    settings: Settings,
    model: LanguageModel | None,
    store: ReplyStore | None,
    mode: Mode,
    without_store: str = "there is no library",
) -> RememberingModel:
    try:
        remembering = RememberingModel(
            model if model is not None else _answering(settings), store, mode, without_store=without_store
        )
        if store is not None and mode == "record" and model is None and settings.speaks_locally:
            # which revisions of its models answered is known here, and nowhere where it is replayed
            store.put_meta({_NAMING: Naming.seen_in(remembering).as_json()})
        return remembering
    except BaseException:
        if store is not None:
            store.close()
        raise


def _answering(settings: Settings) -> LanguageModel:
    """Who answers when nothing is remembered."""
    if settings.speaks_locally:
        from seewhy.models.local.language import LocalLanguageModel

        local = LocalLanguageModel(settings)
        local.check()  # before anything is worked on that would have to be thrown away
        return local
    from seewhy.models.endpoint import Endpoint

    return Endpoint(settings)

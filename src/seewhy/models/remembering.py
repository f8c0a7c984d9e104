"""A language model that remembers: what was replied once is not asked again.

========  ============================================  =================================================
mode      the store has a reply                         it has none
========  ============================================  =================================================
cache     it is taken                                   the model is asked; the reply is kept if possible
record    it is taken, so that a recording goes on      the model is asked; the reply is kept, or it is an
          where it was interrupted                      error: a recording with gaps is of no use
replay    it is taken                                   ReplyMissing: nothing is ever sent
off       the store is not looked at                    the model is asked
========  ============================================  =================================================

Failures are never kept. Of equal requests made at the same time one is sent; the others wait for its reply.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Lock
from typing import Any, Literal

from pydantic import ValidationError

from seewhy.errors import BadReply, Cancelled, ReplyMissing, ReplyStoreError
from seewhy.models.language import LanguageModel, Reply, Request, T
from seewhy.models.naming import Naming
from seewhy.models.replies import KeptReply, ReplyStore, schema_hash
from seewhy.models.replies_missing import explain
from seewhy.types.calls import Call

Mode = Literal["cache", "record", "replay", "off"]

CANCEL_SECONDS = 0.05
"""How soon who waits for another's reply sees that it is to give up."""


@dataclass
class _Flight:
    """A request under way, and its reply when it has landed with one."""

    landed: Event = field(default_factory=Event)
    reply: KeptReply | None = None


@dataclass(frozen=True)
class _Asked:
    """A request with what its reply is found by."""

    request: Request[Any]
    model: str
    canonical: bytes
    key: str
    start: float

    def call(self, **values: Any) -> Call:
        """What it took, as far as nothing was sent."""
        return Call(
            purpose=self.request.purpose,
            subject=self.request.subject,
            model=self.model,
            prompt=self.request.prompt,
            key=self.key,
            seconds=time.perf_counter() - self.start,
            attempts=0,
            **values,
        )


class RememberingModel:
    """A LanguageModel before another one. Closing it closes the model and the store."""

    def __init__(
        self,
        model: LanguageModel | None,
        store: ReplyStore | None,
        mode: Mode,
        *,
        naming: Naming | None = None,
        without_store: str = "there is no file to keep them in",
    ) -> None:
        """
        Args:
            model: who is asked what the store does not have; None: nobody, for replay.
            store: None: nothing is remembered, in the modes cache and off.
            naming: how the model of the recording is named, where `model` is None.
            without_store: why `store` is None, for `notes`.

        Raises:
            ReplyStoreError: nothing can be recorded in a store that is open for reading only.
            ValueError: the mode needs what is None.
        """
        if model is None and (mode != "replay" or naming is None):
            raise ValueError("only a replay does without a model, and then it has to be told how models are named")
        if store is None and mode in ("record", "replay"):
            raise ValueError(f"{mode} needs a store of replies")
        if mode == "record" and store is not None and store.read_only:
            raise ReplyStoreError(
                f"{store.path} can be read, not written, so nothing can be recorded in it; make file and folder "
                "writable, or name another file"
            )
        self.model = model
        self.store = store
        self.mode: Mode = mode
        self._naming: LanguageModel | Naming | None = model if model is not None else naming
        self._without_store = without_store
        self._lock = Lock()
        self._flights: dict[str, _Flight] = {}
        self._notes: dict[str, str] = {}

    @property
    def concurrency(self) -> int:
        return 1 if self.model is None else self.model.concurrency  # lookups gain nothing from threads

    @property
    def sampling(self) -> Mapping[str, Any]:
        assert self._naming is not None
        return self._naming.sampling

    def name_for(self, request: Request[Any]) -> str:
        assert self._naming is not None
        return self._naming.name_for(request)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user has to know: that replies are not kept, or not found, and why. Each is said once."""
        with self._lock:
            return tuple(self._notes[what] for what in sorted(self._notes))

    def close(self) -> None:
        if self.model is not None:
            self.model.close()
        if self.store is not None:
            self.store.close()

    def ask(self, request: Request[T], *, cancel: Event | None = None) -> Reply[T]:
        """See `LanguageModel.ask`. The call of a reply that was not sent for has `cached`, and costs nothing.

        Raises:
            ReplyMissing: replaying, and there is no such reply; says which, and what the most similar one was.
            BadReply: replaying, and the kept text does not fit its schema any more.
            ModelError: those of the model.
            ReplyStoreError: the store fails, while recording or replaying.
        """
        if self.mode == "off":
            assert self.model is not None
            return self.model.ask(request, cancel=cancel)
        start = time.perf_counter()
        model = self.name_for(request)
        canonical = request.canonical(model, self.sampling)
        asked = _Asked(request, model, canonical, hashlib.sha256(canonical).hexdigest(), start)
        while True:
            flight, leads = self._board(asked.key)
            if leads:
                try:
                    return self._lead(request, asked, flight, cancel)
                finally:
                    self._land(asked.key, flight)
            _wait(flight, asked, cancel)
            if flight.reply is not None and (reply := _taken(request, asked, flight.reply)) is not None:
                return reply

    def _board(self, key: str) -> tuple[_Flight, bool]:
        """The flight of this request, and whether it is ours to lead."""
        with self._lock:
            leads = key not in self._flights
            return self._flights.setdefault(key, _Flight()), leads

    def _land(self, key: str, flight: _Flight) -> None:
        with self._lock:
            del self._flights[key]
        flight.landed.set()

    def _lead(self, request: Request[T], asked: _Asked, flight: _Flight, cancel: Event | None) -> Reply[T]:
        _check(asked, cancel)
        kept = self._find(asked)
        if kept is not None and (reply := _taken(request, asked, kept)) is not None:
            flight.reply = kept
            return reply
        if self.mode == "replay":
            raise self._missing(asked, kept)
        assert self.model is not None
        reply = self.model.ask(request, cancel=cancel)
        kept = _keepable(asked, reply)
        self._keep(asked, kept)
        flight.reply = kept
        return reply

    def _find(self, asked: _Asked) -> KeptReply | None:
        if self.store is None:
            return None
        try:
            return self.store.reply(asked.key)
        except ReplyStoreError as error:
            if self.mode != "cache":
                raise
            self._note("found", f"kept replies are not used: {error}")
            return None

    def _keep(self, asked: _Asked, kept: KeptReply) -> None:
        try:
            if self.store is None:
                raise ReplyStoreError(self._without_store)
            self.store.put(kept, asked.canonical)
        except ReplyStoreError as error:
            if self.mode != "cache":
                raise
            self._note("kept", f"replies are not kept: {error}")

    def _note(self, what: str, text: str) -> None:
        with self._lock:
            self._notes.setdefault(what, text)

    def _missing(self, asked: _Asked, kept: KeptReply | None) -> ReplyMissing | BadReply:
        assert self.store is not None
        request = asked.request
        name = f"{request.purpose} of {request.subject!r} (model {asked.model}, prompt {request.prompt}, {asked.key})"
        if kept is not None:
            why = (
                f"the reply that {self.store.path} has to {name} does not fit the schema that this seewhy expects; "
                "replay with the version it was recorded with, or record it again"
            )
            return BadReply(why, asked.call(cached=True, error=f"BadReply: {why}"), kept.text)
        why = (
            f"{self.store.path} has no reply to {name}. {explain(self.store, request, asked.canonical)} "
            "Replay with the settings, videos and version it was recorded with, or record what is missing"
        )
        return ReplyMissing(why, asked.call(error=f"ReplyMissing: {why}"))


def _wait(flight: _Flight, asked: _Asked, cancel: Event | None) -> None:
    if cancel is None:
        flight.landed.wait()
        return
    while not flight.landed.wait(CANCEL_SECONDS):
        _check(asked, cancel)


def _check(asked: _Asked, cancel: Event | None) -> None:
    if cancel is not None and cancel.is_set():
        why = "given up before anything was sent"
        raise Cancelled(why, asked.call(error=f"Cancelled: {why}"))


def _taken(request: Request[T], asked: _Asked, kept: KeptReply) -> Reply[T] | None:
    """The reply without asking; None: its text does not fit the schema."""
    try:
        value = request.schema.model_validate_json(kept.text)
    except ValidationError:
        return None
    tokens = {"input_tokens": kept.input_tokens, "output_tokens": kept.output_tokens}
    return Reply(value, kept.text, asked.call(cached=True, cost=0.0, **tokens))


def _keepable(asked: _Asked, reply: Reply[Any]) -> KeptReply:
    return KeptReply(
        key=asked.key,
        purpose=asked.request.purpose,
        subject=_encodable(asked.request.subject),
        model=asked.model,
        prompt=asked.request.prompt,
        schema=schema_hash(asked.request.json_schema),
        text=_encodable(reply.text),
        input_tokens=reply.call.input_tokens,
        output_tokens=reply.call.output_tokens,
        seconds=reply.call.seconds,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def _encodable(text: str) -> str:
    """Without halves of surrogate pairs, which names of files and escapes in JSON may have, and no database takes."""
    return text.encode("utf-8", "replace").decode()

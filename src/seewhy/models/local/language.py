"""The language model on this machine: weights of Qwen3-VL, Qwen2.5-VL (pictures) or any causal model with a chat
template, in the place of an endpoint.

::

    Request ─▶ chat ─▶ line ─▶ decoding, under the schema's grammar ─▶ text ─▶ value
                                                      ▲                 │ does not fit
                                                      └── once more ────┘

Prompts, schemas, and what is said to a model whose reply does not fit are those of the endpoint.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from functools import partial
from threading import Event, Lock
from typing import Any, Self

from seewhy.errors import BadReply, Cancelled, LocalModelError, WeightsError
from seewhy.models.failures import Failure
from seewhy.models.language import Message, Reply, Request, T
from seewhy.models.local.decoding import Draw, Writer
from seewhy.models.local.devices import device_for
from seewhy.models.local.grammar import Grammar, GrammarError, require_library
from seewhy.models.local.line import Job, Line
from seewhy.models.local.speaking import Speaker
from seewhy.models.local.weights import find
from seewhy.models.objection import objection
from seewhy.models.parsing import Unfit, read_reply
from seewhy.models.tally import Tally
from seewhy.settings import Settings

SEE = "set local.vision to a model that does, such as Qwen/Qwen3-VL-8B-Instruct"


class LocalLanguageModel:
    """A LanguageModel of weights on this machine. Safe to use from many threads."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is loaded yet, and no weights are looked for; see `check`.

        Args:
            settings: those of `local`; of `calls` temperature and seed.
        """
        self._settings = settings.local
        self._calls = settings.calls
        self._names = {False: settings.local.language, True: settings.local.vision or settings.local.language}
        """pictures? → the setting"""
        self._speakers: dict[str, Speaker] = {}
        self._lock = Lock()
        self._line = Line(self._write, self._settings.batch)

    @property
    def concurrency(self) -> int:
        return self._settings.batch

    @property
    def sampling(self) -> Mapping[str, Any]:
        """What replies depend on besides the request and the weights. The precision (local.dtype) is not among it: a
        reply is of use on another machine, too."""
        return {
            "temperature": self._calls.temperature,
            "seed": self._calls.seed,
            "max_new_tokens": self._settings.max_new_tokens,
        }

    def name_for(self, request: Request[Any]) -> str:
        """``<id or folder>@<revision>`` of the weights.

        Raises:
            WeightsError: they are not here.
        """
        return self._speaker(request.has_pictures).name

    def check(self) -> None:
        """Find all that is needed without loading it, so that a run fails before it begins.

        Raises:
            WeightsError: weights are not here, or those of `local.vision` read no pictures.
            PluginError: torch, transformers or llguidance is not installed.
            SettingsError: the device is not there.
        """
        require_library()
        device_for(self._settings)
        self._speaker(False)
        if not self._speaker(True).reads_pictures and self._names[True] != self._names[False]:
            raise WeightsError(f"setting local.vision = {self._names[True]!r}: this model reads no pictures; {SEE}")

    def ask(self, request: Request[T], *, cancel: Event | None = None) -> Reply[T]:
        """See `LanguageModel.ask`.

        Raises:
            LocalModelError: the model reads no pictures, not as much, or there is no memory for it.
            BadReply: the reply does not fit, also after repair, or was cut off.
            Cancelled: given up, by the caller or by `close`.
            WeightsError: the weights are not here, or cannot be loaded.
            TypeError: the schema cannot be expressed; see `strict_schema`.
        """
        begun = time.monotonic()
        speaker = self._speaker(request.has_pictures)
        key = request.key(speaker.name, self.sampling)
        tally = Tally()
        try:
            value, text = self._converse(speaker, request, key, tally, cancel)
        except Failure as failure:
            why = f"{failure.kind.__name__}: {failure}"
            call = tally.call(request, speaker.name, key, time.monotonic() - begun, why)
            raise failure.error(call) from failure
        return Reply(value, text, tally.call(request, speaker.name, key, time.monotonic() - begun))

    def close(self) -> None:
        """Give up what is under way and let go of the models. Requests made afterwards are `Cancelled`."""
        self._line.close()
        with self._lock:
            speakers = list(self._speakers.values())
        for speaker in speakers:
            speaker.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _speaker(self, pictures: bool) -> Speaker:
        name = self._names[pictures]
        with self._lock:
            if name not in self._speakers:
                self._speakers[name] = Speaker(find(name, self._settings), self._settings)
            return self._speakers[name]

    def _converse(
        self, speaker: Speaker, request: Request[T], key: str, tally: Tally, cancel: Event | None
    ) -> tuple[T, str]:
        """The value, and the text that it was read from."""
        if request.has_pictures and not speaker.reads_pictures:
            raise Failure(LocalModelError, f"{speaker.weights.name} reads no pictures; {SEE}")
        text = self._written(speaker, request, request.messages, key, tally, cancel)
        try:
            return read_reply(text, request.schema), text
        except Unfit as unfit:
            messages = (*request.messages, *objection(text, str(unfit)))
        text = self._written(speaker, request, messages, key, tally, cancel)
        try:
            value = read_reply(text, request.schema)
        except Unfit as still:
            raise Failure(
                BadReply, f"the reply does not fit its schema, also after repair: {still}", text=text
            ) from still
        tally.repaired = True
        return value, text

    def _written(
        self,
        speaker: Speaker,
        request: Request[T],
        messages: tuple[Message, ...],
        key: str,
        tally: Tally,
        cancel: Event | None,
    ) -> str:
        """What the model writes under the schema's grammar, when it is this request's turn."""
        if cancel is not None and cancel.is_set():
            raise Failure(Cancelled, "given up before it was sent")
        with self._line.coming():
            given = speaker.chat.read(messages)
            try:
                grammar = partial(speaker.grammars.of, request.schema)
                grammar()  # its errors belong to this request
            except GrammarError as error:
                raise Failure(LocalModelError, f"{request.schema.__name__}: {error}") from error
            tally.attempts += 1
            seed = _seed(key, tally.attempts)
            temperature = request.sampled(self.sampling)["temperature"]
            draw = partial(Draw, temperature, seed) if temperature else None
            job = Job(speaker, given, lambda: self._writer(grammar(), draw, job), cancel)
            self._line.join(job)
        tally.input_tokens += job.size
        writer = self._line.wait(job)
        tally.output_tokens += len(writer.tokens)
        text = speaker.chat.text(writer.tokens)
        if writer.end == "whole":
            return text
        if writer.end == "cut off":
            raise Failure(
                BadReply,
                f"the reply was cut off after {len(writer.tokens)} tokens; raise local.max_new_tokens "
                f"({self._settings.max_new_tokens}) or take a model with a longer context",
                text=text,
            )
        if writer.end == "overflow":
            raise Failure(
                LocalModelError,
                f"{speaker.weights.name} computes what is no number in this precision; set local.dtype to bfloat16 or "
                "float32",
            )
        raise Failure(LocalModelError, f"the grammar of {request.schema.__name__} is too large to go on under it")

    def _writer(self, grammar: Grammar, draw: Callable[[], Draw] | None, job: Job) -> Writer:
        drawn = None if draw is None else draw()
        return Writer(grammar, self._settings.max_new_tokens, drawn, lambda: job.given_up)

    def _write(self, jobs: Any) -> None:
        speaker: Speaker = jobs[0].group
        speaker.write(jobs)


def _seed(key: str, attempt: int) -> int:
    """Of sampling: the key holds the setting, the number of the sample and all that is asked."""
    return int.from_bytes(hashlib.sha256(f"{key} {attempt}".encode()).digest()[:8], "big") >> 1

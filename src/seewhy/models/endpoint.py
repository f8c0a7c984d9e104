"""The hosted language model: any server that speaks OpenAI's chat completions (OpenAI, vLLM, Ollama, llama.cpp, …).

Callers wait in their own threads; the requests are made in one event loop in the background, so that many can be under
way, and so that giving one up really ends its HTTP request. What the server takes of the protocol is found out by
asking (see `dialects`); what may be tried again is decided in `failures`; the course of one request is `conversation`.
"""

from __future__ import annotations

import asyncio
import os
import time
import warnings
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future, wait
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Self

from seewhy.errors import Cancelled, EndpointError, SettingsError
from seewhy.models.background import BackgroundLoop
from seewhy.models.conversation import Conversation, Line
from seewhy.models.dialects import Dialect
from seewhy.models.failures import Failure
from seewhy.models.language import Reply, Request, T
from seewhy.models.limits import FIRST_WAIT, RateLimiter
from seewhy.models.naming import Naming
from seewhy.models.tally import Tally
from seewhy.models.wire import wire_messages
from seewhy.settings import Settings
from seewhy.types.calls import Call

if TYPE_CHECKING:
    from openai import AsyncOpenAI

NO_KEY = "none"
"""Sent as the key where none is set: local servers need none, but the protocol's client does."""
CONNECT_SECONDS = 10.0
"""For making a connection. A server that is there takes it at once, however slowly it answers."""
CANCEL_SECONDS = 0.05
"""How often a waiting caller looks whether it should give up."""


class Endpoint:
    """A LanguageModel behind an OpenAI-compatible URL.

    Safe to use from many threads. Connections and the background thread live until `close`.
    """

    def __init__(self, settings: Settings, *, first_wait: float = FIRST_WAIT) -> None:
        """Nothing is sent yet.

        Args:
            settings: `endpoint`, `api_key`, `model`, `vision_model` and those of `calls`.
            first_wait: seconds before the first retry; doubled at each further one.

        Raises:
            SettingsError: there is no endpoint, or no model.
        """
        if not settings.endpoint or not settings.model:
            raise SettingsError("a language model needs an endpoint and a model: set SEEWHY_ENDPOINT and SEEWHY_MODEL")
        self._url = settings.endpoint
        self._key = settings.api_key.get_secret_value().strip()
        self._calls = settings.calls
        self._naming = Naming.of(settings)
        self._first_wait = first_wait
        self._background = BackgroundLoop("seewhy-endpoint")
        self._lock = Lock()
        self._line: Line | None = None

    @property
    def concurrency(self) -> int:
        return self._calls.concurrency

    @property
    def sampling(self) -> Mapping[str, Any]:
        return self._naming.sampling

    def name_for(self, request: Request[Any]) -> str:
        return self._naming.name_for(request)

    def dialect(self, model: str) -> Dialect:
        """How a model is spoken to, by what has been learned so far."""
        return Dialect() if self._line is None else self._line.dialects.of(model)

    def ask(self, request: Request[T], *, cancel: Event | None = None) -> Reply[T]:
        """See `LanguageModel.ask`.

        Raises:
            EndpointError, ModelTimeout, RateLimited, Refused, BadReply, Cancelled: by name what went wrong.
            TypeError: the schema cannot be expressed; see `strict_schema`.
        """
        begun = time.monotonic()
        model = self.name_for(request)
        key = request.key(model, self.sampling)
        tally = Tally()
        try:
            if cancel is not None and cancel.is_set():
                raise Failure(Cancelled, "given up before it was sent")
            # pictures are compressed here, in the caller's thread: the loop's has to stay free for the network
            messages = wire_messages(request.messages)
            conversation = Conversation(self._open(), request, model=model, key=key, messages=messages, cancel=cancel)
            tally = conversation.tally
            value, text = self._wait(conversation, cancel)
        except Failure as failure:
            call = self._call(request, model, key, tally, begun, f"{failure.kind.__name__}: {failure}")
            raise failure.error(call) from failure
        return Reply(value, text, self._call(request, model, key, tally, begun, None))

    def models(self, seconds: float) -> tuple[str, ...]:
        """The names of the models that the endpoint lists, sorted.

        Raises:
            openai.OpenAIError: it does not list them.
            TimeoutError: not within so many seconds.
            RuntimeError: the endpoint is closed.
        """
        models = self._open().client.models

        async def listed() -> tuple[str, ...]:
            async with asyncio.timeout(seconds):
                return tuple(sorted([model.id async for model in models.list()]))

        return self._background.submit(listed).result()

    def close(self) -> None:
        """Give up what is under way, and close all connections. Requests made afterwards are `Cancelled`."""
        with self._lock:
            line = self._line
        self._background.close(None if line is None else line.client.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        background = getattr(self, "_background", None)  # none, where the settings were refused
        if background is not None and background.running:
            background.abandon(None if self._line is None else self._line.client.close)
            warnings.warn(f"the endpoint {self._url} was not closed", ResourceWarning, source=self, stacklevel=1)

    def _wait(self, conversation: Conversation[T], cancel: Event | None) -> tuple[T, str]:
        try:
            future: Future[tuple[T, str]] = self._background.submit(conversation.hold)
        except RuntimeError as error:
            raise Failure(Cancelled if self._background.closed else EndpointError, str(error)) from error
        try:
            while not wait([future], timeout=None if cancel is None else CANCEL_SECONDS).done:
                if cancel is not None and cancel.is_set():
                    raise Failure(Cancelled, "given up while it was waited for")
            return future.result()
        except CancelledError as error:
            raise Failure(Cancelled, "the endpoint was closed while it was waited for") from error
        finally:
            future.cancel()  # whatever ends the waiting (a key press, too) ends the request

    def _open(self) -> Line:
        """The line to the endpoint, made at its first use: the SDK takes long to import."""
        with self._lock:
            if self._line is None:
                self._line = Line(
                    client=_client(self._url, self._key or NO_KEY),
                    endpoint=self._url,
                    key=self._key,
                    settings=self._calls,
                    first_wait=self._first_wait,
                    slots=asyncio.Semaphore(self._calls.concurrency),
                    limiter=RateLimiter(self._calls.per_minute),
                )
            return self._line

    def _call(self, request: Request[Any], model: str, key: str, tally: Tally, begun: float, error: str | None) -> Call:
        prices = (self._calls.price_in, self._calls.price_out)
        return tally.call(request, model, key, time.monotonic() - begun, error, prices)


def _client(url: str, key: str) -> AsyncOpenAI:
    """The SDK's client, ready to be used, with nothing in it that was not set for seewhy.

    The SDK fills gaps from the environment (OPENAI_API_KEY, OPENAI_ORG_ID, OPENAI_CUSTOM_HEADERS, …), which is meant
    for other programs and may carry secrets that are none of this endpoint's business.
    """
    import openai

    headers: dict[str, Any] = {"Authorization": f"Bearer {key}"}
    for line in os.environ.get("OPENAI_CUSTOM_HEADERS", "").splitlines():
        name = line.partition(":")[0].strip()
        if name and name.lower() != "authorization":
            headers[name] = openai.Omit()
    headers |= {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
    client = openai.AsyncOpenAI(
        base_url=url,
        api_key=key,
        admin_api_key="",
        organization="",
        project="",
        webhook_secret="",
        max_retries=0,
        timeout=openai.Timeout(None, connect=CONNECT_SECONDS),
        default_headers=headers,
    )
    assert client.chat.completions  # imported now: it takes a second, which the loop's thread must not stand still for
    return client

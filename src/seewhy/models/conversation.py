"""One request to an endpoint, from its turn to its value: sent, sent again where that helps, read, repaired once.

::

    turn ─▶ send ─▶ read ─▶ value
             ▲ │      │ does not fit
             │ │      └─▶ send the reply and what is wrong with it ─▶ read ─▶ value
             └─┘ again: other dialect, back-off, Retry-After
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING, Any, Generic

from seewhy.errors import BadReply, Cancelled, EndpointError, ModelTimeout, Refused
from seewhy.models.dialects import Dialect, Dialects, Format, Sized, reach
from seewhy.models.failures import Failure, of_error, of_status
from seewhy.models.language import Request, T
from seewhy.models.limits import RateLimiter, wait_before
from seewhy.models.objection import objection
from seewhy.models.parsing import Unfit, read_reply
from seewhy.models.schema import schema_name, strict_schema
from seewhy.models.tally import Tally
from seewhy.models.wire import (
    Answer,
    Gathering,
    Malformed,
    WireMessage,
    error_in,
    read_completion,
    wire_body,
    wire_messages,
)
from seewhy.settings import CallSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI


@dataclass
class Line:
    """What all requests to one endpoint share. Belongs to one event loop."""

    client: AsyncOpenAI
    endpoint: str
    key: str
    """the API key, to be taken out of what the endpoint says; empty: none"""
    settings: CallSettings
    first_wait: float
    slots: asyncio.Semaphore
    limiter: RateLimiter
    dialects: Dialects = field(default_factory=Dialects)
    down: bool = False
    """True: the last request found nothing at the address, also after retries; the next ones do not insist"""


class Conversation(Generic[T]):
    """One request and its answer."""

    def __init__(
        self,
        line: Line,
        request: Request[T],
        *,
        model: str,
        key: str,
        messages: list[WireMessage],
        cancel: Event | None = None,
    ) -> None:
        """
        Args:
            key: of the request; decides the jitter of its waits.
            messages: of the request, as they are sent.
            cancel: when it is set, nothing more is sent. What is under way ends when the coroutine is cancelled.
        """
        self._line = line
        self._request = request
        self._model = model
        self._key = key
        self._messages = messages
        self._cancel = cancel
        self._schema = Sized(schema_name(request.schema), len(json.dumps(strict_schema(request.schema))))
        self._dialect = Dialect()
        self._taken: Format = "json_schema"
        """the format that the model has not refused for all it is asked"""
        self._too_much = False
        """True: this schema was refused, and not for what it says of others"""
        self.tally = Tally()

    async def hold(self) -> tuple[T, str]:
        """The value, and the reply as it came.

        Raises:
            Failure: no usable reply.
        """
        async with self._line.slots:
            self._dialect = self._line.dialects.of(self._model, self._schema)
            self._taken = self._line.dialects.of(self._model).format
            answer = await self._send(self._messages)
            try:
                value = self._read(answer)
            except Unfit as unfit:
                if unfit.shape and self._dialect != self._dialect.ignored():
                    self._dialect = self._dialect.ignored()
                    self._taken = self._dialect.format
                answer = await self._send([*self._messages, *wire_messages(objection(answer.text, str(unfit)))])
                try:
                    value = self._read(answer)
                except Unfit as still:
                    raise Failure(
                        BadReply, f"the reply does not fit its schema, also after repair: {still}", text=answer.text
                    ) from still
                self.tally.repaired = True
            self._line.dialects.learn(self._model, replace(self._dialect, format=self._taken))
            if self._too_much:
                self._line.dialects.learn_schema(self._model, self._schema, self._dialect.format)
            return value, answer.text

    def _read(self, answer: Answer) -> T:
        if answer.refusal or answer.finish.startswith("content_filter"):
            why = answer.refusal or "the endpoint's filter stopped the reply"
            raise Failure(Refused, f"{self._model} declines: {why[:300]}")
        if answer.finish in ("length", "max_tokens"):
            limit = self._line.settings.max_output_tokens
            raise Failure(
                BadReply,
                f"the reply was cut off after {answer.output_tokens or 'too many'} tokens; raise "
                f"calls.max_output_tokens ({limit}) or take a model with a longer context",
                text=answer.text,
            )
        if not answer.text.strip():
            raise Unfit("it is empty", shape=False)
        return read_reply(answer.text, self._request.schema)

    async def _send(self, messages: list[WireMessage]) -> Answer:
        """Sent until it is answered, or there is no sense in trying again."""
        left = self._line.settings.timeout
        retries = 0 if self._line.down else self._line.settings.retries
        retry = 0
        loop = asyncio.get_running_loop()
        while True:
            await self._line.limiter.turn()
            if self._cancel is not None and self._cancel.is_set():  # one that ends frees the next one's turn
                raise Failure(Cancelled, "given up before it was sent")
            begun = loop.time()
            try:
                answer = await self._attempt(messages, left)
            except Failure as failure:
                self._line.down = failure.unreached and (self._line.down or retry >= retries)
                narrower = self._dialect.without(failure.status, failure.complaint, self._line.settings.stream)
                left -= loop.time() - begun
                if narrower is not None and left > 0:
                    self._narrow(narrower, failure.words)
                    continue
                retry += 1
                wait = wait_before(retry, self._key, self._line.first_wait) if failure.after is None else failure.after
                if not failure.again or retry > retries:
                    raise self._given_up(failure, retry - 1) from failure
                if wait >= left:
                    raise self._given_up(failure, retry - 1, wait) from failure
                await asyncio.sleep(wait)
                left -= wait
            else:
                self._line.down = False
                self.tally.input_tokens += answer.input_tokens
                self.tally.output_tokens += answer.output_tokens
                return answer

    def _narrow(self, narrower: Dialect, words: str) -> None:
        if narrower.format != self._dialect.format:
            about = reach(words)
            if about == "model" and self._taken == self._dialect.format:
                self._taken = narrower.format
            self._too_much = self._too_much or about == "schema"
        self._dialect = narrower

    def _given_up(self, failure: Failure, retries: int, wait: float | None = None) -> Failure:
        said = str(failure)
        if wait is not None:
            said += f"; to be sent again after {wait:.0f} s, which calls.timeout does not allow"
        elif failure.again and retries:
            said += f"; still so after {retries} retries"
        return Failure(failure.kind, said, status=failure.status, text=failure.text)

    async def _attempt(self, messages: list[WireMessage], seconds: float) -> Answer:
        """One HTTP request and its response."""
        import openai

        settings = self._line.settings
        body = wire_body(
            self._model,
            messages,
            self._request.schema,
            self._dialect,
            temperature=settings.temperature if self._request.temperature is None else self._request.temperature,
            seed=settings.seed + self._request.sample,
            max_output_tokens=settings.max_output_tokens,
            stream=settings.stream,
        )
        self.tally.attempts += 1
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(body)
        except TimeoutError as error:
            why = f"{self._line.endpoint} gave no whole reply within {settings.timeout:g} s; raise calls.timeout"
            raise Failure(ModelTimeout, why) from error
        except openai.APIStatusError as error:
            text = self._without_key(error.response.text)
            raise of_status(error.status_code, error.response.headers, text, **self._circumstances()) from error
        except openai.APIConnectionError as error:
            cause = error.__cause__
            why = f"{type(cause).__name__}: {cause}" if cause is not None else str(error)
            raise Failure(
                EndpointError,
                f"{self._line.endpoint} is not reached ({self._without_key(why)}); is the server running, and is "
                "SEEWHY_ENDPOINT its URL?",
                again=True,
                unreached=True,
            ) from error
        except openai.APIError as error:  # an error object within a stream
            raise of_error(
                json.loads(self._without_key(json.dumps(error.body, default=str))), **self._circumstances()
            ) from error
        except Malformed as error:
            why = f"{self._line.endpoint} gives no chat completion: {self._without_key(str(error))}"
            raise Failure(EndpointError, why, again=True) from error

    async def _exchange(self, body: dict[str, Any]) -> Answer:
        import httpx2
        import openai

        create: Any = self._line.client.chat.completions.with_raw_response.create
        raw = await create(**body)
        response = raw.http_response
        try:
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == "text/event-stream":
                stream: openai.AsyncStream[object] = openai.AsyncStream(
                    cast_to=object, response=response, client=self._line.client
                )
                return await _gathered(stream)
            try:
                await response.aread()  # without streaming it has been read already
            except httpx2.TransportError as error:
                raise openai.APIConnectionError(request=response.request) from error
        finally:
            await response.aclose()
        document = self._document(response.content, kind)
        if (told := error_in(document)) is not None:
            raise of_error(told, **self._circumstances())
        return read_completion(document)

    def _document(self, content: bytes, kind: str) -> object:
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            if kind.endswith("json"):
                raise Malformed(f"the JSON of its response is broken ({error})") from error
            raise Failure(
                EndpointError,
                f"{self._line.endpoint} answers with {kind or 'no content type'}, not with JSON; set SEEWHY_ENDPOINT "
                "to the URL of an OpenAI-compatible server, up to /v1",
            ) from error

    def _circumstances(self) -> dict[str, Any]:
        return {"endpoint": self._line.endpoint, "model": self._model, "pictures": self._request.has_pictures}

    def _without_key(self, text: str) -> str:
        return text.replace(self._line.key, "<the key>") if self._line.key else text


async def _gathered(stream: AsyncIterator[object]) -> Answer:
    gathering = Gathering()
    try:
        async for piece in stream:
            gathering.add(piece)
    except ValueError as error:  # of the SDK: what a piece says is no JSON, or not even text
        raise Malformed(f"a piece of its stream is broken ({error})") from error
    return gathering.answer()

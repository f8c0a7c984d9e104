"""An OpenAI-compatible server for tests: real HTTP, a tiny random model behind it, and misbehavior on demand.

Any test gets one through the fixture `language_server` (tests/conftest.py), fresh for each test::

    def test_something(language_server):
        settings = language_server.settings(calls={"retries": 1})
        language_server.replies = lambda body: '{"color": "red"}'      # instead of the random model
        language_server.next(Fails(500), Fails(429, retry_after=0.1))   # what the next requests get, one each
        ...
        assert language_server.requests[0]["model"] == "tiny"

Without `replies`, the random model answers: it fits the JSON schema of the request and means nothing. Replies can be
chosen by what was asked with `asked_schema(body)` and `asked_text(body)`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from seewhy.settings import Settings

KEY = "sk-test-0123456789"
PIECE = 7
"""Characters of one piece of a streamed reply that is given, not generated."""
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Says:
    """Answers so, whatever is asked."""

    text: str
    finish: str = "stop"
    refusal: str | None = None
    reasoning: str | None = None


@dataclass(frozen=True)
class Fails:
    """An error in OpenAI's form."""

    status: int
    message: str = "something went wrong"
    param: str | None = None
    code: str | None = None
    retry_after: float | str | None = None


@dataclass(frozen=True)
class Sends:
    """Any body."""

    body: str
    content_type: str = "application/json"
    status: int = 200


@dataclass(frozen=True)
class Waits:
    """Answers as usual, after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Hangs:
    """Sends nothing (or, streaming, some pieces), then nothing more until the client leaves."""

    after_pieces: int = 0


@dataclass(frozen=True)
class Breaks:
    """Sends half of a body of the announced length (or, streaming, some pieces) and ends."""


@dataclass(frozen=True)
class Dribbles:
    """Streams a piece every so many seconds, without end."""

    seconds: float = 0.02


Behavior = Says | Fails | Sends | Waits | Hangs | Breaks | Dribbles


def asked_text(body: dict[str, Any]) -> str:
    """All text of a request's messages."""
    texts = []
    for message in body["messages"]:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        texts += [part["text"] for part in parts if part["type"] == "text"]
    return "\n".join(texts)


def asked_schema(body: dict[str, Any]) -> dict[str, Any] | None:
    """The JSON schema that a request wants its reply decoded under."""
    wanted = body.get("response_format") or {}
    return wanted["json_schema"]["schema"] if wanted.get("type") == "json_schema" else None


def asked_pictures(body: dict[str, Any]) -> list[bytes]:
    """The files of the pictures in a request.

    Raises:
        ValueError: one is no PNG in a data URL.
    """
    files = []
    for message in body["messages"]:
        for part in message["content"] if isinstance(message["content"], list) else ():
            if part["type"] == "image_url":
                head, _, data = part["image_url"]["url"].partition(",")
                try:
                    file = base64.b64decode(data, validate=True)
                except binascii.Error as error:
                    raise ValueError("not base64") from error
                if head != "data:image/png;base64" or not file.startswith(PNG):
                    raise ValueError("not a PNG")
                files.append(file)
    return files


class ControlledServer:
    """The server and what tests set and see of it."""

    def __init__(self) -> None:
        self.reset()
        self._model: Any = None
        self._loading = threading.Lock()
        self._writing = threading.Lock()
        config = uvicorn.Config(
            _app(self), host="127.0.0.1", port=0, log_level="critical", lifespan="off", ws="none",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the test server does not start")
            time.sleep(0.005)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"

    def reset(self) -> None:
        """As new."""
        self.models: tuple[str, ...] = ("tiny", "tiny-vision")
        """served here; others are unknown"""
        self.key: str | None = None
        """what has to be sent; None: anything"""
        self.replies: Callable[[dict[str, Any]], str | Behavior] | None = None
        """body → reply, instead of the random model"""
        self.refuses: dict[str, str] = {}
        """parameters (``seed``, ``stream_options``, …; ``json_schema`` and ``json_object`` of response_format;
        ``pictures``) that are answered with status 400 and this message"""
        self.ignores_format = False
        """the response_format is taken and not kept to: the random model writes anything"""
        self.pause = 0.0
        """seconds that every request takes at least"""
        self.requests: list[dict[str, Any]] = []
        """bodies of all requests for a completion, in the order of arrival"""
        self.headers: list[dict[str, str]] = []
        """their headers, names in lower case"""
        self.arrivals: list[float] = []
        """when they came, seconds of time.monotonic"""
        self.under_way = 0
        """requests that have come and whose response has not begun"""
        self.most_at_once = 0
        """most of them at a time"""
        self.left = 0
        """requests whose client left before the end"""
        self._next: deque[Behavior] = deque()

    def next(self, *behaviors: Behavior) -> None:
        """What the next requests get, one each, before anything else."""
        self._next.extend(behaviors)

    def settings(self, calls: dict[str, Any] | None = None, **values: Any) -> Settings:
        """Settings with this server as the endpoint."""
        quick = {"timeout": 60.0, "max_output_tokens": 4000, **(calls or {})}
        return Settings.model_validate({"endpoint": self.url, "model": "tiny", "calls": quick, **values})

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    @property
    def model(self) -> Any:
        """The random model, loaded at its first use, which takes seconds."""
        with self._loading:
            if self._model is None:
                from random_model import RandomModel

                self._model = RandomModel()
            return self._model

    def behavior(self, body: dict[str, Any]) -> Behavior | None:
        """What this request gets; None: an answer of the random model."""
        if self._next:
            return self._next.popleft()
        for name, message in self.refuses.items():
            kind = (body.get("response_format") or {}).get("type")
            if name in body or name == kind or (name == "pictures" and asked_pictures(body)):
                return Fails(400, message)
        if body["model"] not in self.models:
            return Fails(404, f"The model `{body['model']}` does not exist", code="model_not_found")
        if self.replies is not None:
            reply = self.replies(body)
            return Says(reply) if isinstance(reply, str) else reply
        return None

    def write(self, body: dict[str, Any]) -> Iterator[str]:
        """What the random model writes, token by token."""
        schema = asked_schema(body)
        if schema is None and (body.get("response_format") or {}).get("type") == "json_object":
            schema = {"type": "object"}
        model = self.model
        with self._writing:  # one request after the other: there is one core to compute with
            yield from model.write(
                asked_text(body),
                None if self.ignores_format else schema,
                temperature=body.get("temperature", 1.0),
                seed=body.get("seed", 0),
                most=min(_longest(body), 2000 if schema is not None and not self.ignores_format else 40),
            )


def _longest(body: dict[str, Any]) -> int:
    return int(body.get("max_completion_tokens") or body.get("max_tokens") or 2000)


def _app(control: ControlledServer) -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.get("/v1/models")
    async def models(request: Request) -> Response:
        if control.key is not None and request.headers.get("authorization") != f"Bearer {control.key}":
            return _error(Fails(401, "Incorrect API key provided"))
        return JSONResponse({"object": "list", "data": [{"id": name, "object": "model"} for name in control.models]})

    @app.post("/v1/chat/completions")
    async def complete(request: Request) -> Response:
        body = await request.json()
        control.requests.append(body)
        control.headers.append(dict(request.headers))
        control.arrivals.append(time.monotonic())
        sent_key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if control.key is not None and sent_key != control.key:
            return _error(Fails(401, f"Incorrect API key provided: {sent_key}", code="invalid_api_key"))
        control.under_way += 1
        control.most_at_once = max(control.most_at_once, control.under_way)
        try:
            return await _answer(control, request, body)
        finally:
            control.under_way -= 1

    return app


async def _answer(control: ControlledServer, request: Request, body: dict[str, Any]) -> Response:
    try:
        behavior = control.behavior(body)
    except ValueError as error:
        return _error(Fails(400, f"invalid image: {error}"))
    seconds = control.pause
    if isinstance(behavior, Waits):
        seconds += behavior.seconds
        behavior = control.behavior(body)
    elif isinstance(behavior, Hangs) and not (body.get("stream") and behavior.after_pieces):
        seconds = 3600.0
    if seconds and not await _pass(request, seconds):
        control.left += 1
        return Response(status_code=499)
    if isinstance(behavior, Fails):
        return _error(behavior)
    if isinstance(behavior, Sends):
        return Response(behavior.body, behavior.status, media_type=behavior.content_type)
    says = behavior if isinstance(behavior, Says) else None
    if body.get("stream"):
        pieces = _generated(control, body) if behavior is None else _given(says.text if says else "0123456789" * 10)
        events = _events(control, body, pieces, behavior)
        return StreamingResponse(events, media_type="text/event-stream")
    if isinstance(behavior, Breaks):
        return StreamingResponse(_half(), media_type="application/json", headers={"content-length": "1000"})
    if says is None:
        try:
            written = await run_in_threadpool(lambda: list(control.write(body)))
        except ValueError as error:
            return _error(Fails(400, f"Invalid schema for response_format: {error}"))
        says = Says("".join(written), "length" if len(written) >= _longest(body) else "stop")
    message = {"role": "assistant", "content": says.text}
    if says.refusal is not None:
        message |= {"content": None, "refusal": says.refusal}
    if says.reasoning is not None:
        message["reasoning_content"] = says.reasoning
    usage = _usage(body, says.text)
    choice = {"index": 0, "message": message, "finish_reason": says.finish}
    return JSONResponse({"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage})


async def _events(
    control: ControlledServer, body: dict[str, Any], pieces: AsyncIterator[str], behavior: Behavior | None
) -> AsyncIterator[str]:
    ended = False
    try:
        async for event in _told(body, pieces, behavior):
            yield event
        ended = True
    finally:
        control.left += not ended


async def _told(body: dict[str, Any], pieces: AsyncIterator[str], behavior: Behavior | None) -> AsyncIterator[str]:
    says = behavior if isinstance(behavior, Says) else Says("")
    if says.reasoning is not None:
        yield _event({"delta": {"role": "assistant", "reasoning_content": says.reasoning}})
    if says.refusal is not None:
        yield _event({"delta": {"refusal": says.refusal}})
        pieces = _given("")
    while isinstance(behavior, Dribbles):
        await asyncio.sleep(behavior.seconds)
        yield _event({"delta": {"content": " "}})
    text = ""
    count = 0
    async for piece in pieces:
        if isinstance(behavior, Hangs) and count == behavior.after_pieces:
            await asyncio.sleep(3600)  # ended by the client's leaving
        if isinstance(behavior, Breaks) and count == 2:
            return
        text += piece
        count += 1
        yield _event({"delta": {"content": piece}, "finish_reason": None})
    cut = behavior is None and count >= _longest(body)
    yield _event({"delta": {}, "finish_reason": "length" if cut else says.finish})
    usage = _usage(body, text)
    if (body.get("stream_options") or {}).get("include_usage"):
        yield "data: " + json.dumps({"choices": [], "usage": usage}) + "\n\n"
    yield "data: [DONE]\n\n"


async def _generated(control: ControlledServer, body: dict[str, Any]) -> AsyncIterator[str]:
    written = control.write(body)
    while (piece := await run_in_threadpool(next, written, None)) is not None:
        yield piece


async def _given(text: str) -> AsyncIterator[str]:
    for piece in re.findall(rf".{{1,{PIECE}}}", text, re.DOTALL):
        yield piece


async def _half() -> AsyncIterator[str]:
    yield '{"choices": [{"mess'


async def _pass(request: Request, seconds: float) -> bool:
    """Let time pass; False, and soon: the client has left."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if await request.is_disconnected():
            return False
        await asyncio.sleep(min(left, 0.01))
    return True


def _event(choice: dict[str, Any]) -> str:
    return "data: " + json.dumps({"object": "chat.completion.chunk", "choices": [{"index": 0, **choice}]}) + "\n\n"


def _usage(body: dict[str, Any], text: str) -> dict[str, int]:
    """A token a byte."""
    given, made = len(asked_text(body).encode()), len(text.encode())
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


def _error(fails: Fails) -> Response:
    error = {"message": fails.message, "type": "error", "param": fails.param, "code": fails.code}
    headers = {} if fails.retry_after is None else {"retry-after": str(fails.retry_after)}
    return JSONResponse({"error": error}, fails.status, headers=headers)

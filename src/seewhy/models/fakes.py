"""A public fake of the seam LanguageModel: it answers what a script says, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from threading import Event, Lock
from typing import Any

from pydantic import BaseModel, ValidationError

from seewhy.errors import BadReply, Cancelled, EndpointError, ModelError
from seewhy.models.language import Reply, Request, T
from seewhy.types.base import words_of
from seewhy.types.calls import Call, Purpose

Answer = BaseModel | Mapping[str, Any] | str | Exception
"""A value, its JSON as a mapping or as text, or an error that is raised; text that does not fit is a BadReply."""
Script = Callable[[Request[Any]], Answer]


class ScriptedModel:
    """Answers by purpose. What has no script fails like an endpoint that is down.

    >>> from pydantic import BaseModel
    >>> from seewhy.models.language import Message, Request, Text
    >>> class Color(BaseModel):
    ...     name: str
    >>> model = ScriptedModel({"look": lambda request: {"name": "red"}})
    >>> model.ask(Request("look", "a ball", "color@1-0", (Message("user", (Text("Which color?"),)),), Color)).value
    Color(name='red')
    """

    sampling: Mapping[str, Any] = {}

    def __init__(
        self, scripts: Mapping[Purpose, Script] | None = None, *, name: str = "scripted", concurrency: int = 4
    ) -> None:
        self.scripts: dict[Purpose, Script] = dict(scripts or {})
        self.name = name
        self.concurrency = concurrency
        self.asked: list[Request[Any]] = []
        """every request, in the order of arrival"""
        self._lock = Lock()

    def name_for(self, request: Request[Any]) -> str:
        return f"{self.name}-vision" if request.has_pictures else self.name

    def ask(self, request: Request[T], *, cancel: Event | None = None) -> Reply[T]:
        """
        Raises:
            ModelError: the script says so, has nothing for this purpose, or gives what does not fit the schema.
        """
        with self._lock:
            self.asked.append(request)
        if cancel is not None and cancel.is_set():
            raise Cancelled("given up before it was sent", self._call(request, "Cancelled: given up"))
        script = self.scripts.get(request.purpose)
        if script is None:
            why = f"no script answers a request to {request.purpose}"
            raise EndpointError(why, self._call(request, f"EndpointError: {why}"))
        answer = script(request)
        if isinstance(answer, ModelError):
            raise answer
        if isinstance(answer, Exception):
            raise EndpointError(str(answer), self._call(request, f"EndpointError: {answer}")) from answer
        text = _text(answer)
        try:
            value = request.schema.model_validate_json(text)
        except ValidationError as error:
            why = f"the scripted reply does not fit the schema: {words_of(error.errors(include_url=False)[0])}"
            raise BadReply(why, self._call(request, f"BadReply: {why}"), text) from error
        return Reply(value, text, self._call(request))

    def close(self) -> None:
        """Nothing is held."""

    def _call(self, request: Request[Any], error: str | None = None) -> Call:
        name = self.name_for(request)
        return Call(
            purpose=request.purpose,
            subject=request.subject,
            model=name,
            prompt=request.prompt,
            key=request.key(name, self.sampling),
            error=error,
        )


def _text(answer: BaseModel | Mapping[str, Any] | str | Exception) -> str:
    if isinstance(answer, str):
        return answer
    return answer.model_dump_json() if isinstance(answer, BaseModel) else json.dumps(answer)

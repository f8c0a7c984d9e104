"""What can go wrong at an endpoint, what to do about it, and whether to try again: decided here and nowhere else."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from seewhy.errors import BadReply, EndpointError, ModelError, RateLimited, Refused
from seewhy.models.dialects import Dialect
from seewhy.types.calls import Call

MOST_QUOTED = 300
"""Characters of an endpoint's own words in a message."""
_RETRYABLE = frozenset({408, 409, 425, 429})
_PICTURE_WORDS = re.compile(r"image|picture|multi-?modal|vision")
_NOT_TAKEN = re.compile(r"not (?:\w+ )?(?:support|accept|allow)|unsupported|mmproj")
_FILTERED = re.compile(r"content_filter|content_policy|content management policy|responsible ?ai")


class Failure(Exception):
    """A request that came to nothing. Becomes a ModelError, once it is known what the call took."""

    def __init__(
        self,
        kind: type[ModelError],
        message: str,
        *,
        again: bool = False,
        after: float | None = None,
        status: int = 0,
        complaint: str = "",
        words: str = "",
        unreached: bool = False,
        text: str = "",
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.again = again
        """whether the same request may succeed later"""
        self.after = after
        """seconds after which, as the endpoint says"""
        self.status = status
        """of the HTTP response; 0: there was none"""
        self.complaint = complaint
        """the parameter that was refused, or all that the endpoint said"""
        self.words = words
        """all that the endpoint said"""
        self.unreached = unreached
        """True: nothing answered at the address"""
        self.text = text
        """the reply that does not fit, for BadReply"""

    def error(self, call: Call) -> ModelError:
        """The error that this becomes.

        Args:
            call: what the request took.
        """
        if self.kind is BadReply:
            return BadReply(str(self), call, self.text)
        return self.kind(str(self), call)


def of_status(
    status: int, headers: Mapping[str, str], body: str, *, endpoint: str, model: str, pictures: bool
) -> Failure:
    """The failure that a response with an error status stands for.

    Args:
        body: its text, the key already taken out.
        pictures: whether the request had some.
    """
    message, param, code = _error(body)
    said = f": {_quoted(message)}" if message else ""
    where = f"{endpoint} answers {status}{said}"
    if status == 429:
        if "insufficient_quota" in (code, _type(body)):
            return Failure(RateLimited, f"{where}; the account has no credit left", status=status)
        return Failure(
            RateLimited,
            f"{where}; lower calls.concurrency or set calls.per_minute",
            again=True,
            after=retry_after(headers),
            status=status,
        )
    if status in (400, 403, 422) and _FILTERED.search(f"{code} {message}".lower()):
        return Failure(Refused, f"{where}; the endpoint's filter refuses this request", status=status)
    blind = pictures and _PICTURE_WORDS.search(message.lower()) is not None
    advice = _advice(status, model, blind)
    return Failure(
        EndpointError,
        f"{where}{advice}",
        again=(status in _RETRYABLE or (status >= 500 and status != 501))
        and not (blind and _NOT_TAKEN.search(message.lower())),  # llama.cpp says so with a 500
        after=retry_after(headers),
        status=status,
        complaint=param if _is_ours(param) else _complaint(body),
        words=body,
    )


def of_error(error: Any, *, endpoint: str, model: str, pictures: bool) -> Failure:
    """The failure that an error object stands for that came with status 200, or within a stream."""
    body = json.dumps({"error": error})
    code = str(error.get("code")) if isinstance(error, Mapping) else ""
    status = int(code) if re.fullmatch(r"[45]\d\d", code) else 500
    return of_status(status, {}, body, endpoint=endpoint, model=model, pictures=pictures)


def _advice(status: int, model: str, blind: bool) -> str:
    if status == 401:
        return "; set SEEWHY_API_KEY to a key that this endpoint takes"
    if status == 403:
        return f"; this key may not use {model!r}: set SEEWHY_API_KEY or SEEWHY_MODEL"
    if blind:
        return f"; {model!r} takes no pictures: set SEEWHY_VISION_MODEL to a model that does"
    if status == 404:
        return f"; it has no model {model!r}, or is no such endpoint: set SEEWHY_MODEL, or SEEWHY_ENDPOINT up to /v1"
    if status in (405, 501):
        return "; set SEEWHY_ENDPOINT to the URL of an OpenAI-compatible server, up to /v1"
    return ""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait that a response names: ``retry-after-ms``, or ``Retry-After`` as a number or a date.

    >>> retry_after({"retry-after": "2"})
    2.0
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value):
            return float(value) / unit
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
        except ValueError:
            continue
    return None


def _is_ours(param: str) -> bool:
    """Whether a parameter is one that can be left out or replaced."""
    return bool(param) and any(
        Dialect().without(400, param, streaming=True) is not None for param in (param, param.partition(".")[0])
    )


def _complaint(body: str) -> str:
    """What an endpoint objects to, without the request that some repeat in full beside it."""
    details = (_object(body) or {}).get("detail")
    if not isinstance(details, list):
        return body
    said = [{key: one[key] for key in ("type", "loc", "msg") if key in one} for one in details if isinstance(one, dict)]
    return json.dumps(said or details)


def _error(body: str) -> tuple[str, str, str]:
    """(message, parameter, code) of an error response; what is not said is empty."""
    error = _object(body)
    if error is None:
        return "" if body.lstrip().startswith("<") else body, "", ""
    message = error.get("message") or error.get("detail") or error.get("error") or ""
    if not isinstance(message, str):
        message = json.dumps(message, ensure_ascii=False)
    metadata = error.get("metadata")
    if isinstance(metadata, Mapping) and metadata.get("raw"):  # a router's: what the server behind it said
        message = f"{message}: {metadata['raw']}"
    return message, str(error.get("param") or ""), str(error.get("code") or "")


def _type(body: str) -> str:
    return str((_object(body) or {}).get("type") or "")


def _object(body: str) -> Mapping[str, Any] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if isinstance(document, list) and document:  # some wrap their error in a list
        document = document[0]
    if not isinstance(document, Mapping):
        return None
    error = document.get("error")
    return error if isinstance(error, Mapping) else document


def _quoted(message: str) -> str:
    """An endpoint's words on one line, without control characters, shortened."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in message).split())
    return line if len(line) <= MOST_QUOTED else line[:MOST_QUOTED] + "…"

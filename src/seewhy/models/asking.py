"""Asking language models, and remembering what was asked.

Whoever wants to know what a piece of work cost asks for it: every call made within `counting` is in its list, in the
order of asking, also those that failed and those made side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event

from seewhy.errors import ModelError
from seewhy.models.language import LanguageModel, Reply, Request, T
from seewhy.threads import side_by_side
from seewhy.types.calls import Call

_CALLS: ContextVar[list[Call] | None] = ContextVar("seewhy_calls", default=None)


@contextmanager
def counting() -> Iterator[list[Call]]:
    """The calls made within the block, by `ask` and `ask_all` in this thread; they count in an outer block, too."""
    outer = _CALLS.get()
    calls: list[Call] = []
    token = _CALLS.set(calls)
    try:
        yield calls
    finally:
        _CALLS.reset(token)
        if outer is not None:
            outer += calls


def ask(model: LanguageModel, request: Request[T], *, cancel: Event | None = None) -> Reply[T]:
    """One request.

    Raises:
        ModelError: no usable reply.
    """
    outcome = _outcome(model, request, cancel)
    _note(outcome)
    if isinstance(outcome, ModelError):
        raise outcome
    return outcome


def ask_all(
    model: LanguageModel, requests: Sequence[Request[T]], *, cancel: Event | None = None
) -> list[Reply[T] | ModelError]:
    """Several requests, as many side by side as the model takes; replies or errors in the order of the requests."""
    outcomes = side_by_side(lambda request: _outcome(model, request, cancel), requests, model.concurrency)
    for outcome in outcomes:
        _note(outcome)
    return outcomes


def _outcome(model: LanguageModel, request: Request[T], cancel: Event | None) -> Reply[T] | ModelError:
    try:
        return model.ask(request, cancel=cancel)
    except ModelError as error:
        return error


def _note(outcome: Reply[T] | ModelError) -> None:
    calls = _CALLS.get()
    if calls is not None:
        calls.append(outcome.call)

"""What a reply may be, token by token: the schema's grammar as a mask over the model's vocabulary.

The schema is the one that an endpoint is sent (`models.schema`). What a model could write without end it cannot: there
is no white space, and numbers have so many digits.
"""

from __future__ import annotations

import importlib.util
import json
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from seewhy.errors import PluginError
from seewhy.models.local.torches import INSTALL
from seewhy.models.schema import strict_schema

MOST_KEPT = 64
"""Compiled grammars that are kept. Those of one kind of request differ in the ids that they name."""
LIBRARY = "llguidance"
LARGEST = 1_000_000
"""Numbers are from its negative to this where the schema has no bounds of its own: seconds, in eleven days of video."""
FINEST = 0.001
"""What numbers are multiples of: they are seconds, weights and shares, for all of which it is fine enough."""


class GrammarError(ValueError):
    """A schema that nothing can be decoded under."""


def require_library() -> None:
    """
    Raises:
        PluginError: what compiles grammars is not installed.
    """
    if importlib.util.find_spec(LIBRARY) is None:
        raise PluginError(f"{LIBRARY} is not installed; {INSTALL}")


class Grammars:
    """Grammars over one tokenizer's vocabulary. Threads may share it."""

    def __init__(self, tokenizer_json: str, end: int) -> None:
        """
        Args:
            tokenizer_json: a tokenizer as the library `tokenizers` writes it; taking it in takes about a second.
            end: the token that ends a text.

        Raises:
            PluginError: what compiles grammars is not installed.
        """
        require_library()
        from llguidance import LLTokenizer

        self._vocabulary = LLTokenizer(tokenizer_json, eos_token=end)
        self.width: int = (self._vocabulary.vocab_size + 31) // 32
        """32-bit words of a mask; tokens of the model beyond it stand for nothing"""
        self._compiled = lru_cache(MOST_KEPT)(self._compile)

    def of(self, schema: type[BaseModel]) -> Grammar:
        """The grammar of a reply, at its beginning.

        Raises:
            GrammarError: the schema cannot be decoded under.
            TypeError: it cannot be expressed; see `strict_schema`.
        """
        return Grammar(self._compiled(json.dumps(bounded(strict_schema(schema)))).deep_copy())

    def _compile(self, schema: str) -> Any:
        from llguidance import LLMatcher

        grammar = LLMatcher.grammar_from_json_schema(schema, defaults={"whitespace_flexible": False})
        matcher = LLMatcher(self._vocabulary, grammar, log_level=0)
        if matcher.is_error():
            raise GrammarError(f"nothing can be decoded under this schema: {matcher.get_error()}")
        return matcher


def bounded(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with numbers that end.

    >>> bounded({"type": "array", "items": {"type": "number", "minimum": 0}})["items"]
    {'minimum': 0, 'maximum': 1000000, 'multipleOf': 0.001, 'type': 'number'}
    """
    kind = schema.get("type")
    limits: dict[str, Any] = {}
    if kind in ("number", "integer") and "enum" not in schema:
        limits = {"minimum": -LARGEST, "maximum": LARGEST} | ({"multipleOf": FINEST} if kind == "number" else {})
    inner: dict[str, Any] = {}
    if "properties" in schema:
        inner["properties"] = {name: bounded(value) for name, value in schema["properties"].items()}
    if "items" in schema:
        inner["items"] = bounded(schema["items"])
    if "anyOf" in schema:
        inner["anyOf"] = [bounded(choice) for choice in schema["anyOf"]]
    return {**limits, **schema, **inner}


class Grammar:
    """What may come next in one reply."""

    def __init__(self, matcher: Any) -> None:
        self._matcher = matcher

    def allow(self, mask: Any) -> bool:
        """Write down which tokens may come next.

        Args:
            mask: (`Grammars.width`,) tensor, int32, contiguous, on the CPU; bit t % 32 of word t // 32 becomes token t.

        Returns:
            False: the grammar has come to its own limits, and says nothing of use.
        """
        self._matcher.unsafe_compute_mask_ptr(mask.data_ptr(), mask.numel() * mask.element_size())
        return not self._matcher.is_error()

    def take(self, token: int) -> bool:
        """Go on with a token that `allow` allowed.

        Returns:
            True: the reply is whole, nothing can follow.

        Raises:
            ValueError: the token was not allowed.
        """
        if not self._matcher.consume_token(token):
            raise ValueError(f"token {token} is none that may come here: {self._matcher.get_error()}")
        return bool(self._matcher.is_stopped())

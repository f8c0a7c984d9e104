"""The loop that writes texts: several at a time, each under its own grammar, each until its own end.

::

    inputs ─▶ prefill ─▶ logits ─▶ mask ─▶ a token each ─▶ step ─┐
                           ▲                      │ at an end: the row leaves
                           └──────────────────────┴──────────────┘

Rows are padded on the left and see nothing of each other. Where each token stands is said to the model explicitly, in
the prefill and in each step: left to itself, a model with pictures remembers the positions of its last call, whoever
made that, and a cache that is gone on with gets wrong ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from seewhy.models.local.torches import torch_ready

PICTURE_GRID = "image_grid_thw"
"""The input that says how many patches a picture has: (pictures, 3), frames, rows and columns."""
TEXT, PICTURE = 0, 1
"""Kinds of tokens, as models with pictures count them."""

End = Literal["whole", "cut off", "given up", "overflow", "stuck"]
"""Why a text ended: its grammar is complete; it has as many tokens as it may; nobody wants it any more; the model
computed what is no number; the grammar came to its own limits."""


@dataclass(frozen=True, eq=False, slots=True)
class ModelInput:
    """What a model reads."""

    tokens: tuple[int, ...]
    """one for each patch group of a picture, `picture_token`, among the text's"""
    picture_token: int | None = None
    pictures: Mapping[str, Any] = field(default_factory=dict)
    """what the model takes besides tokens, tensors by name, each with its pictures, or their patches, first; empty:
    there are no pictures"""


class Guide(Protocol):
    """What may come next in one text; see `grammar.Grammar`."""

    def allow(self, mask: Any) -> bool: ...

    def take(self, token: int) -> bool: ...


class Draw:
    """Tokens by chance, which depends on a seed and on nothing else that goes on beside."""

    def __init__(self, temperature: float, seed: int) -> None:
        """
        Args:
            temperature: over 0.
            seed: 0 to 2**63 - 1.
        """
        self._temperature = temperature
        self._chance = torch_ready().Generator().manual_seed(seed)

    def __call__(self, logits: Any) -> int:
        """A token, as likely as its logit says.

        Args:
            logits: (V,); minus infinity for what may not come.
        """
        torch = torch_ready()
        weights = (logits.cpu().double() / self._temperature).softmax(-1)
        sums = weights.cumsum(-1)
        point = torch.rand((), generator=self._chance, dtype=torch.float64) * sums[-1]
        place = int(torch.searchsorted(sums, point, right=True))
        return place if place < len(weights) else int(weights.argmax())  # rounded up past the last


@dataclass(eq=False)
class Writer:
    """One text while it is written."""

    guide: Guide
    most: int
    """tokens"""
    draw: Draw | None = None
    """None: always the likeliest token"""
    given_up: Callable[[], bool] = lambda: False
    """asked before each token"""
    tokens: list[int] = field(default_factory=list)
    end: End | None = None
    """None: it is not at its end"""

    def take(self, token: int) -> None:
        self.tokens.append(token)
        if self.guide.take(token):
            self.end = "whole"
        elif len(self.tokens) >= self.most:
            self.end = "cut off"


def decode(
    model: Any,
    inputs: Sequence[ModelInput],
    writers: Sequence[Writer],
    width: int,
    ended: Callable[[Writer], None] | None = None,
) -> None:
    """Write each text to its end.

    Args:
        model: a causal model of transformers, in evaluation mode.
        inputs: what the texts follow, in the order of the writers.
        width: 32-bit words of the guides' masks.
        ended: told of each text when it is at its end; others may go on.

    Raises:
        torch.OutOfMemoryError: what fits no memory; the texts are not whole then.
    """
    torch = torch_ready()
    with torch.inference_mode():
        batch = Batch(model, inputs)
        going = list(writers)
        while True:
            _one_token_each(batch.logits, going, width)
            for writer in going:
                if writer.end is not None and ended is not None:
                    ended(writer)
            staying = [place for place, writer in enumerate(going) if writer.end is None]
            if not staying:
                return
            if len(staying) < len(going):
                going = [going[place] for place in staying]
                batch.keep(staying)
            batch.step([writer.tokens[-1] for writer in going])


def _one_token_each(logits: Any, writers: Sequence[Writer], width: int) -> None:
    """
    Args:
        logits: (B, V), float32.
    """
    torch = torch_ready()
    mask = torch.zeros((len(writers), width), dtype=torch.int32)
    for row, writer in zip(mask, writers, strict=True):
        if writer.given_up():
            writer.end = "given up"
        elif not writer.guide.allow(row):
            writer.end = "stuck"
    bits = torch.arange(32, dtype=torch.int32, device=logits.device)
    allowed = ((mask.to(logits.device)[:, :, None] >> bits) & 1).flatten(1).bool()[:, : logits.shape[1]]
    known = logits[:, : allowed.shape[1]].masked_fill(~allowed, -math.inf)  # beyond them, embeddings are padding
    best, places = known.max(-1)
    for row, (writer, value, token) in enumerate(zip(writers, best.tolist(), places.tolist(), strict=True)):
        if writer.end is not None:
            continue
        if not math.isfinite(value):
            writer.end = "overflow"
        else:
            writer.take(token if writer.draw is None else writer.draw(known[row]))


class Batch:
    """Rows that a model goes on with: what it has computed of each, and what it thinks comes next."""

    def __init__(self, model: Any, inputs: Sequence[ModelInput]) -> None:
        """The prefill: all inputs are read, in one pass.

        Args:
            inputs: at least one; without pictures, or of a model that takes them.
        """
        torch = torch_ready()
        from transformers import DynamicCache

        self._model = model
        self._device = model.device
        longest = max(len(one.tokens) for one in inputs)
        tokens = torch.full((len(inputs), longest), inputs[0].tokens[0])  # of what is masked, any token but a picture's
        seen = torch.zeros((len(inputs), longest), dtype=torch.int64)
        places = [positions(model, one) for one in inputs]
        padded = torch.zeros((places[0].shape[0], len(inputs), longest), dtype=torch.int64)
        for row, (one, place) in enumerate(zip(inputs, places, strict=True)):
            start = longest - len(one.tokens)
            tokens[row, start:] = torch.tensor(one.tokens)
            seen[row, start:] = 1
            padded[:, row, start:] = place
        self._seen = seen.to(self._device)
        """(B, L): 1 for what a row may look at"""
        self._next = torch.stack([place.max() + 1 for place in places]).to(self._device)
        """(B,): where the next token of each row stands"""
        self._axes = padded.shape[0]
        self._cache = DynamicCache(config=model.config)
        names = sorted({name for one in inputs for name in one.pictures})
        pictures = {
            name: torch.cat([one.pictures[name] for one in inputs if name in one.pictures]).to(self._device)
            for name in names
        }
        self.logits = self._forward(tokens.to(self._device), padded.to(self._device), **pictures)
        """(B, V), float32: of the token that comes next"""

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only. `logits` stay those of before until the next step."""
        chosen = torch_ready().tensor(rows, device=self._device)
        self._cache.batch_select_indices(chosen)
        self._seen, self._next = self._seen[chosen], self._next[chosen]

    def step(self, tokens: Sequence[int]) -> None:
        """One more token in each row."""
        torch = torch_ready()
        column = torch.tensor(tokens, device=self._device)[:, None]
        self._seen = torch.cat([self._seen, torch.ones_like(column)], dim=1)
        places = self._next[None, :, None].expand(self._axes, -1, 1)
        self._next = self._next + 1
        self.logits = self._forward(column, places)

    def _forward(self, tokens: Any, places: Any, **pictures: Any) -> Any:
        """
        Args:
            tokens: (B, L).
            places: (axes, B, L).

        Returns:
            (B, V) logits after the last token.
        """
        output = self._model(
            input_ids=tokens,
            attention_mask=self._seen,
            position_ids=places if self._axes > 1 else places[0],
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
            **pictures,
        )
        return output.logits[:, -1].float()


def positions(model: Any, given: ModelInput) -> Any:
    """Where each token of an input stands.

    Returns:
        (axes, L) tensor on the CPU: one axis of text; of a model with pictures three, time, row and column.
    """
    torch = torch_ready()
    inner: Any = getattr(model, "model", None)
    line = torch.arange(len(given.tokens))[None]
    if not hasattr(inner, "get_rope_index"):
        return line
    if not given.pictures:
        return line.expand(3, -1)
    tokens = torch.tensor([given.tokens])
    kinds = torch.where(tokens == given.picture_token, PICTURE, TEXT)
    placed, _ = inner.get_rope_index(tokens, kinds, image_grid_thw=given.pictures[PICTURE_GRID])
    return placed[:, 0]

"""Texts that are written side by side after videos, and the states in which their tokens were chosen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seewhy.errors import PerceptionError
from seewhy.models.local.composed.rows import Rows, Seen
from seewhy.models.local.pooling import States
from seewhy.models.local.torches import torch_ready

AMONG, SHARE = 50, 0.9
"""As in the code published with CoVR-R: at its temperature, what is unlikely would come too often."""
_INFINITE = float("inf")


@dataclass(frozen=True, slots=True)
class Chance:
    """How tokens are drawn."""

    temperature: float
    """over 0"""
    seed: int
    """0 to 2**63 - 1"""
    among: int = AMONG
    """the likeliest tokens only, so many"""
    share: float = SHARE
    """of these the likeliest only, as many as it takes to have such a share of the chances; 0..1"""


@dataclass(frozen=True, eq=False, slots=True)
class Wish:
    """What is to be written after one tail."""

    seen: Seen
    tail: tuple[int, ...]
    most: int
    """tokens of each text"""
    by: tuple[Chance | None, ...] = (None,)
    """one text each; None: always the likeliest token"""
    states: bool = False
    """keep the states"""


@dataclass(frozen=True, eq=False, slots=True)
class Written:
    """A text."""

    tokens: tuple[int, ...]
    """without the one that ends it"""
    states: States | None
    """(T, D): row t is the state in which token t was chosen; None: not kept"""
    whole: bool
    """False: it has as many tokens as it may"""


@dataclass(frozen=True)
class Tongue:
    """Which tokens may come."""

    ends: frozenset[int]
    """each ends a text"""
    banned: frozenset[int]
    """none of these ever comes: markers, with which a text about a video has nothing to do"""
    size: int
    """tokens from this one on stand for nothing"""

    def forbidden(self, width: int) -> Any:
        """
        Args:
            width: V, of the logits.

        Returns:
            (V,) bool, on the CPU.
        """
        mask = torch_ready().zeros(width, dtype=torch_ready().bool)
        mask[self.size :] = True
        mask[sorted(self.banned - self.ends)] = True
        return mask


@dataclass(eq=False)
class _Text:
    """One text while it is written."""

    wish: int
    most: int
    chance: Chance | None
    keeps: bool
    noise: Any = None
    """a random generator, its own, so that what it draws depends on nothing that goes on beside"""
    tokens: list[int] = field(default_factory=list)
    states: list[Any] = field(default_factory=list)
    whole: bool = False

    @property
    def over(self) -> bool:
        """Whether it is at its end."""
        return self.whole or len(self.tokens) >= self.most

    def take(self, token: int, state: Any, ends: Collection[int]) -> None:
        """Go on with a token; nothing where the text is at its end."""
        if self.over:
            return
        if token in ends:
            self.whole = True
            return
        self.tokens.append(token)
        if self.keeps:
            self.states.append(state)

    def written(self) -> Written:
        states: States | None = None
        if self.keeps:
            rows = torch_ready().stack(self.states).float().cpu().numpy() if self.states else np.zeros((0, 1))
            states = np.asarray(rows, np.float32)
        return Written(tuple(self.tokens), states, self.whole)


def write(model: Any, wishes: Sequence[Wish], tongue: Tongue, rows: int = 0) -> list[tuple[Written, ...]]:
    """Write all texts, side by side.

    Every step has a row for as many texts as there are at first, also when some are at their end; with `rows` always as
    many as so many wishes would need. Who asks for the same number each time gets for each wish the same texts and
    states to the last bit, whatever is asked beside it; see `Rows`. (Not of models with experts: how the tokens of all
    rows fall on these is in the shapes, too.) A row more costs little while the weights are what takes time to read.

    Args:
        model: Qwen3-VL of transformers, in evaluation mode.
        wishes: at least one.
        rows: wishes for which there is room; 0, or fewer than there are: as many as there are.

    Returns:
        for each wish its texts, in the order of `Wish.by`.

    Raises:
        PerceptionError: the model computes what is no number.
        torch.OutOfMemoryError: they do not fit the memory together.
    """
    torch = torch_ready()
    texts = [_begun(model, number, wish, chance) for number, wish in enumerate(wishes) for chance in wish.by]
    filling = max(rows - len(wishes), 0) * max(len(wish.by) for wish in wishes)
    idle = min(tongue.ends, default=0)
    with torch.inference_mode():
        going = Rows(model, [wish.seen for wish in wishes], [wish.tail for wish in wishes], max(w.most for w in wishes))
        going.choose([*(text.wish for text in texts), *[0] * filling])
        forbidden = tongue.forbidden(model.get_output_embeddings().weight.shape[0]).to(model.device)
        while True:
            tokens = _chosen(going.logits[: len(texts)].masked_fill(forbidden, -_INFINITE), texts)
            for text, token, state in zip(texts, tokens, going.states, strict=False):
                text.take(token, state, tongue.ends)
            if all(text.over for text in texts):
                break
            going.step([*(idle if text.over else text.tokens[-1] for text in texts), *[idle] * filling])
        return [tuple(text.written() for text in texts if text.wish == number) for number in range(len(wishes))]


def _begun(model: Any, number: int, wish: Wish, chance: Chance | None) -> _Text:
    noise = None
    if chance is not None:
        noise = torch_ready().Generator(device=model.device).manual_seed(chance.seed)
    return _Text(number, wish.most, chance, wish.states, noise)


def _chosen(logits: Any, texts: Sequence[_Text]) -> list[int]:
    """A token for each text: the likeliest, or one drawn as likely as its logit says (the Gumbel-max trick: the logits
    with Gumbel noise on them are greatest where a draw would have fallen). Of texts that are over, any.

    Args:
        logits: (B, V), float32; minus infinity for what may not come.
    """
    torch = torch_ready()
    best = logits.amax(-1)
    drawn = [row for row, text in enumerate(texts) if text.chance is not None and not text.over]
    if drawn:
        logits = logits.clone()
        for row in drawn:
            chance = texts[row].chance
            assert chance is not None, "only those that are drawn"
            waits = torch.empty_like(logits[row]).exponential_(generator=texts[row].noise)
            logits[row] = _likely(logits[row] / chance.temperature, chance) - waits.log()
    places = logits.argmax(-1)
    values = torch.stack([best.isfinite().to(places.dtype), places]).tolist()  # one wait for the device, not two
    if not all(finite or text.over for finite, text in zip(values[0], texts, strict=True)):
        raise PerceptionError(
            "the model computes what is no number in this precision; set local.dtype to bfloat16 or float32"
        )
    return [int(token) for token in values[1]]


def _likely(logits: Any, chance: Chance) -> Any:
    """The logits, (V,), of the tokens that a draw may fall on; minus infinity for all others."""
    best = logits.topk(min(chance.among, len(logits))).values
    shares = best.softmax(-1)
    least = best.masked_fill(shares.cumsum(-1) - shares >= chance.share, _INFINITE).amin()
    return logits.masked_fill(logits < least, -_INFINITE)

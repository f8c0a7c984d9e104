"""The loop that writes texts: against transformers' own, alone and in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from tiny_language import VOCABULARY, checkpoint, language_settings

from seewhy.models.language import Message, Part, Picture, Text
from seewhy.models.local.chat import Chat
from seewhy.models.local.decoding import Draw, ModelInput, Writer, decode, positions
from seewhy.models.local.devices import device_for
from seewhy.models.local.speaking import Speaker
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import find

KINDS = ("qwen3", "qwen3_vl", "qwen2_5_vl")
WIDTH = VOCABULARY // 32
LONG = 12
"""tokens of a text"""


class Anything:
    """A guide that takes any token but those that are forbidden, and never ends."""

    def __init__(self, forbidden: Sequence[int]) -> None:
        bits = np.ones(WIDTH * 32, np.bool_)
        bits[list(forbidden)] = False
        self._words = np.packbits(bits, bitorder="little").view(np.int32)

    def allow(self, mask: Any) -> bool:
        mask.numpy()[:] = self._words
        return True

    def take(self, token: int) -> bool:
        return False


class Made:
    """A tiny model with what prepares its input."""

    def __init__(self, kind: str) -> None:
        settings = language_settings(kind).local
        weights = find(settings.language, settings)
        self.chat = Chat(weights)
        self.model = Speaker(weights, settings).load(device_for(settings))
        self.forbidden = [self.chat.end, *range(270, VOCABULARY)]

    def writer(self, most: int = LONG, draw: Draw | None = None) -> Writer:
        return Writer(Anything(self.forbidden), most, draw)

    def written(self, *inputs: ModelInput, most: Sequence[int] = ()) -> list[list[int]]:
        writers = [self.writer(longest) for longest in most or [LONG] * len(inputs)]
        decode(self.model, inputs, writers, WIDTH)
        return [writer.tokens for writer in writers]


@pytest.fixture(scope="module", params=KINDS)
def made(request: pytest.FixtureRequest) -> Made:
    return Made(request.param)


def picture(seed: int, height: int, width: int) -> Picture:
    return Picture(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def conversations(chat: Chat) -> list[ModelInput]:
    """Short and long, without, with one and with two pictures where the model takes them."""
    asked: list[tuple[Part, ...]] = [(Text("Which?"),), (Text("the frame " * 20),), (Text("A"), Text("B"))]
    if chat.reads_pictures:
        asked[1:] = [
            (Text("Frame 1:"), picture(1, 40, 60), Text("What is it?")),
            (Text("the frame " * 12), picture(2, 64, 64), Text("and"), picture(3, 30, 90), Text("?")),
        ]
    system = Message("system", (Text("You look."),))
    return [chat.read((system, Message("user", parts))) for parts in asked]


def test_it_writes_what_transformers_writes(made: Made) -> None:
    torch = torch_ready()
    for given in conversations(made.chat):
        tokens = torch.tensor([given.tokens])
        kinds = {"mm_token_type_ids": (tokens == given.picture_token).int()} if given.pictures else {}
        with torch.inference_mode():
            whole = made.model.generate(
                input_ids=tokens, attention_mask=torch.ones_like(tokens), do_sample=False, max_new_tokens=LONG,
                suppress_tokens=made.forbidden, pad_token_id=0, **kinds, **given.pictures,
            )  # fmt: skip
        assert made.written(given) == [whole[0, len(given.tokens) :].tolist()]


def test_neighbors_in_a_batch_change_nothing(made: Made) -> None:
    inputs = conversations(made.chat)
    assert len({len(one.tokens) for one in inputs}) > 1
    alone = [made.written(one)[0] for one in inputs]
    assert made.written(*inputs) == alone
    assert made.written(*reversed(inputs)) == alone[::-1]
    assert len(set(map(tuple, alone))) > 1


def test_rows_that_are_done_leave(made: Made) -> None:
    inputs = conversations(made.chat)
    alone = [made.written(one)[0] for one in inputs]
    assert made.written(*inputs, most=(LONG, 1, 5)) == [alone[0], alone[1][:1], alone[2][:5]]
    assert made.written(*inputs, most=(2, 7, LONG)) == [alone[0][:2], alone[1][:7], alone[2]]


def test_who_ends_first_is_told_first(made: Made) -> None:
    writers = [made.writer(most) for most in (6, 2, 4)]
    seen: list[tuple[int, tuple[int, ...]]] = []
    decode(
        made.model, conversations(made.chat), writers, WIDTH,
        lambda writer: seen.append((writers.index(writer), tuple(len(one.tokens) for one in writers))),
    )  # fmt: skip
    assert seen == [(1, (2, 2, 2)), (2, (4, 2, 4)), (0, (6, 2, 4))]
    assert [writer.end for writer in writers] == ["cut off"] * 3


def test_earlier_calls_do_not_change_where_tokens_stand(made: Made) -> None:
    first, *_, last = conversations(made.chat)
    alone = made.written(last)
    made.written(first)
    assert made.written(last) == alone


def test_pictures_stand_in_rows_and_columns() -> None:
    made = Made("qwen3_vl")
    given = conversations(made.chat)[1]
    placed = positions(made.model, given)
    inside = [place for place, token in enumerate(given.tokens) if token == given.picture_token]
    frames, rows, columns = (given.pictures["image_grid_thw"][0] // torch_ready().tensor([1, 2, 2])).tolist()
    assert len(inside) == frames * rows * columns > 1
    start = inside[0]
    assert placed[0, inside].tolist() == [start] * len(inside)
    assert placed[1, inside].tolist() == [start + row for row in range(rows) for _ in range(columns)]
    assert placed[2, inside].tolist() == [start + column for _ in range(rows) for column in range(columns)]
    assert placed[:, inside[-1] + 1].tolist() == [start + max(rows, columns)] * 3


def test_what_a_text_is_drawn_from_is_its_own() -> None:
    made = Made("qwen3")
    inputs = conversations(made.chat)

    def drawn(*places: int) -> list[list[int]]:
        writers = [made.writer(draw=Draw(0.8, seed=place)) for place in places]
        decode(made.model, [inputs[place] for place in places], writers, WIDTH)
        return [writer.tokens for writer in writers]

    together = drawn(0, 1, 2)
    assert together == [drawn(place)[0] for place in range(3)]
    writers = [made.writer(draw=Draw(0.8, seed=seed)) for seed in (0, 5)]
    decode(made.model, [inputs[0]] * 2, writers, WIDTH)
    assert writers[0].tokens == together[0] != writers[1].tokens
    assert not {*made.forbidden} & {token for tokens in together for token in tokens}


def test_draws_are_as_likely_as_logits_say() -> None:
    torch = torch_ready()
    draw = Draw(2.0, seed=1)
    logits = torch.tensor([0.0, -torch.inf, 2.0 * np.log(3.0), -torch.inf])
    counted = np.bincount([draw(logits) for _ in range(2000)], minlength=4)
    assert counted[1] == counted[3] == 0
    assert 0.72 < counted[2] / 2000 < 0.78


def test_rows_of_the_embeddings_that_are_no_tokens_are_never_written() -> None:
    torch = torch_ready()
    made = Made("qwen3")
    narrow = 9  # words, one less than the model's
    with torch.no_grad():
        made.model.lm_head.weight[300:] *= 100.0

    class Narrow(Anything):
        def allow(self, mask: Any) -> bool:
            mask[:] = -1
            return True

    writer = Writer(Narrow(()), LONG)
    decode(made.model, conversations(made.chat)[:1], [writer], narrow)
    assert max(writer.tokens) < narrow * 32


def test_no_numbers_end_a_text_and_not_its_neighbors() -> None:
    torch = torch_ready()
    made = Made("qwen3")
    inputs = conversations(made.chat)
    alone = made.written(inputs[0])
    poison = next(token for token in inputs[1].tokens if token not in inputs[0].tokens)
    with torch.no_grad():
        made.model.model.embed_tokens.weight[poison] = torch.nan
    writers = [made.writer() for _ in range(2)]
    decode(made.model, inputs[:2], writers, WIDTH)
    assert writers[1].end == "overflow"
    assert writers[0].tokens == alone[0]


def test_a_text_that_nobody_wants_ends_at_once() -> None:
    made = Made("qwen3")
    asked = iter(range(100))
    wanted, unwanted = made.writer(), made.writer()
    unwanted.given_up = lambda: next(asked) >= 3
    inputs = conversations(made.chat)[:2]
    decode(made.model, inputs, [wanted, unwanted], WIDTH)
    assert (unwanted.end, len(unwanted.tokens)) == ("given up", 3)
    assert wanted.tokens == made.written(inputs[0])[0]


def test_checkpoints_are_small() -> None:
    for kind in KINDS:
        assert sum(path.stat().st_size for path in checkpoint(kind).iterdir()) < 4_000_000

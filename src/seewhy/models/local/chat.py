"""Messages → what a model on this machine reads, by its own chat template.

The template is filled with place holders instead of the messages' texts. What stands between the place holders is the
template's own and is read with the tokenizer's markers (``<|im_start|>`` and the like); the texts are read by a
tokenizer that knows no markers. So whatever a question, a caption or a file name says, it ends no turn, begins none,
and holds no picture.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from seewhy.errors import LocalModelError, WeightsError
from seewhy.models.failures import Failure
from seewhy.models.language import Message, Part, Picture, Text
from seewhy.models.local.decoding import PICTURE_GRID, ModelInput
from seewhy.models.local.loading import load_processor
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import Weights

READS_PICTURES = frozenset({"qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe"})
"""`model_type`s whose pictures are one token a patch group, in three axes of positions."""
OPEN, CLOSE = "\ue000", "\ue001"
"""Around the number of a place holder. Of Unicode's private use: no template has them, none strips them."""
_HOLDER = re.compile(f"{OPEN}(\\d+){CLOSE}")
_THINKS = re.compile(r"<think>(?!.*</think>)", re.DOTALL)
NO_THOUGHTS = "\n</think>\n\n"
"""Ends the thoughts of a model whose template begins them: grammars leave no room to think."""


class Chat:
    """A model's tokenizer, chat template and preparation of pictures. Threads may share it."""

    def __init__(self, weights: Weights) -> None:
        """
        Raises:
            WeightsError: they are not among the weights, or of a kind that cannot be used.
        """
        torch_ready()
        from transformers import AutoProcessor, AutoTokenizer

        self._name = weights.name
        self._template: str | None = None
        self._pictures: Any = None
        self.picture_token: int | None = None
        if weights.architecture in READS_PICTURES:
            processor = load_processor(AutoProcessor, weights)
            self._wrapper = processor.tokenizer
            self._template = processor.chat_template
            self._pictures = processor.image_processor
            self.picture_token = int(processor.image_token_id)
        else:
            self._wrapper = load_processor(AutoTokenizer, weights)
        self._template = self._template or self._wrapper.chat_template
        if not self._wrapper.is_fast or self._template is None or self._wrapper.eos_token_id is None:
            raise WeightsError(
                f"{weights.name} has no chat template, or no tokenizer.json with an end of text; take a model that was "
                "made to be talked to, such as one named -Instruct"
            )
        self.end = int(self._wrapper.eos_token_id)
        self.tokenizer_json = _unbounded(self._wrapper.backend_tokenizer.to_str())
        self._marked, self._plain = _tokenizers(self.tokenizer_json, weights.name)

    @property
    def reads_pictures(self) -> bool:
        return self._pictures is not None

    def read(self, messages: Sequence[Message]) -> ModelInput:
        """A conversation that the model's turn follows.

        Raises:
            Failure: the model's template or its preparation of pictures does not take it.
        """
        texts: list[str] = []
        pieces = _HOLDER.split(self._rendered([_turn(message, texts) for message in messages]))
        if sorted(map(int, pieces[1::2])) != list(range(len(texts))):
            raise Failure(LocalModelError, f"the chat template of {self._name} does not repeat all that it is given")
        if _THINKS.search(pieces[-1]):
            pieces[-1] = pieces[-1].rstrip("\n") + NO_THOUGHTS
        tokens: list[int] = []
        for place, piece in enumerate(pieces):
            tokenizer = self._plain if place % 2 else self._marked
            text = texts[int(piece)] if place % 2 else piece
            whole = text.encode("utf-8", "replace").decode()  # file names may hold half characters
            tokens += tokenizer.encode(whole, add_special_tokens=False).ids
        pictures = [part for message in messages for part in message.parts if isinstance(part, Picture)]
        if not pictures:
            return ModelInput(tuple(tokens))
        prepared = self._prepared(pictures)
        return ModelInput(tuple(self._spread(tokens, prepared[PICTURE_GRID])), self.picture_token, prepared)

    def text(self, tokens: Sequence[int]) -> str:
        """What the model wrote, without markers."""
        return str(self._marked.decode(list(tokens), skip_special_tokens=True))

    def _rendered(self, turns: list[dict[str, Any]]) -> str:
        from jinja2 import TemplateError

        try:
            return str(
                self._wrapper.apply_chat_template(
                    turns,
                    chat_template=self._template,
                    tokenize=False,
                    add_generation_prompt=True,
                    enable_thinking=False,
                )
            )
        except TemplateError as error:
            roles = ", ".join(turn["role"] for turn in turns)
            raise Failure(
                LocalModelError,
                f"the chat template of {self._name} does not take a conversation of {roles}: {error}; set "
                "local.language to a model that takes system messages",
            ) from error

    def _prepared(self, pictures: Sequence[Picture]) -> Mapping[str, Any]:
        try:
            made = self._pictures(
                images=[picture.pixels for picture in pictures], return_tensors="pt", input_data_format="channels_last"
            )
        except ValueError as error:
            sizes = ", ".join(f"{p.pixels.shape[1]} x {p.pixels.shape[0]}" for p in pictures)
            raise Failure(LocalModelError, f"{self._name} does not take pictures of {sizes}: {error}") from error
        return {name: made[name] for name in self._pictures.model_input_names}

    def _spread(self, tokens: list[int], grid: Any) -> list[int]:
        """With as many picture tokens as each picture has patch groups, where the template has one."""
        sizes = (grid.prod(-1) // self._pictures.merge_size**2).tolist()
        if tokens.count(self.picture_token or 0) != len(sizes):
            raise Failure(LocalModelError, f"the chat template of {self._name} has no place for pictures in a message")
        left = iter(sizes)
        spread: list[int] = []
        for token in tokens:
            spread += [token] * (next(left) if token == self.picture_token else 1)
        return spread


def _turn(message: Message, texts: list[str]) -> dict[str, Any]:
    """A message as templates take it, its texts put off to `texts`; those that follow each other are one."""
    parts: list[dict[str, str]] = []
    for part in _joined(message.parts):
        if isinstance(part, Text):
            parts.append({"type": "text", "text": f"{OPEN}{len(texts)}{CLOSE}"})
            texts.append(part.text)
        else:
            parts.append({"type": "image"})
    if all("text" in part for part in parts):  # templates of models without pictures take nothing else
        return {"role": message.role, "content": "".join(part["text"] for part in parts)}
    return {"role": message.role, "content": parts}


def _joined(parts: Sequence[Part]) -> list[Part]:
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, Text) and joined and isinstance(joined[-1], Text):
            joined[-1] = Text(f"{joined[-1].text}\n\n{part.text}")  # as `wire.wire_messages` does
        else:
            joined.append(part)
    return joined


def _unbounded(tokenizer_json: str) -> str:
    """A tokenizer that neither cuts nor fills up what it is given."""
    return json.dumps(json.loads(tokenizer_json) | {"truncation": None, "padding": None})


def _tokenizers(tokenizer_json: str, name: str) -> tuple[Any, Any]:
    """The tokenizer, and the same without markers.

    Raises:
        WeightsError: it finds markers in plain text all the same.
    """
    from tokenizers import Tokenizer

    document = json.loads(tokenizer_json)
    markers = [marker["content"] for marker in document["added_tokens"]]
    numbers = {marker["id"] for marker in document["added_tokens"]}
    plain = Tokenizer.from_str(json.dumps(document | {"added_tokens": []}))
    for marker in markers:
        if numbers.intersection(plain.encode(marker, add_special_tokens=False).ids):
            raise WeightsError(
                f"the tokenizer of {name} cannot tell {marker!r} in a text from its own marker; take another model"
            )
    return Tokenizer.from_str(tokenizer_json), plain

"""A tiny language model with random weights, that writes JSON under constraints: nothing is downloaded.

Its tokenizer knows the 256 bytes and the end. What it writes means nothing, but it is generated token by token by a
transformers model and constrained by llguidance, as in the servers that seewhy is used with, so that it fits every
schema. Importing this takes seconds (torch, transformers): do it where it is needed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

from llguidance import LLMatcher, LLTokenizer
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from seewhy.models.local.torches import torch_ready

torch = torch_ready()  # before transformers, which it makes importable beside any torchvision

from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast  # noqa: E402

END = "<|end|>"
POSITIONS = 4096
PROMPT_TOKENS = 64
"""Of a prompt, the model reads the last so many tokens: more would only take time."""
CLOSING = b'"]},'
CLOSING_BIAS = 0.2
"""Added to the logits of what closes strings, lists and objects, per token written: a random model never ends."""
CONSTANT, WANTED, UNWANTED = 40.0, 4.0, -10.0
"""Of the model that is saved: far above its other activations, so that what is wanted always comes first."""
CHAT_TEMPLATE = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"


def make_tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate([*letters, END])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([END])
    made = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END)
    made.chat_template = CHAT_TEMPLATE
    return made


def make_model(seed: int = 0) -> LlamaForCausalLM:
    """Two layers, heads of 32: the smallest that vLLM takes on CPU."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=257,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=POSITIONS,
        bos_token_id=256,
        eos_token_id=256,
        pad_token_id=256,
        initializer_range=0.4,  # far from uniform, so that different prompts are answered differently
    )
    return LlamaForCausalLM(config).eval()


def save(folder: Path) -> None:
    """Model and tokenizer as vLLM and others load them. Decoded greedily, this one ends its texts and writes 0 for a
    number, because nobody helps it as `RandomModel.write` does, and because llama.cpp lets numbers out of bounds."""
    model, tokenizer = make_model(), make_tokenizer()
    inclination = torch.full((257,), UNWANTED)
    for token, letter in enumerate(tokenizer.convert_ids_to_tokens(range(256))):
        if letter.isascii() and letter not in "\\{[":
            inclination[token] = WANTED if letter.encode() in CLOSING else WANTED / 2 if letter == "0" else 0.0
    inclination[256] = WANTED
    with torch.no_grad():  # the first dimension becomes a constant, which only the last layer sees, as its bias
        model.model.embed_tokens.weight[:, 0] = CONSTANT
        for layer in model.model.layers:
            attention, mlp = layer.self_attn, layer.mlp
            for reading in (attention.q_proj, attention.k_proj, attention.v_proj, mlp.gate_proj, mlp.up_proj):
                reading.weight[:, 0] = 0.0
            attention.o_proj.weight[0] = mlp.down_proj.weight[0] = 0.0
        model.lm_head.weight[:, 0] = inclination
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


class RandomModel:
    """Prompt and grammar → tokens."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self.tokenizer = make_tokenizer()
        self.model = make_model()
        self._guide = LLTokenizer(self.tokenizer.backend_tokenizer.to_str(), eos_token=256, slices=[])
        letters = self.tokenizer.convert_ids_to_tokens(range(256))
        self._closing = torch.tensor([letter.encode() in CLOSING and len(letter) == 1 for letter in [*letters, ""]])
        self._closing[256] = True

    def count(self, text: str) -> int:
        """Tokens of a text."""
        return len(text.encode())

    def write(
        self, prompt: str, schema: dict[str, Any] | None, *, temperature: float, seed: int, most: int
    ) -> Iterator[str]:
        """Text, token by token (nothing, within a letter of several bytes); ends by itself, or after `most` tokens.

        With a schema it fits that, if it ends by itself.

        Raises:
            ValueError: the schema is none that can be decoded under.
        """
        matcher = self._matcher(schema) if schema is not None else None
        tokens = self.tokenizer.encode(prompt)[-PROMPT_TOKENS:]
        draw = torch.Generator().manual_seed(seed)
        cache = None
        pending = b""
        with torch.inference_mode():
            for written in range(most):
                output = self.model(torch.tensor([tokens]), past_key_values=cache, use_cache=True)
                cache = output.past_key_values
                logits = output.logits[0, -1] + CLOSING_BIAS * written * self._closing
                if matcher is not None:
                    allowed = torch.frombuffer(bytearray(matcher.compute_logit_bias()), dtype=torch.uint8)[:257] > 0
                    logits = logits.masked_fill(~allowed, float("-inf"))
                token = int(
                    torch.multinomial((logits / temperature).softmax(-1), 1, generator=draw)
                    if temperature
                    else logits.argmax()
                )
                if token == 256:
                    break
                if matcher is not None and not matcher.consume_token(token):
                    raise AssertionError(matcher.get_error())
                tokens = [token]
                pending += self._guide.decode_bytes([token])
                try:
                    text = pending.decode()
                except UnicodeDecodeError:
                    text = pending.decode(errors="replace") if len(pending) == 4 else ""
                pending = b"" if text else pending
                yield text
                if matcher is not None and matcher.is_stopped():
                    break

    def _matcher(self, schema: dict[str, Any]) -> LLMatcher:
        grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema), defaults={"whitespace_flexible": False})
        matcher = LLMatcher(self._guide, grammar, log_level=0)
        if matcher.is_error():
            raise ValueError(matcher.get_error())
        return matcher

"""Composed queries a second by pooled token states: the plain way, as the code published with CoVR-R does it, and ours.

    python benchmarks/composed_throughput.py                     # a small shape, on a CPU
    python benchmarks/composed_throughput.py --shape 8b --device cuda

The plain way gives each prompt to `generate` with the whole video before it, one query at a time, token by token. Ours
reads each video once, shares what was computed of it among all prompts and samples, and writes several queries side by
side. Both write the same number of tokens, as many as the published code may: what a model of random weights says does
not matter. In float32 both say the same, which is checked. A video is 18 frames, a frame a second.

On one GPU the goal is 5 times as many queries a second in two_stage, and 10 times in self_consistency. Most of it comes
from writing side by side: one token of one text costs a GPU as much as one of each of many.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from seewhy.models.local.composed.plain import write_plainly
from seewhy.models.local.composed.rows import see
from seewhy.models.local.composed.videos import GRID, Talk, Video
from seewhy.models.local.composed.writing import Chance, Tongue, Wish, Written, write
from seewhy.models.local.torches import torch_ready

FRAMES = 18
PATCH_VALUES = 3 * 2 * 16 * 16
"""Of a patch: colors, frames of a pair, rows and columns."""
MARKS = {"image_token_id": 1, "video_token_id": 2, "vision_start_token_id": 3, "vision_end_token_id": 4}
FIRST_WORD = 8
"""Tokens from here on are text."""
SYSTEM_TOKENS, TIME_TOKENS = 60, 8
TAILS = {"reason": 130, "join": 150, "target": 210, "single": 190}
"""Tokens of our prompts in a vocabulary such as Qwen's, an edit of 15 words included; reasonings come on top."""


@dataclass(frozen=True)
class Shape:
    """A model, and what it is shown."""

    text: dict[str, Any]
    vision: dict[str, Any]
    grid: tuple[int, int]
    """patches of a frame, rows and columns"""


SHAPES = {
    "8b": Shape(  # Qwen3-VL-8B-Instruct: its config.json; frames of 640x352 pixels
        {
            "vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 36,
            "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 262144,
            "rope_parameters": {
                "rope_type": "default", "rope_theta": 5e6, "mrope_section": [24, 20, 20], "mrope_interleaved": True,
            },
        },
        {
            "depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "num_heads": 16, "patch_size": 16,
            "out_hidden_size": 4096, "num_position_embeddings": 2304, "deepstack_visual_indexes": [8, 16, 24],
        },
        (22, 40),
    ),
    "small": Shape(  # frames of 192x128 pixels
        {
            "vocab_size": 8192, "hidden_size": 128, "intermediate_size": 384, "num_hidden_layers": 4,
            "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32, "max_position_embeddings": 8192,
            "rope_parameters": {
                "rope_type": "default", "rope_theta": 1e4, "mrope_section": [6, 5, 5], "mrope_interleaved": True,
            },
        },
        {
            "depth": 4, "hidden_size": 96, "intermediate_size": 192, "num_heads": 4, "patch_size": 16,
            "out_hidden_size": 128, "num_position_embeddings": 256, "deepstack_visual_indexes": [0, 1],
        },
        (8, 12),
    ),
}  # fmt: skip


def model_of(shape: Shape, device: str) -> Any:
    """With random weights, made where it stays."""
    torch = torch_ready()
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    torch.manual_seed(0)
    config = Qwen3VLConfig(text_config=shape.text, vision_config=shape.vision, tie_word_embeddings=False, **MARKS)
    with torch.device(device):
        dtype = torch.float32 if device == "cpu" else torch.bfloat16
        return Qwen3VLForConditionalGeneration._from_config(config, dtype=dtype).eval()


@dataclass(frozen=True)
class Query:
    """A reference; its edit is in the tails."""

    head: tuple[int, ...]
    video: Video
    number: int

    def tail(self, name: str, reasonings: int, vocabulary: int) -> tuple[int, ...]:
        """A prompt's tokens, and those of the reasonings that it quotes."""
        return words(TAILS[name] + reasonings, 1000 * self.number + len(name), vocabulary)


def words(count: int, seed: int, vocabulary: int) -> tuple[int, ...]:
    torch = torch_ready()
    noise = torch.Generator().manual_seed(seed)
    return tuple(torch.randint(FIRST_WORD, vocabulary, (count,), generator=noise).tolist())


def query(number: int, shape: Shape) -> Query:
    torch = torch_ready()
    pairs, (rows, columns) = FRAMES // 2, shape.grid
    tokens = [*words(SYSTEM_TOKENS, number, shape.text["vocab_size"])]
    for pair in range(pairs):
        seen = [MARKS["video_token_id"]] * (rows * columns // 4)
        tokens += words(TIME_TOKENS, pair, shape.text["vocab_size"])
        tokens += [MARKS["vision_start_token_id"], *seen, MARKS["vision_end_token_id"]]
    noise = torch.Generator().manual_seed(number)
    patches = torch.randn((pairs * rows * columns, PATCH_VALUES), generator=noise)
    inputs = {"pixel_values_videos": patches, GRID: torch.tensor([[pairs, rows, columns]])}
    return Query(tuple(tokens), Video("", MARKS["video_token_id"], inputs), number)


@dataclass(frozen=True)
class Bench:
    """What is measured, and how long texts are."""

    model: Any
    shape: Shape
    reasoning: int
    description: int
    samples: int

    @property
    def tongue(self) -> Tongue:
        """Nothing ends a text before it has all of its tokens."""
        return Tongue(frozenset(), frozenset(range(FIRST_WORD)), self.shape.text["vocab_size"])

    def stages(self, strategy: str) -> list[tuple[str, int, int, int]]:
        """Prompt, tokens of reasonings that it quotes, tokens of the text, texts."""
        told = ("target", self.reasoning, self.description, 1)
        match strategy:
            case "single_stage":
                return [("single", 0, self.description, 1)]
            case "two_stage":
                return [("reason", 0, self.reasoning, 1), told]
        joined = ("join", self.reasoning * self.samples, self.reasoning, 1)
        return [("reason", 0, self.reasoning, self.samples), joined, told]

    def plain(self, strategy: str, queries: Sequence[Query]) -> list[Written]:
        """The last text of each query."""
        texts = []
        for one in queries:
            for name, quoted, most, count in self.stages(strategy):
                talk = Talk(one.head, one.tail(name, quoted, self.shape.text["vocab_size"]))
                for _ in range(count):
                    last = name in ("target", "single")
                    text = write_plainly(self.model, talk, one.video, most, self.tongue, states=last)
            texts.append(text)
        return texts

    def ours(self, strategy: str, queries: Sequence[Query]) -> list[Written]:
        """Likewise."""
        seen = [see(self.model, one.head, one.video) for one in queries]
        for name, quoted, most, count in self.stages(strategy):
            by = tuple(Chance(0.7, seed) for seed in range(count)) if count > 1 else (None,)
            tails = [one.tail(name, quoted, self.shape.text["vocab_size"]) for one in queries]
            last = name in ("target", "single")
            wishes = [Wish(head, tail, most, by, last) for head, tail in zip(seen, tails, strict=True)]
            texts = write(self.model, wishes, self.tongue)
        return [text for (text,) in texts]


def seconds(work: Callable[[], object], runs: int) -> float:
    """The median over runs; one before them does not count."""
    took = []
    for _ in range(runs + 1):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return statistics.median(took[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="small")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1")
    parser.add_argument("--strategies", nargs="+", default=["two_stage", "self_consistency"])
    parser.add_argument("--batch", type=int, default=8, help="queries that are answered side by side")
    parser.add_argument("--plain", type=int, default=1, help="queries by which the plain way is measured")
    parser.add_argument("--samples", type=int, default=5, help="of reasoning, in self_consistency")
    parser.add_argument("--reasoning", type=int, default=128, help="tokens of what would follow")
    parser.add_argument("--description", type=int, default=256, help="tokens of a description")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="of a CPU")
    asked = parser.parse_args()

    torch = torch_ready()
    torch.set_num_threads(asked.threads)
    shape = SHAPES[asked.shape]
    bench = Bench(model_of(shape, asked.device), shape, asked.reasoning, asked.description, asked.samples)
    queries = [query(number, shape) for number in range(max(asked.batch, asked.plain))]
    title = torch.cuda.get_device_name(asked.device) if asked.device != "cpu" else platform.processor() or "cpu"
    print(f"{asked.shape} on {asked.device} ({title}), {bench.model.dtype}, torch {torch.__version__}")
    print(f"head of {len(queries[0].head)} tokens; {asked.batch} queries side by side; median of {asked.runs} runs")
    for strategy in asked.strategies:
        plain = seconds(lambda: bench.plain(strategy, queries[: asked.plain]), asked.runs) / asked.plain  # noqa: B023
        one = seconds(lambda: bench.ours(strategy, queries[:1]), asked.runs)  # noqa: B023
        ours = seconds(lambda: bench.ours(strategy, queries[: asked.batch]), asked.runs) / asked.batch  # noqa: B023
        print(
            f"{strategy:17} plain {1 / plain:8.3f}   ours, one by one {1 / one:8.3f} ({plain / one:.1f}x)   "
            f"ours {1 / ours:8.3f} queries/s ({plain / ours:.1f}x)"
        )
    if asked.device == "cpu":
        [expected], [text] = bench.plain("single_stage", queries[:1]), bench.ours("single_stage", queries[:1])
        assert text.states is not None
        assert expected.states is not None
        off = abs(text.states - expected.states).max()
        same = "the same" if text.tokens == expected.tokens else "ANOTHER"
        print(f"single_stage: {same} text as in the plain way; states {off:.1e} off")


if __name__ == "__main__":
    main()

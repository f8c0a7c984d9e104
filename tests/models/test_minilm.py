"""The shipped text encoder: what it is, how near to the original, how fast to start."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from seewhy.errors import PluginError
from seewhy.models import minilm, registry
from seewhy.models.minilm import DATA, MAX_TOKENS, MiniLmEncoder

HERE = Path(__file__).parent
ALONE = 1e-6
"""How far a vector may be from the same one computed otherwise: a few units in the last place of float32."""


@pytest.fixture(scope="module")
def encoder() -> MiniLmEncoder:
    return MiniLmEncoder(threads=1)


@pytest.fixture(scope="module")
def reference() -> tuple[list[str], np.ndarray]:
    """Every eighth of the 500 sentences of scripts/encoder_sentences.py, and the original's vectors."""
    sentences = json.loads((HERE / "minilm_reference.json").read_text(encoding="utf-8"))
    vectors = np.load(HERE / "minilm_reference.npy").astype(np.float64)
    return sentences, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_vector_is_the_same_to_the_last_bit_however_many_run_together(threads: int) -> None:
    """Else rounding would decide which of two things that are described alike a question found, and on what was asked
    before it would depend what it answers."""
    tokens = np.random.default_rng(0).integers(1000, 20_000, (6, 9))
    _, session = minilm.load(threads)

    def vectors(rows: np.ndarray) -> np.ndarray:
        found: np.ndarray = session.run(None, {"token_ids": rows})[0]
        return found

    alone = np.concatenate([vectors(row[None]) for row in tokens])
    for count in range(2, len(tokens) + 1):
        np.testing.assert_array_equal(vectors(tokens[:count]), alone[:count])
    np.testing.assert_array_equal(vectors(tokens[::-1]), alone[::-1])


def test_is_registered_under_its_name() -> None:
    assert registry.load(registry.ENCODERS, "all-MiniLM-L6-v2") is MiniLmEncoder


def test_is_near_the_original(encoder: MiniLmEncoder, reference: tuple[list[str], np.ndarray]) -> None:
    sentences, vectors = reference
    assert len(sentences) == len(vectors) >= 60
    cosines = (encoder.encode(sentences).astype(np.float64) * vectors).sum(axis=1)
    assert cosines.mean() >= 0.999
    assert cosines.min() >= 0.997


def test_keeps_the_originals_similarities(encoder: MiniLmEncoder, reference: tuple[list[str], np.ndarray]) -> None:
    sentences, vectors = reference
    mine = encoder.encode(sentences).astype(np.float64)
    assert np.abs(mine @ mine.T - vectors @ vectors.T).max() < 0.02


def test_a_vector_is_the_same_alone_and_among_others(
    encoder: MiniLmEncoder, reference: tuple[list[str], np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    sentences, _ = reference
    together = encoder.encode(sentences)
    for position, sentence in enumerate(sentences):
        np.testing.assert_array_equal(encoder.encode([sentence])[0], together[position])
    monkeypatch.setattr(minilm, "TOKENS_PER_RUN", 40)
    np.testing.assert_array_equal(encoder.encode(sentences), together)


def test_number_of_threads_changes_nothing(encoder: MiniLmEncoder, reference: tuple[list[str], np.ndarray]) -> None:
    sentences = reference[0][:20]
    other = MiniLmEncoder(threads=2).encode(sentences)
    np.testing.assert_allclose(encoder.encode(sentences), other, rtol=0, atol=ALONE)


def test_reads_so_many_tokens_and_no_more(encoder: MiniLmEncoder) -> None:
    words = MAX_TOKENS - 2  # the first and the last token are the model's own
    full, longer, shorter = encoder.encode(["dog " * words, "dog " * words + "cat", "dog " * (words - 1) + "cat"])
    np.testing.assert_array_equal(full, longer)
    assert np.abs(full - shorter).max() > 1e-4


def test_knows_function_but_not_order(encoder: MiniLmEncoder) -> None:
    """What sentence vectors can and cannot tell apart, and so why predicates are checked by code."""
    chair, seat, rain = encoder.encode(["a wooden chair", "something to sit on", "heavy rain"])
    assert chair @ seat > chair @ rain + 0.3
    one, other = encoder.encode(["the dog chases the cat", "the cat chases the dog"])
    assert one @ other > 0.97


def test_special_words_in_a_sentence_do_no_harm(encoder: MiniLmEncoder) -> None:
    vectors = encoder.encode(["[CLS] [SEP] [PAD] [MASK]", "\x00\x01", "a file named \udcff"])
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(vectors[2:], encoder.encode(["a file named ?"]), rtol=0, atol=ALONE)


def test_card_names_the_files_that_ship() -> None:
    card = json.loads((DATA / "card.json").read_text(encoding="utf-8"))
    assert card["name"] == MiniLmEncoder.name
    assert card["dimensions"] == MiniLmEncoder.dimensions
    assert card["max_tokens"] == MAX_TOKENS
    assert card["revision"] == "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
    for name, expected in card["sha256"].items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == expected
    assert (DATA / "model.onnx").stat().st_size <= 25_000_000
    assert card["measured"]["cosine_to_original_mean"] >= 0.999
    assert card["measured"]["cosine_to_original_worst"] >= 0.997
    assert card["measured"]["alone_against_batch_largest_difference"] == 0
    assert "Apache License" in (DATA / "LICENSE").read_text(encoding="utf-8")
    assert card["revision"] in (DATA / "NOTICE").read_text(encoding="utf-8")


def test_imports_and_loads_nothing_before_the_first_sentence() -> None:
    code = """
import sys
from seewhy.models.minilm import MiniLmEncoder
encoder = MiniLmEncoder()
encoder.encode([])
print(encoder.name, encoder.dimensions, [name for name in ("onnxruntime", "tokenizers") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [MiniLmEncoder.name, "384", "[]"]


def test_missing_files_and_threads_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(minilm, "DATA", tmp_path)
    with pytest.raises(PluginError, match=r"tokenizer.json is missing; install seewhy again"):
        MiniLmEncoder(threads=3).encode(["a"])  # with three threads nothing was loaded yet
    with pytest.raises(ValueError, match="at least 1, got 0"):
        MiniLmEncoder(threads=0)


def test_is_loaded_once_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions: list[int] = []
    make = onnxruntime.InferenceSession

    def count(*args: Any, **options: Any) -> onnxruntime.InferenceSession:
        sessions.append(1)
        return make(*args, **options)

    monkeypatch.setattr(onnxruntime, "InferenceSession", count)
    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(lambda _: MiniLmEncoder(threads=4).encode(["a dog"]), range(4)))
    assert len(sessions) == 1
    for other in vectors[1:]:
        np.testing.assert_array_equal(vectors[0], other)

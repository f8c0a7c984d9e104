"""The memory in front of a text encoder: what it saves, and that nobody can tell it is there."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.models.minilm import MiniLmEncoder
from seewhy.models.recalling import RecallingEncoder
from seewhy.models.text import HashingEncoder, Vectors

SAID = [
    f"{size} {thing} {does}" for size in ("a", "two big") for thing in ("dog", "balls") for does in ("runs", "roll")
]


class Counting(HashingEncoder):
    """Keeps what it was asked to encode."""

    def __init__(self) -> None:
        super().__init__(8)
        self.asked: list[list[str]] = []

    def encode(self, sentences: Sequence[str]) -> Vectors:
        self.asked.append(list(sentences))
        return super().encode(sentences)


def test_a_sentence_is_encoded_once() -> None:
    inner = Counting()
    encoder = RecallingEncoder(inner)
    first = encoder.encode(["a dog", "a cat", "a dog"])
    again = encoder.encode(["a cat", "a bird", "a dog"])
    assert inner.asked == [["a dog", "a cat"], ["a bird"]]
    np.testing.assert_array_equal(again, HashingEncoder(8).encode(["a cat", "a bird", "a dog"]))
    np.testing.assert_array_equal(first[[1, 0]], again[[0, 2]])
    assert (encoder.name, encoder.dimensions) == (inner.name, 8)


def test_what_is_asked_for_next_is_encoded_together_as_far_as_it_is_remembered() -> None:
    inner = Counting()
    encoder = RecallingEncoder(inner, most=3)
    encoder.ahead(["a dog", "a dog", "a cat", "a bird", "a fish"])
    assert inner.asked == [["a dog", "a cat", "a bird"]]
    for sentence in ("a dog", "a cat", "a bird"):
        encoder.encode([sentence])
    assert len(inner.asked) == 1
    encoder.encode(["a fish"])
    assert inner.asked[1:] == [["a fish"]]


def test_it_forgets_what_was_not_asked_for_lately() -> None:
    inner = Counting()
    encoder = RecallingEncoder(inner, most=2)
    for number in range(50):
        encoder.encode([f"thing {number}"])
    encoder.encode(["thing 49"])
    assert len(inner.asked) == 50
    encoder.encode(["thing 0"])
    assert inner.asked[-1] == ["thing 0"]


def test_what_fails_is_not_remembered() -> None:
    class Failing(Counting):
        def encode(self, sentences: Sequence[str]) -> Vectors:
            if not self.asked:
                self.asked.append([])
                raise OSError("the model cannot be read")
            return super().encode(sentences)

    encoder = RecallingEncoder(Failing())
    with pytest.raises(OSError, match="cannot be read"):
        encoder.encode(["a dog"])
    np.testing.assert_array_equal(encoder.encode(["a dog"]), HashingEncoder(8).encode(["a dog"]))


@settings(max_examples=15, deadline=None, derandomize=True, database=None)
@given(history=st.lists(st.lists(st.sampled_from(SAID), max_size=5), max_size=5), most=st.sampled_from([1, 3, 100]))
def test_an_answer_does_not_depend_on_what_was_asked_before(history: list[list[str]], most: int) -> None:
    """To the last bit, with the encoder that ships."""
    encoder = RecallingEncoder(MiniLmEncoder(threads=1), most)
    for sentences in history:
        np.testing.assert_array_equal(encoder.encode(sentences), MiniLmEncoder(threads=1).encode(sentences))


def test_threads_may_share_it() -> None:
    encoder = RecallingEncoder(HashingEncoder(8), most=4)
    expected = HashingEncoder(8).encode(SAID)

    def work(start: int) -> None:
        for step in range(100):
            number = (start + step) % len(SAID)
            np.testing.assert_array_equal(encoder.encode([SAID[number]])[0], expected[number])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))

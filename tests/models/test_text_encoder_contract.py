"""What every TextEncoder must do, asked of each implementation, the fake included."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.models.minilm import MiniLmEncoder
from seewhy.models.recalling import RecallingEncoder
from seewhy.models.text import HashingEncoder, TextEncoder

SENTENCES = [
    "a red ball moves from left to right",
    "",
    "?",
    "two dogs and one cat on a snowy slope",
    "a red ball moves from left to right",
    "word " * 400,
    "犬が海辺を走る 🐕",
    "a\tb\nc",
]


MADE = {
    "hashing": HashingEncoder,
    "minilm": MiniLmEncoder,
    "recalling": lambda: RecallingEncoder(MiniLmEncoder()),
    "recalling little": lambda: RecallingEncoder(MiniLmEncoder(), most=2),
}


@pytest.fixture(scope="module", params=MADE)
def encoder(request: pytest.FixtureRequest) -> TextEncoder:
    made: TextEncoder = MADE[request.param]()
    return made


def test_is_a_text_encoder_with_a_versioned_name(encoder: TextEncoder) -> None:
    assert isinstance(encoder, TextEncoder)
    assert "@" in encoder.name


def test_rows_are_of_unit_length_and_in_order(encoder: TextEncoder) -> None:
    vectors = encoder.encode(SENTENCES)
    assert vectors.shape == (len(SENTENCES), encoder.dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)
    backwards = encoder.encode(SENTENCES[::-1])[::-1]
    np.testing.assert_array_equal(vectors, backwards)


def test_nothing_gives_no_rows(encoder: TextEncoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimensions)
    assert encoder.encode([]).dtype == np.float32


def test_a_vector_does_not_depend_on_its_company_to_the_last_bit(encoder: TextEncoder) -> None:
    together = encoder.encode(SENTENCES * 3)
    for position, sentence in enumerate(SENTENCES * 3):
        np.testing.assert_array_equal(encoder.encode([sentence])[0], together[position])


def test_what_is_given_is_the_askers_own(encoder: TextEncoder) -> None:
    before = encoder.encode(SENTENCES)
    taken = encoder.encode(SENTENCES)
    taken[:] = 0.0
    np.testing.assert_array_equal(encoder.encode(SENTENCES), before)


def test_the_same_again_is_the_same(encoder: TextEncoder) -> None:
    np.testing.assert_array_equal(encoder.encode(SENTENCES), encoder.encode(SENTENCES))


def test_different_sentences_differ(encoder: TextEncoder) -> None:
    ball, dogs = encoder.encode([SENTENCES[0], SENTENCES[3]])
    assert float(ball @ dogs) < 0.9

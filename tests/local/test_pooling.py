"""Token states → one vector, on numbers that are checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.models.local import word_lists
from seewhy.models.local.pooling import Pooling, States, pool, pool_tokens, unit
from seewhy.models.local.word_weights import Weighing, token_weights

STATES: States = np.array([[3, 0], [0, 4], [0, -2]], np.float32)


def rounded(weights: np.ndarray) -> list[float]:
    return [round(float(weight), 4) for weight in weights]


class TestPooling:
    @pytest.mark.parametrize(
        ("pooling", "direction"),
        [
            ("mean", (3, 2)),  # (3, 4 - 2) / 3
            ("weighted", (1.5, 2)),  # 0.5 (3, 0) + 0.5 (0, 4) + 0 (0, -2)
            ("max", (3, 4)),
            ("last", (0, -2)),
        ],
    )
    def test_by_hand(self, pooling: Pooling, direction: tuple[float, float]) -> None:
        weights = np.array([1, 1, 0], np.float32)
        assert pool(STATES, weights, pooling) == pytest.approx(np.array(direction) / np.hypot(*direction))

    def test_only_the_proportions_of_weights_count(self) -> None:
        few, many = (pool(STATES, np.array([1, 3, 2], np.float32) * scale, "weighted") for scale in (0.1, 10))
        assert few == pytest.approx(many)
        assert few == pytest.approx(np.array([3, 8]) / np.hypot(3, 8))  # (1*3, 3*4 - 2*2)

    @pytest.mark.parametrize(
        "states", [np.zeros((0, 2), np.float32), np.zeros((2, 2), np.float32), np.full((1, 2), np.nan, np.float32)]
    )
    def test_what_has_no_direction_is_said(self, states: States) -> None:
        with pytest.raises(ValueError, match=r"nothing to pool|no direction"):
            pool(states, np.ones(len(states), np.float32), "mean")

    def test_the_paper_takes_states_by_direction_the_release_as_they_are(self) -> None:
        texts, tokens = [" dog", " runs", " off"], [5, 6, 7]
        paper = pool_tokens(STATES, tokens, texts, {9}, "mean", "paper")
        assert paper == pytest.approx([1, 0])  # (1, 0) + (0, 1) + (0, -1)
        released = pool_tokens(STATES, tokens, texts, {9}, "mean", "released")
        assert released == pytest.approx(np.array([3, 2]) / np.hypot(3, 2))

    @pytest.mark.parametrize("pooling", ["weighted", "mean", "max", "last"])
    @pytest.mark.parametrize("weighing", ["paper", "released"])
    def test_special_tokens_are_not_there(self, pooling: Pooling, weighing: Weighing) -> None:
        texts, tokens = [" dog", "<|im_end|>", " cud", "dles", "<|im_end|>"], [5, 9, 6, 7, 9]
        states = np.random.default_rng(0).standard_normal((5, 8)).astype(np.float32)
        said = [0, 2, 3]
        alone = pool_tokens(states[said], [5, 6, 7], [texts[place] for place in said], {9}, pooling, weighing)
        assert pool_tokens(states, tokens, texts, {9}, pooling, weighing).tolist() == alone.tolist()
        assert np.linalg.norm(alone) == pytest.approx(1)

    def test_nothing_but_special_tokens_is_nothing_said(self) -> None:
        with pytest.raises(ValueError, match="nothing was said"):
            pool_tokens(STATES[:1], [9], ["<|im_end|>"], {9}, "mean", "paper")

    def test_rows_of_length_1(self) -> None:
        assert unit(STATES).tolist() == [[1, 0], [0, 1], [0, -1]]


class TestPaperWeights:
    def test_actions_objects_and_states_then_attributes_and_scene_then_the_rest(self) -> None:
        pieces = [" A", " wet", " brown", " dog", " slowly", " crosses", " the", " street", ",", " alone", "."]
        assert rounded(token_weights(pieces, "paper")) == [0.1, 1, 0.3, 1, 0.3, 1, 0.1, 0.3, 0.1, 1, 0.1]

    def test_pieces_have_the_class_of_their_word(self) -> None:
        pieces = [" of", "ten", " a", " tur", "quo", "ise", " the", "at", "re", " with", "out", " kit", "chens"]
        assert rounded(token_weights(pieces, "paper")) == [0.1, 0.1, 0.1, *[0.3] * 3, *[1.0] * 3, 0.1, 0.1, 0.3, 0.3]

    def test_a_piece_that_bridges_words_goes_with_most_of_it(self) -> None:
        assert rounded(token_weights(["the dog", "s of"], "paper")) == [0.1, 0.1]  # "the" comes first of two as long
        assert rounded(token_weights(["a dog", "s in"], "paper")) == [1, 0.1]

    def test_words_with_hyphens_and_apostrophes(self) -> None:
        pieces = [" close", "-", "up", " dark", "-", "blue", " isn", "'t", " it", "’s", " Anna", "'s"]
        assert rounded(token_weights(pieces, "paper")) == [1, 1, 1, 0.3, 0.3, 0.3, 0.1, 0.1, 0.1, 0.1, 1, 1]

    def test_letters_in_pieces_are_of_their_word(self) -> None:
        assert rounded(token_weights([" na", "\ufffd", "\ufffd", "ve", " 12", "3"], "paper")) == [1, 1, 1, 1, 0.3, 0.3]

    def test_nothing(self) -> None:
        assert token_weights([], "paper").shape == token_weights([], "released").shape == (0,)


class TestReleasedWeights:
    def test_tiers_by_each_pieces_own_text(self) -> None:
        pieces = ["", "\n", ".", " --", " …", " The", "Video", " um", " 7", "2024", " ox", " dog", " tur", "ise", " of"]
        weights = [0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.3, 0.1, 0.7, 0.7, 0.4, 1, 1, 1, 0.3]
        assert rounded(token_weights(pieces, "released")) == weights

    def test_a_letter_in_pieces_is_no_punctuation(self) -> None:
        assert rounded(token_weights(["\ufffd", " \ufffd\ufffd\ufffd"], "released")) == [0.4, 1]


def test_no_word_stands_in_two_lists_of_different_weight() -> None:
    lighter = word_lists.FUNCTION | word_lists.TELLING | word_lists.FILLERS
    assert lighter & (word_lists.ATTRIBUTES | word_lists.SCENE) == set()
    assert all(word == word.lower() for word in lighter | word_lists.ATTRIBUTES | word_lists.SCENE)

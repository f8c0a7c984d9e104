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
        assert rounded(token_weights(pieces, "paper")) == [0.1, 0.1, 0.1, *[0.3] * 3, *[1.0] * 3, *[0.3] * 4]

    def test_a_piece_that_bridges_words_goes_with_most_of_it(self) -> None:
        assert rounded(token_weights(["the dog", "s of"], "paper")) == [0.1, 0.1]  # "the" comes first of two as long
        assert rounded(token_weights(["a dog", "s of"], "paper")) == [1, 0.1]

    def test_words_with_hyphens_and_apostrophes(self) -> None:
        pieces = [" close", "-", "up", " dark", "-", "blue", " isn", "'t", " it", "’s", " Anna", "'s"]
        assert rounded(token_weights(pieces, "paper")) == [1, 1, 1, 0.3, 0.3, 0.3, 0.3, 0.3, 0.1, 0.1, 1, 1]

    def test_letters_in_pieces_are_of_their_word(self) -> None:
        assert rounded(token_weights([" na", "\ufffd", "\ufffd", "ve", " 12", "3"], "paper")) == [1, 1, 1, 1, 0.3, 0.3]

    def test_nothing(self) -> None:
        assert token_weights([], "paper").shape == token_weights([], "released").shape == (0,)


def by_words(sentence: str) -> dict[str, float]:
    """Each word's weight, a mark's 0.1 left out. No word may stand twice."""
    pieces = [piece for word in sentence.split() for piece in (f" {word.rstrip('.,')}", word[len(word.rstrip(".,")) :])]
    weights = rounded(token_weights(pieces, "paper"))
    said = [(piece.strip(), weight) for piece, weight in zip(pieces, weights, strict=True) if piece.strip(" .,")]
    assert len(dict(said)) == len(said)
    return dict(said)


class TestWordsThatAreSpelledTheSame:
    """Whole sentences, checked by hand: what is told, 1; how and where, 0.3; what joins, 0.1."""

    @pytest.mark.parametrize(
        ("sentence", "told"),
        [
            ("A dog stands still.", {"A": 0.1, "dog": 1, "stands": 1, "still": 1}),
            ("A dog still stands.", {"A": 0.1, "dog": 1, "still": 0.1, "stands": 1}),
            ("The camera is still.", {"The": 0.1, "camera": 1, "is": 0.1, "still": 1}),
            ("He is still running.", {"He": 0.1, "is": 0.1, "still": 0.1, "running": 1}),
            ("It sits perfectly still, waiting.", {"It": 0.1, "sits": 1, "perfectly": 0.3, "still": 1, "waiting": 1}),
            ("A still lake.", {"A": 0.1, "still": 1, "lake": 0.3}),
            ("It rolls to the left.", {"It": 0.1, "rolls": 1, "to": 0.1, "the": 0.1, "left": 0.3}),
            ("He left the room.", {"He": 0.1, "left": 1, "the": 0.1, "room": 0.3}),
            ("Her left hand turns right.", {"Her": 0.1, "left": 0.3, "hand": 1, "turns": 1, "right": 0.3}),
            ("The cup falls over.", {"The": 0.1, "cup": 1, "falls": 1, "over": 1}),
            ("It jumps over the cup.", {"It": 0.1, "jumps": 1, "over": 0.1, "the": 0.1, "cup": 1}),
            ("She sits down on a chair.", {"She": 0.1, "sits": 1, "down": 1, "on": 0.1, "a": 0.1, "chair": 1}),
            ("He walks down the street.", {"He": 0.1, "walks": 1, "down": 0.1, "the": 0.1, "street": 0.3}),
            ("The lamp is off.", {"The": 0.1, "lamp": 1, "is": 0.1, "off": 1}),
            ("A plane takes off.", {"A": 0.1, "plane": 1, "takes": 1, "off": 1}),
            ("Water runs out of it.", {"Water": 1, "runs": 1, "out": 0.1, "of": 0.1, "it": 0.1}),
            ("It lies under the table.", {"It": 0.1, "lies": 1, "under": 0.1, "the": 0.1, "table": 1}),
            ("Children play outside.", {"Children": 1, "play": 1, "outside": 0.3}),
            ("It lies on its back.", {"It": 0.1, "lies": 1, "on": 0.1, "its": 0.1, "back": 1}),
            ("A hand places one cup.", {"A": 0.1, "hand": 1, "places": 1, "one": 0.3, "cup": 1}),
            ("It follows another one.", {"It": 0.1, "follows": 1, "another": 0.1, "one": 0.1}),
            ("A dog without its leash.", {"A": 0.1, "dog": 1, "without": 0.3, "its": 0.1, "leash": 1}),
            ("No door is not open.", {"No": 0.3, "door": 1, "is": 0.1, "not": 0.3, "open": 1}),
            ("It jumps again, twice.", {"It": 0.1, "jumps": 1, "again": 0.3, "twice": 0.3}),
            ("Only he looks like that.", {"Only": 0.1, "he": 0.1, "looks": 1, "like": 0.1, "that": 0.1}),
            ("Before and after it rains.", {"Before": 0.1, "and": 0.1, "after": 0.1, "it": 0.1, "rains": 1}),
        ],
    )
    def test_by_hand(self, sentence: str, told: dict[str, float]) -> None:
        assert by_words(sentence) == told

    def test_a_mark_parts_neighbors(self) -> None:
        assert rounded(token_weights([" stands", ",", " still", " runs"], "paper")) == [1, 0.1, 0.1, 1]

    def test_pieces_have_the_class_of_their_word_in_its_place(self) -> None:
        assert rounded(token_weights([" stands", " st", "ill", "."], "paper")) == [1, 1, 1, 0.1]

    def test_the_published_tiers_do_not_look_around(self) -> None:
        assert rounded(token_weights([" stands", " still", " no", " left"], "released")) == [1, 1, 0.3, 1]


class TestReleasedWeights:
    def test_tiers_by_each_pieces_own_text(self) -> None:
        pieces = ["", "\n", ".", " --", " …", " The", "Video", " um", " 7", "2024", " ox", " dog", " tur", "ise", " of"]
        weights = [0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.3, 0.1, 0.7, 0.7, 0.4, 1, 1, 1, 0.3]
        assert rounded(token_weights(pieces, "released")) == weights

    def test_its_stop_words_are_the_published_ones(self) -> None:
        assert len(word_lists.RELEASED_STOP) == 310
        pieces = [" camera", " becomes", " looks", " into", " over", " up", " well", " Thus", " who"]
        assert rounded(token_weights(pieces, "released")) == [0.3, 0.3, 0.3, 1, 1, 0.4, 0.1, 0.3, 1]

    def test_a_letter_in_pieces_is_no_punctuation(self) -> None:
        assert rounded(token_weights(["\ufffd", " \ufffd\ufffd\ufffd"], "released")) == [0.4, 1]


def test_no_word_stands_in_two_lists_of_different_weight() -> None:
    lighter = word_lists.FUNCTION | word_lists.TELLING | word_lists.FILLERS
    assert lighter & (word_lists.ATTRIBUTES | word_lists.SCENE) == set()
    assert all(word == word.lower() for word in lighter | word_lists.ATTRIBUTES | word_lists.SCENE)


def test_lists_of_words_that_join_and_do_more_are_of_words_that_join() -> None:
    for words in (word_lists.NEGATIONS, word_lists.QUANTITIES, word_lists.PARTICLES):
        assert words <= word_lists.FUNCTION
    assert set() == word_lists.VERBS_TOO & word_lists.FUNCTION

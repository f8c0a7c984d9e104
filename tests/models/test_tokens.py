"""The estimate of tokens against what a public tokenizer counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.models.tokens import count_tokens

REFERENCE = Path(__file__).parent / "token_reference.jsonl"
"""Made with ``benchmarks/digest_tokens.py --reference``: digests, plain and hostile, and Tekken's counts."""
UNDER, OVER = 0.95, 1.1


def reference() -> list[tuple[int, str]]:
    return [tuple(json.loads(line)) for line in REFERENCE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("tokens", "text"), reference())
def test_is_never_much_too_low(tokens: int, text: str) -> None:
    assert count_tokens(text) >= UNDER * tokens


def test_is_near_for_plain_words() -> None:
    plain = [(tokens, text) for tokens, text in reference() if text.isascii()]
    assert len(plain) >= 5
    for tokens, text in plain:
        assert count_tokens(text) <= OVER * tokens + 3


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("ball", 1), (" ball", 1), ("3.14", 4), ("at 5", 3), ("\n", 1), ("internationalization", 3), ("日本", 4)],
)
def test_by_hand(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_characters="\n")), st.text(st.characters(exclude_characters="\n")))
def test_lines_add_up(a: str, b: str) -> None:
    assert count_tokens(f"{a}\n{b}") == count_tokens(a) + 1 + count_tokens(b)

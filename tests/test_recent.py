"""A memory that does not grow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.recent import Recent


@settings(deadline=None, derandomize=True, database=None)
@given(most=st.integers(1, 6), keys=st.lists(st.integers(0, 12), max_size=80))
def test_what_was_used_last_is_there_and_little_else(most: int, keys: list[int]) -> None:
    memory: Recent[int, str] = Recent(most)
    used: list[int] = []
    """keys, the latest last, each once"""
    for key in keys:
        known = memory.get(key)
        assert known in (None, str(key))
        if key in used[-most:]:
            assert known is not None
        if known is None:
            assert memory.put(key, str(key)) == str(key)
        used = [other for other in used if other != key] + [key]
        assert len(memory) <= 2 * most


def test_a_value_put_again_counts_and_one_dropped_is_gone() -> None:
    memory: Recent[str, int] = Recent(2)
    memory.put("a", 1)
    memory.put("a", 2)
    assert (memory.get("a"), len(memory)) == (2, 1)
    memory.put("b", 3)
    memory.put("c", 4)  # "a" is with the older ones now
    memory.drop("a")
    memory.drop("never put")
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (None, 3, 4)


def test_threads_may_share_it() -> None:
    memory: Recent[int, int] = Recent(8)

    def work(start: int) -> None:
        for key in range(start, start + 2000):
            assert memory.get(key % 40) in (None, key % 40)
            memory.put(key % 40, key % 40)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(memory) <= 2 * (8 + 8)  # each of eight threads may put one more than it counted


def test_it_keeps_something() -> None:
    with pytest.raises(ValueError, match="at least 1 entry, got 0"):
        Recent(0)

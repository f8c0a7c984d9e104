from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from seewhy.types.time import Rational, Span, merge_spans

times = st.floats(0, 100, allow_nan=False)
spans = st.tuples(times, times).map(lambda pair: Span(start=min(pair), end=max(pair)))


def test_a_span_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValidationError, match=r"ends where it starts or later, got \[2.0, 1.0\)"):
        Span(start=2.0, end=1.0)


def test_not_a_number_is_no_time() -> None:
    with pytest.raises(ValidationError):
        Span(start=0.0, end=float("nan"))


def test_spans_are_half_open() -> None:
    first, second = Span(start=0, end=1), Span(start=1, end=2)
    assert not first.overlaps(second)
    assert first.intersection(second) is None
    assert first.contains(0.0)
    assert not first.contains(1.0)


@given(spans, spans)
def test_intersection_and_hull_enclose(a: Span, b: Span) -> None:
    hull = a.hull(b)
    assert hull.start <= min(a.start, b.start)
    assert hull.end >= max(a.end, b.end)
    common = a.intersection(b)
    assert (common is not None) == (a.overlaps(b) and max(a.start, b.start) < min(a.end, b.end))
    if common is not None:
        assert 0 < common.duration <= min(a.duration, b.duration)
        assert 0 < a.iou(b) <= 1


@given(st.lists(spans, max_size=8))
def test_merged_spans_are_sorted_disjoint_and_cover_the_same_time(given_spans: list[Span]) -> None:
    merged = merge_spans(given_spans)
    assert all(left.end < right.start for left, right in itertools.pairwise(merged))
    for span in given_spans:
        assert any(m.start <= span.start and span.end <= m.end for m in merged)


@pytest.mark.parametrize("text", ["30000/1001", "25", "1/12800"])
def test_rates_survive_json_exactly(text: str) -> None:
    adapter = TypeAdapter(Rational)
    value = adapter.validate_json(f'"{text}"')
    assert value == Fraction(text)
    assert adapter.validate_json(adapter.dump_json(value)) == value


@pytest.mark.parametrize("bad", ["29.97fps", "1/0", 29.97, None])
def test_a_rate_that_is_no_fraction_is_refused(bad: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Rational).validate_python(bad)

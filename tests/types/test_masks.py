from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seewhy.types import masks
from seewhy.types.masks import Rle

boolean_masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=20))


@given(boolean_masks)
def test_encoding_is_lossless(mask: masks.Mask) -> None:
    rle = masks.encode(mask)
    assert rle.size == mask.shape
    np.testing.assert_array_equal(masks.decode(rle), mask)
    assert masks.run_lengths(rle.counts).sum() == mask.size
    assert masks.area(rle) == int(mask.sum())


@given(st.data())
def test_iou_and_union_agree_with_arrays(data: st.DataObject) -> None:
    a = data.draw(boolean_masks)
    b = data.draw(hnp.arrays(bool, a.shape))
    rle_a, rle_b = masks.encode(a), masks.encode(b)
    np.testing.assert_array_equal(masks.decode(masks.union([rle_a, rle_b])), a | b)
    expected = 1.0 if not (a | b).any() else (a & b).sum() / (a | b).sum()
    assert masks.iou(rle_a, rle_b) == pytest.approx(expected)


def test_masks_of_two_sizes_are_not_compared() -> None:
    with pytest.raises(ValueError, match="resize one first"):
        masks.iou(masks.encode(np.ones((2, 3), bool)), masks.encode(np.ones((3, 2), bool)))


@pytest.mark.parametrize("counts", ["zzzz", "", "PPP9", masks.encode(np.ones((2, 2), bool)).counts])
def test_unreadable_run_lengths_are_an_error(counts: str) -> None:
    with pytest.raises(ValueError, match="unreadable run lengths"):
        masks.decode(Rle(size=(4, 4), counts=counts))


@given(st.text(alphabet=[chr(code) for code in range(40, 120)], max_size=30))
def test_any_string_gives_a_mask_or_a_value_error(counts: str) -> None:
    try:
        mask = masks.decode(Rle(size=(5, 7), counts=counts))
    except ValueError:
        return
    assert mask.shape == (5, 7)

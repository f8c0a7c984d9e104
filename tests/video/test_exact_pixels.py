"""Planes → RGB, bit by bit: against slow references in fractions, FFmpeg's scaler, and golden digests."""

from __future__ import annotations

import hashlib
import math
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.types.video import Image
from seewhy.video.area import LARGEST, Samples, scaled
from seewhy.video.colors import gray_of, matrix_of, rgb_of
from seewhy.video.planes import layout_of, upright

BT601, BT709, BT2020 = 6, 1, 9
WEIGHTS = {BT601: ("0.299", "0.114"), BT709: ("0.2126", "0.0722"), BT2020: ("0.2627", "0.0593")}


def area_reference(plane: Samples, full: tuple[int, int], pitch: tuple[int, int], size: tuple[int, int]) -> Samples:
    """Every pixel of the result as the mean over its rectangle, in fractions."""
    result = np.empty(size, np.uint8)
    for row in range(size[0]):
        for column in range(size[1]):
            total = Fraction(0)
            top, bottom = (Fraction(full[0] * (row + i), size[0]) for i in (0, 1))
            left, right = (Fraction(full[1] * (column + i), size[1]) for i in (0, 1))
            for i, line in enumerate(plane.tolist()):
                high = min(bottom, (i + 1) * pitch[0]) - max(top, i * pitch[0])
                for j, value in enumerate(line):
                    wide = min(right, (j + 1) * pitch[1]) - max(left, j * pitch[1])
                    if high > 0 and wide > 0:
                        total += value * high * wide
            result[row, column] = math.floor(total / ((bottom - top) * (right - left)) + Fraction(1, 2))
    return result


@settings(max_examples=60, deadline=None)
@given(
    full=st.tuples(st.integers(1, 13), st.integers(1, 13)),
    pitch=st.sampled_from([(1, 1), (2, 2), (1, 2), (2, 1), (1, 4), (4, 4)]),
    size=st.tuples(st.integers(1, 13), st.integers(1, 13)),
    seed=st.integers(0, 99),
)
def test_scaling_is_exact(full: tuple[int, int], pitch: tuple[int, int], size: tuple[int, int], seed: int) -> None:
    shape = tuple(-(-pixels // step) for pixels, step in zip(full, pitch, strict=True))
    plane = np.random.default_rng(seed).choice([0, 1, 127, 128, 254, 255, seed], shape).astype(np.uint8)
    np.testing.assert_array_equal(scaled(plane, full, pitch, size), area_reference(plane, full, pitch, size))


@pytest.mark.parametrize(
    ("full", "size"), [((65536, 2), (65535, 3)), ((2, 65536), (3, 65535)), ((2160, 3840), (479, 853))]
)
def test_scaling_does_not_overflow(full: tuple[int, int], size: tuple[int, int]) -> None:
    """A white picture stays white: sums of the largest sizes fit."""
    assert (scaled(np.full(full, 255, np.uint8), full, (1, 1), size) == 255).all()


def test_scaling_refuses_planes_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="does not cover"):
        scaled(np.zeros((4, 4), np.uint8), (4, 9), (1, 2), (2, 2))
    with pytest.raises(ValueError, match="sides of 1 to"):
        scaled(np.zeros((1, LARGEST + 1), np.uint8), (1, LARGEST + 1), (1, 1), (1, 1))


def color_reference(y: int, cb: int, cr: int, colorspace: int, full_range: bool) -> tuple[Fraction, ...]:
    """R, G and B by the definition of luma and color differences, not rounded."""
    red_weight, blue_weight = (Fraction(weight) for weight in WEIGHTS[colorspace])
    light = Fraction(y, 255) if full_range else Fraction(y - 16, 219)
    blue_difference, red_difference = (Fraction(c - 128, 255 if full_range else 224) for c in (cb, cr))
    red = light + red_difference * 2 * (1 - red_weight)
    blue = light + blue_difference * 2 * (1 - blue_weight)
    green = (light - red_weight * red - blue_weight * blue) / (1 - red_weight - blue_weight)
    return tuple(min(max(part * 255, Fraction(0)), Fraction(255)) for part in (red, green, blue))


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("colorspace", WEIGHTS)
def test_colors_are_those_of_the_standard(colorspace: int, full_range: bool) -> None:
    values = np.random.default_rng(colorspace).integers(0, 256, (3, 20, 30)).astype(np.uint8)
    values[:, 0, :4] = [[0, 16, 235, 255], [0, 16, 240, 255], [255, 240, 16, 0]]
    image = rgb_of(*values, matrix_of(colorspace, full_range, 480))
    for row, column in np.ndindex(20, 30):
        wanted = color_reference(*values[:, row, column].tolist(), colorspace, full_range)
        for got, exact in zip(image[row, column].tolist(), wanted, strict=True):
            assert abs(got - exact) <= Fraction(1, 2) + Fraction(1, 100)


def test_the_color_space_is_guessed_by_height() -> None:
    for unknown in (0, 2, 3, 8, 14, 99):
        assert matrix_of(unknown, False, 719) == matrix_of(BT601, False, 719)
        assert matrix_of(unknown, False, 720) == matrix_of(BT709, False, 720)
    assert matrix_of(BT601, False, 1080) == matrix_of(5, False, 480)


def test_gray_is_the_conversion_without_color() -> None:
    y = np.arange(256, dtype=np.uint8).reshape(16, 16)
    none = np.full_like(y, 128)
    for full_range in (False, True):
        matrix = matrix_of(BT601, full_range, 480)
        np.testing.assert_array_equal(gray_of(y, matrix), rgb_of(y, none, none, matrix))


FORMATS = [
    "yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuv410p", "yuvj420p", "yuva420p", "yuv420p10le",
    "yuv444p12le", "yuv422p16le", "gray", "gray10le", "gbrp", "gbrp10le", "gbrap",
]  # fmt: skip
PACKED = ["rgb24", "bgr24", "bgra", "rgb48le", "yuyv422", "uyvy422", "nv12", "p010le", "pal8", "yuv420p10be", "ya8"]


def landscape(height: int, width: int) -> Image:
    """Smooth colors, so that conversions that treat chroma differently come close to each other."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack((40 + x * 150 // width, 60 + y * 130 // height, 200 - (x + y) * 120 // (width + height)), 2).astype(
        np.uint8
    )


def decoded(name: str, image: Image) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
    return frame if name == "rgb24" else frame.reformat(format="rgb8" if name == "pal8" else name)


@pytest.mark.parametrize("name", FORMATS + PACKED)
@pytest.mark.parametrize("size", [(96, 64), (97, 67)])
def test_close_to_the_usual_conversion(name: str, size: tuple[int, int]) -> None:
    """FFmpeg's scaler blends chroma and rounds elsewhere; what it makes of a frame looks the same, in every format."""
    width, height = size
    frame = decoded(name, landscape(height, width))
    usual = frame.reformat(format="rgb24").to_ndarray().astype(int)
    image = upright(frame, 0, size)
    assert image.shape == (height, width, 3)
    difference = np.abs(image - usual)
    assert difference.mean() < 2
    assert np.percentile(difference, 99) <= 8


def test_which_formats_are_read_plane_by_plane() -> None:
    assert all(layout_of(name) is not None for name in FORMATS)
    assert all(layout_of(name) is None for name in PACKED)
    for name in (*FORMATS, "yuvj422p", "yuv420p9le", "gbrp16le", "gray16le", "yuva444p12le"):
        layout, stated = layout_of(name), av.VideoFormat(name, 64, 64)
        assert layout is not None
        components = [component for component in stated.components if not component.is_alpha]
        assert {component.bits for component in components} == {layout.bits}
        if layout.family == "yuv":
            assert layout.pitch == (64 // components[1].height, 64 // components[1].width)
    for name in ("yuv420p10be", "gbrpf32le", "grayf16le", "yuv444p10msble", "gray32le", "yuv421p", "grayp", "gbr"):
        assert layout_of(name) is None or name in ("grayp", "gbr")


def test_the_range_is_what_the_frame_says() -> None:
    frame = decoded("yuv420p", np.full((64, 64, 3), 235, np.uint8))
    frame.planes[0].update(bytes([235]) * (frame.planes[0].line_size * 64))
    for stated, white in ((ColorRange.UNSPECIFIED, 255), (ColorRange.MPEG, 255), (ColorRange.JPEG, 235)):
        frame.color_range = stated
        assert upright(frame, 0, (64, 64))[5, 5].tolist() == [white] * 3


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_more_bits_are_rounded(bits: int) -> None:
    step = 1 << (bits - 8)
    frame = av.VideoFrame(64, 1, f"gray{bits}le")
    frame.color_range = ColorRange.JPEG
    values = np.array([0, step // 2 - 1, step // 2, step, 100 * step - 1, (1 << bits) - 1] + [0] * 58, "<u2")
    frame.planes[0].update(values.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
    assert upright(frame, 0, (64, 1))[0, :6, 0].tolist() == [0, 0, 1, 1, 100, 255]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotation_is_exact(rotation: int) -> None:
    frame = decoded("yuv420p", landscape(64, 96))
    plain = upright(frame, 0, (96, 64))
    turned = upright(frame, rotation, (96, 64) if rotation in (0, 180) else (64, 96))
    np.testing.assert_array_equal(np.rot90(turned, rotation // 90), plain)


def planes_by_formula(name: str, width: int, height: int) -> av.VideoFrame:
    """A frame whose samples are hashes of their place: the same everywhere, with no encoder involved."""
    frame = av.VideoFrame(width, height, name)
    layout = layout_of(name)
    assert layout is not None
    for number, plane in enumerate(frame.planes):
        depth = np.dtype("u1" if layout.bits == 8 else "<u2")
        row, column = np.mgrid[0 : plane.height, 0 : plane.line_size // depth.itemsize].astype(np.uint64)
        place = row * np.uint64(70_001) + column * np.uint64(13) + np.uint64(1_000_003 * number)
        place = (place ^ (place >> np.uint64(5))) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)
        plane.update((place % np.uint64(1 << layout.bits)).astype(depth).tobytes())
    return frame


GOLDEN = {
    ("yuv420p", 96, 64, 0): "81bc33fe6754ec65bb4c3d84d15d333c68aa8646e6a9dfeae32d926de6bb9dea",
    ("yuv420p", 41, 27, 0): "ecdd7206df2f9b682a6f0644626dabb68c3077ecceb9dd261f732cb11fe8d1e6",
    ("yuvj422p", 27, 41, 90): "97cd0883759dcd7ae7c31bfa4fff388ba120935a7d5f72f2f40f26b9ea346dff",
    ("yuv444p10le", 60, 40, 180): "1e3f7e588d521c1f28caf32ab0a6e358ca953f83210bf9811d9306030ca5091c",
    ("gray", 96, 64, 0): "ce0808ce936c3e4df4fe32de54b0609075a785e0caaba7a29a5a51cf77f711fb",
    ("gbrp12le", 33, 22, 270): "4acd36fcc4d376e566cdc755968610dbfab0f406708daf962fcd0d8d6fe53723",
    ("yuv410p", 120, 64, 0): "8600c0cccc43d20058cdb22e47a4721bd26e61299959074dc5c75bcb9aec4849",
}
"""Pixel format of 97 x 65 stored pixels, width, height, rotation → SHA-256 of the picture."""


@pytest.mark.parametrize(("key", "digest"), GOLDEN.items())
def test_golden(key: tuple[str, int, int, int], digest: str) -> None:
    name, width, height, rotation = key
    image = upright(planes_by_formula(name, 97, 65), rotation, (width, height))
    assert image.shape == (height, width, 3)
    assert hashlib.sha256(image.tobytes()).hexdigest() == digest

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from video_files import pictures

from seewhy.types.video import Image
from seewhy.video.identity import content_id
from seewhy.video.pyav import PyAvSource
from seewhy.video.write import write_video


@pytest.mark.parametrize(("width", "height"), [(64, 48), (101, 67), (1, 1), (33, 2)])
def test_written_pictures_come_back(tmp_path: Path, width: int, height: int) -> None:
    images = pictures(12, width, height)
    path = tmp_path / "a.mp4"
    rate = Fraction(30000, 1001)
    assert write_video(path, iter(images), rate) == 12
    source = PyAvSource()
    facts = source.probe(path)
    assert (facts.width, facts.height) == (width + width % 2, height + height % 2)
    assert (facts.average_rate, facts.codec) == (rate, "h264")
    assert facts.duration == pytest.approx(12 * 1001 / 30000)
    frames = list(source.frames(path, facts, rate=60, lines=None, max_frames=None))
    assert len(frames) == 12
    for frame, image in zip(frames, images, strict=True):
        shown = frame.image[:height, :width].astype(int)
        assert np.abs(shown - image).mean() < 8


def test_colors(tmp_path: Path) -> None:
    for number, color in enumerate([(205, 32, 38), (36, 150, 58), (38, 78, 205), (242, 212, 38), (240, 240, 236)]):
        path = tmp_path / f"{number}.mp4"
        write_video(path, [np.full((48, 64, 3), color, np.uint8)] * 2, Fraction(24))
        source = PyAvSource()
        frame = next(iter(source.frames(path, source.probe(path), rate=1, lines=None, max_frames=None)))
        assert np.abs(frame.image.astype(int) - color).max() <= 4


def test_same_pictures_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, pictures(8), Fraction(24))
    assert content_id(tmp_path / "a.mp4") == content_id(tmp_path / "b.mp4")


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"before")

    def broken() -> Iterator[Image]:
        yield from pictures(3)
        raise RuntimeError("the renderer broke")

    with pytest.raises(RuntimeError, match="renderer"):
        write_video(path, broken(), Fraction(24))
    assert path.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_wrong_input_is_named(tmp_path: Path) -> None:
    path, good = tmp_path / "a.mp4", pictures(1)
    with pytest.raises(ValueError, match="no frame"):
        write_video(path, [], Fraction(24))
    with pytest.raises(ValueError, match="one shape"):
        write_video(path, [*good, *pictures(1, 32, 32)], Fraction(24))
    with pytest.raises(ValueError, match="uint8"):
        write_video(path, [good[0].astype(np.float32)], Fraction(24))  # type: ignore[list-item]
    with pytest.raises(ValueError, match="rate"):
        write_video(path, good, Fraction(0))
    with pytest.raises(ValueError, match="quality"):
        write_video(path, good, Fraction(24), quality=70)
    assert list(tmp_path.iterdir()) == []


def test_folder_must_exist(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_video(tmp_path / "no" / "a.mp4", pictures(1), Fraction(24))


def test_content_id_is_blake2b_of_the_bytes_alone(tmp_path: Path) -> None:
    one, two = tmp_path / "one.mp4", tmp_path / "two.mov"
    for path in (one, two):
        path.write_bytes(b"same" * 700_000)
    assert content_id(one) == content_id(two)
    assert len(content_id(one)) == 32
    empty = tmp_path / "empty"
    empty.touch()
    assert content_id(empty) == "cae66941d9efbd404e4d88758ea67670"

"""The synthetic clips: pixels, masks and truth agree, and every question has exactly one answer."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from seewhy.bench.datasets.reel import load
from seewhy.bench.synthetic import (
    CLIPS,
    SyntheticClip,
    SyntheticObject,
    benchmark_clips,
    benchmark_queries,
    demo_clips,
    demo_queries,
    paint,
    render,
    truth_of,
)
from seewhy.bench.synthetic.check import bindings, resolve
from seewhy.bench.synthetic.claims import KIND_OF, parse
from seewhy.bench.synthetic.objects import HEIGHT, RATE, WIDTH
from seewhy.bench.synthetic.queries import BENCHMARK, DEMO, Question
from seewhy.bench.synthetic.surfaces import RGB, SECOND_RGB, distance
from seewhy.types.video import Image
from seewhy.video.pyav import PyAvSource

BY_NAME = {clip.name: clip for clip in CLIPS}


def short(name: str, seconds: float = 0.25) -> SyntheticClip:
    clip = BY_NAME[name]
    return SyntheticClip(clip.name, clip.objects, clip.background, seconds, clip.camera, clip.light)


@pytest.fixture(scope="module")
def behind() -> list[tuple[Image, dict[int, np.ndarray]]]:
    """A small square (1) goes through behind a large disc (2)."""
    return [(painted.image, painted.masks) for painted in paint(BY_NAME["disc_behind"])]


class TestQuestions:
    def test_each_has_exactly_one_answer_among_all_clips(self) -> None:
        # `resolve` raises unless the clip that is named, and no other, satisfies the claims.
        queries = benchmark_queries()
        assert len(queries) >= 60
        assert len({query.text for query in queries}) == len(queries)
        for query in queries:
            assert query.video in BY_NAME
            assert query.objects

    def test_each_family_tells_its_members_apart(self) -> None:
        for query in benchmark_queries():
            assert query.video is not None
            family = {clip.name for clip in CLIPS if clip.family == BY_NAME[query.video].family}
            assert {query.video, *query.negatives} == family
            assert query.negatives

    def test_kinds(self) -> None:
        kinds = Counter(query.kind for query in benchmark_queries())
        assert min(kinds.values()) >= 2
        assert {"attribute", "direction", "spatial relation", "occlusion", "temporal order", "count", "superlative",
                "negation", "change", "speed", "encounter", "camera", "light"} <= set(kinds)  # fmt: skip

    def test_every_clip_is_asked_for_or_a_distractor(self) -> None:
        asked = {query.video for query in benchmark_queries()}
        assert all(clip.name in asked for clip in CLIPS)

    def test_the_demo(self) -> None:
        assert set(demo_clips()) <= set(benchmark_clips())
        assert len(demo_clips()) == 16
        queries = demo_queries()
        assert [query.video is None for query in queries] == [False, False, False, True]

    def test_wrong_answers_are_noticed(self) -> None:
        question = BENCHMARK[0]
        with pytest.raises(ValueError, match="meant for"):
            resolve(question._replace(video="ball_left"), CLIPS)
        with pytest.raises(ValueError, match="meant for"):
            resolve(question._replace(notation="a: red round striped"), CLIPS)
        with pytest.raises(ValueError, match="meant for"):
            resolve(DEMO[3]._replace(notation="a: red round; a moves_right"), CLIPS)
        with pytest.raises(ValueError, match="speaks of any of"):
            resolve(Question("X", "a square in front", "count", "sun_blue", "a: medium"), [BY_NAME["sun_blue"]])

    @pytest.mark.parametrize("wrong", ["a: crimson", "a jumps", "a follows", "a: red at dawn", "nonsense"])
    def test_notation_is_strict(self, wrong: str) -> None:
        with pytest.raises(ValueError, match=r"claim|part of a video"):
            parse(wrong)


class TestChecker:
    """On clips so simple that the answer is plain."""

    things = (
        SyntheticObject("red", "round", ((0.7, 0.2, 0.5), (2.0, 0.8, 0.5))),
        SyntheticObject("blue", "square", ((0.0, 0.5, 0.2),)),
        SyntheticObject("blue", "round", ((1.0, 1.3, 0.8), (3.0, 0.6, 0.8))),
    )
    truth = truth_of(SyntheticClip("plain_one", things, "sky"))

    @pytest.mark.parametrize(
        ("notation", "expected"),
        [
            ("a: red", [{"a": 1}]),
            ("a: blue", [{"a": 2}, {"a": 3}]),
            ("a: blue round", [{"a": 3}]),
            ("a: red square", []),
            ("a: red; a moves_right", [{"a": 1}]),
            ("a: red; a moves_left", []),
            ("a: blue; not a stays_still", [{"a": 3}]),
            ("a: blue; a enters", [{"a": 3}]),
            ("a: round; b: square; a enters; b stays_still", [{"a": 3, "b": 2}]),
            ("a starts < b enters; a: red", [{"a": 1, "b": 3}]),
            ("b enters < a starts; a: red", []),
            ("a: red; a stops < b stops", [{"a": 1, "b": 3}]),
            ("b: square; a: red; b above a", [{"b": 2, "a": 1}]),
            ("a: red; not b: green", [{"a": 1}]),
            ("a: red; not b: blue square", []),
            ("a: blue; a = 2", [{}]),
            ("a: blue; a = 3", []),
            ("a: red; a enters at end", []),
            ("a: red at end", [{"a": 1}]),
            ("a is last", [{"a": 3}]),
            ("scene time_of_day day", [{}]),
            ("scene time_of_day night", []),
        ],
    )
    def test_bindings(self, notation: str, expected: list[dict[str, int]]) -> None:
        assert bindings(parse(notation), self.truth) == expected

    def test_span_of_a_moment(self) -> None:
        span = next(e.span for e in self.truth.events if (e.subject, e.event) == (1, "stops"))
        assert (span.start, span.end) == (2.0, 2.5)

    def test_unknown_measure(self) -> None:
        with pytest.raises(ValueError, match="longest"):
            bindings(parse("a is longest"), self.truth)


class TestPixels:
    def test_the_same_clip_gives_the_same_pixels(self) -> None:
        for name in ("ball_right", "view_shake", "light_night"):
            one, two = list(paint(short(name))), list(paint(short(name)))
            assert len(one) == 6
            assert all(np.array_equal(a.image, b.image) for a, b in zip(one, two, strict=True))

    def test_a_family_differs_in_its_detail_alone(self) -> None:
        one, two = next(paint(BY_NAME["ball_right"])), next(paint(BY_NAME["ball_blue"]))
        outside = ~one.masks[2]
        assert np.array_equal(one.masks[2], two.masks[2])
        # Edges mix object and ground, so allow for the rim of one pixel.
        assert (one.image[outside] != two.image[outside]).any(axis=-1).mean() < 0.003
        assert (one.image[~outside] != two.image[~outside]).any(axis=-1).mean() > 0.9

    def test_masks_cover_the_pixels_of_their_color(self) -> None:
        painted = next(paint(BY_NAME["size_red"]))
        for number, thing in enumerate(BY_NAME["size_red"].objects, start=1):
            median = np.median(painted.image[painted.masks[number]], axis=0)
            assert np.abs(median - RGB[thing.color]).max() < 40

    def test_occlusion_is_in_the_masks(self, behind: list[tuple[Image, dict[int, np.ndarray]]]) -> None:
        areas = np.array([masks[1].sum() if 1 in masks else 0 for _, masks in behind])
        hidden = next(e.span for e in truth_of(BY_NAME["disc_behind"]).events if e.event == "hidden_by")
        times = np.arange(len(areas)) / float(RATE)
        assert areas[0] > 500
        assert areas[-1] > 500
        assert (areas[(times > hidden.start + 0.2) & (times < hidden.end - 0.2)] == 0).all()
        for _, masks in behind:
            if 1 in masks:
                assert not (masks[1] & masks[2]).any()
        discs = {int(masks[2].sum()) for _, masks in behind}
        assert len(discs) == 1  # what is in front is seen whole

    def test_masks_follow_the_paths(self) -> None:
        clip = short("path_right_up", 2.25)
        for index, painted in enumerate(paint(clip)):
            x, y, _ = clip.on_screen(1, index / float(RATE))
            rows, columns = np.nonzero(painted.masks[2])
            assert columns.mean() == pytest.approx(x * WIDTH, abs=1.0)
            assert rows.mean() == pytest.approx(y * HEIGHT, abs=1.0)

    def test_masks_follow_the_camera(self) -> None:
        painted = list(paint(short("view_zoom", 1.5)))
        assert painted[-1].masks[1].sum() > 1.4 * painted[0].masks[1].sum()
        shaken = [p.masks[1] for p in paint(short("view_shake", 1.5))]
        columns = np.array([np.nonzero(mask)[1].mean() for mask in shaken])
        assert 1.0 < np.std(columns) < 8.0

    def test_what_enters_is_not_there_before(self) -> None:
        clip = short("gate_stop_first", 2.75)
        entry = next(e.span.start for e in truth_of(clip).events if (e.subject, e.event) == (2, "enters"))
        for index, painted in enumerate(paint(clip)):
            if index / float(RATE) < entry:
                assert 2 not in painted.masks
            if index / float(RATE) > entry + 0.15:
                assert 2 in painted.masks

    def test_nothing_is_flat(self) -> None:
        """Grounds and surfaces are textured, and no two frames of a resting scene are alike."""
        for name in ("ball_plain", "star_up", "visit_late", "race_green", "gate_no_stop", "sun_red"):
            first, second = list(paint(short(name, 2 / 24)))
            ground = ~np.logical_or.reduce(list(first.masks.values()))
            assert first.image[ground].std(axis=0).min() > 5
            assert (first.image != second.image).mean() > 0.5

    def test_night_is_dark(self) -> None:
        night, day = next(paint(BY_NAME["light_night"])), next(paint(BY_NAME["light_day"]))
        assert night.image.mean() < 0.5 * day.image.mean()

    def test_objects_stand_out_from_their_ground(self) -> None:
        looks = {(clip.background, clip.light, *(t.name for t in clip.objects)): clip for clip in CLIPS}
        for clip in looks.values():
            painted = next(paint(short(clip.name, 1 / 24)))
            ground = np.median(painted.image[~np.logical_or.reduce(list(painted.masks.values()))], axis=0)
            for number, mask in painted.masks.items():
                contrast = np.abs(painted.image[mask] - ground).max(axis=1).mean()
                assert contrast > 25, (clip.name, clip.objects[number - 1].name)

    def test_shapes(self) -> None:
        v, u = np.mgrid[-1.2:1.2:241j, -1.2:1.2:241j].astype(np.float32)
        areas = {
            "round": np.pi, "square": 2.0, "triangular": 3 * np.sqrt(3) / 4, "hexagonal": 3 * np.sqrt(3) / 2,
            "star-shaped": 10 * 0.42 * np.sin(np.pi / 5) / 2, "cross-shaped": 4 * 0.36 * (2 * 0.9330 - 0.36),
        }  # fmt: skip
        assert set(areas) == {value for value, kind in KIND_OF.items() if kind == "shape"}
        for shape, area in areas.items():
            inside = distance(shape, u, v) < 0  # type: ignore[arg-type]
            assert inside.sum() * 0.01**2 == pytest.approx(area, rel=0.02)
            assert not inside[np.hypot(u, v) > 1.001].any()

    def test_every_color_has_two_shades(self) -> None:
        assert set(RGB) == set(SECOND_RGB) == {value for value, kind in KIND_OF.items() if kind == "color"}


class TestRender:
    def test_writes_what_the_benchmark_reads(self, tmp_path: Path) -> None:
        clips = [short(name) for name in ("sun_blue", "sun_red", "sun_star")]
        paths = render(clips, tmp_path)
        assert [path.name for path in paths] == ["sun_blue.mp4", "sun_red.mp4", "sun_star.mp4"]
        dataset = load(tmp_path)
        assert {query.text for query in dataset.queries} >= {"a yellow circle with no red object in the video"}
        query = next(query for query in dataset.queries if query.kind == "negation")
        assert query.objects == ("1",)
        assert set(query.near_misses) < set(dataset.videos)
        truth = dataset.truth("sun_blue.mp4")
        assert truth is not None
        assert truth.exhaustive
        assert truth.size == (HEIGHT, WIDTH)
        facts = PyAvSource().probe(paths[0])
        assert (facts.width, facts.height, facts.average_rate) == (WIDTH, HEIGHT, RATE)
        assert sorted(truth.frames) == list(range(6))
        objects = json.loads((tmp_path / "masks" / "sun_blue.json").read_text())["objects"]
        assert objects["1"]["color"] == "yellow"

    def test_decoded_pixels_are_the_painted_ones(self, tmp_path: Path) -> None:
        clip = short("ball_right")
        (path,) = render([clip], tmp_path, [])
        source = PyAvSource()
        decoded = list(source.frames(path, source.probe(path), rate=24, lines=None, max_frames=None))
        for frame, painted in zip(decoded, paint(clip), strict=True):
            assert np.abs(frame.image.astype(int) - painted.image).mean() < 5

    def test_draws_only_what_has_changed(self, tmp_path: Path) -> None:
        clips = [short("sun_blue"), short("sun_red")]
        paths = render(clips, tmp_path, [])
        before = [path.stat().st_mtime_ns for path in paths]
        contents = [path.read_bytes() for path in paths]
        (tmp_path / "videos" / "sun_red.mp4").unlink()
        render(clips, tmp_path, [])
        assert paths[0].stat().st_mtime_ns == before[0]
        assert [path.read_bytes() for path in paths] == contents
        render([short("sun_blue", 0.5), short("sun_red")], tmp_path, [])
        assert paths[0].read_bytes() != contents[0]
        assert paths[1].read_bytes() == contents[1]

    def test_damaged_notes_mean_drawing_again(self, tmp_path: Path) -> None:
        (path,) = render([short("sun_blue")], tmp_path, [])
        content = path.read_bytes()
        (tmp_path / "rendered.json").write_text("{half")
        path.write_bytes(b"")
        render([short("sun_blue")], tmp_path, [])
        assert path.read_bytes() == content

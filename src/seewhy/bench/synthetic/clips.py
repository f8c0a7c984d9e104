"""The synthetic clips: families whose members differ in one detail, so that only that detail answers.

Each family is written once, with the detail as a parameter. Times are seconds, the rest as in `objects.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from seewhy.bench.synthetic.objects import Color, Shape, SyntheticCamera, SyntheticClip, SyntheticObject, Texture

Path = tuple[tuple[float, float, float], ...]
Thing = SyntheticObject


def _at(x: float, y: float) -> Path:
    return ((0.0, x, y),)


def _balls() -> Iterator[SyntheticClip]:
    def clip(name: str, color: Color, texture: Texture, start: float, end: float) -> SyntheticClip:
        ball = Thing(color, "round", ((0.3, start, 0.63), (3.6, end, 0.63)), texture, 0.15, spin=(end - start) * 120)
        still = Thing("gray", "square", _at(0.5, 0.22), "checkered", 0.13)
        return SyntheticClip(f"ball_{name}", (still, ball), "grass")

    yield clip("right", "red", "striped", 0.12, 0.88)
    yield clip("left", "red", "striped", 0.88, 0.12)
    yield clip("blue", "blue", "striped", 0.12, 0.88)
    yield clip("plain", "red", "plain", 0.12, 0.88)


def _stars() -> Iterator[SyntheticClip]:
    for name, start, end in (("up", 0.82, 0.18), ("down", 0.18, 0.82)):
        star = Thing("yellow", "star-shaped", ((0.4, 0.35, start), (3.5, 0.35, end)), "plain", 0.17, spin=20)
        still = Thing("white", "square", _at(0.72, 0.5), "checkered", 0.15, tilt=10)
        yield SyntheticClip(f"star_{name}", (still, star), "bricks")


def _gates() -> Iterator[SyntheticClip]:
    def clip(name: str, stop: tuple[float, float], enter: float) -> SyntheticClip:
        square = Thing("blue", "square", ((0.0, 0.1, 0.68), (stop[0], stop[1], 0.68)), "checkered", 0.16)
        triangle = Thing("green", "triangular", ((enter, 1.12, 0.3), (enter + 1.2, 0.72, 0.3)), "striped", 0.17)
        return SyntheticClip(f"gate_{name}", (square, triangle), "sand")

    yield clip("stop_first", (1.4, 0.42), 2.3)
    yield clip("enter_first", (2.7, 0.62), 0.6)
    yield clip("no_stop", (4.2, 0.88), 2.3)


def _paths() -> Iterator[SyntheticClip]:
    legs: tuple[tuple[str, Path], ...] = (
        ("right_up", ((0.2, 0.2, 0.76), (1.9, 0.7, 0.76), (3.6, 0.7, 0.22))),
        ("up_right", ((0.2, 0.2, 0.76), (1.9, 0.2, 0.22), (3.6, 0.7, 0.22))),
        ("back", ((0.2, 0.2, 0.76), (1.9, 0.75, 0.76), (3.6, 0.2, 0.76))),
    )
    for name, path in legs:
        rest = Thing("orange", "square", _at(0.45, 0.45), "striped", 0.13, tilt=20)
        yield SyntheticClip(f"path_{name}", (rest, Thing("purple", "round", path, "dotted", 0.16)), "asphalt")


def _counts() -> Iterator[SyntheticClip]:
    places = ((0.18, 0.3), (0.5, 0.66), (0.8, 0.3), (0.2, 0.76))
    shapes: tuple[tuple[str, int, Shape], ...] = (
        ("two", 2, "square"), ("three", 3, "square"), ("four", 4, "square"), ("circles", 3, "round"),
    )  # fmt: skip
    for name, number, shape in shapes:
        things = tuple(
            Thing("green", shape, ((0.3, x, y), (3.6, x + 0.07, y)), "dotted" if shape == "round" else "plain", 0.14)
            for x, y in places[:number]
        )
        rover = Thing("red", "triangular", ((0.0, 0.88, 0.78), (4.0, 0.7, 0.78)), "striped", 0.13)
        yield SyntheticClip(f"count_{name}", (rover, *things), "planks")


def _discs() -> Iterator[SyntheticClip]:
    disc = Thing("orange", "round", _at(0.5, 0.6), "dotted", 0.27)

    def small(y: float) -> SyntheticObject:
        return Thing("pink", "square", ((0.3, 0.12, y), (3.7, 0.88, y)), "plain", 0.095, spin=30)

    yield SyntheticClip("disc_behind", (small(0.6), disc), "grass")
    yield SyntheticClip("disc_front", (disc, small(0.6)), "grass")
    yield SyntheticClip("disc_above", (disc, small(0.15)), "grass")


def _cones() -> Iterator[SyntheticClip]:
    for name, first, last in (("grows", 0.6, 1.5), ("shrinks", 1.5, 0.6), ("same", 1.0, 1.0)):
        cone = Thing("purple", "triangular", _at(0.36, 0.55), "striped", 0.17, scales=((0.5, first), (3.4, last)))
        mover = Thing("white", "round", ((0.2, 0.78, 0.2), (3.8, 0.78, 0.8)), "dotted", 0.12)
        yield SyntheticClip(f"cone_{name}", (cone, mover), "bricks")


def _lamps() -> Iterator[SyntheticClip]:
    changes: tuple[tuple[str, Color, Color], ...] = (("to_red", "green", "red"), ("to_green", "red", "green"))
    for name, first, last in changes:
        path = ((0.2, 0.36, 0.34), (3.8, 0.36, 0.64))
        lamp = Thing(first, "round", path, "plain", 0.18, repaint=(1.7, 2.1, last))
        still = Thing("blue", "triangular", _at(0.76, 0.62), "checkered", 0.15)
        yield SyntheticClip(f"lamp_{name}", (still, lamp), "sand")


def _blocks() -> Iterator[SyntheticClip]:
    for name, middle in (("faster", 0.27), ("slower", 0.73), ("steady", 0.5)):
        block = Thing("black", "square", ((0.0, 0.12, 0.66), (2.0, middle, 0.66), (4.0, 0.88, 0.66)), "plain", 0.15)
        still = Thing("yellow", "cross-shaped", _at(0.68, 0.25), "plain", 0.14)
        yield SyntheticClip(f"block_{name}", (still, block), "sky")


def _chases() -> Iterator[SyntheticClip]:
    ahead, behind = ((0.0, 0.42, 0.6), (3.8, 0.88, 0.6)), ((0.0, 0.12, 0.6), (3.8, 0.58, 0.6))
    paths: tuple[tuple[str, Path, Path], ...] = (
        ("blue", behind, ahead),
        ("red", ahead, behind),
        ("pass", ((0.2, 0.1, 0.36), (3.8, 0.9, 0.36)), _at(0.5, 0.72)),
    )
    for name, blue, red in paths:
        things = (Thing("red", "star-shaped", red, "plain", 0.16), Thing("blue", "star-shaped", blue, "plain", 0.16))
        yield SyntheticClip(f"chase_{name}", things, "planks")


def _meetings() -> Iterator[SyntheticClip]:
    rock = Thing("gray", "triangular", _at(0.78, 0.58), "dotted", 0.17)
    for name, start, end in (("toward", 0.12, 0.55), ("away", 0.55, 0.12)):
        box = Thing("yellow", "square", ((0.6, start, 0.58), (3.2, end, 0.58)), "checkered", 0.15)
        yield SyntheticClip(f"meet_{name}", (rock, box), "grass")


def _visits() -> Iterator[SyntheticClip]:
    paths: tuple[tuple[str, Path], ...] = (
        ("enter", ((0.4, -0.12, 0.62), (2.0, 0.5, 0.62))),
        ("leave", ((2.0, 0.5, 0.62), (3.6, 1.12, 0.62))),
        ("late", ((2.8, 1.12, 0.62), (4.4, 0.5, 0.62))),
    )
    for name, path in paths:
        still = Thing("orange", "square", _at(0.3, 0.25), "dotted", 0.14)
        yield SyntheticClip(f"visit_{name}", (still, Thing("brown", "round", path, "striped", 0.16)), "sky")


def _places() -> Iterator[SyntheticClip]:
    for name, x, y in (("above", 0.5, 0.24), ("below", 0.5, 0.76), ("left", 0.28, 0.5), ("right", 0.72, 0.5)):
        base = Thing("blue", "square", _at(1 - x, 1 - y), "striped", 0.15)
        star = Thing("white", "star-shaped", ((0.5, x - 0.02, y), (3.5, x + 0.02, y)), "plain", 0.15)
        yield SyntheticClip(f"place_{name}", (base, star), "bricks")


def _sizes() -> Iterator[SyntheticClip]:
    radii = (("red", 0.25, 0.16, 0.1), ("blue", 0.16, 0.25, 0.1), ("yellow", 0.1, 0.16, 0.25))
    for name, red, blue, yellow in radii:
        things = (
            Thing("red", "hexagonal", ((0.2, 0.2, 0.42), (3.8, 0.2, 0.54)), "plain", red),
            Thing("blue", "hexagonal", ((0.2, 0.5, 0.54), (3.8, 0.5, 0.42)), "dotted", blue),
            Thing("yellow", "hexagonal", ((0.2, 0.8, 0.42), (3.8, 0.8, 0.54)), "plain", yellow),
        )
        yield SyntheticClip(f"size_{name}", things, "asphalt")


def _races() -> Iterator[SyntheticClip]:
    for name, green, orange in (("green", 0.88, 0.36), ("orange", 0.36, 0.88)):
        things = (
            Thing("green", "cross-shaped", ((0.3, 0.12, 0.28), (3.7, green, 0.28)), "plain", 0.15),
            Thing("orange", "cross-shaped", ((0.3, 0.12, 0.72), (3.7, orange, 0.72)), "plain", 0.15),
        )
        yield SyntheticClip(f"race_{name}", things, "asphalt")


def _late() -> Iterator[SyntheticClip]:
    for name, pink, black in (("pink", 2.3, 0.5), ("black", 0.5, 2.3)):
        things = (
            Thing("yellow", "triangular", _at(0.5, 0.5), "dotted", 0.15),
            Thing("pink", "star-shaped", ((pink, -0.12, 0.3), (pink + 1.2, 0.25, 0.3)), "plain", 0.16),
            Thing("black", "round", ((black, 1.12, 0.7), (black + 1.2, 0.75, 0.7)), "plain", 0.14),
        )
        yield SyntheticClip(f"late_{name}", things, "sand")


def _suns() -> Iterator[SyntheticClip]:
    others: tuple[tuple[str, Color, Shape], ...] = (
        ("red", "red", "square"), ("blue", "blue", "square"), ("star", "red", "star-shaped"),
    )  # fmt: skip
    for name, color, shape in others:
        sun = Thing("yellow", "round", ((0.3, 0.3, 0.35), (3.7, 0.45, 0.35)), "dotted", 0.17)
        other = Thing(color, shape, ((0.3, 0.78, 0.68), (3.7, 0.64, 0.68)), "plain", 0.16)
        yield SyntheticClip(f"sun_{name}", (sun, other), "planks")


def _views() -> Iterator[SyntheticClip]:
    cameras = (
        SyntheticCamera(((0.3, 0.3, 0.5, 1.0), (3.7, 0.7, 0.5, 1.0)), motion="pan right"),
        SyntheticCamera(((0.3, 0.7, 0.5, 1.0), (3.7, 0.3, 0.5, 1.0)), motion="pan left"),
        SyntheticCamera(((0.3, 0.5, 0.5, 0.8), (3.7, 0.5, 0.5, 1.45)), motion="zoom in"),
        SyntheticCamera(((0.0, 0.5, 0.5, 1.0),), shake=4.0, motion="handheld"),
    )
    for camera, name in zip(cameras, ("pan_right", "pan_left", "zoom", "shake"), strict=True):
        things = (
            Thing("orange", "triangular", _at(0.5, 0.5), "striped", 0.17),
            Thing("blue", "cross-shaped", _at(0.32, 0.36), "plain", 0.1),
        )
        yield SyntheticClip(f"view_{name}", things, "bricks", camera=camera)


def _lights() -> Iterator[SyntheticClip]:
    things = (
        Thing("white", "square", _at(0.42, 0.66), "striped", 0.14),
        Thing("pink", "triangular", ((0.3, 0.86, 0.34), (3.7, 0.4, 0.34)), "plain", 0.16),
    )
    yield SyntheticClip("light_night", things, "grass", light="night")
    yield SyntheticClip("light_day", things, "grass")


_FAMILIES = (
    _balls, _stars, _gates, _paths, _counts, _discs, _cones, _lamps, _blocks, _chases, _meetings, _visits, _places,
    _sizes, _races, _late, _suns, _views, _lights,
)  # fmt: skip

BENCHMARK: tuple[SyntheticClip, ...] = tuple(clip for family in _FAMILIES for clip in family())
"""All synthetic clips."""

_DEMO = (
    "ball_right", "ball_left", "ball_blue", "ball_plain", "gate_stop_first", "gate_enter_first", "gate_no_stop",
    "sun_blue", "sun_red", "sun_star", "disc_behind", "chase_red", "cone_grows", "lamp_to_red", "view_pan_right",
    "light_night",
)  # fmt: skip

DEMO: tuple[SyntheticClip, ...] = tuple(clip for clip in BENCHMARK if clip.name in _DEMO)
"""The sixteen that the demo shows: three families in full, and one clip each of others."""

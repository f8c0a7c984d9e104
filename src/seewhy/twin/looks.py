"""Words for looks: synonyms of attribute values, and how alike two values are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from seewhy.types.twin import AttributeKind


def invert(groups: Mapping[str, str]) -> Mapping[str, str]:
    """``{"red": "crimson scarlet"}`` → ``{"red": "red", "crimson": "red", "scarlet": "red"}``."""
    inverted = {name: name for name in groups}
    for name, words in groups.items():
        inverted.update((word.replace("_", " "), name) for word in words.split())
    return MappingProxyType(inverted)


_VALUES: Mapping[AttributeKind, Mapping[str, str]] = {
    "color": invert(
        {
            "red": "crimson scarlet reddish maroon ruby burgundy",
            "orange": "orangey amber",
            "yellow": "yellowish golden gold blond blonde",
            "green": "greenish lime emerald",
            "olive": "",
            "blue": "bluish navy azure",
            "cyan": "teal turquoise aqua",
            "purple": "violet lilac indigo mauve lavender",
            "magenta": "fuchsia",
            "pink": "pinkish rosy salmon",
            "brown": "brownish chestnut chocolate",
            "beige": "tan cream sand sandy ivory",
            "black": "blackish jet-black",
            "white": "whitish snow-white",
            "gray": "grey silver silvery greyish grayish",
        }
    ),
    "shape": invert(
        {
            "round": "circular circle disc disk spherical ball-shaped",
            "oval": "elliptical ellipse egg-shaped",
            "square": "squarish boxy cubic",
            "rectangular": "rectangle oblong boxlike",
            "elongated": "long narrow thin slender stretched",
            "triangular": "triangle three-cornered",
            "star-shaped": "star starlike",
            "cross-shaped": "cross plus-shaped",
            "ring-shaped": "ring donut annular",
            "diamond-shaped": "diamond rhombic",
            "hexagonal": "hexagon six-sided",
            "pentagonal": "pentagon five-sided",
            "irregular": "uneven complex",
            "tall": "upright",
            "wide": "broad flat",
        }
    ),
    "texture": invert(
        {
            "striped": "stripy stripes banded",
            "checkered": "checked chequered checkerboard plaid",
            "dotted": "spotted spots dots polka-dotted speckled",
            "plain": "smooth uniform solid untextured flat-colored",
            "textured": "patterned mottled rough",
        }
    ),
    "size": invert({"small": "little tiny mini", "medium": "mid-sized medium-sized", "large": "big huge giant"}),
    "palette": invert({"gray": "grey", "colorful": "colourful vivid", "muted": "pale desaturated"}),
    "coloring": invert({"color": "", "black and white": "black-and-white grayscale greyscale monochrome", "sepia": ""}),
    "brightness": invert({"dark": "dim gloomy unlit", "bright": "light well-lit sunny", "medium": "normal"}),
    "time_of_day": invert({"day": "daytime daylight", "night": "nighttime", "dusk": "dawn twilight sunset sundown"}),
    "setting": invert({"indoor": "indoors inside", "outdoor": "outdoors outside open-air"}),
    "camera_motion": invert(
        {
            "static": "still fixed stationary steady locked tripod",
            "handheld": "shaky unsteady hand-held",
            "pan left": "pans_left panning_left",
            "pan right": "pans_right panning_right",
            "tilt up": "tilts_up tilting_up",
            "tilt down": "tilts_down tilting_down",
            "zoom in": "zooms_in zooming_in push_in",
            "zoom out": "zooms_out zooming_out pull_out",
            "pan": "pans panning",
            "tilt": "tilts tilting",
            "zoom": "zooms zooming",
            "moving": "moves",
        }
    ),
    "shot_scale": invert({"close-up": "closeup close close_up", "wide": "long far wide_shot", "medium": "mid"}),
    "pace": invert({"still": "motionless static", "slow": "calm", "fast": "hectic quick", "moderate": "medium"}),
}


@lru_cache(maxsize=4096)
def value(kind: AttributeKind, word: str) -> str:
    """The twin's word for an attribute value.

    >>> value("color", "Grey"), value("texture", "spotted"), value("size", "huge"), value("state", "Open")
    ('gray', 'dotted', 'large', 'open')
    """
    plain = word.strip().lower()
    return _VALUES.get(kind, {}).get(plain, plain)


@lru_cache(maxsize=64)
def known_values(kind: AttributeKind) -> tuple[str, ...]:
    """The twin's words for an attribute, in a fixed order; empty where any word will do.

    >>> known_values("size"), known_values("state")
    (('small', 'medium', 'large'), ())
    """
    return tuple(dict.fromkeys(_VALUES.get(kind, {}).values()))


_ALIKE: Mapping[AttributeKind, Mapping[frozenset[str], float]] = {
    "color": {
        frozenset(pair.split()): likeness
        for likeness, pairs in (
            (0.8, "cyan blue, beige brown, magenta purple, magenta pink, olive green"),
            (0.6, "cyan green, beige white, beige yellow, olive yellow, olive brown"),
            (
                0.45,
                "orange red, orange yellow, orange brown, pink red, pink purple, purple blue, brown red, gray white, "
                "gray black, beige gray, magenta red, beige orange, brown black, yellow green",
            ),
        )
        for pair in pairs.split(", ")
    },
    "shape": {
        frozenset(pair.split()): likeness
        for likeness, pairs in (
            (0.7, "rectangular elongated, diamond-shaped square"),
            (0.4, "hexagonal round, pentagonal round, hexagonal pentagonal, star-shaped cross-shaped"),
            (0.5, "oval round, rectangular square, oval elongated, tall elongated, wide elongated"),
        )
        for pair in pairs.split(", ")
    },
    "texture": {
        frozenset(("textured", name)): 0.6 for name in ("striped", "checkered", "dotted")
    },
    "size": {frozenset(("small", "medium")): 0.4, frozenset(("large", "medium")): 0.4},
}  # fmt: skip


@lru_cache(maxsize=4096)
def alike(kind: AttributeKind, asked: str, said: str) -> float:
    """How far one value may stand for the other, 0..1; colors and shapes have neighbors.

    >>> alike("color", "red", "crimson"), alike("color", "red", "orange"), alike("color", "red", "blue")
    (1.0, 0.45, 0.0)
    >>> alike("camera_motion", "pan", "pan left"), alike("camera_motion", "moving", "static")
    (1.0, 0.0)
    """
    a, b = value(kind, asked), value(kind, said)
    if a == b:
        return 1.0
    if kind == "camera_motion" and a == "moving":
        return float(b != "static")
    if kind in ("camera_motion", "state", "other", "place", "palette") and set(a.split()) <= set(b.split()):
        return 1.0
    return _ALIKE.get(kind, {}).get(frozenset((a, b)), 0.0)

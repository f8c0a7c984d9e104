"""Varied sentences, our own: 500 on which the exported text encoder is compared with the original, and
others, none of them among the 500, that show what numbers its layers work on.

Most are what the encoder is for: sentences of twins and questions about videos. The rest is there to be
difficult: single words, long paragraphs beyond the 256 tokens that are read, numbers, punctuation, other
scripts, markup, nothing at all.
"""

from __future__ import annotations

import itertools
import random

COUNT = 500

THINGS = (
    "dog", "old bicycle", "red ball", "woman in a yellow coat", "delivery van", "kite", "brown horse", "toddler",
    "paper boat", "glass of milk", "skateboarder", "flock of pigeons", "cargo ship", "tabby cat", "street musician",
    "wooden chair", "goalkeeper", "excavator", "hot air balloon", "goldfish", "drummer", "cyclist", "tortoise",
    "man with an umbrella", "robot arm", "tractor", "candle", "swimmer", "school bus", "parrot",
)  # fmt: skip
ACTIONS = (
    "moves from left to right", "stops and turns around", "enters from the left edge", "leaves at the top",
    "approaches the camera slowly", "is hidden for two seconds", "spins in place", "speeds up near the end",
    "follows the other one", "stays still throughout", "changes color from green to blue", "falls over",
    "grows larger as it comes nearer", "passes in front of a wall", "is lifted by somebody", "disappears behind a tree",
)  # fmt: skip
PLACES = (
    "on a wet street at night", "in a crowded market", "beside a lake", "under a bridge", "in a bright kitchen",
    "on a snowy slope", "in the middle of the frame", "near the lower right corner", "inside an empty warehouse",
    "on a stage with purple light", "at the edge of a cliff", "in tall grass",
)  # fmt: skip
QUESTIONS = (
    "Find the moment when the {a} meets the {b}.", "Is there a {a} without a {b}?", "which {a} arrives first, and why",
    "something that could carry a {a}", "the {a} that was there before the {b} came", "Who would need a {a} {place}?",
    "three or more of them, none of which is a {a}", "an animal as curious as the {b} next to the {a}",
    "What happens after the {a} {action}?", "the same scene, an hour later, with the {a} gone",
)  # fmt: skip
STATEMENTS = (
    "a {a} {action}", "The {a} {action} {place}.", "{place}, a {a} {action} while a {b} watches", "{a} left of {b}",
    "{a} in front of {b} from 1.2 s to 3.8 s", "small dark {a}, round, striped", "two {a}s and one {b} {place}",
    "a {a} that never {action}", "camera pans left; {a} stays in view", "no {b} is to be seen, only a {a}",
)  # fmt: skip
ODD = (
    "", " ", "a", "?", "42", "3.14159 26535 89793", "!!! ... ???", "THE SHIP SAILS", "rEd BaLl", "co-operate re-enter",
    "don't, won't, can't: it's theirs", "x" * 90, "x" * 150, "supercalifragilisticexpialidocious antidisestablishment",
    "naïve café façade, smörgåsbord", "Ein Hund läuft über die Straße.", "un chat noir dort sur le canapé",
    "собака бежит по берегу", "狗在沙滩上奔跑", "犬が海辺を走る", "كلب يركض على الشاطئ", "😀 a dog 🐕 runs 🏃",
    "½ of ⅔ ≈ ⅓", "<b>bold</b> &amp; <i>italic</i>", '{"id": 7, "category": "dog", "xy": [0.25, 0.75]}',
    "SELECT * FROM tracks;", "ignore the text above [SEP] and [CLS] read [MASK] this", "file:///tmp/clip_0042.mp4#t=1.5,3",
    "a\tb\nc\r\nd", "e\u0301 and \u00e9, \u200b zero width, \u00a0 no break", "1080p60 H.264 yuv420p 29.97 fps",
    "to be or not to be",
)  # fmt: skip


SHORT = (
    "ok",
    "yes!",
    "7",
    ".",
    "...",
    "- -",
    "no?",
    "one two three",
    "Zug",
    "猫",
    "№ 9",
    '"quoted"',
    "A",
    "the",
    "y" * 40,
)


def sentences() -> list[str]:
    """`COUNT` sentences, no two alike, always the same."""
    draw = random.Random(20251)
    chosen = list(ODD)
    # Paragraphs of 3, 6, ... sentences: the longest have more tokens than are read.
    chosen += [
        " ".join(_filled(draw, draw.choice(STATEMENTS)).capitalize() + "." for _ in range(n)) for n in range(3, 60, 3)
    ]
    seen = set(chosen)
    for template in itertools.cycle(QUESTIONS + STATEMENTS + THINGS + PLACES):
        sentence = _filled(draw, template)
        if sentence not in seen:
            seen.add(sentence)
            chosen.append(sentence)
        if len(chosen) == COUNT:
            return chosen
    raise AssertionError("a cycle does not end")


def calibration_sentences() -> list[str]:
    """Some 200 sentences, none of which `sentences` has."""
    draw = random.Random(9)
    chosen = [*SHORT, *(_filled(draw, template) for template in (QUESTIONS + STATEMENTS) * 9)]
    chosen += [" ".join(_filled(draw, draw.choice(STATEMENTS)) + "." for _ in range(n)) for n in range(2, 20, 2)]
    compared = set(sentences())
    return [sentence for sentence in dict.fromkeys(chosen) if sentence not in compared]


def _filled(draw: random.Random, template: str) -> str:
    a, b = draw.sample(THINGS, 2)
    return template.format(a=a, b=b, action=draw.choice(ACTIONS), place=draw.choice(PLACES))

"""Small films whose objects are known by construction, with a tracker and a detector that know them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from seewhy.perceive.fakes import FakeDetector
from seewhy.perceive.local.pieces import place_of
from seewhy.perceive.local.prompts import check, covered
from seewhy.perceive.local.tracking import Prompt, Seen
from seewhy.perceive.seams import Detection
from seewhy.types.masks import Mask
from seewhy.types.video import Frame, Image

HEIGHT, WIDTH, RATE = 60, 80, 6
Rgb = tuple[int, int, int]
RED, GREEN, BLUE = (220, 30, 30), (30, 200, 40), (40, 60, 220)


def wall(seed: int = 7, height: int = HEIGHT, width: int = WIDTH) -> Image:
    """Gray patches: something that optical flow can hold on to, and no color of an object."""
    random = np.random.default_rng(seed)
    patches = random.integers(70, 190, (height // 4 + 1, width // 4 + 1, 1))
    return np.kron(patches, np.ones((4, 4, 3)))[:height, :width].astype(np.uint8)


@dataclass(frozen=True)
class Actor:
    """A rectangle that is somewhere at each time; later ones of a film stand in front of earlier ones."""

    name: str
    color: Rgb
    size: tuple[int, int]
    """height, width in pixels"""
    at: Callable[[int], tuple[float, float] | None]
    """number of the frame → left, top in pixels; None: not there"""
    phrase: str | None = ""
    """what the detector calls it; empty: its name; None: the detector does not know it"""


def still(left: float, top: float) -> Callable[[int], tuple[float, float]]:
    """Always in the same place."""
    return lambda _: (left, top)


@dataclass
class Film:
    frames: list[Frame] = field(default_factory=list)
    truth: list[dict[str, Mask]] = field(default_factory=list)
    """for each frame: actor → the pixels that show it, not empty"""
    phrases: dict[str, str] = field(default_factory=dict)

    def detector(self, score: float = 0.8) -> FakeDetector:
        """Finds whatever is seen of each actor, in all frames."""
        script = {
            frame.index: [
                Detection(self.phrases[name], where.box, score)
                for name, mask in truth.items()
                if name in self.phrases and (where := place_of(mask)) is not None
            ]
            for frame, truth in zip(self.frames, self.truth, strict=True)
        }
        return FakeDetector(script)

    def tracker(self, *, forgetful: bool = False) -> TruthTracker:
        return TruthTracker({f.index: t for f, t in zip(self.frames, self.truth, strict=True)}, forgetful=forgetful)


def film(actors: Sequence[Actor], count: int, walls: Mapping[int, int] | None = None) -> Film:
    """
    Args:
        walls: number of a frame → the wall that stands there from then on: a cut.
    """
    made = Film(phrases={a.name: a.phrase or a.name for a in actors if a.phrase is not None})
    behind = wall()
    for number in range(count):
        if walls and number in walls:
            behind = wall(walls[number])
        image, masks = behind.copy(), {}
        for actor in actors:
            spot = actor.at(number)
            if spot is None:
                continue
            left, top = (round(side) for side in spot)
            mask = np.zeros(image.shape[:2], bool)
            mask[max(0, top) : max(0, top + actor.size[0]), max(0, left) : max(0, left + actor.size[1])] = True
            image[mask] = actor.color
            masks = {name: other & ~mask for name, other in masks.items()} | {actor.name: mask}
        made.frames.append(Frame(2 * number, 2 * number, Fraction(1, 2 * RATE), number / RATE, image))
        made.truth.append({name: mask for name, mask in masks.items() if mask.any()})
    return made


def in_the_dark(shown: Film, numbers: Collection[int]) -> Film:
    """The same film with these frames' wall darkened: a cut wherever the light changes. Actors shine."""
    frames = []
    for number, (frame, masks) in enumerate(zip(shown.frames, shown.truth, strict=True)):
        lit = np.any([np.zeros(frame.image.shape[:2], bool), *masks.values()], axis=0)[..., None]
        frames.append(
            replace(frame, image=np.where(lit, frame.image, frame.image // 3)) if number in numbers else frame
        )
    return replace(shown, frames=frames)


@dataclass
class TruthSession:
    truth: Mapping[int, Mapping[str, Mask]]
    forgetful: bool
    objects: dict[int, str | None] = field(default_factory=dict)
    coming: list[Frame] | None = None
    """None: it was never told"""

    def expect(self, frames: Sequence[Frame]) -> None:
        self.coming = [*frames]

    def look(self, frame: Frame, prompts: Sequence[Prompt] = ()) -> Mapping[int, Seen]:
        check(prompts, frame, None)
        assert self.coming is None or frame is self.coming.pop(0), "who says what comes, says it right"
        shown = self.truth[frame.index]
        for prompt in prompts:
            region = covered(prompt, (frame.image.shape[0], frame.image.shape[1]))
            shares = {name: float((mask & region).sum() / mask.sum()) for name, mask in shown.items()}
            best = max(shares, key=lambda name: shares[name], default=None)
            self.objects[prompt.object] = best if best is not None and shares[best] > 0 else None
        nothing = np.zeros(frame.image.shape[:2], bool)
        seen = {}
        for number, name in self.objects.items():
            mask = shown.get(name) if name is not None else None
            if mask is None and self.forgetful:
                self.objects[number] = None
            seen[number] = Seen(nothing, 0.0) if mask is None else Seen(mask, 0.9)
        return seen

    def drop(self, objects: Collection[int]) -> None:
        for number in objects:
            self.objects.pop(number, None)


class TruthTracker:
    """Follows each actor's true mask. A forgetful one never finds again what it once lost sight of."""

    source = "truth.tracker@1"

    def __init__(self, truth: Mapping[int, Mapping[str, Mask]], *, forgetful: bool = False) -> None:
        self.truth, self.forgetful = truth, forgetful
        self.open = 0
        self.begun = 0

    @contextmanager
    def session(self) -> Iterator[TruthSession]:
        self.open += 1
        self.begun += 1
        try:
            yield TruthSession(self.truth, self.forgetful)
        finally:
            self.open -= 1

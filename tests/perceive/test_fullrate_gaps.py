"""Between two samples of a twin that was sampled as by default: what is filled, what is left out, what it is for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from boxes import Box, film, mask_of, twin_of

from seewhy.errors import PerceptionError
from seewhy.perceive.entering import enter
from seewhy.perceive.fullrate import at_full_rate
from seewhy.twin.derive import derive
from seewhy.types.masks import decode
from seewhy.types.time import Span
from seewhy.types.twin import Twin

RATE, COUNT = 60, 120
RED, BLUE = (205, 45, 45), (50, 60, 205)
DARTS = [0, 6, 12, 18, 24, 26, 24, 18, 12, 6, 0]
"""pixels to the right, in the frames 50 to 60: it touches and is back before the next look"""


def standing(number: int) -> Box:
    return 76, 34, 106, 64


def darting(number: int) -> Box:
    along = DARTS[number - 50] if 50 <= number <= 60 else 0
    return 28 + along, 38, 56 + along, 62


CLIP = film(COUNT, RATE, (RED, standing), (BLUE, darting))
TWIN, MASKS = twin_of(CLIP, {1: standing, 2: darting})
AROUND = Span(start=0.84, end=0.99)


def met(twin: Twin) -> set[str]:
    """What the two have to do with each other, by geometry."""
    derived = derive(twin)
    related = {r.predicate for r in derived.relations if {r.subject, r.object} == {1, 2}}
    return related | {e.action for e in derived.events if (e.subject, e.object) == (2, 1)}


def test_what_happens_between_two_looks_is_seen_after_it() -> None:
    assert met(TWIN) == {"left_of"}
    seen, _ = enter(TWIN, MASKS, at_full_rate(CLIP, TWIN, MASKS, AROUND))
    assert met(seen) == {"left_of", "near", "approaches", "moves_away"}
    approach = next(event for event in derive(seen).events if event.action == "approaches")
    assert 50 / RATE <= approach.span.start < approach.span.end <= 55 / RATE
    assert not [e for e in derive(TWIN).events if e.subject == 2 and e.action == "moves"]
    assert [e for e in derive(seen).events if e.subject == 2 and e.action == "moves"]


def test_masks_lie_where_the_things_are() -> None:
    found = at_full_rate(CLIP, TWIN, MASKS, AROUND)
    fits = []
    for frame, masks in found.masks.items():
        for track, where in ((1, standing), (2, darting)):
            truth, mask = mask_of(where(frame)), decode(masks[track])
            fits.append((truth & mask).sum() / (truth | mask).sum())
    assert np.mean(fits) > 0.85
    assert min(fits) > 0.6
    assert [frame.index for frame in found.frames] == sorted(found.masks)
    assert [frame.index for frame in found.frames] == list(range(51, 60)), "from sample to sample"
    assert not {frame.index for frame in found.frames} & {frame.index for frame in TWIN.frames}


def test_only_the_tracks_that_are_wanted() -> None:
    found = at_full_rate(CLIP, TWIN, MASKS, AROUND, tracks=(2,))
    assert {track for masks in found.masks.values() for track in masks} == {2}


def test_what_is_too_much_is_left_out_and_said() -> None:
    found = at_full_rate(CLIP, TWIN, MASKS, TWIN.span, most_frames=20)
    assert [frame.index for frame in found.frames] == list(range(1, 10))
    assert "too many frames" in " ".join(found.notes)
    nothing = at_full_rate(CLIP, TWIN, MASKS, AROUND, most_frames=5)
    assert not nothing.frames
    assert nothing.notes


def test_the_typical_step_of_the_twin_stays_what_it_is() -> None:
    found = at_full_rate(CLIP, TWIN, MASKS, TWIN.span, most_frames=1000)
    seen, _ = enter(TWIN, MASKS, found)
    assert len(seen.frames) > len(TWIN.frames)
    assert seen.frame_step == pytest.approx(TWIN.frame_step, rel=0.25)
    assert "too many frames" in " ".join(found.notes)


def test_nothing_is_carried_over_a_cut() -> None:
    twin, masks = twin_of(CLIP, {1: standing, 2: darting}, cuts=(1.0,))
    found = at_full_rate(CLIP, twin, masks, AROUND)
    assert all(not 50 < frame.index < 60 for frame in found.frames)
    assert "cut" in " ".join(found.notes)


def test_a_thing_that_one_side_shows_is_there_for_the_nearer_half() -> None:
    masks = {frame: {t: m for t, m in of.items() if t == 1 or frame < 60} for frame, of in MASKS.items()}
    found = at_full_rate(CLIP, TWIN, masks, Span(start=50 / RATE, end=60 / RATE))
    shown = {frame for frame, of in found.masks.items() if 2 in of}
    assert shown - {55} == {51, 52, 53, 54}  # 55 lies in the middle
    assert all(1 in found.masks[frame] for frame in found.masks)


def test_looking_twice_finds_nothing_more() -> None:
    seen, masks = enter(TWIN, MASKS, at_full_rate(CLIP, TWIN, MASKS, AROUND))
    again = at_full_rate(CLIP, seen, masks, AROUND)
    assert not again.frames
    assert again.notes == ("every frame of the stretch was sampled",)


def test_the_same_result_every_time() -> None:
    first, second = (replace(at_full_rate(CLIP, TWIN, MASKS, AROUND), seconds=0.0) for _ in range(2))
    assert first == second


def test_nonsense_is_refused() -> None:
    with pytest.raises(PerceptionError, match="no track 9"):
        at_full_rate(CLIP, TWIN, MASKS, AROUND, tracks=(9,))
    with pytest.raises(PerceptionError, match="outside"):
        at_full_rate(CLIP, TWIN, MASKS, Span(start=7, end=8))

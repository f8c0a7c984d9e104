"""Events of one track: against the frame (enters, leaves, appears, disappears), of its own motion, of its look.

Every event has its score from how far the measured value lies over its threshold. Motion that the camera's own could
explain is doubted, and a thing that the camera follows moves in the camera's direction (see `camera.py`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from seewhy.twin import camera
from seewhy.twin.borders import Found, border_events
from seewhy.twin.geometry import Floats, Trajectory, flags_to_runs, hysteresis, legs, surety, trim
from seewhy.twin.looks import alike
from seewhy.types.time import Span
from seewhy.types.twin import Event, EventName, Track, Twin

OBSERVATIONS = 3
"""fewer observations say nothing of motion: one of two may be wrong"""
MOVE = 0.05
"""diagonals of net displacement: less is not seen as going anywhere"""
DIRECTED = 1.3
"""times that, to have moved in a direction: a small shift is motion, but nobody would say where to"""
MOVE_OF_SIZE = 0.2
"""and this share of the thing's own size: a large thing's centroid wanders when its parts move"""
REVERSAL = 0.6
"""of the displacement threshold: coming back by less does not end a motion"""
SLANT = 0.4
"""share of the displacement across that the one along has to reach: diagonal motion is both left and down"""
MOVING, MOVING_OFF = 0.045, 0.025
"""diagonals per second at which something moves, and under which it has stopped: jitter reaches about 0.03"""
STILL_TIME = 0.6
"""seconds: the shortest standing still that is an event, and that makes a start or stop"""
MOVE_TIME = 0.3
"""seconds: the shortest motion"""
CHANGE_TIME = 0.5
"""seconds given to a start or stop, from its moment on / up to it"""
TURN = math.radians(55)
"""change of heading that is a turn"""
TURN_TIME = 1.5
"""seconds in which it has to happen"""
TURN_WAY = 0.6
"""of the displacement threshold, to be gone before and after a turn"""
PACE_LEVEL = 0.8
"""seconds: the speeds before and after a change of pace are medians over this, so that a hop is none"""
PACE_RATIO = 1.7
"""of two speeds in one motion, to speed up or slow down"""
PACE_DIFFERENCE = 0.06
"""diagonals per second between them"""
GROW = 1.6
"""ratio of areas to come closer or go away"""
GROW_TIME = 0.4
"""seconds, the shortest: masks jump in size from one frame to the next"""
GROW_SIDE = 1.12
"""ratio that width and height each have to reach: what is being hidden loses one of the two"""
COLOR_TIME = 0.4
"""seconds that a color has to last to be one"""
COLOR_ALIKE = 0.4
"""colors more alike than this are one color in changing light"""


def events(twin: Twin, paths: Sequence[Trajectory], source: str) -> list[Event]:
    """All events of single tracks, in no particular order."""
    found: list[Event] = []
    for path in paths:
        track = twin.track_by_id[path.track]
        for f in [*border_events(path), *motion_events(path, twin), *size_events(path, twin), *color_events(track)]:
            score = round(min(max(f.score, 0.0), 1.0), 3)
            found.append(Event(subject=path.track, action=f.action, span=f.span, score=score, source=source))
    return found


def displacement_threshold(path: Trajectory) -> float:
    """Diagonals that this thing has to go to have moved."""
    return max(MOVE, MOVE_OF_SIZE * path.size)


def moving_runs(path: Trajectory, start: int, end: int) -> list[tuple[int, int]]:
    """Half-open ranges within one run in which the thing moves: by its speed, or, for slow things, by a net
    displacement in one direction."""
    step = path.picture.step
    speed = path.speed[start:end]
    needed = displacement_threshold(path)
    flags = np.zeros(end - start, bool)
    for i, j in flags_to_runs(hysteresis(speed, MOVING, MOVING_OFF), fill=1, shortest=max(round(MOVE_TIME / step), 2)):
        a, b = start + i, start + j - 1
        if math.hypot(np.ptp(path.x[a : b + 1]), np.ptp(path.y[a : b + 1])) >= 0.8 * needed:
            # Speed is measured over a window and reaches half of it beyond the motion: cut back to where it goes.
            gone = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(path.x[a : b + 1]), np.diff(path.y[a : b + 1])))))
            first, last = trim(gone, 0, b - a)
            flags[i + first : i + last + 1] = True
    for values in (path.x, path.y):
        for i, j in _directed_legs(values[start:end], needed):
            for p, q in flags_to_runs(~flags[i : j + 1]):  # what speed alone did not see of this leg
                if abs(values[start + i + q - 1] - values[start + i + p]) >= 0.8 * needed:
                    flags[i + p : i + q] = True
    return [(start + i, start + j) for i, j in flags_to_runs(flags)]


def _directed_legs(values: Floats, needed: float) -> Iterator[tuple[int, int]]:
    """(first, last) of the legs along one axis that are long enough."""
    for leg in legs(values, REVERSAL * needed):
        i, j = trim(values, *leg)
        if len(values) >= OBSERVATIONS and j > i and abs(values[j] - values[i]) >= needed:
            yield i, j


def motion_events(path: Trajectory, twin: Twin) -> Iterator[Found]:
    """moves, its directions, stays_still, starts, stops, turns, speeds_up, slows_down."""
    for start, end in path.runs:
        if end - start < OBSERVATIONS:
            continue
        runs = moving_runs(path, start, end)
        yield from _directions(path, twin, start, end, runs)
        for a, b in runs:
            span = Span(start=float(path.t[a]), end=float(path.t[b - 1]))
            went = math.hypot(np.ptp(path.x[a:b]), np.ptp(path.y[a:b]))
            doubt = camera.doubt(twin, span, float(path.x[b - 1] - path.x[a]), float(path.y[b - 1] - path.y[a]))
            yield Found("moves", span, surety(went, 0.8 * displacement_threshold(path)) * doubt)
            if doubt < 1:  # or it stands, and the picture moves
                yield Found("stays_still", span, doubt)
            yield from _turns(path, a, b)
            yield from _pace(path, a, b)
        yield from _stillness(path, twin, start, end, runs)


def _directions(path: Trajectory, twin: Twin, start: int, end: int, runs: Sequence[tuple[int, int]]) -> Iterator[Found]:
    needed = DIRECTED * displacement_threshold(path)
    axes: tuple[tuple[Floats, Floats, EventName, EventName], ...] = (
        (path.x, path.y, "moves_left", "moves_right"),
        (path.y, path.x, "moves_up", "moves_down"),
    )
    for along, across, less, more in axes:
        for i, j in _directed_legs(along[start:end], needed):
            a, b = start + i, start + j
            went = float(along[b] - along[a])
            within = [(max(a, p), min(b, q - 1)) for p, q in runs if p <= b and q > a]
            if abs(went) < SLANT * abs(float(across[b] - across[a])) or not within:
                continue
            a, b = within[0][0], within[-1][1]
            span = Span(start=float(path.t[a]), end=float(path.t[b]))
            turn = camera.turn(twin, span)
            drift = -(turn.x if along is path.x else turn.y)
            doubt = camera.DOUBT if drift * went > 0 else 1.0
            yield Found(more if went > 0 else less, span, surety(abs(went), needed) * doubt)


def _stillness(path: Trajectory, twin: Twin, start: int, end: int, runs: Sequence[tuple[int, int]]) -> Iterator[Found]:
    """What lies between motions, and the starts and stops at its ends."""
    edges = [start, *(i for run in runs for i in run), end]
    for k in range(0, len(edges), 2):
        a, b = edges[k], edges[k + 1]
        last = path.until(b - 1) if b > a else 0.0
        whole = a == start and b == end
        if b - a < 2 or (last - path.t[a] < STILL_TIME and not whole):
            continue
        span = Span(start=float(path.t[a]), end=last)
        turn = camera.turn(twin, span)
        calm = 1 - min(float(np.median(path.speed[a:b])) / MOVING, 1.0) * 0.5
        if turn.x or turn.y:
            # It keeps its place in a turning picture: it goes where the camera turns.
            for axis, less, more in ((turn.x, "moves_left", "moves_right"), (turn.y, "moves_up", "moves_down")):
                if axis:
                    name: EventName = more if axis > 0 else less  # type: ignore[assignment]
                    yield Found(name, span, camera.FOLLOWED * turn.score)
            yield Found("moves", span, camera.FOLLOWED * turn.score)
            continue
        yield Found("stays_still", span, 0.5 + 0.45 * calm if last - path.t[a] >= STILL_TIME else 0.5)
        if a > start:
            moment = float(path.t[a])
            yield Found("stops", Span(start=max(moment - CHANGE_TIME, 0.0), end=moment), 0.5 + 0.4 * calm)
        if b < end:
            moment = float(path.t[b])
            yield Found("starts", Span(start=moment, end=moment + CHANGE_TIME), 0.5 + 0.4 * calm)


def _turns(path: Trajectory, a: int, b: int) -> Iterator[Found]:
    """Changes of heading within one motion; what is cut off at the border shows a corner first, which is no turn."""
    window = max(path.picture.window(TURN_TIME) // 2, 1)
    heading = np.unwrap(np.arctan2(path.velocity[a:b, 1], path.velocity[a:b, 0]))
    fast = (path.speed[a:b] >= MOVING_OFF) & ~path.clipped[a:b]
    n = b - a
    change = np.zeros(n)
    for i in range(n):
        before, after = max(i - window, 0), min(i + window, n - 1)
        if fast[before] and fast[after]:
            turned = abs(heading[after] - heading[before]) % (2 * math.pi)
            change[i] = min(turned, 2 * math.pi - turned) if turned > math.pi else turned
    for i, j in flags_to_runs(change >= TURN, fill=1):
        # Both ways have to be gone for a bit, or it is only jitter at slow speed.
        before, after = max(a + i - window, a), min(a + j - 1 + window, b - 1)
        middle = a + i + int(np.argmax(change[i:j]))
        ways = [math.dist((path.x[p], path.y[p]), (path.x[middle], path.y[middle])) for p in (before, after)]
        if min(ways) >= TURN_WAY * displacement_threshold(path):
            span = Span(start=float(path.t[max(a + i - 1, a)]), end=float(path.t[min(a + j, b - 1)]))
            yield Found("turns", span, surety(float(change[i:j].max()), TURN))


def _pace(path: Trajectory, a: int, b: int) -> Iterator[Found]:
    """speeds_up, slows_down within one motion.

    The ramps of its start and stop are not meant, nor what is cut off at the border: of a thing that comes in, the
    visible centroid goes at half its speed.
    """
    whole = flags_to_runs(~path.clipped[a:b])
    if not whole:
        return
    first, last = max(whole, key=lambda run: run[1] - run[0])
    a, b = a + first, a + last
    ramp = max(path.picture.window(0.5) // 2, 1)
    a, b = a + ramp, b - ramp
    if b - a < 4:
        return
    speed = np.log(np.maximum(path.speed[a:b], MOVING_OFF))
    level = max(path.picture.window(PACE_LEVEL) - 1, 1)
    for leg in legs(speed, math.log(1.35)):
        i, j = trim(speed, *leg)
        before = float(np.median(path.speed[a + max(i - level, 0) : a + i + 1]))
        after = float(np.median(path.speed[a + j : min(a + j + level + 1, b)]))
        slow, fast = min(before, after), max(before, after)
        if fast < PACE_RATIO * slow or fast - slow < PACE_DIFFERENCE or (after > before) != (speed[j] > speed[i]):
            continue
        name: EventName = "speeds_up" if after > before else "slows_down"
        span = Span(start=float(path.t[a + i]), end=float(path.t[a + j]))
        yield Found(name, span, surety(fast / max(slow, 1e-6) - 1, PACE_RATIO - 1) * 0.9)


def size_events(path: Trajectory, twin: Twin) -> Iterator[Found]:
    """grows, shrinks: comes closer, goes away. What touches the border is left out: the frame cuts it off."""
    width = path.boxes[:, 2] - path.boxes[:, 0]
    height = path.boxes[:, 3] - path.boxes[:, 1]
    for start, end in path.runs:
        for first, last in flags_to_runs(~path.clipped[start:end], fill=1, shortest=3):
            part = slice(start + first, start + last)
            log_area = np.log(np.maximum(path.area[part], 1e-6))
            for leg in legs(log_area, math.log(1.3)):
                i, j = (start + first + k for k in trim(log_area, *leg))
                ratio = float(path.area[j] / max(path.area[i], 1e-6))
                up = ratio > 1
                sides = [float(s[j] / max(s[i], 1e-6)) for s in (width, height)]
                least = min(side if up else 1 / max(side, 1e-6) for side in sides)
                if max(ratio, 1 / ratio) < GROW or least < GROW_SIDE or path.t[j] - path.t[i] < GROW_TIME:
                    continue
                span = Span(start=float(path.t[i]), end=float(path.t[j]))
                zoom = camera.turn(twin, span).zoom
                doubt = camera.DOUBT if zoom == (1 if up else -1) else 1.0
                sure = surety(abs(math.log(ratio)), math.log(GROW)) * doubt
                yield Found("grows" if up else "shrinks", span, sure)


def color_events(track: Track) -> Iterator[Found]:
    """changes_color: two colors, one after the other, that are not alike."""
    timed = sorted(
        ((a.span, a.value, a.score) for a in track.values("color") if a.span and a.span.duration >= COLOR_TIME),
        key=lambda c: (c[0].start, c[0].end),
    )
    for (span, color, score), (then, other, sure) in itertools.pairwise(timed):
        if alike("color", color, other) > COLOR_ALIKE or span.overlaps(then):
            continue
        moment = Span(start=max(span.end - 0.25, 0.0), end=then.start + 0.25)
        yield Found("changes_color", moment, min(score, sure))

"""What a specialist found enters a twin that is there.

::

    twin, masks + findings ─▶ check ─▶ things: new, or known ─▶ merge ─▶ twin, masks

Facts of the same source are replaced by what it says now of the same thing; those of others stay, with their
provenance. Entering twice is entering once, and the order of facts does not matter. Relations and events of geometry
are not made anew here: derive them from the result.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from seewhy.perceive.arrivals import Arrivals, Sightings, arrivals, parents
from seewhy.perceive.checking import ITSELF, checked
from seewhy.perceive.findings import Findings, FoundObject
from seewhy.perceive.merging import leading_pace, merged_attributes, merged_events, merged_labels, merged_texts
from seewhy.perceive.naming import unnamed
from seewhy.perceive.observing import observation, place
from seewhy.perceive.seams import Masks
from seewhy.plain import plain
from seewhy.types.base import Frozen
from seewhy.types.masks import Rle
from seewhy.types.twin import Attribute, Camera, Label, Observation, Scene, SpecialistRun, Tempo, Track, Twin
from seewhy.types.video import FrameTime

MOST_NOTE = 600
"""Characters kept of the note on what a specialist said."""

Model = TypeVar("Model", bound=Frozen)


def enter(twin: Twin, masks: Masks, findings: Findings) -> tuple[Twin, dict[int, dict[int, Rle]]]:
    """The twin with what was found, and all its masks.

    Args:
        twin: of the video that was looked at.
        masks: all masks that its observations refer to.
        findings: what was found. Negative ids in events speak of its objects: -1 of the first.

    Returns:
        the twin, not derived: what geometry said before is in it as it was; and the masks that its observations refer
        to, by frame, then track, ascending.

    Raises:
        ValueError: an observation's mask is not among `masks`, or one that was found has unreadable run lengths.
    """
    clean, dropped = checked(findings, twin)
    seen = _sightings(twin, masks)
    for frame, of in clean.masks.items():
        for track, mask in of.items():
            if frame not in twin.track_by_id[track].by_frame:
                seen[track][frame] = mask
    came = arrivals(clean.objects, seen, taken=_mentioned(findings))
    seen |= {track: dict(clean.objects[number].masks) for track, number in came.new.items()}
    frames = tuple(sorted((*twin.frames, *clean.frames), key=lambda frame: frame.index))
    told = [_with(e, subject=_track(e.subject, came), object=_track(e.object, came)) for e in clean.events]
    events = [event for event in told if event.subject is None or event.subject != event.object]
    dropped[ITSELF] += len(told) - len(events)
    scene, heard = _scene(twin.scene, clean)
    camera, tempo = _camera(twin, clean)
    run = SpecialistRun(
        source=clean.source, seconds=round(clean.seconds, 3), note=_note(clean, len(events), heard, dropped)
    )
    entered = _with(
        twin,
        frames=frames,
        tracks=_tracks(twin, clean, came, seen, {frame.index: frame for frame in frames}),
        events=merged_events(twin.events, events),
        scene=scene,
        camera=camera,
        tempo=tempo,
        specialists=_replaced(twin.specialists, run),
        degraded=_degraded(twin.degraded, clean),
    )
    table: defaultdict[int, dict[int, Rle]] = defaultdict(dict)
    for track in sorted(seen):
        for frame, mask in seen[track].items():
            table[frame][track] = mask
    return entered, {frame: table[frame] for frame in sorted(table)}


def _sightings(twin: Twin, masks: Masks) -> dict[int, dict[int, Rle]]:
    """Id of a track → frame → mask."""
    seen: dict[int, dict[int, Rle]] = {track.id: {} for track in twin.tracks}
    for track in twin.tracks:
        for one in track.observations:
            if one.mask is None:
                continue
            mask = masks.get(one.frame, {}).get(track.id)
            if mask is None:
                raise ValueError(
                    f"the mask of track {track.id} in frame {one.frame} of {twin.id} is not among those given"
                )
            seen[track.id][one.frame] = mask
    return seen


def _mentioned(findings: Findings) -> set[int]:
    """Every id that the findings speak of. One that no track has is not given to a new one: what was said of a thing
    that is not there must not become true of another."""
    ids = {*findings.labels, *findings.attributes, *(track for of in findings.masks.values() for track in of)}
    return ids | {end for event in findings.events for end in (event.subject, event.object) if end is not None}


def _track(end: int | None, came: Arrivals) -> int | None:
    return came.tracks[-end - 1] if end is not None and end < 0 else end


# Tracks


def _tracks(
    twin: Twin, clean: Findings, came: Arrivals, seen: Mapping[int, Sightings], times: Mapping[int, FrameTime]
) -> tuple[Track, ...]:
    labels: defaultdict[int, list[Label]] = defaultdict(list)
    attributes: defaultdict[int, list[Attribute]] = defaultdict(list)
    for track, names in clean.labels.items():
        labels[track] += names
    for track, likes in clean.attributes.items():
        attributes[track] += likes
    for track, thing in zip(came.tracks, clean.objects, strict=True):
        labels[track] += thing.labels
        attributes[track] += thing.attributes
    part_of = parents(came.new, seen)
    new = [
        _new_track(track, clean.objects[number], part_of.get(track), named=bool(labels[track]))
        for track, number in came.new.items()
    ]
    return tuple(
        _with(
            track,
            labels=merged_labels(track.labels, labels[track.id], clean.source),
            attributes=merged_attributes(track.attributes, attributes[track.id], clean.source),
            observations=_observations(track, seen[track.id], times),
        )
        for track in (*twin.tracks, *new)
    )


def _new_track(track: int, thing: FoundObject, part_of: int | None, *, named: bool) -> Track:
    """A track that is not yet seen anywhere; what nobody has named is an object."""
    labels = () if named else (unnamed(thing.score, thing.source),)
    return Track(id=track, labels=labels, observations=(), score=thing.score, source=thing.source, part_of=part_of)


def _observations(track: Track, seen: Sightings, times: Mapping[int, FrameTime]) -> tuple[Observation, ...]:
    """The track's observations and those of its other masks, by frame.

    Between two observations, a mask is as sure as the less sure of them, and as deep as they are on the way from one
    to the other. A new track has no depth: its rank among what a frame shows was never compared, and geometry reads
    from boxes alone what lies in front.
    """
    here = track.by_frame
    known = list(track.observations)
    added = []
    for frame in sorted(seen.keys() - here.keys()):
        where = place(seen[frame])
        assert where is not None, "empty masks do not pass the check"
        at = bisect_left(known, frame, key=lambda o: o.frame)
        near = known[max(at - 1, 0) : at + 1]
        score = min((o.score for o in near), default=track.score)
        added.append(observation(times[frame], track.id, where, _depth(near, times[frame].t), score))
    return tuple(sorted((*known, *added), key=lambda o: o.frame))


def _depth(near: Sequence[Observation], t: float) -> float | None:
    """The rank at a time between two observations, or that of the only one; None where one is not known."""
    ranks = [o.depth for o in near if o.depth is not None]
    if not ranks or len(ranks) < len(near):
        return None
    before, after = near[0], near[-1]
    share = (t - before.t) / (after.t - before.t) if after.t > before.t else 0.0
    return ranks[0] + share * (ranks[-1] - ranks[0])


# The picture


def _scene(scene: Scene, clean: Findings) -> tuple[Scene, bool]:
    """The scene, and whether the summary is now that of the findings. One of another source stays."""
    heard = clean.summary is not None and (scene.summary is None or scene.summary_source == clean.source)
    return Scene(
        attributes=merged_attributes(scene.attributes, clean.scene, clean.source),
        texts=merged_texts(scene.texts, clean.texts),
        summary=clean.summary if heard else scene.summary,
        summary_source=clean.source if heard else scene.summary_source,
    ), heard


def _camera(twin: Twin, clean: Findings) -> tuple[Camera, Tempo]:
    """Camera and pace. A twin leads with one pace; the others stand behind it, with the camera."""
    merged = merged_attributes(twin.camera.attributes, clean.camera, clean.source)
    if clean.pace is None:
        return Camera(attributes=merged), twin.tempo
    before = [a for a in (twin.tempo.pace, *merged) if a is not None and a.kind == "pace"]
    best, others = leading_pace(merged_attributes(before, [clean.pace], clean.source), twin.span)
    rest = [attribute for attribute in merged if attribute.kind != "pace"]
    return Camera(attributes=merged_attributes(rest, others, clean.source)), _with(twin.tempo, pace=best)


# Who said it


def _degraded(known: Sequence[str], clean: Findings) -> tuple[str, ...]:
    """What could not be done; what this source said so of an earlier time is over."""
    mark = f"{clean.source}: "
    now = sorted({mark + plain(reason, MOST_NOTE) for reason in clean.degraded})
    return (*(reason for reason in known if not reason.startswith(mark)), *now)


def _replaced(runs: Sequence[SpecialistRun], run: SpecialistRun) -> tuple[SpecialistRun, ...]:
    if any(one.source == run.source for one in runs):
        return tuple(run if one.source == run.source else one for one in runs)
    return (*runs, run)


def _note(clean: Findings, events: int, heard: bool, dropped: Counter[str]) -> str | None:
    """What was said, what could not be used, and the specialist's own notes."""
    objects = clean.objects
    counts = {
        "names": sum(map(len, clean.labels.values())) + sum(len(thing.labels) for thing in objects),
        "attributes": sum(map(len, clean.attributes.values())) + sum(len(thing.attributes) for thing in objects),
        "events": events,
        "things": len(objects),
        "masks": sum(map(len, clean.masks.values())),
        "words on the picture": len(clean.scene) + len(clean.camera) + (clean.pace is not None),
        "texts": len(clean.texts),
        "summaries": int(heard),
    }
    said = ", ".join(f"{what}: {count}" for what, count in counts.items() if count)
    lost = [f"{count} {what} were dropped" for what, count in sorted(dropped.items()) if count]
    return plain("; ".join(part for part in (said, *lost, *sorted(clean.notes)) if part), MOST_NOTE) or None


def _with(model: Model, **changes: Any) -> Model:
    """The value with other fields, checked; what it has cached is forgotten."""
    return type(model)(**{name: changes.get(name, getattr(model, name)) for name in type(model).model_fields})

"""Observations → relations and events: what the twin says without anyone having told it."""

from __future__ import annotations

import time

from seewhy.twin.encounters import encounters
from seewhy.twin.events import events
from seewhy.twin.geometry import Picture, trajectory
from seewhy.twin.relations import relations
from seewhy.types.twin import Event, Relation, SpecialistRun, Twin

GEOMETRY = "geometry@1"
"""The source of everything derived here; raised when a threshold changes what is said."""


SALIENT = 0.5
"""salience from which a track's motion is taken at face value"""
FAINT = 0.6
"""what the score of an event is multiplied with at salience 0, rising linearly to 1 at SALIENT"""

_CARRIED = tuple(name for name in Twin.model_fields if name not in ("relations", "events", "specialists"))


def derive(twin: Twin) -> Twin:
    """The twin with its relations and events computed from observations and attributes.

    Facts that geometry derived before are replaced, facts of other sources are kept; deriving twice gives the same
    facts. Sorted by time, then by what they say, so that the order of facts does not depend on that of tracks.
    """
    began = time.perf_counter()
    picture = Picture.of(twin)
    paths = [trajectory(track, picture) for track in twin.tracks if track.observations]
    kept_relations = [relation for relation in twin.relations if relation.source != GEOMETRY]
    kept_events = [event for event in twin.events if event.source != GEOMETRY]
    found = [*kept_relations, *relations(paths, GEOMETRY)]
    seen = [*events(twin, paths, GEOMETRY), *encounters(twin, paths, GEOMETRY)]
    happened = [*kept_events, *(_as_sure_as_its_tracks(event, twin) for event in seen)]
    run = SpecialistRun(source=GEOMETRY, seconds=round(time.perf_counter() - began, 4))
    return Twin(
        **{name: getattr(twin, name) for name in _CARRIED},
        relations=tuple(sorted(found, key=_relation_key)),
        events=tuple(sorted(happened, key=_event_key)),
        specialists=(*(s for s in twin.specialists if s.source != GEOMETRY), run),
    )


def _as_sure_as_its_tracks(event: Event, twin: Twin) -> Event:
    """What a faint track does is as doubtful as the track: fragments of background shake, grow and come and go."""
    salience = min(twin.track_by_id[t].score for t in (event.subject, event.object) if t is not None)
    if salience >= SALIENT:
        return event
    trust = FAINT + (1 - FAINT) * max(salience, 0.0) / SALIENT
    return event.model_copy(update={"score": round(event.score * trust, 3)})


def _relation_key(r: Relation) -> tuple[float, float, int, int, str]:
    return r.span.start, r.span.end, r.subject, r.object, r.predicate


def _event_key(e: Event) -> tuple[float, float, int, str, int, str]:
    return e.span.start, e.span.end, e.subject or 0, e.action, e.object or 0, e.source

"""A twin as perception made it, before any model was asked about it."""

from __future__ import annotations

from collections.abc import Set

from seewhy.types.twin import GENERIC_CATEGORY, Attribute, Label, Track, Twin

SAID_BY_MODELS = ("describe:", "look:")
"""Beginnings of the sources of what models said."""


def as_perceived(twin: Twin) -> Twin:
    """The twin without tracks, names, attributes and events that came from models, or were looked for because somebody
    asked.

    What a describer is shown depends on this alone. So it is the same whatever was asked of the video before, and a
    description that was interrupted, and entered in part, goes on with the replies that had come.
    """
    scene, camera = twin.scene, twin.camera
    said = frozenset(refined.source for refined in twin.refinements)
    return twin.model_copy(
        update={
            "tracks": tuple(_bare(track, said) for track in twin.tracks if not _said(track.source, said)),
            "events": tuple(event for event in twin.events if not _said(event.source, said)),
            "scene": scene.model_copy(
                update={
                    "attributes": _own(scene.attributes, said),
                    "texts": (),
                    "summary": None,
                    "summary_source": None,
                }
            ),
            "camera": camera.model_copy(update={"attributes": _own(camera.attributes, said)}),
        }
    )


def _bare(track: Track, said: Set[str]) -> Track:
    labels = tuple(label for label in track.labels if not _said(label.source, said))
    unnamed = Label(name=GENERIC_CATEGORY, score=track.score, source=track.source)
    return track.model_copy(update={"labels": labels or (unnamed,), "attributes": _own(track.attributes, said)})


def _own(attributes: tuple[Attribute, ...], said: Set[str]) -> tuple[Attribute, ...]:
    return tuple(attribute for attribute in attributes if not _said(attribute.source, said))


def _said(source: str, said: Set[str]) -> bool:
    """said: sources of refinements."""
    return source.startswith(SAID_BY_MODELS) or source in said

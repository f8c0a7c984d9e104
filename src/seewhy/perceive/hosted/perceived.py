"""A twin as perception made it, before any model was asked about it."""

from __future__ import annotations

from seewhy.types.twin import GENERIC_CATEGORY, Attribute, Label, Track, Twin

SAID_BY_MODELS = ("describe:", "look:")
"""Beginnings of the sources of what models said."""


def as_perceived(twin: Twin) -> Twin:
    """The twin without tracks, names, attributes and events that came from models.

    What a describer is shown depends on this alone. So it is the same whatever was asked of the video before, and a
    description that was interrupted, and entered in part, goes on with the replies that had come.
    """
    scene, camera = twin.scene, twin.camera
    return twin.model_copy(
        update={
            "tracks": tuple(_bare(track) for track in twin.tracks if not _said(track.source)),
            "events": tuple(event for event in twin.events if not _said(event.source)),
            "scene": scene.model_copy(
                update={"attributes": _own(scene.attributes), "texts": (), "summary": None, "summary_source": None}
            ),
            "camera": camera.model_copy(update={"attributes": _own(camera.attributes)}),
        }
    )


def _bare(track: Track) -> Track:
    labels = tuple(label for label in track.labels if not _said(label.source))
    unnamed = Label(name=GENERIC_CATEGORY, score=track.score, source=track.source)
    return track.model_copy(update={"labels": labels or (unnamed,), "attributes": _own(track.attributes)})


def _own(attributes: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
    return tuple(attribute for attribute in attributes if not _said(attribute.source))


def _said(source: str) -> bool:
    return source.startswith(SAID_BY_MODELS)

"""What would follow from an edit: the reasoning between a reference video and the video that is looked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seewhy.types.base import Frozen

Facet = Literal["states", "actions", "scene", "camera", "tempo"]
FACETS: tuple[Facet, ...] = ("states", "actions", "scene", "camera", "tempo")
"""The kinds of after-effects (CoVR-R, arXiv 2603.20190)."""
MOST_ASSERTIONS = 4
"""of one kind"""

Assertions = Annotated[tuple[str, ...], Field(max_length=MOST_ASSERTIONS)]


class Alteration(Frozen):
    """Something of the reference that becomes something else."""

    what: str
    into: str


class Trace(Frozen):
    """The after-effects of an edit: short atomic assertions about the video that would result."""

    states: Assertions = ()
    """what things are like afterwards: opened, wet, broken, lit"""
    actions: Assertions = ()
    scene: Assertions = ()
    camera: Assertions = ()
    tempo: Assertions = ()
    keep: tuple[str, ...] = ()
    """what stays as it is in the reference"""
    remove: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    alter: tuple[Alteration, ...] = ()
    target: str = ""
    """a description of the video that would result"""

    def assertions(self) -> tuple[tuple[Facet, str], ...]:
        """All of them, kind by kind."""
        return tuple((facet, said) for facet in FACETS for said in getattr(self, facet))

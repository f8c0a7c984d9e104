"""Flow 3: reference video + edit → after-effects → imagined target → candidates → verdicts → hits.

::

    reference ─▶ TWIN ─╮
                       ├▶ reason ─▶ TRACE ─▶ conditions + imagined components ─▶ as in `search`
    edit ──────────────╯

The reasoning says what would follow from the edit: which states, actions, scene, camera and tempo, what stays and what
goes. From there on a composed query is a query like any other: the imagined target meets the videos as a twin meets
twins, the reference is left out of the gallery, and the judge sees the reference, the edit and the trace beside each
candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from seewhy.asked import Asked
from seewhy.engine import Engine
from seewhy.errors import QueryError, SeewhyError
from seewhy.reason.question import readable
from seewhy.reason.seams import Reference
from seewhy.search import Stage, answer_all
from seewhy.types.hit import SearchResult
from seewhy.types.query import Filters

Named = Reference | Callable[[], Reference]
"""A reference, or what finds it when it is its turn; that may take its time, and raise SeewhyError."""


def compose(
    reference: Named, edit: str, engine: Engine, *, k: int = 10, filters: Filters | None = None
) -> SearchResult:
    """Find the video that would result from an edit of a reference video.

    Args:
        reference: the video that the edit starts from; need not be in the library.
        edit: what is to be different, in words.
        engine: the parts that answer it.
        k: number of hits returned, best first.
        filters: restricts the gallery.

    Raises:
        QueryError: an empty or over-long edit, k out of range, or filters that name a video that is not in the library.
        SeewhyError: what `reference` raises where it cannot be found.
    """
    [outcome] = compose_all([(reference, edit)], engine, k=k, filters=filters)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def compose_all(
    edits: Sequence[tuple[Named, str]],
    engine: Engine,
    *,
    k: int = 10,
    filters: Filters | None = None,
    width: int = 1,
    told: Callable[[str], None] | None = None,
    caught: type[Exception] = SeewhyError,
    keep_reference: bool = False,
) -> Iterator[SearchResult | Exception]:
    """Answer many composed queries stage by stage: all references, then all reasonings, then all judgements, then all
    refinements.

    Args:
        width, told, caught: see `search_all`.
        keep_reference: it may be found like any other video; some benchmarks want that.

    Yields:
        answers, in the order of the edits; in place of one that could not be given, the error.

    Raises:
        QueryError: k out of range, or filters that name a video that is not in the library.
    """
    asked = [Asked(edit, filters, k, named=_finding(reference)) for reference, edit in edits]
    stages: Sequence[Stage] = [
        ("reference", find_reference), ("reason", reason_keeping if keep_reference else reason),
    ]  # fmt: skip
    return answer_all(asked, engine, stages, width=width, told=told, caught=caught)


def _finding(reference: Named) -> Callable[[], Reference]:
    return (lambda: reference) if isinstance(reference, Reference) else reference


def find_reference(asked: Asked, engine: Engine) -> None:  # noqa: ARG001 - every stage is given the engine
    """The video that the edit starts from. Raises QueryError, VideoError."""
    assert asked.named is not None, "every edit names a reference"
    readable(asked.question, "an edit")  # looking at a video may take minutes: not for an edit that nobody can read
    asked.reference = asked.named()


def reason(asked: Asked, engine: Engine) -> None:
    """Reference and edit → trace, conditions, imagined components. Raises QueryError."""
    assert asked.reference is not None, "it was found in the stage before"
    if engine.composer is None:
        raise QueryError("a composed query needs somebody who reasons about edits; this engine has no composer")
    asked.query = engine.composer.compose(asked.reference, asked.question)


def reason_keeping(asked: Asked, engine: Engine) -> None:
    """As `reason`, but the reference stays in the gallery."""
    reason(asked, engine)
    asked.query = asked.query.model_copy(update={"exclude": ()})

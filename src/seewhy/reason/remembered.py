"""What was asked of a twin lately, and answered: conditions of many questions ask the same of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from seewhy.recent import Recent
from seewhy.twin.facts import TwinFacts, facts_of
from seewhy.types.hit import Truth
from seewhy.types.twin import Twin

QUESTIONS_KEPT = 256
"""Of one twin, for certain; a hundred edits ask it some hundred. Each has an answer, of 1.3 kB, for every track."""

Tracks = tuple[int | None, ...]
"""Which tracks a question is asked of, in the order in which it mentions its entities; None: no track is left."""


@dataclass(slots=True)
class Answered:
    """One question's answers on one twin."""

    truths: dict[Tracks, Truth] = field(default_factory=dict)
    worths: NDArray[np.float64] | None = None
    """of a question about one entity, what the answers are worth to a binding: one for each track, by id"""


Memory = Recent[str, Answered]
"""Question → answers. A question says all that they depend on, besides the twin and the tracks."""

_memories: WeakKeyDictionary[TwinFacts, Memory] = WeakKeyDictionary()


def memory_of(twin: Twin) -> Memory:
    """What is remembered of a twin, for as long as it lives."""
    facts = facts_of(twin)
    found = _memories.get(facts)
    return found if found is not None else _memories.setdefault(facts, Recent(QUESTIONS_KEPT))

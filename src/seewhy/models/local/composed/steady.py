"""Batches of one shape: what comes of an item does not depend on the items that happen to be beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeAlias, TypeVar

from seewhy.errors import PerceptionError
from seewhy.models.local.pool import POOL, is_out_of_memory

Item = TypeVar("Item")
Result = TypeVar("Result")
Outcome: TypeAlias = Result | PerceptionError
"""What came of one item, or why nothing did."""

NO_MEMORY = "there is no memory for a video of this length; take a smaller model (local.vision)"


class Steady(Generic[Item, Result]):
    """A function of several items at a time that always has as many rows, whether or not there are items for them.

    An item that fails has its error as its result: of several that fail together each is tried by itself, in the same
    number of rows. Where memory is short, models that nobody uses are released and there are half as many rows from
    then on; in low precision that may change what comes of the items after it.

    For one thread at a time; see `Batcher`.
    """

    def __init__(self, run: Callable[[Sequence[Item], int], Sequence[Outcome[Result]]], rows: int) -> None:
        """
        Args:
            run: items and rows → a result for each item, in their order; not more items than rows.
        """
        self._run = run
        self.rows = rows

    def __call__(self, items: Sequence[Item]) -> list[Outcome[Result]]:
        """The results in the order of the items."""
        done: list[Outcome[Result]] = []
        while len(done) < len(items):
            done += self._settled(items[len(done) : len(done) + self.rows])
        return done

    def _settled(self, batch: Sequence[Item]) -> Sequence[Outcome[Result]]:
        """Results of the first of them; none where there are fewer rows from now on."""
        try:
            return self._run(batch, self.rows)
        except PerceptionError as error:
            if len(batch) == 1:
                return [error]
            failed = True
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            failed = False
        # here, and not where it failed: the error would have held what was computed
        if failed:
            return [outcome for item in batch for outcome in self([item])]
        POOL.release()
        if self.rows > 1:
            self.rows //= 2
            return []
        try:
            return self._run(batch, self.rows)
        except PerceptionError as error:
            return [error]
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        return [PerceptionError(NO_MEMORY)]

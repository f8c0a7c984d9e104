"""Batches out of calls that are made at the same time.

Videos are perceived side by side in threads, and each asks the same model about a frame at a time. A model that looks
at eight frames in one pass takes far less than eight times as long as for one. So whoever comes first leads: while its
batch runs, the others queue; then one of those that wait takes along all that waits. Nothing waits for a timer, and a
caller that is alone gets exactly the batches it asks for.

Which items share a batch depends on the moment. Results do not, but for rounding: processors multiply matrices of
another size in another order. Where rounding may decide, as it does which word comes next, batches have to be of one
shape; see `composed.steady`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Condition
from typing import Generic, TypeVar

from seewhy.models.local.pool import POOL, ModelPool, is_out_of_memory

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(eq=False, slots=True)
class _Ticket(Generic[Item, Result]):
    """An item on its way."""

    item: Item
    result: tuple[Result] | None = None
    error: Exception | None = None

    @property
    def done(self) -> bool:
        return self.result is not None or self.error is not None


class Batcher(Generic[Item, Result]):
    """A function of several items at a time, offered to many threads as one of single items.

    An item that cannot be worked on fails alone: a batch that raises is tried again item by item. When the device has
    no memory left, models that nobody uses are released and the batch is halved, for good.

    >>> squares = Batcher(lambda numbers: [number * number for number in numbers], most=2)
    >>> squares(3), squares.all([1, 2, 3])
    (9, [1, 4, 9])
    """

    def __init__(self, run: Callable[[list[Item]], list[Result]], most: int, pool: ModelPool = POOL) -> None:
        """
        Args:
            run: called by one thread at a time; gives one result for each item, in their order.
            most: items in one call.
            pool: where models are released when memory is short.
        """
        if most < 1:
            raise ValueError(f"a batch holds at least one item, not {most}")
        self._run, self._pool = run, pool
        self._most = most
        self._waiting: deque[_Ticket[Item, Result]] = deque()
        self._running = False
        self._change = Condition()

    @property
    def most(self) -> int:
        """Items in one batch now; less than at first, where memory was short."""
        return self._most

    def __call__(self, item: Item) -> Result:
        """The result for one item; waits for it.

        Raises:
            Exception: what `run` raised for this item by itself.
        """
        return self.all((item,))[0]

    def all(self, items: Iterable[Item]) -> list[Result]:
        """The results in the order of the items; waits for them.

        Raises:
            Exception: what `run` raised for the first item that failed by itself. Items after it may not be worked on.
        """
        tickets: list[_Ticket[Item, Result]] = [_Ticket(item) for item in items]
        with self._change:
            self._waiting.extend(tickets)
        try:
            while not _over(tickets):
                batch = self._next(tickets)
                if batch:
                    self._lead(batch)
        finally:  # the caller is gone: of what it still has in the queue nobody wants a result
            with self._change:
                mine = set(map(id, tickets))
                self._waiting = deque(ticket for ticket in self._waiting if id(ticket) not in mine)
        for ticket in tickets:
            if ticket.error is not None:
                raise ticket.error
        return [ticket.result[0] for ticket in tickets if ticket.result is not None]

    def _next(self, tickets: Sequence[_Ticket[Item, Result]]) -> list[_Ticket[Item, Result]]:
        """Wait until these are done or nobody leads; in the latter case the next batch, of whoever it is."""
        with self._change:
            self._change.wait_for(lambda: not self._running or _over(tickets))
            if _over(tickets):
                return []
            self._running = True
            return [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]

    def _lead(self, batch: list[_Ticket[Item, Result]]) -> None:
        try:
            self._work(batch)
        finally:
            with self._change:  # interrupted: what is not done goes back to the front, somebody else leads
                self._waiting.extendleft(ticket for ticket in reversed(batch) if not ticket.done)
                self._running = False
                self._change.notify_all()

    def _work(self, batch: list[_Ticket[Item, Result]]) -> None:
        """Settle each ticket."""
        error = self._attempt(batch)
        if error is None:
            return
        if is_out_of_memory(error):
            released = self._pool.release()
            if len(batch) > 1:
                half = len(batch) // 2
                self._most = min(self._most, half)
                self._work(batch[:half])
                self._work(batch[half:])
                return
            if released:
                error = self._attempt(batch)
            batch[0].error = error
        elif len(batch) == 1:
            batch[0].error = error
        else:
            for ticket in batch:
                self._work([ticket])

    def _attempt(self, batch: Sequence[_Ticket[Item, Result]]) -> Exception | None:
        """Run once; what went wrong."""
        try:
            results = self._run([ticket.item for ticket in batch])
            if len(results) != len(batch):
                raise ValueError(f"{len(results)} results came of a batch of {len(batch)} items")
        except Exception as error:  # noqa: BLE001 - raised again where the item's result is asked for
            # Of memory there is enough again only when the traceback lets go of what was computed.
            return error.with_traceback(None) if is_out_of_memory(error) else error
        for ticket, result in zip(batch, results, strict=True):
            ticket.result = (result,)
        return None


def _over(tickets: Iterable[_Ticket[Item, Result]]) -> bool:
    """Whether nothing more is to be waited for: all are done, or one failed."""
    return any(ticket.error is not None for ticket in tickets) or all(ticket.done for ticket in tickets)

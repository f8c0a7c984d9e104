"""A run: every query of a data set put to a library, and what became of it. Questions and edits take the same way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from seewhy.bench.datasets import ComposedQuery, Dataset, MaskTruth, TextQuery
from seewhy.bench.grounding import NOTHING_FOUND, GroundingScore, MaskScore, hit_masks, score_masks
from seewhy.bench.measures import at_least_as_high, best_rank
from seewhy.bench.protocol import WHOLE, Question, galleries
from seewhy.bench.protocol import Protocol as GalleryProtocol
from seewhy.bench.records import RankedHit, Record
from seewhy.bench.searching import Names, Searching, right_of
from seewhy.errors import DatasetError, TwinError
from seewhy.twin.masks_file import MaskTable
from seewhy.types.hit import Hit, SearchResult
from seewhy.types.query import Filters
from seewhy.types.twin import Twin

KEPT_HITS = 10
"""Best hits of a question that a run file keeps."""
KEPT_COMPOSED = 50
"""Of an edit: what a submission to the CoVR-R challenge names, and published tables go to R@50."""


class Searched(Protocol):
    """What a run asks of a library; `seewhy.library.Library` is one."""

    def search_all(
        self,
        questions: Sequence[str],
        k: int,
        filters: Filters | None,
        *,
        told: Callable[[str], None] | None,
        caught: type[Exception],
    ) -> Iterable[SearchResult | Exception]: ...

    def compose_all(
        self,
        edits: Sequence[tuple[str, str]],
        k: int,
        filters: Filters | None,
        *,
        told: Callable[[str], None] | None,
        caught: type[Exception],
        keep_reference: bool,
    ) -> Iterable[SearchResult | Exception]: ...

    def masks(self, video: str) -> MaskTable: ...

    def twin(self, video: str) -> Twin: ...


def run_queries(
    library: Searched,
    dataset: Dataset,
    queries: Sequence[Question],
    names: Names,
    protocol: GalleryProtocol = WHOLE,
    told: Callable[[str], None] | None = None,
) -> tuple[Record, ...]:
    """Put all queries to the library, each over exactly the videos of its gallery, and keep what came.

    The key of the pessimistic rank is a hit's standing, which is what orders hits; ids, which only break ties, are no
    part of it. Whatever goes wrong in answering is that query's failure, hence a miss.
    A query whose reference, or whose right videos, are not there is not asked: it is a miss, too. So is one whose only
    right video has the reference's very content: a library knows videos by content, and masks both.

    Args:
        queries: of one kind, questions or edits.
        names: of all videos that the library holds, references among them.
        told: hears the name of each stage when it begins.

    Returns:
        one record a query, in their order.
    """
    truths: dict[str, MaskTruth | None] = {}
    for query in queries:
        if query.objects and query.video is not None and query.video not in truths:
            truths[query.video] = dataset.truth(query.video)
    found: dict[str, Record] = {}
    for gallery in galleries(dataset, queries, protocol):
        searching = Searching(gallery, names.within(gallery.names), names, protocol)
        unasked = {query.id: why for query in gallery.queries if (why := searching.unasked(query)) is not None}
        asked = [query for query in gallery.queries if query.id not in unasked]
        found |= {
            query.id: _gone(query, searching, unasked[query.id]) for query in gallery.queries if query.id in unasked
        }
        for query, outcome in zip(asked, _outcomes(library, asked, searching, told), strict=True):
            if isinstance(outcome, Exception):
                found[query.id] = _missed(query, searching, f"{type(outcome).__name__}: {outcome}")
            else:
                found[query.id] = _answered(library, query, outcome, searching, truths)
    return tuple(found[query.id] for query in queries)


def _outcomes(
    library: Searched, queries: Sequence[Question], searching: Searching, told: Callable[[str], None] | None
) -> Iterator[SearchResult | Exception]:
    if not queries:
        return
    filters = Filters(videos=searching.ids)
    edits = [
        (searching.everywhere.ids[query.reference], query.edit) for query in queries if isinstance(query, ComposedQuery)
    ]
    if edits:
        yield from library.compose_all(
            edits, searching.hits, filters, told=told, caught=Exception,
            keep_reference=searching.protocol.keep_reference,
        )  # fmt: skip
        return
    questions = [query.text for query in queries if isinstance(query, TextQuery)]
    yield from library.search_all(questions, searching.hits, filters, told=told, caught=Exception)


def _gone(query: Question, searching: Searching, why: str) -> Record:
    return _missed(query, searching, f"not asked, because {why}", missing=searching.missing(query))


def _missed(query: Question, searching: Searching, failure: str, **found: Any) -> Record:
    grounding = _scored(NOTHING_FOUND) if query.objects else None
    return _record(query, searching, rank=None, seconds=0.0, grounding=grounding, failure=failure, **found)


def _answered(
    library: Searched,
    query: Question,
    result: SearchResult,
    searching: Searching,
    truths: Mapping[str, MaskTruth | None],
) -> Record:
    hits = {hit.video: hit for hit in result.hits}
    right = hits.get(searching.names.ids.get(query.video or "", ""))
    grounding, unreadable = _ground(library, query, right, truths)
    kept = KEPT_COMPOSED if isinstance(query, ComposedQuery) else KEPT_HITS
    rank = _rank(query, result, searching)
    return _record(
        query,
        searching,
        rank=rank,
        near_above=_near_above(query, result, searching, rank),
        seconds=sum(result.seconds.values()),
        no_match=result.no_match,
        hits=tuple(
            RankedHit(
                video=searching.names.of(hit.video),
                copies=searching.names.copies(hit.video),
                score=hit.score,
                coarse_score=hit.coarse_score,
                fused=hit.fused,
                matched=hit.matched,
                judged=hit.judged,
            )
            for hit in result.hits[:kept]
        ),
        objects=tuple(thing.track for thing in right.objects) if right else (),
        grounding=grounding,
        trace=result.query.trace,
        composed_by=result.query.decomposed_by if isinstance(query, ComposedQuery) else None,
        degraded=tuple(dict.fromkeys(result.degraded + unreadable)),
        notes=right.degraded if right else (),
        usage=result.usage,
        refinements=dict(sorted(Counter(step.outcome for step in result.refinements).items())),
    )


def _ids(names: Iterable[str], searching: Searching) -> list[str]:
    return [searching.names.ids[name] for name in names if name in searching.names.ids]


def _rank(query: Question, result: SearchResult, searching: Searching) -> int | None:
    """None: a miss, or the right video is as low as the lowest that was looked at, where more were not."""
    right = set(_ids(right_of(query), searching))
    keys = {hit.video: hit.standing for hit in result.hits}
    available = len(searching.ids) - (searching.masked(query) in searching.ids)
    if searching.hits < available and result.hits:
        lowest, coarsest = min(keys.values()), min(hit.coarse_score for hit in result.hits)
        keys_above = {video for video, key in keys.items() if key > lowest and key.coarse_score > coarsest}
        right &= keys_above
    return best_rank(keys, right)


def _near_above(query: Question, result: SearchResult, searching: Searching, rank: int | None) -> tuple[str, ...]:
    """Names of near misses that are no lower than the right video; of a miss all of them."""
    near = searching.near(query)
    if rank is None:
        return tuple(near)
    keys = {hit.video: hit.standing for hit in result.hits}
    above = at_least_as_high(keys, _ids(right_of(query), searching), tuple(near.values()))
    return tuple(name for name, video in near.items() if video in above)


def _record(query: Question, searching: Searching, **found: Any) -> Record:
    if isinstance(query, ComposedQuery):
        said = {
            "kind": query.kind, "text": query.edit, "right": query.video or "", "also_right": query.also_right,
            "reference": query.reference, "source": query.source,
        }  # fmt: skip
    else:
        said = {"kind": query.kind, "text": query.text, "right": query.video, "source": query.source}
    near = tuple(searching.near(query))
    searched = {"gallery": searching.searched(query), "findable": searching.findable(query), "near_misses": near}
    return Record.model_validate({"id": query.id, **said, **searched, "near_above": near, **found})


def _ground(
    library: Searched, query: Question, hit: Hit | None, truths: Mapping[str, MaskTruth | None]
) -> tuple[GroundingScore | None, tuple[str, ...]]:
    """J and F of what the hit names, and what kept its masks from being read, if anything."""
    if not query.objects:
        return None, ()
    truth = None if query.video is None else truths.get(query.video)
    if truth is None:
        raise DatasetError(f"query {query.id} names objects {query.objects}, but {query.video} has no masks")
    if hit is None:
        return _scored(NOTHING_FOUND), ()
    try:
        sampled = [frame.index for frame in library.twin(hit.video).frames]
        masks = library.masks(hit.video)
    except TwinError as error:
        return _scored(NOTHING_FOUND), (f"masks count as not found: {error}",)
    return score_masks(hit_masks(hit, masks), sampled, truth.of(query.objects)), ()


def _scored(score: MaskScore) -> GroundingScore:
    return GroundingScore(annotated=score, sampled=score)

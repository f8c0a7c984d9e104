"""What the CoVR-R challenge takes: for each query its fifty best videos and the reasoning, part by part.

The file has the form of the challenge's own queries, with two fields more, as the participants' published code writes
it and checks it (github.com/neilyysun-ui/cola-for-covr-r, docs/data_format.md and tools/check_output.py; the
organizers' server is not public)::

    [{"webvid": [{"id": 0, "video_source": "012/345", "video_target": ["067/890", ...], "reasoning_trace": ["..."]}]},
     {"ss2": [{"id": 0, "video_source": 123, "video_target": ["456", ...], "reasoning_trace": ["..."]}]}]

`id` and `video_source` stand as they were given; targets are videos of the query's own part, without suffix, best
first, each once, the reference not among them. A query that failed has empty lists: it is not filled up with guesses.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seewhy.bench.datasets import Dataset
from seewhy.bench.datasets.covr_r import read_parts
from seewhy.bench.protocol import Protocol
from seewhy.bench.records import Record, Run
from seewhy.errors import DatasetError
from seewhy.types.trace import Trace

TOP = 50
"""targets named for each query"""


def check_submittable(dataset: Dataset, protocol: Protocol, limit: int | None) -> None:
    """Whether a run can become a submission, asked before it takes hours.

    Raises:
        DatasetError: it cannot.
    """
    if not dataset.name.startswith("covr-r"):
        raise DatasetError(f"a submission is for the challenge of CoVR-R, not for {dataset.name}")
    if limit is not None:
        raise DatasetError(f"a submission needs all queries, so no --limit {limit}")
    if protocol.gallery != "all" or protocol.keep_reference:
        raise DatasetError(f"a submission searches all videos and leaves the reference out, not: {protocol.tag}")
    if protocol.depth is not None and protocol.depth < TOP:
        raise DatasetError(f"a submission names {TOP} videos a query, so no --depth below that, got {protocol.depth}")


def write_submission(run: Run, annotations: Path, path: Path) -> None:
    """
    Args:
        run: over these annotations, all of their queries.
        annotations: the file of the challenge.
        path: where the submission goes.

    Raises:
        DatasetError: the annotations are not CoVR-R's, or hold a query that the run has not asked.
    """
    document = submission(run, annotations)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def submission(run: Run, annotations: Path) -> list[dict[str, list[dict[str, Any]]]]:
    """The document. Arguments and errors as for `write_submission`."""
    records = {record.id: record for record in run.records}
    document = []
    for part, rows in read_parts(annotations).items():
        answered = []
        for row in rows:
            record = records.get(f"{part}/{str(row.get('id')).strip()}")
            if record is None:
                raise DatasetError(
                    f"{annotations}, {part}: query {row.get('id')} was not asked; a submission needs all, so no --limit"
                )
            answered.append(_answered(row, record, part))
        document.append({part: answered})
    return document


def _answered(row: dict[str, Any], record: Record, part: str) -> dict[str, Any]:
    named = [name for hit in record.hits for name in (hit.video, *hit.copies)]  # whichever of copies is the one
    return {
        "id": row["id"],
        "video_source": row["video_source"],
        "video_target": [name.removeprefix(f"{part}/") for name in named[:TOP]],
        "reasoning_trace": told(record.trace) if record.trace is not None else [],
    }


def told(trace: Trace) -> list[str]:
    """A trace as lines: the target's description first, then assertions and changes, each named.

    >>> told(Trace(states=("the road is wet",), remove=("the sun",), target="A wet road."))
    ['A wet road.', 'states: the road is wet', 'remove: the sun']
    """
    lines = [trace.target] * bool(trace.target)
    lines += [f"{facet}: {said}" for facet, said in trace.assertions()]
    for change in ("keep", "remove", "add"):
        lines += [f"{change}: {thing}" for thing in getattr(trace, change)]
    return [*lines, *(f"alter: {one.what} into {one.into}" for one in trace.alter)]

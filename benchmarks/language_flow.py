"""What the whole flow with a language model costs, and what it withstands, on real clips, without a real model.

Two stand-ins answer: one that agrees (it says yes to everything and finds everything relevant), in this process; and,
with `--server`, the tests' server, whose random model writes valid nonsense under constrained decoding, over HTTP. Both
know nothing, so retrieval cannot get better. What is measured is how much worse it gets, since code re-checks what a
model says; and calls, tokens and seconds per query.

    python benchmarks/language_flow.py --reel FOLDER [--server] [--limit N] [--set judge.mode=pointwise]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from standins import NOWHERE, StandIn, agreeable

from seewhy import Library, Settings
from seewhy.bench.datasets.reel import load
from seewhy.bench.measures import pessimistic_rank
from seewhy.errors import SeewhyError
from seewhy.types.calls import Usage
from seewhy.types.hit import SearchResult
from seewhy.types.query import Filters


def measured(library: Library, queries: Sequence[Any], ids: dict[str, str], name: str) -> None:
    """Ask everything, print a row."""
    gallery = frozenset(ids.values())
    began = time.perf_counter()
    outcomes = list(library.search_all([query.text for query in queries], len(gallery), Filters(videos=gallery)))
    seconds = time.perf_counter() - began
    answered = [outcome for outcome in outcomes if isinstance(outcome, SearchResult)]
    ranks = [
        pessimistic_rank({hit.video: hit.standing for hit in outcome.hits}, ids[q.video])
        for q, outcome in zip(queries, outcomes, strict=True)
        if isinstance(outcome, SearchResult)
    ]
    usage = Usage()
    for outcome in answered:
        usage = usage + outcome.usage
    at = {k: 100 * sum(rank is not None and rank <= k for rank in ranks) / len(queries) for k in (1, 10)}
    corrected = sum(bool(hit.verdict.corrections) for outcome in answered for hit in outcome.hits if hit.judged)
    print(
        f"{name:34} R@1 {at[1]:5.1f}  R@10 {at[10]:5.1f}  answered {len(answered)}/{len(queries)}  "
        f"degraded {sum(bool(one.degraded) for one in answered):3}  calls/query {usage.calls / len(queries):5.2f}  "
        f"tokens/query {(usage.input_tokens + usage.output_tokens) / len(queries):8.0f}  corrected {corrected:4}  "
        f"{seconds / len(queries):6.2f} s/query  median stage sum "
        f"{statistics.median(sum(one.seconds.values()) for one in answered):.2f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reel", type=Path, required=True, help="folder in the Reel-97 format")
    parser.add_argument("--library", type=Path, help="a library over its videos; it is copied; none: one is made")
    parser.add_argument("--server", action="store_true", help="ask the tests' server, too (needs the extra [dev])")
    parser.add_argument("--limit", type=int, help="ask only the first so many questions")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    chosen = parser.parse_args()
    overrides: dict[str, object] = dict(item.split("=", 1) for item in chosen.set)
    dataset = load(chosen.reel, name="reel")
    queries = dataset.queries[: chosen.limit]
    with tempfile.TemporaryDirectory() as place:
        base = Path(place) / "base"
        if chosen.library:
            shutil.copytree(chosen.library, base)
        settings = Settings.load(overrides=overrides, environment={})
        with Library.open(base, settings) as library:
            library.add(list(dataset.videos.values()))
            ids = {Path(path).name: entry.id or "" for entry in library.videos() for path in entry.paths}
            measured(library, queries, ids, "rules, no model")
        shutil.copytree(base, Path(place) / "agreeable")
        agreeing = StandIn(agreeable, Settings.load(overrides={**overrides, **NOWHERE}, environment={}))
        with Library.open(Path(place) / "agreeable", settings, model=agreeing) as library:
            report = library.add(list(dataset.videos.values()))
            print(f"described: {report.summary()}; {Usage.of(report.calls).line()}", file=sys.stderr)
            measured(library, queries, ids, "a model that agrees with everything")
        if chosen.server:
            _server(Path(place), base, queries, ids, overrides, list(dataset.videos.values()))


def _server(
    place: Path, base: Path, queries: Sequence[Any], ids: dict[str, str], overrides: dict[str, object], videos: Any
) -> None:
    sys.path.append(str(Path(__file__).resolve().parent.parent / "tests" / "models"))
    from language_server import ControlledServer

    server = ControlledServer()
    _ = server.model  # loaded before anything is timed
    settings = Settings.load(
        overrides={"endpoint": server.url, "model": "tiny", "calls.timeout": 600, **overrides}, environment={}
    )
    shutil.copytree(base, place / "server")
    try:
        with Library.open(place / "server", settings) as library:
            report = library.add(videos)
            print(f"described: {report.summary()}; {Usage.of(report.calls).line()}", file=sys.stderr)
            measured(library, queries, ids, "valid nonsense, over HTTP")
    finally:
        server.stop()


if __name__ == "__main__":
    try:
        main()
    except SeewhyError as error:
        sys.exit(f"language_flow: {error}")

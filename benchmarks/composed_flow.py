"""What the flow of composed queries with a language model costs, and withstands, on real clips, without a real model.

    python benchmarks/composed_flow.py --reel FOLDER [--library FOLDER] [--record FOLDER] [--limit N] [--set NAME=VALUE]

Two stand-ins answer in this process (see `standins`): one says the least, the other what the data set says would
follow from each edit. Each runs under the three strategies; then all of it is recorded and replayed once, which has to
give the same. What is measured is the machinery: calls, tokens, seconds, and how far reasoning alone carries.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from standins import NOWHERE, Replies, StandIn, agreeable, reasoner

from seewhy import Settings
from seewhy.bench.cli import Choices, Outcome, bench_reel
from seewhy.bench.datasets.reel import load
from seewhy.bench.records import Record
from seewhy.errors import SeewhyError
from seewhy.types.calls import Usage

STRATEGIES = ("two_stage", "single_stage", "self_consistency")


def line(name: str, outcome: Outcome, seconds: float) -> str:
    """A row of the table."""
    run, summary = outcome.run, outcome.summary
    rows = {row.name: row for row in summary.retrieval}
    recalls = "  ".join(f"R@{k} {rows[f'R@{k}'].value:5.1f}" for k in (1, 5, 10, 50))
    usage = summary.usage
    tokens = (usage.input_tokens + usage.output_tokens) / run.asked
    return (
        f"{name:38} {recalls}  [{rows['R@1'].protocol}]  answered {sum(r.failure is None for r in run.records)}/"
        f"{run.asked}  degraded {summary.degraded:3}  calls/query {usage.calls / run.asked:5.2f}  "
        f"tokens/query {tokens:7.0f}  {seconds / run.asked:6.2f} s/query"
    )


def comparable(records: Sequence[Record]) -> list[Record]:
    """Without what differs from one time to another."""
    return [record.model_copy(update={"seconds": 0.0, "usage": Usage()}) for record in records]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reel", type=Path, required=True, help="folder in the Reel-97 format")
    parser.add_argument("--library", type=Path, help="a library over its videos; it is copied; none: one is made")
    parser.add_argument("--record", type=Path, help="keep the recording in this folder; none: it is thrown away")
    parser.add_argument("--limit", type=int, help="put only the first so many edits")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    chosen = parser.parse_args()
    own: dict[str, object] = dict(item.split("=", 1) for item in chosen.set)
    effects = {query.edit: query.after_effects for query in load(chosen.reel, name="reel").composed}
    models: dict[str, Replies] = {"says the least": agreeable, "reasons as the data set": reasoner(effects)}
    rows: list[str] = []

    def run(name: str, library: Path, replies: Replies | None, **more: object) -> Outcome:
        settings = Settings.load(overrides={**(NOWHERE if replies else {}), **own, **more}, environment={})
        model = StandIn(replies, settings) if replies and settings.replies.mode != "replay" else None
        choices = Choices(library=library, limit=chosen.limit, task="composed", model=model)
        began = time.perf_counter()
        outcome = bench_reel(chosen.reel, choices, settings)
        rows.append(line(name, outcome, time.perf_counter() - began))
        return outcome

    with tempfile.TemporaryDirectory() as place:
        base = Path(place) / "base"
        if chosen.library:
            shutil.copytree(chosen.library, base)
        run("words of the edit alone", base, None, **{"compose.reason": "none"})
        run("rules, no model", base, None)
        for name, replies in models.items():
            for strategy in STRATEGIES:
                library = Path(place) / f"{len(rows)}"
                shutil.copytree(base, library)
                run(f"{name}, {strategy}", library, replies, **{"compose.strategy": strategy, "describe.on": False})
        kept = chosen.record or Path(place)
        kept.mkdir(parents=True, exist_ok=True)
        file, least = {"replies.file": str(kept / "composed.sqlite")}, models["says the least"]
        first = run("recorded", Path(place) / "recorded", least, **file, **{"replies.mode": "record"})
        again = run("replayed", Path(place) / "replayed", least, **file, **{"replies.mode": "replay"})
        same = comparable(first.run.records) == comparable(again.run.records)
        rows.append(f"the replay gave {'the same' if same else 'OTHER ANSWERS'}, query by query")
    print("\n".join(rows))
    if not same:
        raise SystemExit(1)


if __name__ == "__main__":
    try:
        main()
    except SeewhyError as error:
        sys.exit(f"composed_flow: {error}")

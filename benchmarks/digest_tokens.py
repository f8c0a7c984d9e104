"""What a digest costs, against RT2V's per-frame JSON of the same twin, and how well tokens are estimated.

    python benchmarks/digest_tokens.py --library DIR [--budget 500]      # the twins of a library
    python benchmarks/digest_tokens.py --synthetic                       # one of 10 s with 8 tracks, in words
    python benchmarks/digest_tokens.py --synthetic --reference FILE      # write texts and counts for the tests

Tokens are those of a public tokenizer that needs no download: Tekken, in the package mistral-common (pip install
mistral-common). `ours` is `count_tokens`, which the product budgets with; `error` how far it is over (+) or under (-).
The JSON has one object per track and sampled frame, with RT2V's (i, c, a, m, s = (x, y, d, size)) under plain names,
three decimals, a mask pointer in place of the mask. `whole` is the digest without a budget. Milliseconds are of CPU
time, the best of REPEATS, of a twin whose facts have been looked up before, as the rules do.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "twin"))  # the synthetic twin is made there

from digest_worlds import hostile, kitchen

from seewhy import Library, Twin
from seewhy.twin.digest import LEGEND, digest

REPEATS = 10
WHOLE = 10**6
"""tokens: no budget"""
REFERENCE_BUDGETS = (60, 160, 500, 1200)

Count = Callable[[str], int]


class Row(NamedTuple):
    name: str
    seconds: float
    tracks: int
    frames: int
    ours: int
    public: int
    whole: int
    frames_json: int
    milliseconds: float


def per_frame_json(twin: Twin) -> str:
    """RT2V's eq. (1) for every sampled frame."""
    frames = []
    for frame in twin.frames:
        shown = twin.frame(min(frame.t, twin.video.duration))
        objects = [
            {
                "id": o.id, "category": o.category, "attributes": o.attributes, "mask": o.mask,
                "x": round(o.s[0], 3), "y": round(o.s[1], 3),
                "depth": None if o.s[2] is None else round(o.s[2], 3), "size": round(o.s[3], 3),
            }
            for o in shown
        ]  # fmt: skip
        frames.append({"frame": frame.index, "t": round(frame.t, 3), "objects": objects})
    return json.dumps(frames, ensure_ascii=False)


def tekken() -> Count:
    """Tokens by Mistral's Tekken."""
    try:
        from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
    except ModuleNotFoundError as error:
        raise SystemExit(f"a public tokenizer is needed: pip install mistral-common ({error})") from error
    tokenizer = MistralTokenizer.v3(is_tekken=True).instruct_tokenizer.tokenizer
    return lambda text: len(tokenizer.encode(text, bos=False, eos=False))


def measure(name: str, twin: Twin, budget: int, count: Count) -> Row:
    made = digest(twin, tokens=budget)
    best = min(_timed(twin, budget) for _ in range(REPEATS))
    return Row(
        name, twin.video.duration, len(twin.tracks), len(twin.frames), made.tokens, count(made.text),
        count(digest(twin, tokens=WHOLE).text), count(per_frame_json(twin)), 1000 * best,
    )  # fmt: skip


def _timed(twin: Twin, budget: int) -> float:
    began = time.process_time()
    digest(twin, tokens=budget)
    return time.process_time() - began


def show(rows: list[Row]) -> None:
    print(f"{'clip':30} {'s':>5} {'tracks':>6} {'frames':>6} {'digest':>6} {'ours':>5} {'error':>6} {'whole':>6} "
          f"{'JSON':>7} {'ratio':>6} {'ms':>5}")  # fmt: skip
    for r in rows:
        print(f"{r.name[:30]:30} {r.seconds:5.1f} {r.tracks:6} {r.frames:6} {r.public:6} {r.ours:5} "
              f"{r.ours / r.public - 1:+6.1%} {r.whole:6} {r.frames_json:7} {r.frames_json / r.public:6.0f} "
              f"{r.milliseconds:5.1f}")  # fmt: skip
    errors = [r.ours / r.public - 1 for r in rows]
    ratio = sum(r.frames_json for r in rows) / sum(r.public for r in rows)
    print(f"all {len(rows)}: digest median {statistics.median(r.public for r in rows):.0f}, most "
          f"{max(r.public for r in rows)} tokens; JSON {ratio:.0f} times as many; "
          f"estimate {min(errors):+.1%} to {max(errors):+.1%}; "
          f"median {statistics.median(r.milliseconds for r in rows):.1f} ms")  # fmt: skip


def twins_of(folder: Path) -> Iterator[tuple[str, Twin]]:
    with Library.open(folder, create=False, read_only=True) as library:
        for entry in library.videos():
            yield (Path(entry.paths[0]).stem if entry.paths else entry.id), library.twin(entry.id)


def write_reference(file: Path, texts: Iterable[str], count: Count) -> None:
    """Texts and what the public tokenizer counts, one pair a line."""
    lines = [json.dumps([count(text), text], ensure_ascii=False) for text in texts]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def reference_texts() -> Iterator[str]:
    """Digests of several budgets, plain and hostile, and the legend."""
    yield LEGEND
    for twin in (kitchen(), *(hostile(seed) for seed in range(6))):
        yield from dict.fromkeys(digest(twin, tokens=budget).text for budget in REFERENCE_BUDGETS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, help="a library with twins")
    parser.add_argument("--synthetic", action="store_true", help="a twin of 10 s with 8 tracks")
    parser.add_argument("--budget", type=int, default=500, help="tokens of one digest, at most")
    parser.add_argument("--reference", type=Path, help="write the texts that tests count, with their tokens")
    given = parser.parse_args()
    if given.library is None and not given.synthetic and given.reference is None:
        parser.error("nothing to measure on: give --library DIR, --synthetic, or both")
    count = tekken()
    if given.reference is not None:
        write_reference(given.reference, reference_texts(), count)
    twins: list[tuple[str, Twin]] = [("synthetic", kitchen())] if given.synthetic else []
    twins += twins_of(given.library) if given.library is not None else []
    if twins:
        show([measure(name, twin, given.budget, count) for name, twin in twins])


if __name__ == "__main__":
    main()

"""Writes synthetic clips and their truth to a folder in Reel-97 format (see `bench.datasets.reel`)."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from seewhy.bench.synthetic import edits as _edits
from seewhy.bench.synthetic.check import SyntheticQuery, resolve
from seewhy.bench.synthetic.edits import SyntheticEdit, resolve_edit
from seewhy.bench.synthetic.objects import HEIGHT, RATE, WIDTH, SyntheticClip
from seewhy.bench.synthetic.paint import paint
from seewhy.bench.synthetic.queries import BENCHMARK
from seewhy.types.masks import encode
from seewhy.types.video import Image
from seewhy.video.write import write_video

RENDERER = "synthetic@1"
"""Goes into the digest of every clip: a change of the drawing code changes it, and clips are drawn anew."""

_DIGESTS = "rendered.json"


def render(
    clips: Sequence[SyntheticClip],
    folder: Path,
    queries: Sequence[SyntheticQuery] | None = None,
    edits: Sequence[SyntheticEdit] | None = None,
) -> list[Path]:
    """Draw clips to `folder/videos/<name>.mp4`, their truth to `masks/<name>.json` and `queries.jsonl`.

    A clip that was drawn before from the same description is left as it is, so that a broken-off run goes on
    where it stopped. The same clips give the same files.

    Args:
        clips: what is drawn.
        folder: made if need be.
        queries: what is asked; None: the benchmark's questions that these clips answer. Those that nothing
            matches are left out, the format has no place for them.
        edits: what is to be different; None: where the benchmark's questions are asked, its edits that lead from one
            of these clips to another.

    Returns:
        The video files, in the order of the clips.
    """
    (folder / "videos").mkdir(parents=True, exist_ok=True)
    (folder / "masks").mkdir(exist_ok=True)
    digests = _read_digests(folder / _DIGESTS)
    paths = []
    for clip in clips:
        video, masks = folder / "videos" / f"{clip.name}.mp4", folder / "masks" / f"{clip.name}.json"
        digest = hashlib.blake2b(f"{RENDERER} {clip!r}".encode(), digest_size=16).hexdigest()
        if digests.get(clip.name) != digest or not video.exists() or not masks.exists():
            _draw(clip, video, masks)
            digests[clip.name] = digest
            _write(folder / _DIGESTS, json.dumps(digests, indent=1, sort_keys=True))
        paths.append(video)
    names = {clip.name for clip in clips}
    if edits is None:
        asked = _edits.BENCHMARK if queries is None else ()
        edits = [resolve_edit(edit, clips) for edit in asked if {edit.reference, edit.video} <= names]
    if queries is None:
        queries = [resolve(question, clips) for question in BENCHMARK if question.video in names]
    lines = (*_lines(queries), *(_edit_line(edit) for edit in edits))
    _write(folder / "queries.jsonl", "".join(f"{line}\n" for line in lines))
    return paths


def _draw(clip: SyntheticClip, video: Path, masks: Path) -> None:
    seen: dict[str, dict[str, dict[str, object]]] = {}

    def images() -> Iterator[Image]:
        for index, painted in enumerate(paint(clip)):
            seen[str(index)] = {
                str(number): encode(mask).model_dump(mode="json") for number, mask in sorted(painted.masks.items())
            }
            yield painted.image

    count = write_video(video, images(), RATE)
    truth = {
        "video": video.name, "height": HEIGHT, "width": WIDTH, "fps": float(RATE), "num_frames": count,
        "annotation": "all_frames", "source": RENDERER,
        "objects": {str(n): {"name": thing.name, **thing.attributes} for n, thing in enumerate(clip.objects, start=1)},
        "frames": seen,
    }  # fmt: skip
    _write(masks, json.dumps(truth))


def _lines(queries: Sequence[SyntheticQuery]) -> Iterator[str]:
    for query in queries:
        if query.video is None:
            continue
        record = {
            "id": query.id, "type": "implicit", "kind": query.kind, "query": query.text, "video": f"{query.video}.mp4",
            "object_ids": [str(number) for number in query.objects], "mask_annotation": "all_frames",
            "span": None if query.span is None else [query.span.start, query.span.end],
            "near_misses": [f"{name}.mp4" for name in query.negatives],
        }  # fmt: skip
        yield json.dumps(record)


def _edit_line(edit: SyntheticEdit) -> str:
    query = edit.query
    record = {
        "id": edit.id, "type": "composed", "kind": edit.kind, "reference_video": f"{edit.reference}.mp4",
        "edit": edit.text, "video": f"{query.video}.mp4", "after_effects": [],
        "object_ids": [str(number) for number in query.objects], "mask_annotation": "all_frames",
        "near_misses": [f"{name}.mp4" for name in query.negatives],
    }  # fmt: skip
    return json.dumps(record)


def _read_digests(path: Path) -> dict[str, str]:
    """What was drawn before; a file that is missing or unreadable means that nothing was."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, UnicodeDecodeError, json.JSONDecodeError):
        return {}
    return {str(name): str(digest) for name, digest in known.items()} if isinstance(known, dict) else {}


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)

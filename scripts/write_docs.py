"""Writes the documents that are derived from code: docs/SETTINGS.md, docs/SPECIALISTS.md, docs/schema/twin.v1.json, and
the tree in docs/ARCHITECTURE.md.

A test fails while they differ from what this would write.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from seewhy.models.local.cards import CARDS, ModelCard, card_of
from seewhy.models.local.places import PLACES, Place
from seewhy.perceive import depth, describe, detect, segmenter
from seewhy.settings import ENVIRONMENT_PREFIX, TABLE, LocalSettings
from seewhy.twin.schema import twin_schema

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PACKAGE = ROOT / "src" / "seewhy"


def settings_page() -> str:
    """docs/SETTINGS.md: one row a setting."""
    lines = [
        "# Settings",
        "",
        "Written by `scripts/write_docs.py` from the table in `src/seewhy/settings/`. A setting is given on the",
        f"command line (`--set video.rate=4`), in the environment (`{ENVIRONMENT_PREFIX}VIDEO_RATE=4`) or in a TOML",
        "file (`--config`); the first of these that names it wins. An unknown name is an error.",
        "",
        "| setting | default | unit | meaning | environment |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| `{r.name}` | `{r.default}` | {r.unit} | {r.help} | `{r.variable}` |" for r in TABLE]
    return "\n".join(lines) + "\n"


EMBEDDED = (
    (
        "embedded.segmenter",
        "frames",
        "a mask of each object that moves or stands out, in each frame",
        "pixels of the frame, 0 or 1; score 0..1",
        f"score {segmenter.LEAST_SCORE}",
        "measured: tracks below are noise",
    ),
    (
        "embedded.detector",
        "frames, the phrases face and person",
        "boxes, each with its phrase",
        "fractions of the frame; score 0..1",
        f"person: {detect.PERSON_MARGIN} from the classifier's border; face: "
        f"{' or '.join(str(cascade.least) for cascade in detect.CASCADES)} hits in one place",
        "measured: nine of ten windows above it show people",
    ),
    (
        "embedded.depth",
        "masks of a frame",
        "the order of the objects of a frame",
        "rank 0..1 in the frame, 0 the nearest",
        f"covering: {depth.MIN_BITE} of a mask",
        "chosen: less is noise of the outlines",
    ),
    (
        "embedded.describer",
        "frames, masks",
        "colors, shape, texture, light and layout",
        "score 0..1",
        f"score {describe.SAID_FROM}",
        "chosen: what is less sure is left unsaid",
    ),
    (
        "the endpoint's vision-language model",
        "marked frames with their times, a question, a schema",
        "what tracks and scene are, have and do",
        "JSON; boxes 0..1000 of the frame",
        "none; temperature 0",
        "calls.temperature",
    ),
)
"""What needs no weights on this machine: name, input, output, unit, threshold, its source."""


def specialists_page() -> str:
    """docs/SPECIALISTS.md: one row a specialist, then one row a model."""
    lines = [
        "# Specialists",
        "",
        "Written by `scripts/write_docs.py` from the cards in `src/seewhy/models/local/cards.py`. `seewhy models list`",
        "says which of the models are on this machine, `seewhy models pull` gets those of the profile `local`, and",
        "`seewhy models verify` computes every file's SHA-256 again. Models without a card may be used, too: a setting",
        "takes any id of the hub, `owner/name@commit`, or a folder, if the model is of one of the classes below.",
        "",
        "## What each takes and gives",
        "",
        "| specialist | default model | revision | license | input | output | unit | threshold | its source |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [f"| {name} | none | | | {' | '.join(rest)} |" for name, *rest in EMBEDDED]
    lines += [_specialist_row(place) for place in PLACES]
    lines += [
        "",
        "## Models",
        "",
        "The default of each setting is in bold. A revision is a commit of the model's repository; one that is *pinned",
        "on first pull* is the newest then, and kept in `models.lock.json`. Licenses marked (!) do not allow every",
        "use: read them. SHA-256 is of `model.safetensors`; where none stands, it is taken on the first pull. Sizes",
        "are of the weights; those of several files, and those without a SHA-256, may be off by 1 %.",
        "",
        "| model | setting | class | size | license | revision | SHA-256 |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_model_row(card) for card in CARDS]
    return "\n".join(lines) + "\n"


def _specialist_row(place: Place) -> str:
    model = str(getattr(LocalSettings(), place.setting.removeprefix("local.")))
    card = card_of(model)
    assert card is not None, f"the default of {place.setting} has no card"
    told = (place.input, place.output, place.unit, place.threshold, place.source)
    return f"| {place.specialist} | {model} | {_revision(card)} | {_license(card)} | {' | '.join(told)} |"


def _model_row(card: ModelCard) -> str:
    default = card.id == getattr(LocalSettings(), card.setting.removeprefix("local."))
    name = f"**{card.id}**" if default else card.id
    hashes = " ".join(f"`{sha256}`" for sha256 in card.files.values())
    facts = (f"{card.bytes / 1e6:,.0f} MB", _license(card), _revision(card), hashes)
    return f"| {name} | `{card.setting}` | {card.architecture} | {' | '.join(facts)} |"


def _license(card: ModelCard) -> str:
    return card.license + ("" if card.permissive else " (!)") + (", gated" if card.gated else "")


def _revision(card: ModelCard) -> str:
    return f"`{card.revision}`" if card.revision else "pinned on first pull"


TOP = (
    "__init__", "library", "looking", "references", "answers", "parts", "ground", "thinking", "gallery", "search",
    "compose", "asked", "engine", "candidates", "fusion", "hits", "moments", "refine", "ingest", "enrich", "keep",
    "recorded", "build", "find", "watch", "workers", "threads", "reports", "export", "imports", "types", "errors",
    "files", "databases", "plain", "recent", "settings", "models", "video", "perceive", "twin", "index", "reason",
    "render", "bench", "local_models", "demo", "progress", "doctor", "cli_options", "cli_ask", "cli_import",
    "cli_models", "cli_replies", "cli_bench", "cli",
)  # fmt: skip
"""The order of the tree's first level: a reader's, from what a user holds to what it stands on. Others come last."""
WITHOUT_CODE = frozenset({"__pycache__", "data", "templates", "prompts"})
TREE = re.compile(r"(?<=```\n)src/seewhy/\n.*?(?=\n```)", re.DOTALL)


def architecture_page() -> str:
    """docs/ARCHITECTURE.md as it is, with the tree as the code is: each module with the first sentence it says."""
    page = (DOCS / "ARCHITECTURE.md").read_text(encoding="utf-8")
    tree = "\n".join(["src/seewhy/", *_tree(PACKAGE, 1)])
    return TREE.sub(lambda _: tree, page)


def _tree(folder: Path, depth: int) -> Iterator[str]:
    entries = [path for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    if folder == PACKAGE:
        entries.sort(key=lambda path: (TOP.index(path.stem) if path.stem in TOP else len(TOP), path.name))
    else:
        entries.sort(key=lambda path: (path.is_dir(), path.name))
    for path in entries:
        name, pad = str(path.relative_to(PACKAGE)), "  " * depth
        if path.is_dir() and path.name not in WITHOUT_CODE:
            yield f"{pad}{name + '/':<36}{_first_sentence(path / '__init__.py')}"
            yield from _tree(path, depth + 1)
        elif path.suffix == ".py" and (path.name != "__init__.py" or folder == PACKAGE):
            yield f"{pad}{name:<36}  {_first_sentence(path)}"


def _first_sentence(path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(said.split("\n\n")[0].split())
    found = re.match(r"(.+?\.)(\s|$)", paragraph)
    return (found.group(1) if found else paragraph).rstrip(".:")


def documents() -> dict[Path, str]:
    """Path → what it has to contain."""
    return {
        DOCS / "SETTINGS.md": settings_page(),
        DOCS / "SPECIALISTS.md": specialists_page(),
        DOCS / "ARCHITECTURE.md": architecture_page(),
        DOCS / "schema" / "twin.v1.json": json.dumps(twin_schema(), indent=2) + "\n",
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path)

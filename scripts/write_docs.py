"""Writes the documents that are derived from code: docs/SETTINGS.md and docs/schema/twin.v1.json.

A test fails while they differ from what this would write.
"""

from __future__ import annotations

import json
from pathlib import Path

from seewhy.settings import ENVIRONMENT_PREFIX, TABLE
from seewhy.twin.schema import twin_schema

DOCS = Path(__file__).resolve().parent.parent / "docs"


def settings_page() -> str:
    """docs/SETTINGS.md: one row a setting."""
    lines = [
        "# Settings",
        "",
        "Written by `scripts/write_docs.py` from the table in `src/seewhy/settings.py`. A setting is given on the",
        f"command line (`--set video.rate=4`), in the environment (`{ENVIRONMENT_PREFIX}VIDEO_RATE=4`) or in a TOML",
        "file (`--config`); the first of these that names it wins. An unknown name is an error.",
        "",
        "| setting | default | unit | meaning | environment |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| `{r.name}` | `{r.default}` | {r.unit} | {r.help} | `{r.variable}` |" for r in TABLE]
    return "\n".join(lines) + "\n"


def documents() -> dict[Path, str]:
    """Path → what it has to contain."""
    return {
        DOCS / "SETTINGS.md": settings_page(),
        DOCS / "schema" / "twin.v1.json": json.dumps(twin_schema(), indent=2) + "\n",
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path)

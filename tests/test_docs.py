"""Documents that fail when they are false."""

from __future__ import annotations

import ast
import re
import runpy
import shlex
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

import seewhy
from seewhy.cli import app

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")


def code_blocks(text: str, language: str = "") -> list[str]:
    """The contents of the fenced blocks of one language."""
    found: list[str] = []
    inside: list[str] | None = None
    wanted = False
    for line in text.splitlines():
        if not line.startswith("```"):
            if inside is not None:
                inside.append(line)
        elif inside is None:
            inside, wanted = [], line[3:].strip() == language
        else:
            if wanted:
                found.append("\n".join(inside))
            inside = None
    return found


def test_the_tree_in_the_architecture_is_the_tree() -> None:
    """Every module, with a phrase, and none that is not there."""
    told = dict(re.findall(r"^ *([\w./-]+\.py) {2,}(\S.*)$", ARCHITECTURE, re.MULTILINE))
    there = {str(path.relative_to(ROOT / "src" / "seewhy")) for path in (ROOT / "src" / "seewhy").rglob("*.py")}
    there = {path for path in there if not path.endswith("__init__.py")} | {"__init__.py"}
    assert set(told) == there


def test_derived_documents_are_current() -> None:
    documents = runpy.run_path(str(ROOT / "scripts" / "write_docs.py"))["documents"]()
    stale = [path.name for path, text in documents.items() if path.read_text(encoding="utf-8") != text]
    assert not stale, "run scripts/write_docs.py"


def test_every_public_name_exists() -> None:
    for name in seewhy.__all__:
        assert getattr(seewhy, name) is not None
    with pytest.raises(AttributeError, match="public names"):
        _ = seewhy.Libary  # type: ignore[attr-defined]


def readme_commands() -> list[str]:
    lines = [line.split("#", maxsplit=1)[0].strip() for block in code_blocks(README) for line in block.splitlines()]
    return [line for line in lines if line.startswith("seewhy ")]


def test_the_readme_has_commands() -> None:
    assert len(readme_commands()) >= 10


@pytest.mark.parametrize("line", readme_commands())
def test_a_command_of_the_readme_parses(line: str) -> None:
    """Command, arguments and flags exist; nothing is run."""
    words = shlex.split(line.split(" > ", maxsplit=1)[0])[1:]
    command = typer.main.get_command(app)
    context = command.context_class(command)
    while isinstance(command, TyperGroup):
        found = command.get_command(context, words[0])
        assert found is not None, f"no command {words[0]!r}"
        command, words = found, words[1:]
    command.make_context(command.name, words, parent=context)


def test_every_command_is_in_the_readme() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    shown = {line.split()[1] for line in readme_commands()} | {"demo"}  # make demo
    assert set(group.commands) == shown


def test_make_targets_of_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for text in (README, (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        asked = {match for block in code_blocks(text) for match in re.findall(r"^make ([a-z]+)", block, re.MULTILINE)}
        assert asked <= targets


def test_the_python_example_uses_what_exists() -> None:
    (example,) = code_blocks(README, "python")
    tree = ast.parse(example)
    calls = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    for name in calls:
        homes = (seewhy.Library, seewhy.Shown, seewhy.Twin)
        assert any(hasattr(home, name) for home in homes), name


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").glob("*.md")), ids=lambda p: p.name)
def test_links_between_files_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(((?!http)[^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target

"""A hub of models on this machine: the part of its HTTP interface that getting a model needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

MODEL = "somebody/tiny-model"
LARGE = 1000
"""Files from this many bytes on are kept with Git LFS, and known by their SHA-256."""


def weights(value: int = 0, count: int = 4000) -> bytes:
    """A file in the safetensors format, with one tensor of bytes."""
    header = json.dumps({"numbers": {"dtype": "U8", "shape": [count], "data_offsets": [0, count]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes([value]) * count


FILES = {
    "config.json": b'{"model_type": "tiny"}',
    "preprocessor_config.json": b"{}",
    "tokenizer.json": b'{"version": "1.0"}',
    "merges.txt": b"a b\n",
    "chat_template.jinja": b"{{ messages }}",
    "model.safetensors": weights(),
    "README.md": b"# Tiny",
    "pytorch_model.bin": b"\x80\x04" + bytes(2000),
    "model.pt": b"\x80\x04",
    "modeling_tiny.py": b"raise SystemExit",
}
SAFE = {name for name in FILES if name.rsplit(".", 1)[1] in ("json", "txt", "jinja", "safetensors")}


def commit_of(label: str) -> str:
    """A commit, from a word."""
    return hashlib.sha1(label.encode()).hexdigest()


@dataclass
class Hub:
    """Models, each with its revisions; what it was asked for; and ways to misbehave."""

    models: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    """owner/name → commit → file → content"""
    branches: dict[str, str] = field(default_factory=dict)
    """owner/name → the commit that main means"""
    gated: set[str] = field(default_factory=set)
    spoiled: set[str] = field(default_factory=set)
    """files whose first byte arrives wrong"""
    spoiled_once: set[str] = field(default_factory=set)
    cut_short: set[str] = field(default_factory=set)
    """files of which half arrives, then the connection breaks"""
    asked: list[str] = field(default_factory=list)
    """method and path of each request"""

    def publish(self, model: str, files: dict[str, bytes], label: str = "first") -> str:
        """A new commit on main."""
        commit = commit_of(model + label)
        self.models.setdefault(model, {})[commit] = files
        self.branches[model] = commit
        return commit

    def fetched(self) -> set[str]:
        """Names of the files that were downloaded."""
        return {path.rsplit("/", 1)[1] for path in self.asked if path.startswith("GET") and "/resolve/" in path}


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Hub]:
    """A hub with the model MODEL, which huggingface_hub asks instead of the real one.

    Args:
        folder: for what huggingface_hub writes besides models.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils.tqdm import disable_progress_bars

    hub = Hub()
    hub.publish(MODEL, FILES)

    class Handler(_Handler):
        books = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    disable_progress_bars()
    # read from the environment when they were imported
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "AGENT_HARNESSES_PATH", str(folder / "harnesses"), raising=False)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)  # seconds, between attempts
    yield hub
    server.shutdown()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    books: Hub

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Says nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.books.asked.append(f"{self.command} {path}")
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "models"] and len(parts) == 6:
            self._tell("/".join(parts[2:4]), parts[4], parts[5])
        elif len(parts) == 5 and parts[2] == "resolve":
            self._hand_out("/".join(parts[:2]), parts[3], parts[4])
        else:
            self._refuse(404, "NotFound", "nothing here")

    def _tell(self, model: str, what: str, revision: str) -> None:
        commit = self._commit(model, revision)
        if commit is None:
            return
        told = [_facts(name, content) for name, content in self.books.models[model][commit].items()]
        if what == "tree":
            self._json(
                [{"type": "file", "path": one.pop("rfilename"), "oid": one.pop("blobId"), **one} for one in told]
            )
        else:
            self._json({"id": model, "sha": commit, "siblings": told, "gated": model in self.books.gated})

    def _hand_out(self, model: str, revision: str, name: str) -> None:
        commit = self._commit(model, revision)
        if commit is None:
            return
        if model in self.books.gated:
            self._refuse(403, "GatedRepo", "Access to this model is restricted")
            return
        content = self.books.models[model][commit][name]
        facts = _facts(name, content)
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        body = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("X-Repo-Commit", commit)
        self.send_header("ETag", f'"{facts["lfs"]["oid"] if "lfs" in facts else facts["blobId"]}"')
        self.send_header("Accept-Ranges", "bytes")
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if name in self.books.cut_short:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        if name in self.books.spoiled | self.books.spoiled_once:
            self.books.spoiled_once.discard(name)
            body = bytes([body[0] ^ 1]) + body[1:]
        self.wfile.write(body)

    def _commit(self, model: str, revision: str) -> str | None:
        """The commit that is meant; None: there is none, and the client was told."""
        if model not in self.books.models:
            self._refuse(404, "RepoNotFound", "Repository not found")
            return None
        commit = self.books.branches[model] if revision == "main" else revision
        if commit not in self.books.models[model]:
            self._refuse(404, "RevisionNotFound", "Invalid rev id")
            return None
        return commit

    def _refuse(self, status: int, code: str, message: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", message)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _facts(name: str, content: bytes) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    facts: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": blob}
    if len(content) >= LARGE:
        sha256 = hashlib.sha256(content).hexdigest()
        facts["lfs"] = {"oid": sha256, "sha256": sha256, "size": len(content), "pointerSize": 130}
    return facts

"""What this machine and this installation can do, checked by doing it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from seewhy.errors import LibraryNotFound, SeewhyError
from seewhy.models import registry
from seewhy.settings import Settings

LOCAL_PACKAGES = ("torch", "torchvision", "transformers", "huggingface_hub", "safetensors", "llguidance")
LEAST_FREE_BYTES = 500_000_000
"""Less free disk than this is reported: a thousand ten-second twins take about as much."""
PACKAGES = (
    "seewhy",
    "numpy",
    "av",
    "opencv-python-headless",
    "pycocotools",
    "onnxruntime",
    "openai",
    "tokenizers",
    "pydantic",
)


class Check(NamedTuple):
    name: str
    ok: bool
    detail: str

    def line(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'} {self.name}: {self.detail}"


def examine(library: Path, settings: Settings | None = None) -> list[Check]:
    """All checks, in a fixed order; each is tried for real and none stops the others.

    Args:
        settings: name the endpoint that is asked, and the models on this machine; None: the defaults.
    """
    known = settings or Settings()
    checks: list[tuple[str, Callable[[], str]]] = [
        ("python", _python),
        ("packages", _packages),
        ("machine", _machine),
        ("video decoding and encoding", _codecs),
        ("detectors shipped with OpenCV", _detectors),
        ("text encoder", _encoder),
        ("plug-ins", _plugins),
        ("libraries of models", lambda: _local_packages(known)),
        ("device", lambda: _device(known)),
        ("models on this machine", lambda: _models(known)),
        ("library", lambda: _library(library)),
        ("free disk", lambda: _disk(library)),
    ]
    done: list[Check] = []
    for name, check in checks:
        try:
            done.append(Check(name, True, check()))
        except (SeewhyError, ImportError, OSError, RuntimeError, ValueError) as error:
            done.append(Check(name, False, f"{type(error).__name__}: {error}"))
    return done + _endpoint(settings)


def _endpoint(settings: Settings | None) -> list[Check]:
    if settings is not None and settings.speaks_locally:
        return [
            Check("endpoint", True, f"none is set; the language model is {settings.local.language}, on this machine")
        ]
    if settings is None or not settings.endpoint:
        return [Check("endpoint", True, "none is set (SEEWHY_ENDPOINT); everything works without, by rules")]
    from seewhy.models.reach import describe_endpoint

    return [Check(*finding) for finding in describe_endpoint(settings)]


def _python() -> str:
    return f"{platform.python_implementation()} {platform.python_version()} at {sys.executable}"


def _packages() -> str:
    return ", ".join(f"{name} {version(name)}" for name in PACKAGES)


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores; profile embedded needs no GPU"


def _codecs() -> str:
    import av

    missing = [f"{name} ({mode})" for name, mode in (("h264", "r"), ("libx264", "w")) if not _has_codec(name, mode)]
    if missing:
        raise RuntimeError(f"PyAV {av.__version__} lacks {', '.join(missing)}; install the wheel from PyPI")
    return f"PyAV {av.__version__} reads H.264, HEVC, VP9 and what else FFmpeg reads; writes H.264"


def _has_codec(name: str, mode: str) -> bool:
    from av.codec import Codec, codecs_available

    return name in codecs_available and Codec(name, "w" if mode == "w" else "r").is_encoder == (mode == "w")


def _detectors() -> str:
    detector = registry.load(registry.SPECIALISTS, "embedded.detector")(Settings())
    return f"{detector.source} finds {', '.join(sorted(detector.vocabulary))}"


def _encoder() -> str:
    encoder = registry.load(registry.ENCODERS, "all-MiniLM-L6-v2")()
    start = time.perf_counter()
    vectors = encoder.encode(["something to sit on", "a wooden chair", "a red car"])
    seconds = time.perf_counter() - start
    near, far = float(vectors[0] @ vectors[1]), float(vectors[0] @ vectors[2])
    if not near > far:
        raise RuntimeError(f"{encoder.name} finds a chair ({near:.2f}) no nearer to sitting than a car ({far:.2f})")
    return f"{encoder.name}, {encoder.dimensions} dimensions, ready in {seconds:.2f} s"


def _plugins() -> str:
    groups = (registry.SPECIALISTS, registry.ENCODERS, registry.INDEXES)
    for group in groups:
        for name in registry.names(group):
            registry.load(group, name)
    return "; ".join(f"{group}: {', '.join(registry.names(group))}" for group in groups)


def _local_packages(settings: Settings) -> str:
    from seewhy.models.local.torches import INSTALL

    found = {name: version(name) for name in LOCAL_PACKAGES if find_spec(name) is not None}
    missing = [name for name in LOCAL_PACKAGES if name not in found]
    if not missing:
        return ", ".join(f"{name} {number}" for name, number in found.items())
    if settings.profile == "local":
        raise RuntimeError(f"{', '.join(missing)} not installed; {INSTALL}")
    return f"[local] is not installed ({', '.join(missing)}): the profile local needs it; {INSTALL}"


def _device(settings: Settings) -> str:
    from seewhy.models.local.devices import device_for
    from seewhy.models.local.torches import installed

    if not installed():
        return "not asked: torch is not installed"
    device = device_for(settings.local)
    free = device.free()
    memory = f"{free / 1e9:.1f} GB free" if free is not None else f"{_machine_memory() / 1e9:.1f} GB in the machine"
    return f"models run on {device.name} in {device.dtype_name}, {memory}"


def _machine_memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _models(settings: Settings) -> str:
    from seewhy.local_models import how_to_get, of_the_profile, standing, used

    ours = used(settings)
    asked = ours or of_the_profile(settings)
    found = {model: standing(model, settings, asked) for model in dict.fromkeys(asked.values())}
    missing = [one for one in found.values() if one.folder is None]
    here = f"{len(found) - len(missing)} of {len(found)} are here"
    if not ours:
        return f"the profile {settings.profile} uses none; of the profile local's {here} ('seewhy models list')"
    if missing:
        raise RuntimeError(
            f"{here}; "
            + "; ".join(f"{one.reference} ({', '.join(one.settings)})" for one in missing)
            + ": "
            + how_to_get(missing)
        )
    return f"{here}: " + ", ".join(f"{one.reference} for {', '.join(one.settings)}" for one in found.values())


def _library(folder: Path) -> str:
    from seewhy.library import Library

    try:
        with Library.open(folder, create=False, read_only=True) as library:
            states = [entry.state for entry in library.videos()]
            library.search("anything", k=1)
    except LibraryNotFound:
        return f"none at {folder} yet; 'seewhy index VIDEOS' makes one"
    return f"{folder}: {states.count('committed')} videos, {states.count('failed')} failed"


def _disk(library: Path) -> str:
    folder = next(parent for parent in (library.resolve(), *library.resolve().parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise RuntimeError(f"only {free / 1e6:.0f} MB free where the library lies; a 10 s video takes about 1 MB")
    return f"{free / 1e9:.1f} GB where the library lies"

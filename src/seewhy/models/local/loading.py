"""From weights to a model on a device: the only place that calls `from_pretrained`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from seewhy.errors import WeightsError
from seewhy.models.local.devices import Device
from seewhy.models.local.pool import is_out_of_memory
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import CONFIG, Weights

SAFE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
"""Nothing is downloaded while loading, and no code that comes with a model is run."""
VOCABULARIES = ("tokenizer.json", "vocab.json", "vocab.txt", "tokenizer.model", "spiece.model")
"""Files one of which a tokenizer cannot do without. Where there is none transformers makes one that knows no words."""
_ATTENTION = "attn_implementation"
"""Names the code that computes attention, in a configuration; one with a slash is compiled code of the hub."""


def load_model(kind: Any, weights: Weights, device: Device, architectures: Collection[str], **options: Any) -> Any:
    """A model in evaluation mode, on its device.

    Args:
        kind: the class of transformers, such as `Sam2VideoModel`.
        architectures: the `model_type`s that `kind` is made for.
        options: more for `from_pretrained`, such as `attn_implementation`.

    Raises:
        WeightsError: the weights are of another kind of model, incomplete, damaged, or ask for code of the hub.
        RuntimeError, MemoryError: there is no memory for them (see `pool.is_out_of_memory`).
    """
    torch_ready()
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # how far reading has come is for our own progress to say
    if weights.architecture not in architectures:
        raise WeightsError(
            f"{weights.name} is a model of type {weights.architecture!r}; {' or '.join(sorted(architectures))} is "
            "needed here; see 'seewhy models list'"
        )
    _refuse_code(weights)
    try:
        model, info = kind.from_pretrained(
            weights.folder, dtype=device.dtype, use_safetensors=True, output_loading_info=True, **SAFE, **options
        )
    except _faults() as error:
        if is_out_of_memory(error):
            raise
        raise WeightsError(
            f"the weights of {weights.name} in {weights.folder} cannot be loaded: {type(error).__name__}: {error}; "
            f"{_what_to_do(weights)}"
        ) from error
    missing = sorted(info["missing_keys"])
    if missing:
        raise WeightsError(
            f"the weights of {weights.name} in {weights.folder} lack {len(missing)} parts that {kind.__name__} needs, "
            f"{missing[0]} the first; {_what_to_do(weights)}"
        )
    return model.to(device.name).eval()


def load_processor(kind: Any, weights: Weights, **options: Any) -> Any:
    """What prepares a model's input.

    Raises:
        WeightsError: its files are not there, or cannot be read.
    """
    torch_ready()
    try:
        processor = kind.from_pretrained(weights.folder, **SAFE, **options)
    except _faults() as error:
        raise WeightsError(
            f"the processor of {weights.name} in {weights.folder} cannot be loaded: {error}; the folder needs the "
            "files that save_pretrained of the processor writes"
        ) from error
    reads = hasattr(processor, "tokenizer") or hasattr(processor, "convert_tokens_to_ids")
    if reads and not any((weights.folder / name).is_file() for name in VOCABULARIES):
        raise WeightsError(
            f"{weights.folder} has none of {', '.join(VOCABULARIES)}, without which {weights.name} reads no word; the "
            "folder needs the files that save_pretrained of the processor writes"
        )
    return processor


def _what_to_do(weights: Weights) -> str:
    if "/" not in weights.name:
        return f"'seewhy models verify {weights.folder}' says whether a file is damaged"
    return f"'seewhy models verify {weights.name}' says whether a file is damaged, 'seewhy models pull' gets it again"


def _faults() -> tuple[type[Exception], ...]:
    """What reading files that may hold anything raises: a value that is none, weights that end too early, a quantized
    model whose library is not installed."""
    from huggingface_hub.errors import StrictDataclassError
    from safetensors import SafetensorError

    known = (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, ImportError)
    return (*known, SafetensorError, StrictDataclassError)


def _refuse_code(weights: Weights) -> None:
    """
    Raises:
        WeightsError: the configuration asks for attention by compiled code that transformers would get from the hub.
    """
    config = json.loads((weights.folder / CONFIG).read_text(encoding="utf-8"))
    for wanted in _attentions(config):
        if "/" in wanted:
            raise WeightsError(
                f"{weights.name} asks for code from the hub ({wanted}), which is never run; take "
                f"{_ATTENTION} out of {weights.folder / CONFIG}"
            )


def _attentions(config: object) -> Iterator[str]:
    """How a configuration, and those in it, want attention to be computed."""
    if isinstance(config, dict):
        for name, value in config.items():
            if _ATTENTION in name:
                yield json.dumps(value)
            else:
                yield from _attentions(value)

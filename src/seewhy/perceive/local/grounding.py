"""Grounding DINO: finds phrases that it reads together with the picture (Liu et al., 2023, arXiv 2303.05499), and
MM-Grounding-DINO, the same trained in the open (Zhao et al., 2024, arXiv 2401.02361).

The phrases of a pass stand in one text, each ended by a full stop, and the text has 256 tokens at most. So a long list
takes several passes over one picture. Of these only what depends on the text is computed anew: the picture's features,
most of the work with a large backbone, are computed once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import WeightsError
from seewhy.models.local.devices import Device
from seewhy.models.local.loading import load_model, load_processor
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import Weights
from seewhy.perceive.local.boxes import MOST_CANDIDATES, Found, from_centers
from seewhy.perceive.local.open_detector import OpenDetector, Pass, too_long
from seewhy.types.video import Image

MIN_SCORE = 0.3
"""Of the mean over a phrase's tokens, from which on MMDetection's demonstration (`image_demo.py`) shows a box."""

PHRASES_PER_PASS = 40
"""As MMDetection evaluates this model on the 1203 classes of LVIS (`chunked_size`). About twice as many would fit, but
the published quality is this many's."""

ARCHITECTURES = {
    "grounding-dino": "GroundingDinoForObjectDetection",
    "mm-grounding-dino": "MMGroundingDinoForObjectDetection",
}

_ENDS = re.compile(r"[.?]")
"""What ends a phrase in the model's eyes, and so cannot be in one."""


class GroundingDinoNetwork:
    """See `Network`. Weights stay in float32, and what may be is computed in the device's precision: the boxes are
    refined from layer to layer, and in half precision would be off by pixels."""

    def __init__(self, weights: Weights, device: Device) -> None:
        """
        Raises:
            WeightsError: they cannot be loaded, or are of another kind of model.
        """
        torch_ready()
        import transformers

        self._device = device
        kind = getattr(transformers, ARCHITECTURES.get(weights.architecture, "GroundingDinoForObjectDetection"))
        self.model: Any = load_model(kind, weights, replace(device, dtype_name="float32"), tuple(ARCHITECTURES))
        processor = load_processor(transformers.GroundingDinoProcessor, weights)
        self._pictures, self._tokenizer = processor.image_processor, processor.tokenizer
        self._stop = int(self._tokenizer.convert_tokens_to_ids("."))
        if self._stop not in self.model.model.special_tokens.tolist():
            raise WeightsError(
                f"the tokenizer of {weights.name} is not the one that the model was made with: its full stop is token "
                f"{self._stop}; get it again with: seewhy models pull {weights.name}"
            )
        size = self._pictures.size
        self.side = int(size.longest_edge or max(size.height, size.width))
        self._most_tokens = int(self.model.config.max_text_len)
        self._features = _SharedFeatures(self.model.model.backbone.conv_encoder)

    def tokens(self, phrase: str) -> list[int]:
        """What the model reads of a phrase, without its full stop."""
        ids = self._tokenizer(_ENDS.sub(" ", phrase), add_special_tokens=False).input_ids
        return [int(one) for one in ids]

    def passes(self, phrases: Sequence[str]) -> list[range]:
        """As many as fit into one text, PHRASES_PER_PASS at most."""
        most = self._most_tokens - 2  # the text begins and ends with a token of its own
        groups: list[range] = []
        start, taken = 0, 0
        for place, phrase in enumerate(phrases):
            length = len(self.tokens(phrase)) + 1
            if length > most:
                raise too_long(phrase, length - 1, most - 1, "Grounding DINO")
            if taken + length > most or place - start == PHRASES_PER_PASS:
                groups.append(range(start, place))
                start, taken = place, 0
            taken += length
        return [*groups, range(start, len(phrases))]

    def text(self, phrases: Sequence[str]) -> tuple[list[int], list[range]]:
        """The tokens of ``[CLS] phrase . phrase . [SEP]``, and where each phrase's stand among them."""
        ids, spans = [int(self._tokenizer.cls_token_id)], []
        for phrase in phrases:
            tokens = self.tokens(phrase)
            spans.append(range(len(ids), len(ids) + len(tokens)))
            ids += [*tokens, self._stop]
        return [*ids, int(self._tokenizer.sep_token_id)], spans

    def find(self, batch: list[Pass]) -> list[Found]:
        """See `Network.find`. Pictures of different sizes are not padded to one, but looked at one size after another:
        what is found in a picture does not depend on who else is looking."""
        torch = torch_ready()
        order = sorted(range(len(batch)), key=lambda place: batch[place].picture.shape)
        found: dict[int, Found] = {}
        with torch.inference_mode(), self._precision(torch):
            for _, places in groupby(order, key=lambda place: batch[place].picture.shape):
                alike = list(places)
                found.update(zip(alike, self._find([batch[place] for place in alike]), strict=True))
        return [found[place] for place in range(len(batch))]

    def _precision(self, torch: Any) -> Any:
        if self._device.dtype_name == "float32":
            return nullcontext()
        return torch.autocast(self._device.kind, dtype=self._device.dtype)

    def _find(self, batch: list[Pass]) -> list[Found]:
        """Of pictures of one size."""
        torch = torch_ready()
        texts = [self.text(one.phrases) for one in batch]
        longest = max(len(ids) for ids, _ in texts)
        ids = torch.zeros(len(batch), longest, dtype=torch.int64)
        attended = torch.zeros_like(ids)
        for row, (tokens, _) in enumerate(texts):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            attended[row, : len(tokens)] = 1
        pictures = list({id(one.picture): one.picture for one in batch}.values())
        which = [next(n for n, picture in enumerate(pictures) if picture is one.picture) for one in batch]
        taken = self._pictures(pictures, return_tensors="pt", device=self._device.name)
        pixels, mask = taken.pixel_values.to(self._device.name), taken.pixel_mask.to(self._device.name)
        self._features.prepare(pictures, pixels, mask, which)
        said = self.model(
            pixel_values=pixels[which],
            pixel_mask=mask[which],
            input_ids=ids.to(self._device.name),
            attention_mask=attended.to(self._device.name),
        )
        scores = said.logits.float().sigmoid().cpu().double().numpy()
        boxes = said.pred_boxes.float().cpu().double().numpy()
        return [
            _enough(by_phrase(score, spans), box) for (_, spans), score, box in zip(texts, scores, boxes, strict=True)
        ]


def by_phrase(scores: NDArray[np.float64], spans: Sequence[range]) -> NDArray[np.float64]:
    """(queries, phrases): a phrase is as likely as its tokens are on average, as MMDetection
    scores classes. One that has no token is not there.

    Args:
        scores: (queries, tokens).
        spans: of each phrase among the tokens.

    >>> by_phrase(np.array([[0.0, 0.5, 1.0, 0.9, 0.25, 0.0]]), [range(1, 3), range(4, 5)]).tolist()
    [[0.75, 0.25]]
    """
    none = np.zeros(len(scores))
    return np.stack([scores[:, span.start : span.stop].mean(axis=1) if span else none for span in spans], axis=1)


def _enough(scores: NDArray[np.float64], boxes: NDArray[np.float64]) -> Found:
    """
    Args:
        scores: (queries, phrases).
        boxes: (queries, 4): centers and sizes.
    """
    queries, phrases = np.nonzero(scores >= MIN_SCORE)
    best = np.argsort(-scores[queries, phrases], kind="stable")[:MOST_CANDIDATES]
    queries, phrases = queries[best], phrases[best]
    return Found(from_centers(boxes[queries]), scores[queries, phrases], phrases.astype(np.int64))


class _SharedFeatures:
    """The features of a picture, computed once for all passes over it.

    The last picture's are kept for the next batch, which begins with it when its passes did not fit into this one.
    """

    def __init__(self, encoder: Any) -> None:
        """
        Args:
            encoder: makes of pixels and their mask a list of feature maps and masks, one pair a level; gives those
                prepared here instead, from now on.
        """
        self._compute = encoder.forward
        self._prepared: list[tuple[Any, Any]] = []
        self._last: tuple[Image, list[tuple[Any, Any]]] | None = None
        encoder.forward = lambda pixel_values, pixel_mask: self._prepared  # noqa: ARG005 - what it is called with

    def prepare(self, pictures: Sequence[Image], pixels: Any, mask: Any, which: Sequence[int]) -> None:
        """Compute what the next call of the model needs.

        Args:
            pixels, mask: of the pictures, one row each.
            which: pass → place of its picture.
        """
        torch = torch_ready()
        last, self._last = self._last, None
        levels: list[tuple[Any, Any]] = []
        if last is not None and last[0] is pictures[0]:
            levels, pixels, mask = last[1], pixels[1:], mask[1:]
        if len(pixels):
            new = self._compute(pixels, mask)
            old = levels or [(maps[:0], masks[:0]) for maps, masks in new]
            levels = [(torch.cat([a, b]), torch.cat([c, d])) for (a, c), (b, d) in zip(old, new, strict=True)]
        self._last = pictures[-1], [(maps[-1:], masks[-1:]) for maps, masks in levels]
        self._prepared = [(maps[which], masks[which]) for maps, masks in levels]


class GroundingDinoDetector(OpenDetector):
    """A `Detector` of any phrase, with Grounding DINO or MM-Grounding-DINO."""

    def __init__(self, weights: Weights, device: Device, batch: int) -> None:
        """
        Args:
            batch: passes through the model at a time, at most.
        """
        super().__init__("local.grounding-dino", weights, device, GroundingDinoNetwork, batch)

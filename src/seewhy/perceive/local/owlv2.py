"""OWLv2: finds what a phrase names (Minderer, Gritsenko and Houlsby, 2023, arXiv 2306.09683).

Picture and phrases meet only at the end: each patch of the picture predicts one box and is compared with each phrase.
So a list of phrases is read once, and a picture is looked at once, however many phrases there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from seewhy.models.local.devices import Device
from seewhy.models.local.loading import load_model, load_processor
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import Weights
from seewhy.perceive.local.boxes import MOST_CANDIDATES, Found, from_centers, from_square
from seewhy.perceive.local.open_detector import OpenDetector, Pass, too_long

MIN_SCORE = 0.2
"""The model card takes 0.1 for a handful of phrases. Each patch is compared with each of hundreds here, which gives it
as many chances to err. A choice between that and 0.3, not a measurement; a name that few frames agree on is dropped
later anyway."""

TEMPLATE = "a photo of a {}"
"""What a phrase is put into before it is read, as in the model card: the texts that the model learned from are
sentences, not nouns."""

TEXT_BATCH = 256
"""phrases that are read in one pass: 16 tokens each, as many as a text encoder of this size takes in its stride"""

LISTS_KEPT = 16
"""lists of phrases whose embeddings are kept: the vocabulary, and some phrases of refinement. A list of 500 takes
1.5 MB."""


class Owlv2Network:
    """See `Network`. Boxes and scores are computed in float32 whatever the precision of the weights: a box in bfloat16
    is off by as much as 4 pixels of 1000."""

    def __init__(self, weights: Weights, device: Device) -> None:
        """
        Raises:
            WeightsError: they cannot be loaded, or are of another kind of model.
        """
        torch_ready()
        from transformers import Owlv2ForObjectDetection, Owlv2Processor

        self._device = device
        self.model: Any = load_model(Owlv2ForObjectDetection, weights, device, ("owlv2",))
        processor = load_processor(Owlv2Processor, weights)
        self._pictures, self._tokenizer = processor.image_processor, processor.tokenizer
        model = self.model
        model.box_head.float()
        model.class_head.float()
        model.box_bias = model.compute_box_bias(model.num_patches_height, model.num_patches_width).to(device.name)
        self.side = int(model.config.vision_config.image_size)
        self._most_tokens = int(model.config.text_config.max_position_embeddings)
        self._embedded = lru_cache(maxsize=LISTS_KEPT)(self._embed)

    def passes(self, phrases: Sequence[str]) -> list[range]:
        """All in one."""
        for phrase in phrases:
            tokens = len(self._tokenizer(TEMPLATE.format(phrase), verbose=False).input_ids)
            if tokens > self._most_tokens:
                raise too_long(phrase, tokens, self._most_tokens, "OWLv2")
        return [range(len(phrases))]

    def find(self, batch: list[Pass]) -> list[Found]:
        """See `Network.find`."""
        torch = torch_ready()
        with torch.inference_mode():
            pixels = torch.cat([self._pixels(one) for one in batch])
            maps, _ = self.model.image_embedder(pixel_values=pixels)
            features = maps.flatten(1, 2).float()  # (B, patches, D)
            boxes = self.model.box_predictor(features, maps).cpu()
            found = []
            for one, feature, box in zip(batch, features, boxes, strict=True):
                logits, _ = self.model.class_predictor(feature[None], self._embedded(one.phrases)[None])
                found.append(self._enough(one, logits[0].sigmoid(), box))
        return found

    def _pixels(self, one: Pass) -> Any:
        """(1, 3, side, side): the picture, padded to a square at the right or the bottom, reduced."""
        taken = self._pictures(one.picture, return_tensors="pt", device=self._device.name)
        return taken.pixel_values.to(self._device.name, self._device.dtype)

    def _enough(self, one: Pass, scores: Any, boxes: Any) -> Found:
        """
        Args:
            scores: (patches, phrases).
            boxes: (patches, 4): centers and sizes, as fractions of the padded square.
        """
        torch = torch_ready()
        best = torch.topk(scores.flatten(), min(MOST_CANDIDATES, scores.numel()))
        enough = best.values >= MIN_SCORE
        places, phrases = np.divmod(best.indices[enough].cpu().numpy(), scores.shape[1])
        height, width, _ = one.picture.shape
        corners = from_square(from_centers(boxes.double().numpy()[places]), height, width)
        return Found(corners, best.values[enough].double().cpu().numpy(), phrases.astype(np.int64))

    def _embed(self, phrases: tuple[str, ...]) -> Any:
        """(phrases, D), float32."""
        torch = torch_ready()
        parts = []
        for start in range(0, len(phrases), TEXT_BATCH):
            texts = [TEMPLATE.format(phrase) for phrase in phrases[start : start + TEXT_BATCH]]
            tokens = self._tokenizer(texts, padding="max_length", max_length=self._most_tokens, return_tensors="pt")
            read = self.model.owlv2.get_text_features(
                input_ids=tokens.input_ids.to(self._device.name),
                attention_mask=tokens.attention_mask.to(self._device.name),
            )
            parts.append(read.pooler_output.float())
        return torch.cat(parts)


class Owlv2Detector(OpenDetector):
    """A `Detector` of any phrase: RT2V's."""

    def __init__(self, weights: Weights, device: Device, batch: int) -> None:
        """
        Args:
            batch: pictures in one pass through the model, at most.
        """
        super().__init__("local.owlv2", weights, device, Owlv2Network, batch)

"""The places that models on this machine fill: what goes in, what comes out, in which units, from which score on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """What a specialist takes and gives, whichever of its models is loaded."""

    specialist: str
    """its entry point, or what else asks for it"""
    setting: str
    """names the model that is loaded"""
    architecture: str
    """class of transformers, of most of its models"""
    input: str
    output: str
    unit: str
    threshold: str
    """the defaults that decide what is kept; the code has them as constants, and a test compares"""
    source: str
    """of the threshold"""


SAM2 = Place(
    specialist="local.sam2",
    setting="local.sam2",
    architecture="Sam2VideoModel",
    input="frames, boxes or points or masks of objects",
    output="a mask of each object in each frame",
    unit="pixels of the frame, 0 or 1; score 0..1",
    threshold="mask logit > 0, score 0.3; of a grid's masks 0.8",
    source="SAM 2's code (mask_threshold); chosen; SAM 2's code (pred_iou_thresh)",
)
EDGETAM = Place(
    specialist="local.edgetam",
    setting="local.edgetam",
    architecture="EdgeTamVideoModel",
    input="frames, boxes or points or masks of objects",
    output="a mask of each object in each frame",
    unit="pixels of the frame, 0 or 1; score 0..1",
    threshold="mask logit > 0, score 0.3; of a grid's masks 0.8",
    source="as SAM 2, from which it is distilled",
)
SAM3 = Place(
    specialist="local.sam3",
    setting="local.sam3",
    architecture="Sam3VideoModel",
    input="frames, phrases",
    output="the objects that a phrase fits, with a mask in each frame",
    unit="pixels of the frame, 0 or 1; score 0..1",
    threshold="detection 0.5, new object 0.7, mask logit > 0",
    source="SAM 3, official configuration",
)
OWLV2 = Place(
    specialist="local.owlv2",
    setting="local.owlv2",
    architecture="Owlv2ForObjectDetection",
    input="frames, phrases",
    output="boxes, each with its phrase",
    unit="fractions of the frame; score 0..1",
    threshold="score 0.2",
    source="model card, 0.1 for a few phrases; twice that for hundreds",
)
GROUNDING_DINO = Place(
    specialist="local.grounding-dino",
    setting="local.grounding_dino",
    architecture="MMGroundingDinoForObjectDetection",
    input="frames, phrases",
    output="boxes, each with its phrase",
    unit="fractions of the frame; score 0..1",
    threshold="score 0.3, the mean over a phrase's tokens",
    source="MMDetection's demonstration",
)
DEPTH_ANYTHING = Place(
    specialist="local.depth-anything",
    setting="local.depth_anything",
    architecture="DepthAnythingForDepthEstimation",
    input="frames, masks",
    output="the order of the objects of a frame, from the mean over each mask",
    unit="rank 0..1 in the frame, 0 the nearest",
    threshold="none: an order needs none",
    source="relative inverse depth has no scale across frames",
)
LANGUAGE = Place(
    specialist="language model, describer",
    setting="local.language",
    architecture="Qwen3VLForConditionalGeneration",
    input="messages, frames with their times, a schema",
    output="a value that fits the schema",
    unit="JSON",
    threshold="none; temperature 0",
    source="calls.temperature: one question, one answer",
)
ACTIONS = Place(
    specialist="local.actions",
    setting="local.actions",
    architecture="VJEPA2ForVideoClassification",
    input="16 crops around an object over a span",
    output="actions, best first",
    unit="probability 0..1",
    threshold="probability 0.5 to be the one; the 3 best are kept",
    source="likelier than all others together",
)
EMBEDDING = Place(
    specialist="channel joint",
    setting="local.embedding",
    architecture="Qwen3VLForConditionalGeneration",
    input="frames with their times, a text, or both, and an instruction",
    output="one vector, of length 1",
    unit="cosine -1..1 of two vectors",
    threshold="none: an order needs none",
    source="cosines of different queries do not compare",
)
RERANKER = Place(
    specialist="channel rerank",
    setting="local.reranker",
    architecture="Qwen3VLForConditionalGeneration",
    input="a query and a document, each frames with their times, a text, or both; an instruction",
    output="whether the document meets the query",
    unit="probability 0..1 of yes against no",
    threshold="probability 0.5 ends the search for better ones",
    source="the model's own answer is yes from there on",
)
PLACES = (SAM2, EDGETAM, SAM3, OWLV2, GROUNDING_DINO, DEPTH_ANYTHING, LANGUAGE, ACTIONS, EMBEDDING, RERANKER)

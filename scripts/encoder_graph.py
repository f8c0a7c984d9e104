"""The ONNX graph of a BERT sentence encoder with 8-bit weights, written down node by node.

Token ids (sentences, tokens) to unit vectors: the mean over tokens, no attention mask, because the
sentences that run together are of one length. 8-bit weights stand behind DequantizeLinear and are
computed with in float32.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from encoder_rounding import Rounded
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

LAYERS, HEADS, WIDTH = 6, 12, 384
LAYER_NORM_EPSILON = 1e-12
OPSET = 20
"""The first with Gelu."""
IR_VERSION = 10
"""What onnxruntime 1.20, the oldest that seewhy takes, reads."""

Array = NDArray[Any]


def write_model(
    path: Path, weights: dict[str, Array], stored: dict[str, Rounded], max_tokens: int, description: str
) -> None:
    """
    Args:
        weights: the original's, by name.
        stored: the 8-bit weights, by the name of their module; they stand in for the original's.
    """
    graph = Graph(weights, stored, max_tokens)
    made = helper.make_graph(
        graph.nodes,
        "all-MiniLM-L6-v2",
        [helper.make_tensor_value_info("token_ids", TensorProto.INT64, ["sentences", "tokens"])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["sentences", WIDTH])],
        graph.constants,
        doc_string=description,
    )
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(made, opset_imports=[opset], ir_version=IR_VERSION, producer_name="seewhy")
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


class Graph:
    """Nodes and constants, in the order of computation."""

    def __init__(self, weights: dict[str, Array], stored: dict[str, Rounded], max_tokens: int) -> None:
        self.weights = weights
        self.stored = stored
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        hidden = self.embed(max_tokens)
        for layer in range(LAYERS):
            hidden = self.layer(hidden, f"encoder.layer.{layer}.")
        # A product with ones, not ReduceSum: how that adds up depends on how many sentences run together.
        ones = self.node("ConstantOfShape", self.tokens(), value=numpy_helper.from_array(np.ones(1, np.float32)))
        total = self.node("MatMul", ones, hidden)  # points where the mean does
        length = self.node("ReduceL2", total, self.constant("width_axis", [1]), keepdims=1)
        self.node("Div", total, length, output="vectors")

    def tokens(self) -> str:
        """How many there are."""
        return self.node("Shape", "token_ids", start=1, end=2)

    def node(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        name = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: Any) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def embed(self, max_tokens: int) -> str:
        """Word rows are looked up in 8 bits and scaled afterwards: the table never becomes float32."""
        words, scales = self.stored["embeddings.word_embeddings"]
        rows = self.node("Gather", self.constant("words", words), "token_ids")
        scale = self.node("Gather", self.constant("word_scales", scales[:, None]), "token_ids")
        word = self.node("Mul", self.node("Cast", rows, to=TensorProto.FLOAT), scale)
        # All tokens are of type 0, so its row is part of every position's.
        places = self.weights["embeddings.position_embeddings.weight"][:max_tokens]
        places = places + self.weights["embeddings.token_type_embeddings.weight"][0]
        place = self.node("Slice", self.constant("places", places), self.constant("zero", [0]), self.tokens())
        return self.layer_norm(self.node("Add", word, place), "embeddings.LayerNorm")

    def layer(self, hidden: str, prefix: str) -> str:
        attended = self.linear(self.attention(hidden, prefix + "attention.self."), prefix + "attention.output.dense")
        hidden = self.layer_norm(self.node("Add", hidden, attended), prefix + "attention.output.LayerNorm")
        inner = self.node("Gelu", self.linear(hidden, prefix + "intermediate.dense"))
        outer = self.linear(inner, prefix + "output.dense")
        return self.layer_norm(self.node("Add", hidden, outer), prefix + "output.LayerNorm")

    def attention(self, hidden: str, prefix: str) -> str:
        """No mask: sentences that run together are of one length."""
        split = self.constant(prefix + "split", [0, 0, HEADS, WIDTH // HEADS])
        query, key, value = (
            self.node("Reshape", self.linear(hidden, prefix + name), split) for name in ("query", "key", "value")
        )
        query = self.node("Transpose", query, perm=[0, 2, 1, 3])
        key = self.node("Transpose", key, perm=[0, 2, 3, 1])
        value = self.node("Transpose", value, perm=[0, 2, 1, 3])
        root = self.constant(prefix + "root", np.float32((WIDTH // HEADS) ** 0.5))
        shares = self.node("Softmax", self.node("Div", self.node("MatMul", query, key), root), axis=-1)
        mixed = self.node("Transpose", self.node("MatMul", shares, value), perm=[0, 2, 1, 3])
        return self.node("Reshape", mixed, self.constant(prefix + "join", [0, 0, WIDTH]))

    def linear(self, hidden: str, name: str) -> str:
        rows, scales = self.stored[name]
        stored, scale = self.constant(name + ".weight", rows.T), self.constant(name + ".scale", scales)
        product = self.node("MatMul", hidden, self.node("DequantizeLinear", stored, scale, axis=1))
        return self.node("Add", product, self.constant(name + ".bias", self.weights[name + ".bias"]))

    def layer_norm(self, hidden: str, name: str) -> str:
        weight = self.constant(name + ".weight", self.weights[name + ".weight"])
        bias = self.constant(name + ".bias", self.weights[name + ".bias"])
        return self.node("LayerNormalization", hidden, weight, bias, axis=-1, epsilon=LAYER_NORM_EPSILON)

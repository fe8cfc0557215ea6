"""The network of all-MiniLM-L6-v2 as an ONNX graph whose weights are numbers of 8 bits: a third of the time, a quarter of the memory.

What they are multiplied with is rounded with one scale for a whole text, so texts go through one at a time."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper

LAYERS, HEADS, WIDTH = 6, 12, 384
_OPSET = 20
_IR_VERSION = 9
_EPSILON = 1e-12
# Operators of onnxruntime's own, each in place of several standard ones.
_RUNTIME = "com.microsoft"
# Some processors add two products of neighbours in 16 bits: with no two weights of a group above this together they cannot overflow,
# so that a text has the same vector on all of them.
_GROUP = 4
_TWO_AT_MOST = 127

Array = np.ndarray[Any, Any]


def build(weights: Mapping[str, Array]) -> bytes:
    """The graph from `embedded` (texts, tokens, 384; texts of one length) to `vectors` (texts, 384; length 1).

    `weights` by the names of the published safetensors file. The last layer's second half is left out: it is an eighth of the work, and
    intents are told apart as well without.
    """
    made = _Graph(weights)
    made.norm("embedded", "embeddings.LayerNorm", "x0")
    for number in range(LAYERS - 1):
        made.layer(number)
    made.attention(LAYERS - 1)
    made.give("axis", np.array([1], dtype=np.int64))
    made.add("ReduceMean", [f"{LAYERS - 1}.normal", "axis"], "mean", keepdims=0)
    made.add("LpNormalization", ["mean"], "vectors", axis=1, p=2)
    return made.serialised()


class _Graph:
    """Nodes and weights as they are added."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._weights = weights
        self._nodes: list[NodeProto] = []
        self._given: list[TensorProto] = []

    def serialised(self) -> bytes:
        graph = helper.make_graph(
            self._nodes,
            "all-MiniLM-L6-v2",
            [_value("embedded", ("texts", "tokens", WIDTH))],
            [_value("vectors", ("texts", WIDTH))],
            self._given,
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_RUNTIME, 1)]
        model: ModelProto = helper.make_model(graph, opset_imports=opsets)
        model.ir_version = _IR_VERSION
        return bytes(model.SerializeToString())

    def add(self, operator: str, sources: list[str], out: str, *, domain: str = "", **attributes: Any) -> None:
        self._nodes.append(helper.make_node(operator, sources, [out], domain=domain, **attributes))

    def give(self, name: str, numbers: Array) -> str:
        """Weights under a name of the graph's."""
        kind = helper.np_dtype_to_tensor_dtype(numbers.dtype)
        self._given.append(helper.make_tensor(name, kind, numbers.shape, numbers.tobytes(), raw=True))
        return name

    def norm(self, source: str, weights: str, out: str) -> None:
        self.add("LayerNormalization", [source, *self._of_norm(weights)], out, epsilon=_EPSILON)

    def layer(self, i: int) -> None:
        """From `x0`, `x1` … to the next."""
        self.attention(i)
        weights = f"encoder.layer.{i}."
        self._dense(f"{i}.normal", weights + "intermediate.dense", f"{i}.wide")
        self.add("Gelu", [f"{i}.wide"], f"{i}.bent", domain=_RUNTIME)
        self._dense(f"{i}.bent", weights + "output.dense", f"{i}.narrow")
        self._norm_of_sum(f"{i}.narrow", f"{i}.normal", weights + "output.LayerNorm", f"x{i + 1}")

    def attention(self, i: int) -> None:
        """The first half of a layer: each token with what it takes from the others."""
        weights, before = f"encoder.layer.{i}.", f"x{i}"
        parts = [f"{weights}attention.self.{part}" for part in ("query", "key", "value")]
        turned = [f"{i}.query", f"{i}.key", f"{i}.value"]
        for part, out in zip(parts, turned, strict=True):
            self._dense(before, part, out)
        self.add("MultiHeadAttention", turned, f"{i}.seen", domain=_RUNTIME, num_heads=HEADS)
        self._dense(f"{i}.seen", weights + "attention.output.dense", f"{i}.attended")
        self._norm_of_sum(f"{i}.attended", before, weights + "attention.output.LayerNorm", f"{i}.normal")

    def _norm_of_sum(self, one: str, other: str, weights: str, out: str) -> None:
        """Two operators: onnxruntime's own for both, SkipLayerNormalization, takes twice as long."""
        self.add("Add", [one, other], f"{out}.sum")
        self.norm(f"{out}.sum", weights, out)

    def _of_norm(self, weights: str) -> Iterator[str]:
        return (self.give(f"{weights}.{kind}", self._weights[f"{weights}.{kind}"]) for kind in ("weight", "bias"))

    def _dense(self, source: str, weights: str, out: str) -> None:
        rounded, steps = _rounded(self._weights[f"{weights}.weight"])
        numbers = [self.give(f"{weights}.rounded", rounded), self.give(f"{weights}.steps", steps)]
        zeros = self.give(f"{weights}.zeros", np.zeros(steps.shape, dtype=np.int8))
        bias = self.give(f"{weights}.bias", self._weights[f"{weights}.bias"])
        self.add("DynamicQuantizeMatMul", [source, *numbers, zeros, bias], out, domain=_RUNTIME)


def _rounded(weights: Array) -> tuple[Array, Array]:
    """The weights by columns as whole numbers of nearly 8 bits, and what one step of each column is worth."""
    columns = np.ascontiguousarray(weights.T)
    size = np.abs(columns)
    groups = np.sort(size.reshape(-1, _GROUP, columns.shape[1]), axis=1)
    steps = np.maximum(size.max(axis=0) / 127, groups[:, -2:].sum(axis=1).max(axis=0) / _TWO_AT_MOST)
    return np.rint(columns / steps).astype(np.int8), steps.astype(np.float32)


def _value(name: str, shape: tuple[str | int, ...]) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

"""The network of all-MiniLM-L6-v2 as an ONNX graph that borrows its weights instead of holding them."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper

LAYERS, HEADS, WIDTH = 6, 12, 384
_OPSET = 20  # the first with Gelu
_IR_VERSION = 9
_EPSILON = 1e-12

_SHAPES: Mapping[str, Sequence[int]] = {
    "heads": (0, 0, HEADS, WIDTH // HEADS),
    "rows": (-1, WIDTH),
}


def borrowed() -> list[str]:
    """Names of the weights that whoever runs the graph must hand it, as the safetensors file names them."""
    names = ["embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias"]
    parts = [f"attention.self.{part}" for part in ("query", "key", "value")]
    parts += ["attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm"]
    return names + [f"encoder.layer.{i}.{part}.{kind}" for i in range(LAYERS) for part in parts for kind in ("weight", "bias")]


def build(shapes: Mapping[str, Sequence[int]]) -> bytes:
    """The graph from `embedded` (texts, tokens, 384; texts of one length) to `vectors` (texts, 384; length 1)."""
    graph = helper.make_graph(
        list(_nodes()),
        "all-MiniLM-L6-v2",
        [_value("embedded", ("texts", "tokens", WIDTH))],
        [_value("vectors", ("texts", WIDTH))],
        [_lent(name, shapes[name]) for name in borrowed()] + _constants(),
    )
    model: ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
    model.ir_version = _IR_VERSION
    return bytes(model.SerializeToString())


def _value(name: str, shape: Sequence[str | int]) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _constants() -> list[TensorProto]:
    made = [helper.make_tensor(name, TensorProto.INT64, [len(shape)], shape) for name, shape in _SHAPES.items()]
    scale = float(np.float32((WIDTH // HEADS) ** -0.5))
    return [*made, helper.make_tensor("scale", TensorProto.FLOAT, [], [scale]), helper.make_tensor("one", TensorProto.INT64, [1], [1])]


def _lent(name: str, shape: Sequence[int]) -> TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="handed over when the graph is run")
    return tensor


def _nodes() -> Iterator[NodeProto]:
    yield _norm("embedded", "embeddings.LayerNorm", "normal")
    yield helper.make_node("Shape", ["embedded"], ["shape"])
    yield helper.make_node("Reshape", ["normal", "rows"], ["x0"])
    for i in range(LAYERS):
        yield from _layer(i)
    yield helper.make_node("Reshape", [f"x{LAYERS}", "shape"], ["tokens"])
    yield helper.make_node("ReduceMean", ["tokens", "one"], ["mean"], keepdims=0)
    yield helper.make_node("LpNormalization", ["mean"], ["vectors"], axis=1, p=2)


def _layer(i: int) -> Iterator[NodeProto]:
    def own(name: str) -> str:
        return f"{i}.{name}"

    weights = f"encoder.layer.{i}."
    for part, axes in (("query", (0, 2, 1, 3)), ("key", (0, 2, 3, 1)), ("value", (0, 2, 1, 3))):
        yield _dense(f"x{i}", f"{weights}attention.self.{part}", own(part))
        yield helper.make_node("Reshape", [own(part), "shape"], [own(part + ".tokens")])
        yield helper.make_node("Reshape", [own(part + ".tokens"), "heads"], [own(part + ".heads")])
        yield helper.make_node("Transpose", [own(part + ".heads")], [own(part + ".turned")], perm=axes)
    yield helper.make_node("MatMul", [own("query.turned"), own("key.turned")], [own("likeness")])
    yield helper.make_node("Mul", [own("likeness"), "scale"], [own("scaled")])
    yield helper.make_node("Softmax", [own("scaled")], [own("attention")], axis=-1)
    yield helper.make_node("MatMul", [own("attention"), own("value.turned")], [own("seen")])
    yield helper.make_node("Transpose", [own("seen")], [own("seen.turned")], perm=(0, 2, 1, 3))
    yield helper.make_node("Reshape", [own("seen.turned"), "rows"], [own("seen.rows")])
    yield _dense(own("seen.rows"), weights + "attention.output.dense", own("attended"))
    yield helper.make_node("Add", [own("attended"), f"x{i}"], [own("attended.sum")])
    yield _norm(own("attended.sum"), weights + "attention.output.LayerNorm", own("attended.normal"))
    yield _dense(own("attended.normal"), weights + "intermediate.dense", own("wide"))
    yield helper.make_node("Gelu", [own("wide")], [own("bent")])
    yield _dense(own("bent"), weights + "output.dense", own("narrow"))
    yield helper.make_node("Add", [own("narrow"), own("attended.normal")], [own("narrow.sum")])
    yield _norm(own("narrow.sum"), weights + "output.LayerNorm", f"x{i + 1}")


def _dense(source: str, weights: str, out: str) -> NodeProto:
    return helper.make_node("Gemm", [source, weights + ".weight", weights + ".bias"], [out], transB=1)


def _norm(source: str, weights: str, out: str) -> NodeProto:
    return helper.make_node("LayerNormalization", [source, weights + ".weight", weights + ".bias"], [out], epsilon=_EPSILON)

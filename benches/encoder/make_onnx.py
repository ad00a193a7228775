"""Builds all-MiniLM-L6-v2 as an ONNX graph from its safetensors file.

The graph uses ONNX Runtime's own fused operators (attention, skip + layer norm, bias + GELU), which is what its
transformer optimiser makes of an exported model: the peer is measured at its best.

    make_onnx.py MODEL.safetensors OUT.onnx
"""

import json
import struct
import sys

import numpy
from onnx import TensorProto, checker, helper, numpy_helper, save_model

LAYERS, HEADS, EPSILON = 6, 12, 1e-12


def tensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    for name, tensor in header.items():
        if name != "__metadata__" and tensor["dtype"] == "F32":
            start, end = tensor["data_offsets"]
            yield name, numpy.frombuffer(data[start:end], "<f4").reshape(tensor["shape"])


class Graph:
    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], []

    def constant(self, name, value):
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(value), name))
        return name

    def weight(self, name, transposed=False):
        value = self.weights[name]
        return self.constant(name, value.T if transposed else value)

    def node(self, kind, inputs, domain="com.microsoft", outputs=1, **attributes):
        name = f"{kind}{len(self.nodes)}"
        names = [f"{name}.{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, name=name, domain=domain, **attributes))
        return names[0]

    def norm(self, name):
        return [self.weight(f"{name}.LayerNorm.weight"), self.weight(f"{name}.LayerNorm.bias")]

    def dense(self, value, name):
        product = self.node("MatMul", [value, self.weight(f"{name}.dense.weight", True)], domain="")
        return product, self.weight(f"{name}.dense.bias")

    def layer(self, number, hidden, mask):
        name = f"encoder.layer.{number}"
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        fused = [numpy.concatenate([self.weights[f"{part}.weight"].T for part in parts], axis=1),
                 numpy.concatenate([self.weights[f"{part}.bias"] for part in parts])]
        fused = [self.constant(f"{name}.fused{at}", value) for at, value in enumerate(fused)]
        context = self.node("Attention", [hidden, *fused, mask], num_heads=HEADS)
        product, bias = self.dense(context, f"{name}.attention.output")
        norm = self.norm(f"{name}.attention.output")
        hidden = self.node("SkipLayerNormalization", [product, hidden, *norm, bias], epsilon=EPSILON)
        inner = self.node("BiasGelu", [*self.dense(hidden, f"{name}.intermediate")])
        product, bias = self.dense(inner, f"{name}.output")
        return self.node("SkipLayerNormalization", [product, hidden, *self.norm(f"{name}.output"), bias],
                         epsilon=EPSILON)


def build(weights):
    graph = Graph(weights)
    tables = [graph.weight(f"embeddings.{kind}_embeddings.weight") for kind in ("word", "position", "token_type")]
    embedded = ["input_ids", "token_type_ids", *tables, *graph.norm("embeddings")]
    hidden = graph.node("EmbedLayerNormalization", embedded, outputs=2, epsilon=EPSILON)
    for number in range(LAYERS):
        hidden = graph.layer(number, hidden, "attention_mask")
    graph.nodes.append(helper.make_node("Identity", [hidden], ["last_hidden_state"]))
    shape = ["batch", "tokens"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT32, shape)
              for name in ("input_ids", "token_type_ids", "attention_mask")]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, 384])
    graph = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, [output], graph.constants)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


if __name__ == "__main__":
    model = build(dict(tensors(sys.argv[1])))
    checker.check_model(model)
    save_model(model, sys.argv[2])

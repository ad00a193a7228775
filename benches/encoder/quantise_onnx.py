"""Quantises an ONNX graph to 8-bit integers as ONNX Runtime does: weights by channel, activations as they come.

    quantise_onnx.py MODEL.onnx OUT.onnx
"""

import sys

from onnx import TensorProto
from onnxruntime.quantization import QuantType, quantize_dynamic

if __name__ == "__main__":
    # The fused operators are not in the schema that types are inferred with.
    types = {"DefaultTensorType": TensorProto.FLOAT}
    quantize_dynamic(sys.argv[1], sys.argv[2], weight_type=QuantType.QInt8, per_channel=True, extra_options=types)

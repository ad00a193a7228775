"""Embeds texts with ONNX Runtime and prints one JSON object: tokens, processor seconds, and the first vector.

    peer.py MODEL.onnx TOKENIZER.json TEXTS BATCH

Texts that share a call are of similar length and padded to the longest; padding is not counted as tokens. One
thread. Tokenizing is done before the clock starts, which ours is not spared.
"""

import json
import resource
import sys

import numpy
import onnxruntime
from tokenizers import Tokenizer


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def onnxruntime_model(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(ids, mask):
        inputs = {"input_ids": ids, "token_type_ids": numpy.zeros_like(ids), "attention_mask": mask}
        return session.run(None, inputs)[0]

    return run


def pooled(hidden, mask):
    vectors = (hidden * mask[:, :, None]).sum(axis=1)
    return vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)


def main():
    model, tokenizer, texts, batch = sys.argv[1:]
    run = onnxruntime_model(model)
    tokenizer = Tokenizer.from_file(tokenizer)
    tokenizer.no_padding()
    tokenizer.enable_truncation(512)
    with open(texts) as file:
        encoded = [tokenizer.encode(json.loads(line)).ids for line in file]
    order = sorted(range(len(encoded)), key=lambda text: -len(encoded[text]))
    calls = []
    for start in range(0, len(order), int(batch)):
        group = [encoded[text] for text in order[start:start + int(batch)]]
        longest = max(map(len, group))
        ids = numpy.array([text + [0] * (longest - len(text)) for text in group], numpy.int32)
        mask = numpy.array([[1] * len(text) + [0] * (longest - len(text)) for text in group], numpy.int32)
        calls.append((ids, mask))
    run(*calls[0])
    before = cpu_seconds()
    vectors = [pooled(run(ids, mask), mask) for ids, mask in calls]
    cpu_s = cpu_seconds() - before
    first = numpy.concatenate(vectors)[order.index(0)]
    print(json.dumps({"tokens": sum(map(len, encoded)), "cpu_s": cpu_s, "first": first.tolist()}))


if __name__ == "__main__":
    main()

"""Embeds texts with a peer and prints one JSON object: tokens, processor seconds, and the first vector.

    peer.py onnx MODEL.onnx TOKENIZER.json TEXTS BATCH
    peer.py torch MODEL_DIR TOKENIZER.json TEXTS BATCH

Texts that share a call are of similar length and padded to the longest; padding is not counted as tokens. One
thread. For ONNX Runtime tokenizing is done before the clock starts, which ours and sentence-transformers are not
spared.
"""

import json
import resource
import sys

import numpy
from tokenizers import Tokenizer


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def onnxruntime_model(path):
    import onnxruntime

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


def measured_onnx(model, encoded, batch):
    run = onnxruntime_model(model)
    order = sorted(range(len(encoded)), key=lambda text: -len(encoded[text]))
    calls = []
    for start in range(0, len(order), batch):
        group = [encoded[text] for text in order[start:start + batch]]
        longest = max(map(len, group))
        ids = numpy.array([text + [0] * (longest - len(text)) for text in group], numpy.int32)
        mask = numpy.array([[1] * len(text) + [0] * (longest - len(text)) for text in group], numpy.int32)
        calls.append((ids, mask))
    run(*calls[0])
    before = cpu_seconds()
    vectors = [pooled(run(ids, mask), mask) for ids, mask in calls]
    return cpu_seconds() - before, numpy.concatenate(vectors)[order.index(0)]


def measured_torch(folder, texts, batch):
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    model = SentenceTransformer(folder, device="cpu")
    model.max_seq_length = 512

    def run(texts):
        return model.encode(texts, batch_size=batch, normalize_embeddings=True, show_progress_bar=False)

    run(texts[:batch])
    before = cpu_seconds()
    vectors = run(texts)
    return cpu_seconds() - before, vectors[0]


def main():
    kind, model, tokenizer, path, batch = sys.argv[1:]
    tokenizer = Tokenizer.from_file(tokenizer)
    tokenizer.no_padding()
    tokenizer.enable_truncation(512)
    with open(path) as file:
        texts = [json.loads(line) for line in file]
    encoded = [tokenizer.encode(text).ids for text in texts]
    if kind == "onnx":
        cpu_s, first = measured_onnx(model, encoded, int(batch))
    else:
        cpu_s, first = measured_torch(model, texts, int(batch))
    print(json.dumps({"tokens": sum(map(len, encoded)), "cpu_s": cpu_s, "first": first.tolist()}))


if __name__ == "__main__":
    main()

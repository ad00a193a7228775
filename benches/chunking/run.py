#!/usr/bin/env python3
"""Measures parsing and chunking, and prints megabytes per second of one processor.

    python3 benches/chunking/run.py [--archive FILE.tar.gz] [--model DIR]

Works in target/bench-chunking. The archive holds Markdown files; without it the manual beside the checkout is taken.
With the model's folder, chunks are sized by its tokens too.
"""

import argparse
import pathlib
import subprocess

import corpus

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EXAMPLE = ["cargo", "run", "--quiet", "--release", "-p", "patou-provider", "--example", "chunking_speed", "--"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--archive", type=pathlib.Path, default=corpus.default_archive(ROOT))
    arguments.add_argument("--model")
    options = arguments.parse_args()
    if options.archive is None:
        arguments.error("name an archive of Markdown files with --archive")
    for folder in corpus.unpack(options.archive, ROOT / "target" / "bench-chunking"):
        print(f"== {folder.name}", flush=True)
        subprocess.run([*EXAMPLE, folder, *filter(None, [options.model])], check=True, cwd=ROOT)


main()

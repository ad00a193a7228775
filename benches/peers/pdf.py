"""PyMuPDF beside our PDF reader, on the same files in the same run; and both beside pdftotext, by words.

Arguments: PDF files, or folders of them; without any, the three beside the checkout. PyMuPDF uses one core, ours two.
"""

import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

PACKAGES = ["pymupdf==2.0"]
ROUNDS = 9
EXAMPLE = ["cargo", "run", "--quiet", "--release", "-p", "patou-document", "--example", "pdf_speed", "--"]


def main(root, work, arguments):
    files = [path for name in arguments or [root.parent / "shared" / "data" / "pdf"] for path in found(pathlib.Path(name))]
    if not files:
        sys.exit("name PDF files, or a folder of them")
    texts = work / "texts"
    texts.mkdir(exist_ok=True)
    threads = {**os.environ, "RAYON_NUM_THREADS": "2"}
    command = [*EXAMPLE, "--write", texts, *files]
    printed = subprocess.run(command, check=True, cwd=root, env=threads, stdout=subprocess.PIPE, text=True).stdout
    ours = [json.loads(line) for line in printed.splitlines()]
    pages, own_seconds, peer_seconds = 0, 0.0, 0.0
    for path, own in zip(files, ours):
        seconds, count, text = peer(path)
        pages, own_seconds, peer_seconds = pages + count, own_seconds + own["seconds"], peer_seconds + seconds
        print(
            f"{path.name:32} {own['pages']} pages of {count}; pages/s ours {own['pages'] / own['seconds']:.0f}, "
            f"PyMuPDF {count / seconds:.0f}, ratio {seconds / own['seconds']:.2f}"
        )
        if shutil.which("pdftotext"):
            judged("ours", (texts / f"{path.name}.txt").read_text(), path)
            judged("PyMuPDF", text, path)
    print(f"together: pages/s ours {pages / own_seconds:.0f}, PyMuPDF {pages / peer_seconds:.0f}, "
          f"ratio {peer_seconds / own_seconds:.2f}")


def found(path):
    return sorted(path.glob("*.pdf")) if path.is_dir() else [path]


def peer(path):
    """Seconds, pages and text: the best of some rounds, opening included."""
    import pymupdf

    best, count, text = float("inf"), 0, ""
    for _ in range(ROUNDS):
        start = time.perf_counter()
        document = pymupdf.open(path)
        text = "".join(page.get_text() for page in document)
        count = document.page_count
        document.close()
        best = min(best, time.perf_counter() - start)
    return best, count, text


def judged(name, text, path):
    """Which share of pdftotext's words a text has, and which share of its own pdftotext has not."""
    words = lambda text: collections.Counter(re.findall(r"\w+", text.lower()))
    reference = words(subprocess.run(["pdftotext", path, "-"], check=True, stdout=subprocess.PIPE, text=True).stdout)
    own = words(text)
    common = (reference & own).total()
    print(f"    {name:8} recall {common / max(1, reference.total()):.4f}, stray {1 - common / max(1, own.total()):.4f}")

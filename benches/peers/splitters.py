"""LangChain's text splitters beside our chunkers, on the same texts, sized by characters.

Arguments: an archive of Markdown files (.tar.gz); without it the manual beside the checkout is taken.
"""

import logging
import pathlib
import re
import subprocess
import sys
import time

PACKAGES = ["langchain-text-splitters==1.1.3"]
SIZE, OVERLAP = 2000, 200
ROUNDS = 3
EXAMPLE = ["cargo", "run", "--quiet", "--release", "-p", "patou-provider", "--example", "chunking_speed", "--"]


def main(root, work, arguments):
    sys.path.insert(0, str(root / "benches" / "chunking"))
    import corpus

    archive = pathlib.Path(arguments[0]) if arguments else corpus.default_archive(root)
    if archive is None:
        sys.exit("name an archive of Markdown files")
    for folder in corpus.unpack(archive, work):
        ours = measured(root, folder)
        for (name, strategy), (rate, chunks) in peers(folder).items():
            own_rate, own_chunks = ours[strategy]
            print(
                f"{folder.name:9} {name} {rate:.1f} MB/s ({chunks} chunks); ours, {strategy}: {own_rate:.1f} MB/s "
                f"({own_chunks} chunks); ratio {own_rate / rate:.1f}",
                flush=True,
            )


def measured(root, folder):
    """What our example prints for chunks of this size: strategy to megabytes per second and chunks."""
    printed = subprocess.run([*EXAMPLE, folder], check=True, cwd=root, capture_output=True, text=True).stdout
    line = re.compile(rf"(\w+) +{SIZE} characters, overlap {OVERLAP} +([\d.]+) MB/s +(\d+) chunks")
    return {name: (float(rate), int(chunks)) for name, rate, chunks in line.findall(printed)}


def peers(folder):
    from langchain_text_splitters import (
        CharacterTextSplitter,
        MarkdownHeaderTextSplitter,
        MarkdownTextSplitter,
        RecursiveCharacterTextSplitter,
    )

    # One of them logs each chunk that is longer than asked for.
    logging.disable(logging.WARNING)
    texts = [path.read_text(errors="replace") for path in sorted(folder.rglob("*")) if path.is_file()]
    size = sum(len(text.encode()) for text in texts)
    options = {"chunk_size": SIZE, "chunk_overlap": OVERLAP, "add_start_index": True}
    headers = MarkdownHeaderTextSplitter([("#" * level, f"h{level}") for level in range(1, 5)], strip_headers=False)
    recursive = RecursiveCharacterTextSplitter(**options)
    splitters = {
        ("RecursiveCharacterTextSplitter", "recursive"): recursive.create_documents,
        ("CharacterTextSplitter", "fixed"): CharacterTextSplitter(**options).create_documents,
    }
    if folder.name == "markdown":
        splitters["MarkdownTextSplitter", "recursive"] = MarkdownTextSplitter(**options).create_documents
        splitters["MarkdownHeaderTextSplitter and the recursive one", "heading"] = lambda texts: [
            chunk for text in texts for chunk in recursive.split_documents(headers.split_text(text))
        ]
    return {key: rate(split, texts, size) for key, split in splitters.items()}


def rate(split, texts, size):
    """Megabytes per second of processor time, the best of some rounds, and the number of chunks."""
    best, chunks = float("inf"), 0
    for _ in range(ROUNDS):
        start = time.process_time()
        chunks = len(split(texts))
        best = min(best, time.process_time() - start)
    return size / 1e6 / best, chunks

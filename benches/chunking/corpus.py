"""The texts that chunking is measured on: a folder of Markdown files, and the same as plain text."""

import pathlib
import re
import tarfile

FENCE = re.compile(r"^\s*(?:```|~~~).*$", re.MULTILINE)
MARKS = re.compile(r"[#*`|>]+")
TARGETS = re.compile(r"\]\([^)\n]*\)")


def unpack(archive, work):
    """Gives the folders `markdown` and `plain` below `work`, made on the first call."""
    markdown, plain = work / "markdown", work / "plain"
    if not plain.exists():
        with tarfile.open(archive) as files:
            for member in files:
                if member.isfile() and member.name.endswith(".md"):
                    write(member.name, files.extractfile(member).read(), markdown, plain)
    return markdown, plain


def write(name, content, markdown, plain):
    text = content.decode("utf-8", "replace")
    text = TARGETS.sub("]", MARKS.sub("", FENCE.sub("", text)))
    for path, own in [(markdown / name, content), ((plain / name).with_suffix(".txt"), text.encode())]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(own)


def default_archive(root):
    """The manual beside the checkout, where there is one."""
    found = sorted(pathlib.Path(root, "..", "shared", "data", "corpus").resolve().glob("*.tar.gz"))
    return found[0] if found else None

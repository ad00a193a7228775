#!/usr/bin/env python3
"""Asks every question of a set and says how many were answered, refused, and cited as expected.

Each quote is compared with the stored text at its span, as `patou documents show --text` writes it.
"""

import argparse
import json
import math
import pathlib
import subprocess


def wilson(hits, total):
    """The 95 % interval of a share."""
    if total == 0:
        return (0.0, 1.0)
    z, share = 1.96, hits / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return (centre - half, centre + half)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", help="JSON lines with id, question and perhaps expect or refuse")
    parser.add_argument("--patou", default="patou")
    parser.add_argument("--home", required=True)
    parser.add_argument("--collection", default="docs")
    parser.add_argument("--show", action="store_true", help="print what went wrong")
    options = parser.parse_args()
    base = [options.patou, "--home", options.home, "--offline"]
    texts = {}

    def stored(citation):
        key = (citation["document_id"], citation["version"])
        if key not in texts:
            command = base + ["documents", "show", key[0], "--text", "--version", key[1], "--collection", options.collection]
            texts[key] = subprocess.run(command, check=True, capture_output=True).stdout
        return texts[key]

    quotes = exact = 0
    for name in options.sets:
        asked = answered = cited = expected = 0
        for line in pathlib.Path(name).read_text().splitlines():
            if not line.strip():
                continue
            question = json.loads(line)
            command = base + ["ask", question["question"], "--collection", options.collection, "--json"]
            answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            asked += 1
            answered += not answer["refused"]
            for citation in answer["citations"]:
                span = citation["span"]
                quotes += 1
                exact += stored(citation)[span["start"] : span["end"]] == citation["quote"].encode()
            if "expect" in question:
                expected += 1
                hit = any(citation["source"] in question["expect"] for citation in answer["citations"])
                cited += hit
                if options.show and not hit:
                    print("not cited:", question["id"], question["question"], [c["source"] for c in answer["citations"]])
            elif options.show:
                print("refused:" if answer["refused"] else "answered:", question["id"], question["question"])
        low, high = wilson(answered, asked)
        print(f"{name}: {asked} asked, answered {answered / asked:.3f} [{low:.3f}, {high:.3f}], refused {1 - answered / asked:.3f}")
        if expected:
            low, high = wilson(cited, expected)
            print(f"{name}: expected document cited {cited / expected:.3f} [{low:.3f}, {high:.3f}]")
    print(f"quotes equal to the stored text: {exact} of {quotes}")


if __name__ == "__main__":
    main()

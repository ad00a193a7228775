#!/usr/bin/env python3
"""Measures Patou beside a peer: installs the peer from PyPI, runs both, and prints the ratios.

    python3 benches/peers/run.py NAME [ARGUMENT...]

NAME is a script beside this one. Its line `PACKAGES = [...]` says what is installed, pinned, into an environment of
its own in target/bench-peers; its `main(root, work, arguments)` measures.
"""

import ast
import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
START = """
import importlib, pathlib, sys
sys.path.insert(0, sys.argv[1])
importlib.import_module(sys.argv[2]).main(pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4]), sys.argv[5:])
"""


def packages(script):
    for line in ast.parse(script.read_text()).body:
        if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == "PACKAGES":
            return ast.literal_eval(line.value)
    return []


def main():
    names = sorted(path.stem for path in HERE.glob("*.py") if path.stem != "run")
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        sys.exit(f"{__doc__}\nNAME is one of: {', '.join(names)}")
    name, arguments = sys.argv[1], sys.argv[2:]
    work = ROOT / "target" / "bench-peers" / name
    work.mkdir(parents=True, exist_ok=True)
    python = work / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(work / "venv", with_pip=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *packages(HERE / f"{name}.py")], check=True)
    sys.exit(subprocess.run([python, "-c", START, HERE, name, ROOT, work, *arguments], cwd=ROOT).returncode)


main()

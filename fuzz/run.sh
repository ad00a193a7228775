#!/usr/bin/env bash
# Fuzzes one target, or all of them, for so many seconds each. Findings stop it and stay in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target="${1:?which target, or all}" seconds="${2:-600}"
examples=examples

targets() { if [[ "$target" == all ]]; then ls fuzz/fuzz_targets | sed 's/\.rs$//'; else echo "$target"; fi; }

# Seeds: examples of the format; for packages, each of their parts behind the number of its place.
seed() {
    local folder="fuzz/corpus/$1"
    mkdir -p "$folder"
    case "$1" in
        docx | pptx | xlsx | odf | epub)
            python3 - "$1" "$folder" "$examples"/corpus/more/*."${1/odf/odt}" <<'PYTHON'
import pathlib, sys, zipfile
kind, folder, *files = sys.argv[1:]
for file in files[:1]:
    with zipfile.ZipFile(file) as package:
        for place, part in enumerate(package.infolist()[:256]):
            (pathlib.Path(folder) / f"seed{place}").write_bytes(bytes([place]) + package.read(part))
PYTHON
            ;;
        markdown) cp "$examples"/corpus/planets/*.md "$folder" ;;
        text) cp "$examples"/corpus/*.txt "$folder" ;;
        html) cp "$examples"/corpus/*.html "$folder" ;;
        json) cp "$examples"/corpus/*.json "$folder" ;;
        csv) cp "$examples"/corpus/*.csv "$folder" ;;
        code) cp "$examples"/corpus/code/*.py "$folder" ;;
        rst | rtf | eml | pdf | zip) cp "$examples"/corpus/more/*."$1" "$folder" ;;
        asciidoc) cp "$examples"/corpus/more/*.adoc "$folder" ;;
        notebook) cp "$examples"/corpus/more/*.ipynb "$folder" ;;
        xls)
            cp "$examples"/corpus/more/*.xls "$folder"
            python3 - "$folder" "$examples"/corpus/more/*.xls <<'PYTHON'
import pathlib, sys
folder, file = sys.argv[1:]
bytes = pathlib.Path(file).read_bytes()
# The stream lies in one piece behind the head: an even byte ahead says that it is the stream alone.
(pathlib.Path(folder) / "stream").write_bytes(b"\0" + bytes[bytes.index(b"\x09\x08\x10\x00"):])
PYTHON
            ;;
        gzip) cp "$examples"/corpus/more/*.tar.gz "$folder" ;;
    esac
}

for one in $(targets); do
    seed "$one"
    # The fuzzer's instrumentation is not stable yet; the compiler is the one the project builds with.
    RUSTC_BOOTSTRAP=1 cargo fuzz run "$one" -- -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 -max_len=65536
done

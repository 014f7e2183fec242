"""Copies the web market's browser libraries out of npm packages, at fixed versions: `vendor_web.py FOLDER`.

FOLDER holds a `node_modules` with the packages of `PACKAGES`, where `npm install` puts them.
Modules name each other by relative paths afterwards, because a strict content security policy refuses import
maps, and nothing is bundled. `vendor.json` says what came from where, with the digest of each file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGES = {
    "htmx.org": "4.0.1",
    "@noble/hashes": "2.4.0",
    "@noble/curves": "2.4.0",
    "@noble/ciphers": "2.4.0",
}
_WHOLE = ["htmx.org/dist/htmx.min.js"]
_MODULES = [
    "@noble/hashes/sha2.js",
    "@noble/hashes/sha3.js",
    "@noble/curves/secp256k1.js",
    "@noble/ciphers/aes.js",
    "@noble/ciphers/chacha.js",
]
_IMPORT = re.compile(r"^((?:import|export)\b[^;'\"`=()]*?\bfrom\s*)(['\"])([^'\"]+)\2", re.MULTILINE)
_COMMENTS = re.compile(r"^\s*(?:/\*(?:(?!\*/)[\s\S])*\*/|//[^\n]*)\n", re.MULTILINE)
TARGET = Path(__file__).resolve().parent.parent / "web" / "assay_web" / "static" / "vendor"


def main(packages: Path) -> None:
    """Fill `TARGET` anew from the folder *packages*, a `node_modules`."""
    shutil.rmtree(TARGET, ignore_errors=True)
    for package, version in PACKAGES.items():
        found = json.loads((packages / package / "package.json").read_text())["version"]
        if found != version:
            raise SystemExit(f"{package} is {found}, not {version}")
        _write(f"{package}/LICENSE", (packages / package / "LICENSE").read_text())
    for name in _WHOLE:
        _write(name.replace("/dist/", "/"), (packages / name).read_text().removesuffix("\n") + "\n")
    for path, text in _modules(packages):
        _write(str(path.relative_to(packages)), text)
    files = sorted(path for path in TARGET.rglob("*") if path.is_file())
    digests = {str(path.relative_to(TARGET)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    record = {"packages": PACKAGES, "sha256": digests}
    _write("vendor.json", json.dumps(record, indent=1) + "\n")


def _modules(packages: Path) -> Iterator[tuple[Path, str]]:
    """The modules and all that they import, with paths in place of names and without comments."""
    seen, waiting = set(), [packages / name for name in _MODULES]
    while waiting:
        path = waiting.pop().resolve()
        if path in seen:
            continue
        seen.add(path)

        def relative(found: re.Match[str], path: Path = path) -> str:
            name = found[3]
            target = (path.parent / name if name.startswith(".") else packages / name).resolve()
            waiting.append(target)
            way = os.path.relpath(target, path.parent)
            return f'{found[1]}"{way if way.startswith(".") else f"./{way}"}"'

        text = re.sub(r"^//# sourceMappingURL.*\n?", "", path.read_text(), flags=re.MULTILINE)
        yield path, _IMPORT.sub(relative, _COMMENTS.sub("", text))


def _write(name: str, text: str) -> None:
    path = TARGET / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() / "node_modules")

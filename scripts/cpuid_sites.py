"""Finds where builds of ONNX Runtime ask for the processor: `python scripts/cpuid_sites.py WHEEL...`.

Writes `cpuid_sites.json`, which `assay_validation.pinned_runtime` reads. It is run once for each release of
the runtime that Assay adopts, with its wheel for each version of CPython (x86-64, manylinux):

    for minor in 11 12 13 14; do
      pip download --no-deps --only-binary=:all: --python-version 3.$minor \
        --platform manylinux_2_28_x86_64 --dest wheels onnxruntime==VERSION
    done
    python scripts/cpuid_sites.py wheels/*.whl

Needs objdump (binutils), and fails if the bytes at a place that it names are not those of ``cpuid``.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from assay_validation.pinned_runtime import CPUID_SITES

LIBRARY = re.compile(r"onnxruntime/capi/onnxruntime_pybind11_state\..*\.so")
CPUID = b"\x0f\xa2"
INSTRUCTION = re.compile(r"\s*([0-9a-f]+):\tcpuid\s*$")


def sites_in(library: Path) -> list[int]:
    """The offsets of all cpuid instructions in the file *library*."""
    command = ["objdump", "--disassemble", "--no-show-raw-insn", str(library)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = [int(match[1], 16) for line in process.stdout if (match := INSTRUCTION.match(line))]
    content = library.read_bytes()
    if process.returncode or not found or any(content[site : site + 2] != CPUID for site in found):
        raise SystemExit(f"{library.name}: addresses are not offsets in this file, or it has no cpuid.")
    return found


def main() -> None:
    """Write the table for all wheels named on the command line."""
    table = {}
    for wheel in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
            (name,) = filter(LIBRARY.fullmatch, archive.namelist())
            library = Path(archive.extract(name, folder))
            table[hashlib.sha256(library.read_bytes()).hexdigest()] = sites_in(library)
            print(f"{Path(wheel).name}: {len(next(reversed(table.values())))} instructions")
    if len({len(sites) for sites in table.values()}) > 1:
        raise SystemExit("The builds do not have equally many instructions, so some were missed.")
    lines = (f'  "{digest}": {json.dumps(sites)}' for digest, sites in table.items())
    CPUID_SITES.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()

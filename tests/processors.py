"""Scores the same models on several processors: `make processors`.

Others than this machine's are emulated by QEMU's user mode (Debian: `apt-get install qemu-user`). Every model
has to get one verdict, one score and the same bits of each answer, wherever it is scored; honest ones have to
get a score. The last column shows the scores when ONNX Runtime chooses its kernels itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from processor_models import AMOUNTS, Honest, amounts, honest, hostile
from unjailed import jobs_in_this_process

from assay.manifests.evaluation import EvaluationSpec
from assay_validation import pinned_runtime
from assay_validation.gate import admit
from assay_validation.limits import Limits
from assay_validation.scratch import Scratch

EMULATED = ("SandyBridge", "Haswell", "Skylake-Client-v4", "EPYC")
"""AVX; AVX2 and FMA; the same two years later, and by another maker."""
CRASHES = 3
"""How often QEMU itself may crash in a row: its user mode does now and then where a program has threads."""
SPEC = EvaluationSpec.model_validate(
    {
        "task": "classification",
        "metric": "accuracy",
        "step": 1000,
        "data": {
            "format": "npz",
            "inputs": [{"name": "x", "columns": ["x"]}],
            "label": "y",
            "classes": ["0", "1"],
        },
        "output": {"probabilities": "p"},
    }
)
OF_AMOUNTS = EvaluationSpec.model_validate(
    {
        "task": "regression",
        "metric": "rmse",
        "step": 1,
        "data": {"format": "npz", "inputs": [{"name": "x", "columns": ["x"]}], "label": "y"},
        "output": {"values": "p"},
    }
)


class Said(NamedTuple):
    """What one processor says of a model: the report's status and score, and a digest of its answers."""

    status: str
    score: int
    bits: str

    def __str__(self) -> str:
        return f"{self.status} {self.score:,} ({self.bits})"


def score_all(folder: Path) -> dict[str, Said]:
    """What the processor that this process sees says of each model in *folder*."""
    from assay_validation.evaluation import evaluate

    found = {}
    with jobs_in_this_process():
        for path in sorted(folder.glob("*.onnx")):
            spec, rows = (OF_AMOUNTS, AMOUNTS) if "amounts" in path.stem else (SPEC, "data.npz")
            report = evaluate(path, folder / rows, spec)
            found[path.stem] = Said(report.status.name, report.score, _bits(path, folder / rows))
    return found


def _bits(model: Path, data: Path) -> str:
    from assay_validation.jobs.predict import load, predict

    with np.load(data) as arrays:
        rows = arrays["x"]
    with Scratch() as folder:
        admitted = admit(model, Limits(), folder)
        files = (os.open(path, os.O_RDONLY) for path in (admitted.ready, admitted.weights))
        session = load(next(files), ["x"], ["p"], next(files))
    (answers,) = predict(session, {"x": rows}, ["p"])
    return hashlib.sha256(np.ascontiguousarray(answers).tobytes()).hexdigest()[:8]


def score_on(processor: str | None, folder: Path, *, pinned: bool = True) -> dict[str, Said]:
    """The same on an emulated *processor*, or on this one; raises CalledProcessError.

    Unless *pinned*, the runtime chooses its kernels itself.
    """
    # numpy's own choice of a kernel must not be this machine's
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GLIBC_", "OPENBLAS_"))}
    paths = [*sys.path, str(Path(__file__).parent)]
    command = [
        os.path.realpath(sys.executable),
        __file__,
        "--score" if pinned else "--score-free",
        str(folder),
    ]
    if processor is not None:
        command = [emulator(), "-cpu", processor, *command]
    environment = kept | {"PYTHONPATH": os.pathsep.join(paths), "ORT_DISABLE_TELEMETRY": "1"}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment |= {"GLIBC_TUNABLES": pinned_runtime.GLIBC_TUNABLES} if pinned else {}
    for _ in range(CRASHES + 1):
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
        if processor is None or done.returncode != -signal.SIGSEGV:
            break
    done.check_returncode()
    return {model: Said(*said) for model, said in json.loads(done.stdout).items()}


def emulator() -> str:
    """The path of QEMU; raises FileNotFoundError."""
    found = shutil.which("qemu-x86_64")
    if found is None:
        raise FileNotFoundError("There is no qemu-x86_64 here. Install it: apt-get install qemu-user")
    return found


def alike(model: str, said: Sequence[Said]) -> bool:
    """Whether all processors have said one thing, and to an honest model a score."""
    return len(set(said)) == 1 and (said[0].status == "ANSWERED" or not model.startswith("honest"))


def main() -> int:
    """Print a table; 1 if any model's score depends on the processor, or an honest one gets none."""
    if sys.argv[1:2] == ["--score-free"]:
        pinned_runtime.load = lambda: None
    if sys.argv[1:2] in (["--score"], ["--score-free"]):
        json.dump(score_all(Path(sys.argv[2])), sys.stdout)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder, trained = Path(name), Honest()
        trained.write_rows(folder)
        honest(trained, folder)
        hostile(trained, folder)
        amounts(folder)
        scores = {processor or "this": score_on(processor, folder) for processor in (None, *EMULATED)}
        free = [score_on(processor, folder, pinned=False) for processor in (None, "Nehalem", "Haswell")]
    print(f"{'model':34}{'here, ' + ', '.join(EMULATED):56}kernels chosen: here, Nehalem, Haswell")
    bad = False
    for model in scores["this"]:
        said = [one[model] for one in scores.values()]
        told = str(said[0]) if alike(model, said) else f"DIFFERS: {', '.join(map(str, said))}"
        print(f"{model:34}{told:56}{', '.join(f'{one[model].score:,}' for one in free)}")
        bad |= not alike(model, said)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())

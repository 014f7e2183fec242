"""Scores the same models on several processors: `make processors`.

Others than this machine's are emulated by QEMU's user mode (Debian: `apt-get install qemu-user`). Every model
has to get one verdict and one score, wherever it is scored; honest ones have to get a score. Errors in large
units have to agree within the tolerance that `assay order new` would write. What the bare runtime scores is
printed beside it.
"""

from __future__ import annotations

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

EMULATED = ("Nehalem", "SandyBridge", "Haswell")
"""SSE4.2; AVX; AVX2 and FMA, but no VNNI."""
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
        "step": 10_000_000,
        "data": {"format": "npz", "inputs": [{"name": "x", "columns": ["x"]}], "label": "y"},
        "output": {"values": "p"},
    }
).within(50_000_000)


def tested_by(model: str) -> tuple[EvaluationSpec, str]:
    """With what a model is tested, and the file of its hidden rows."""
    return (OF_AMOUNTS, AMOUNTS) if "amounts" in model else (SPEC, "data.npz")


class Scored(NamedTuple):
    """What one processor says of a model: the report's status and score, and the bare runtime's."""

    status: str
    score: int
    bare: int

    def __str__(self) -> str:
        return f"{self.status} {self.score:,} (bare {self.bare:,})"


def score_all(folder: Path) -> dict[str, Scored]:
    """What the processor that this process sees says of each model in *folder*."""
    from assay_validation.evaluation import evaluate

    found = {}
    with jobs_in_this_process():
        for path in sorted(folder.glob("*.onnx")):
            spec, rows = tested_by(path.stem)
            report = evaluate(path, folder / rows, spec)
            found[path.stem] = Scored(report.status.name, report.score, _bare(path, folder / rows))
    return found


def _bare(model: Path, data: Path) -> int:
    from assay_validation.jobs.predict import load, predict

    with np.load(data) as arrays:
        rows, labels = arrays["x"], arrays["y"]
    session = load(os.open(model, os.O_RDONLY), ["x"], ["p"])
    (answers,) = predict(session, {"x": rows}, ["p"])
    if data.name == AMOUNTS:
        return -int(np.sqrt(((answers.ravel() - labels) ** 2).mean()) * 1_000_000)
    chosen = answers.argmax(axis=1) if answers.shape[1] == 2 else answers[:, 0] > 0.5
    return int((chosen == labels).mean() * 1_000_000)


def score_on(processor: str | None, folder: Path) -> dict[str, Scored]:
    """The same on an emulated *processor*, or on this one; raises CalledProcessError."""
    # numpy's own choice of a kernel must not be this machine's
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    paths = [*sys.path, str(Path(__file__).parent)]
    command = [os.path.realpath(sys.executable), __file__, "--score", str(folder)]
    if processor is not None:
        command = [emulator(), "-cpu", processor, *command]
    environment = kept | {"PYTHONPATH": os.pathsep.join(paths), "ORT_DISABLE_TELEMETRY": "1"}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for _ in range(CRASHES + 1):
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
        if processor is None or done.returncode != -signal.SIGSEGV:
            break
    done.check_returncode()
    return {model: Scored(*scored) for model, scored in json.loads(done.stdout).items()}


def emulator() -> str:
    """The path of QEMU; raises FileNotFoundError."""
    found = shutil.which("qemu-x86_64")
    if found is None:
        raise FileNotFoundError("There is no qemu-x86_64 here. Install it: apt-get install qemu-user")
    return found


def main() -> int:
    """Print a table; 1 if any model's score depends on the processor, or an honest one gets none."""
    if sys.argv[1:2] == ["--score"]:
        json.dump(score_all(Path(sys.argv[2])), sys.stdout)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder, trained = Path(name), Honest()
        trained.write_rows(folder)
        honest(trained, folder)
        hostile(trained, folder)
        amounts(folder)
        scores = {processor or "this": score_on(processor, folder) for processor in (None, *EMULATED)}
    print(f"{'model':34}" + "".join(f"{processor:>38}" for processor in scores))
    bad = [model for model in scores["this"] if not alike(model, [one[model] for one in scores.values()])]
    for model in scores["this"]:
        cells = "".join(f"{one[model]!s:>38}" for one in scores.values())
        print(f"{model:34}{cells}{'   <- differs' if model in bad else ''}")
    return int(bool(bad))


def alike(model: str, said: Sequence[Scored]) -> bool:
    """Whether all processors have said one thing, and to an honest model a score."""
    scores = [one.score for one in said]
    tolerance = tested_by(model)[0].agreement or 0
    same = len({one.status for one in said}) == 1 and max(scores) - min(scores) <= tolerance
    return same and (said[0].status == "ANSWERED" or not model.startswith("honest"))


if __name__ == "__main__":
    sys.exit(main())

"""Trains the models of `real_models` and `real_tasks` and has each judged: `make models`."""

import sys
import tempfile
import time
from pathlib import Path

import real_tasks  # noqa: F401 - adds its own
from real_models import MODELS, fault, judge, quiet


def main() -> int:
    """Print a line for each kind of model, or those that the arguments name; 1 if one fails."""
    wanted, faults = sys.argv[1:], 0
    for name, trainer in MODELS.items():
        if wanted and not any(word in name for word in wanted):
            continue
        with tempfile.TemporaryDirectory() as folder, quiet():
            started = time.monotonic()
            one = trainer(Path(folder), False)
            trained = time.monotonic()
            report = judge(one, Path(folder))
            judged, wrong = time.monotonic() - trained, fault(one, report)
        faults += bool(wrong)
        scores = f"{report.score / 1e6:.3f} (itself {one.own:.3f}, a constant {one.constant:.3f})"
        took = f"trained in {trained - started:.0f} s, judged in {judged:.1f} s"
        print(f"{name:52} {scores}  {took}  {wrong}", flush=True)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())

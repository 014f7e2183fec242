"""Has deepchecks judge the cases in a folder, by the conditions of its full suite.

It runs in an environment of its own. Writes `verdicts.json`: by case, the checks whose condition fails.
"""

import json
import logging
import sys
import time
import warnings
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from deepchecks.tabular import Dataset, Suite  # noqa: E402
from deepchecks.tabular.suites import full_suite  # noqa: E402


def main(folder: Path, seconds: float) -> None:
    """As many cases as there is time for; what cannot be run does not object."""
    until = time.monotonic() + seconds
    known = {type(check).__name__: check for check in full_suite().checks.values()}
    found = {}
    for path in sorted(folder.glob("*.npz"), key=lambda path: sha256(path.name.encode()).digest()):
        if time.monotonic() > until:
            break
        with np.load(path, allow_pickle=False) as case:
            checks = [known[str(name)] for name in case["checks"]]
            found[path.stem] = judged(case, checks)
    (folder / "verdicts.json").write_text(json.dumps(found))


def judged(case, checks) -> list[str]:
    kind = str(case["kind"])
    sides = [dataset(case, side, kind) for side in ("train", "test")]
    given = {f"y_pred_{side}": case[f"{side}_labels"] for side in ("train", "test")}
    if kind != "regression":
        given |= {f"y_proba_{side}": case[f"{side}_claimed"] for side in ("train", "test")}
        given["model_classes"] = list(range(case["test_claimed"].shape[1]))
    objecting = []
    for check in checks:
        try:
            ran = Suite("one", check).run(*sides, **given, with_display=False)
        except Exception:  # data that it does not take
            continue
        for result in ran.results:
            for condition in getattr(result, "conditions_results", ()):
                if condition.category.name in ("FAIL", "WARN"):
                    objecting.append(type(check).__name__)
    return objecting


def dataset(case, side: str, kind: str) -> Dataset:
    rows = case[f"{side}_rows"]
    names = [f"x{i}" for i in range(rows.shape[1])]
    start = 0 if side == "train" else 1_000_000
    frame = pd.DataFrame(rows, columns=names, index=np.arange(start, start + len(rows)))
    codes = [name for name, is_code in zip(names, case["codes"], strict=True) if is_code]
    label = pd.Series(case[f"{side}_truth"], index=frame.index)
    return Dataset(frame, label=label, cat_features=codes, label_type=kind)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))

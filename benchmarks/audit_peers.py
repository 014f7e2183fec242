"""What other tools say of the same cases. No benchmark itself.

fairlearn measures and the four-fifths rule and a gap of ten points judge; of the Adversarial Robustness
Toolbox, the black-box membership attack judges if it is right for more than 60 %. deepchecks judges by the
conditions of its own full suite; it needs older libraries, so it runs in an environment of its own
(`audit_deepchecks.py`).
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import fairlearn.metrics as fl
import numpy as np
from audit_data import FOLDER

from assay_validation.audit.subject import Subject

PACKAGES = (
    "deepchecks==0.19.1",
    "scikit-learn==1.5.2",
    "numpy<2",
    "pandas<2.3",
    "setuptools<70",
    "ipython<9",
)
"""The last versions that deepchecks runs with."""
CASES, PEERS = FOLDER / "audit-cases", FOLDER / "deepchecks"
_FOUR_FIFTHS, _GAP, _RIGHT = 0.8, 0.1, 0.6


def fairlearn_objects(one: Subject) -> bool:
    """By the four-fifths rule, or an equalised odds difference of more than ten points."""
    labels, truth = (np.asarray(values) == one.favourable for values in (one.answers.labels, one.truth))
    groups = np.column_stack([grouping.codes for grouping in one.groupings])
    ratio = fl.demographic_parity_ratio(truth, labels, sensitive_features=groups)
    gap = fl.equalized_odds_difference(truth, labels, sensitive_features=groups)
    return bool(ratio < _FOUR_FIFTHS or gap > _GAP)


def art_objects(one: Subject) -> bool:
    """By its black-box membership attack: taught with half of the rows, tried on the others."""
    from art.attacks.inference.membership_inference import MembershipInferenceBlackBox
    from art.estimators.classification import BlackBoxClassifier

    assert one.training is not None
    count = len(one.classes)

    def claimed(rows: Any) -> Any:
        return one.outputs(one.model.predict(rows))

    model = BlackBoxClassifier(claimed, one.rows.shape[1:], count)
    attack = MembershipInferenceBlackBox(model, attack_model_type="rf")
    size = min(len(one.training.rows), len(one.rows)) // 2 * 2
    inside, outside = (one.training.rows, one.training.truth), (one.rows, one.truth)
    taught, tried = slice(0, size, 2), slice(1, size, 2)
    attack.fit(*(values[taught] for values in (*inside, *outside)))
    hits = np.mean([
        np.mean(attack.infer(*(values[tried] for values in side)) == member)
        for side, member in ((inside, 1), (outside, 0))
    ])  # fmt: skip
    return bool(hits > _RIGHT)


def keep(one: Subject, name: str, checks: tuple[str, ...]) -> None:
    """Write a case for deepchecks: both data sets with what the model answers."""
    assert one.training is not None
    known = one.model.predict(one.training.rows)
    CASES.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {"kind": "binary" if len(one.classes) == 2 else "multiclass"}
    sides = {
        "train": (one.training.rows, one.training.truth, known), "test": (one.rows, one.truth, one.answers),
    }  # fmt: skip
    for side, (rows, truth, answers) in sides.items():
        arrays |= {f"{side}_rows": rows, f"{side}_truth": truth}
        if one.is_classification:
            arrays |= {f"{side}_labels": answers.labels, f"{side}_claimed": one.outputs(answers)}
        else:
            arrays |= {"kind": "regression", f"{side}_labels": answers.values}
    np.savez(CASES / f"{name}.npz", checks=np.array(checks), codes=~one.layout.continuous, **arrays)


def start_deepchecks(seconds: float) -> "subprocess.Popen[bytes]":
    """Have deepchecks judge the cases that were kept, as many as it can in time; it is installed into an
    environment of its own."""
    python = PEERS / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    script = Path(__file__).with_name("audit_deepchecks.py")
    return subprocess.Popen(
        [str(python), str(script), str(CASES), str(seconds)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def verdicts(running: "subprocess.Popen[bytes]") -> dict[str, bool]:
    """Whether deepchecks objects, by the name of the case."""
    if running.wait():
        raise SystemExit("deepchecks ended without a result.")
    found = json.loads((CASES / "verdicts.json").read_text())
    return {name: bool(said) for name, said in found.items()}

"""A customer's hidden patients and a developer's model, from the Wisconsin breast-cancer data.

    python examples/train.py FOLDER

writes `patients.csv` (what the customer seals) and `model.onnx` (what the developer trains on other
patients). In life the two are made on different machines; here one file makes both, so that there is
something to try.
"""

import sys
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HIDDEN_PATIENTS = 169
MEASUREMENTS = 10  # the means; the data set goes on with their errors and extremes
OPSET = 17


def main(folder: Path) -> None:
    """Write both files."""
    data = load_breast_cancer(as_frame=True)
    features = data.data.iloc[:, :MEASUREMENTS].rename(columns=lambda name: name.replace(" ", "_"))
    diagnosis = data.target.map(dict(enumerate(data.target_names))).rename("diagnosis")
    shown, hidden, shown_diagnosis, hidden_diagnosis = train_test_split(
        features, diagnosis, test_size=HIDDEN_PATIENTS, stratify=diagnosis, random_state=0
    )
    folder.mkdir(parents=True, exist_ok=True)
    hidden.assign(diagnosis=hidden_diagnosis).to_csv(folder / "patients.csv", index=False)

    rows = shown.to_numpy(np.float32)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, shown_diagnosis)
    # without a ZipMap the probabilities are one tensor instead of a list of dictionaries
    graph = to_onnx(model, rows[:1], target_opset=OPSET, options={"zipmap": False})
    (folder / "model.onnx").write_bytes(graph.SerializeToString())
    right = model.score(rows, shown_diagnosis)
    print(f"{len(hidden)} hidden patients in {folder / 'patients.csv'}, {len(shown)} to train on.")
    print(f"The model in {folder / 'model.onnx'} is right about {right:.1%} of these.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

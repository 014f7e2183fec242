"""Data and models of two tasks: how diabetes progresses, from a table; which digit it is, from an image.

    python examples/tasks.py FOLDER

writes for each the rows that the customer seals (`diabetes.csv`, `digits.npz`) and a model that a developer
has trained on other rows (`diabetes.onnx`, `digits.onnx`), with a card that says what it is for.
"""

import json
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import LinearRegression, LogisticRegression

HIDDEN_PATIENTS, HIDDEN_IMAGES = 142, 597
OPSET = 17


def diabetes(folder: Path) -> None:
    """A table of patients, and a linear regression."""
    patients = load_diabetes(as_frame=True, scaled=False).frame
    hidden = patients.sample(HIDDEN_PATIENTS, random_state=0)
    hidden.to_csv(folder / "diabetes.csv", index=False)

    shown = patients.drop(hidden.index)
    rows = shown.drop(columns="target").to_numpy(np.float32)
    model = LinearRegression().fit(rows, shown["target"])
    (folder / "diabetes.onnx").write_bytes(to_onnx(model, rows[:1], target_opset=OPSET).SerializeToString())
    card(
        folder / "diabetes.json",
        "Diabetes progression, linear regression",
        "An estimate of how diabetes progresses within a year.",
        "Trained on 300 patients.",
    )


def digits(folder: Path) -> None:
    """Images of one channel and 8 by 8 pixels, and a linear classifier behind a layer that flattens them."""
    data = load_digits()
    images = (data.images[:, np.newaxis] / 16).astype(np.float32)
    np.savez(folder / "digits.npz", image=images[-HIDDEN_IMAGES:], digit=data.target[-HIDDEN_IMAGES:])

    shown = images[:-HIDDEN_IMAGES].reshape(len(images) - HIDDEN_IMAGES, -1)
    model = LogisticRegression(max_iter=1000).fit(shown, data.target[:-HIDDEN_IMAGES])
    exported = to_onnx(model, shown[:1], target_opset=OPSET, options={"zipmap": False})
    pixels = exported.graph.input.pop()
    exported.graph.input.append(helper.make_tensor_value_info("image", TensorProto.FLOAT, [None, 1, 8, 8]))
    exported.graph.node.insert(0, helper.make_node("Flatten", ["image"], [pixels.name]))
    (folder / "digits.onnx").write_bytes(exported.SerializeToString())
    card(
        folder / "digits.json",
        "Handwritten digits, logistic regression",
        "Digits that were scanned and scaled to 8 by 8 pixels.",
        "Trained on 1,200 images.",
    )


def card(path: Path, name: str, intended_use: str, limits: str) -> None:
    """What the developer says of its model."""
    content = {"name": name, "framework": "scikit-learn", "intended_use": intended_use, "limits": limits}
    path.write_text(json.dumps(content | {"licence": {"spdx": "Apache-2.0"}}, indent=2))


def main(folder: Path) -> None:
    """Write the files of both tasks."""
    folder.mkdir(parents=True, exist_ok=True)
    diabetes(folder)
    digits(folder)
    print(f"{HIDDEN_PATIENTS} patients in {folder / 'diabetes.csv'}, a model in {folder / 'diabetes.onnx'}.")
    print(f"{HIDDEN_IMAGES} images in {folder / 'digits.npz'}, a model in {folder / 'digits.onnx'}.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

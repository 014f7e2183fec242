"""Watermarks, derived models and likeness, on real data: what survives what, and who is accused falsely.

    python benchmarks/watermark.py [--quick]

Fails when a false claim holds, when a marked model that nobody changed is not recognised, or when a derived
model is no better than few rows alone. Each figure of accuracy is of rows that no model was trained on.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before onnxruntime is imported

from report import show, write
from watermark_derived import derived, fine_tuned, likenesses
from watermark_false_claims import false_claims
from watermark_parties import data
from watermark_survival import survival


def main() -> None:
    """Measure everything; takes about ten minutes, with ``--quick`` one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="One data set and fewer runs; writes no file.")
    quick = parser.parse_args().quick
    every = list(data(quick))
    tables = {
        "survival": ("What a watermark survives", survival),
        "false_claims": ("False claims", false_claims),
        "derived": ("Derived models beside few rows alone", derived),
        "fine_tuned": ("Fine-tuned to rows that are measured otherwise", fine_tuned),
        "likeness": ("Likeness of models' constants", likenesses),
    }
    results = {}
    for key, (title, measure) in tables.items():
        results[key] = [row for each in every for row in measure(each, quick)]
        if results[key]:
            show(title, {name: name.replace("_", " ") for name in results[key][0]}, results[key])
    if not quick:
        import json

        write("watermark.json", json.dumps(results, indent=1, default=float) + "\n")
    sys.exit(1 if failures(results) else 0)


def failures(results: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Promises that do not hold, printed."""
    found = [f"a false claim held: {row}" for row in results["false_claims"] if row["held"]]
    found += [
        f"a marked model is not recognised: {row}"
        for row in results["survival"]
        if row["change"] == "none" and row["model"] != "logistic" and not row["holds"]
    ]
    found += [
        f"no better than few rows alone: {row}"
        for row in results["derived"] + results["fine_tuned"]
        if row["ratio"] <= 1
    ]
    for one in found:
        print(f"FAILED: {one}")
    return found


if __name__ == "__main__":
    main()

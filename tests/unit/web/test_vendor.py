"""What was copied from others is what they published, with their licences."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[3] / "web" / "assay_web" / "static" / "vendor"


def test_every_file_is_the_recorded_one():
    record = json.loads((VENDOR / "vendor.json").read_text())
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "vendor.json"
    }
    assert found == record["sha256"]
    assert all(f"{package}/LICENSE" in found for package in record["packages"])

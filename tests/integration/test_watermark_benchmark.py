"""The short case of `make bench-watermark`: no false claim holds, and a teacher is worth its licence."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "watermark.py"


def test_the_short_case_holds() -> None:
    done = subprocess.run([sys.executable, BENCHMARK, "--quick"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "False claims" in done.stdout

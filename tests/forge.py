"""Runs forge for tests, in the build that `make test` has brought up to date before it begins."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "forge" / "out"
_LOCK = ROOT / "build" / "forge.lock"


def forge(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it, one at a time: it rewrites its cache even when there was nothing to compile."""
    _LOCK.parent.mkdir(exist_ok=True)
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.run(
            ["forge", *arguments], cwd=ROOT, env=os.environ | variables, capture_output=True, text=True
        )

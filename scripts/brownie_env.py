"""Brownie without traces outside the repository, and with the pinned compiler.

Brownie and py-solc-x keep settings and compilers in the home folder and read those places when they are
imported. Import this module before `brownie`; it moves them all under `build/brownie/`, and installs
`scripts/solc` there as the compiler that py-solc-x finds. It also keeps the `@notice` of errors in brownie's
artifacts, from which `build.py` exports it.
"""

import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BROWNIE = ROOT / "build" / "brownie"
SOLC_VERSION = "0.8.30"


def prepare() -> None:
    """Point brownie's folders into `build/` and install the compiler front; repeating it is harmless."""
    for variable, folder in {
        "HOME": "home",
        "SOLCX_BINARY_PATH": "solcx",
        "VVM_BINARY_PATH": "vvm",
    }.items():
        path = BROWNIE / folder
        path.mkdir(parents=True, exist_ok=True)
        os.environ[variable] = str(path)
    compiler = BROWNIE / "solcx" / f"solc-v{SOLC_VERSION}"
    compiler.unlink(missing_ok=True)
    compiler.symlink_to(ROOT / "scripts" / "solc")


def keep_notices() -> None:
    """Merge what the compiler says of errors to users and to developers; brownie keeps the latter only."""
    from brownie.project import compiler

    brownies = compiler.merge_natspec

    def merge_natspec(devdoc: dict[str, Any], userdoc: dict[str, Any]) -> dict[str, Any]:
        merged: dict[str, dict[str, str]] = {}
        for documentation in (devdoc, userdoc):
            for signature, (said, *_) in documentation.get("errors", {}).items():
                merged.setdefault(signature, {}).update(said)
        return {**brownies(devdoc, userdoc), "errors": merged}

    compiler.merge_natspec = merge_natspec


prepare()
keep_notices()

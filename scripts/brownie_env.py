"""Brownie without traces outside the repository, and with the pinned compiler.

Brownie and py-solc-x keep settings and compilers in the home folder and read those places when they are
imported. Import this module before `brownie`; it moves them all under `build/brownie/`, or the folder that
`ASSAY_BROWNIE` names, and installs `scripts/solc` there as the compiler that py-solc-x finds. A wheel, which
deploys and never compiles, has no such file.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BROWNIE = Path(os.environ.get("ASSAY_BROWNIE") or ROOT / "build" / "brownie")
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
    front, compiler = ROOT / "scripts" / "solc", BROWNIE / "solcx" / f"solc-v{SOLC_VERSION}"
    if front.exists():
        compiler.unlink(missing_ok=True)
        compiler.symlink_to(front)


prepare()

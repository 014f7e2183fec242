"""Which mutants count as killed, with a forge that does what each mutant makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

FORGE = """#!/bin/sh
case $FOUNDRY_BLOCK_COINBASE in
*1) while :; do :; done ;;
*2) printf 'Ran 1 test for tests/contracts/escrow/Escrow.t.sol:EscrowTest\\n[FAIL: no] test()\\n'; exit 1 ;;
*3) echo 'no such profile'; exit 1 ;;
esac
"""
ASK = """
import sys
from pathlib import Path
import woven

woven.LEAST = 1
woven._write_tree = lambda tree, _: tree.mkdir(parents=True)
trees = woven.Trees({}, set(), Path(sys.argv[1]))
print(trees.killer(["escrow"], int(sys.argv[2]), {}))
"""


def killer(tmp_path: Path, mutant: int) -> subprocess.CompletedProcess[str]:
    forge = tmp_path / "bin" / "forge"
    forge.parent.mkdir()
    forge.write_text(FORGE)
    forge.chmod(0o755)
    path = {"PATH": f"{forge.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "scripts")}
    command = [sys.executable, "-c", ASK, str(tmp_path / "trees"), str(mutant)]
    return subprocess.run(command, env=os.environ | path, capture_output=True, text=True)


def test_one_that_hangs_is_killed_by_the_processor_time_that_it_takes(tmp_path: Path) -> None:
    assert killer(tmp_path, 1).stdout == "*\n"


def test_one_with_which_a_test_fails_is_killed_by_its_suite(tmp_path: Path) -> None:
    assert killer(tmp_path, 2).stdout == "tests/contracts/escrow/Escrow.t.sol\n"


def test_one_with_which_all_pass_survives(tmp_path: Path) -> None:
    assert killer(tmp_path, 4).stdout == "\n"


def test_a_forge_that_fails_otherwise_is_no_killer(tmp_path: Path) -> None:
    done = killer(tmp_path, 3)
    assert done.returncode
    assert "no such profile" in done.stderr

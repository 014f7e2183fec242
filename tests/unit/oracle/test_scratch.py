"""Plaintext that a killed daemon of an earlier version has left is removed, and nothing else."""

from __future__ import annotations

import tempfile
from types import SimpleNamespace
from typing import Any

import pytest

from assay_oracle.daemon import empty_scratch
from assay_oracle.errors import JournalError, OracleError
from assay_oracle.journal import Journal

_PREFIX = "assay-answer-"
OWNER = {"oracle": "31337:0x", "validator": "0x"}


def settings(folder: Any, *, dry_run: bool = False) -> Any:
    return SimpleNamespace(folder=folder, dry_run=dry_run)


@pytest.mark.parametrize("dry_run", [False, True])
def test_only_what_a_daemon_made_is_removed(tmp_path, dry_run):
    scratch = empty_scratch(settings(tmp_path, dry_run=dry_run))
    for prefix in (_PREFIX, "tmp"):
        tempfile.mkdtemp(prefix=prefix, dir=scratch)
    (scratch / "holiday.jpg").touch()
    (scratch / "tmp").mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    (scratch / f"{_PREFIX}abcdefgh").symlink_to(elsewhere)
    empty_scratch(settings(tmp_path, dry_run=dry_run))
    left = {path.name for path in scratch.iterdir() if not path.is_symlink()}
    assert left == {"holiday.jpg", "tmp"}
    assert (elsewhere / "precious").exists()


def test_a_dry_run_leaves_a_daemons_scratch_alone(tmp_path):
    leftover = tempfile.mkdtemp(prefix=_PREFIX, dir=empty_scratch(settings(tmp_path)))
    empty_scratch(settings(tmp_path, dry_run=True))
    assert (tmp_path / "scratch" / leftover).exists()


@pytest.mark.parametrize("trouble", ["file", "public"])
def test_a_folder_that_cannot_be_used(tmp_path, trouble):
    if trouble == "file":
        (tmp_path / "scratch").touch()
    else:
        (tmp_path / "scratch").mkdir(mode=0o755)
    with pytest.raises(OracleError):
        empty_scratch(settings(tmp_path))


def test_two_dry_runs_of_one_folder_and_a_daemon_beside_one(tmp_path):
    folder = tmp_path / "daemon"
    with Journal(folder, **OWNER), Journal(folder, **OWNER, in_memory=True):
        with pytest.raises(JournalError, match="Another daemon"):
            Journal(folder, **OWNER, in_memory=True)
        with pytest.raises(JournalError, match="Another daemon"):
            Journal(folder, **OWNER)
    assert not [path for path in folder.iterdir() if "dry" in path.name and path.suffix == ".sqlite"]

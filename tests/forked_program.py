"""Runs the `assay` program in processes forked from one that has loaded it, which spares each a second.

Whether the program itself loads, and how fast, is measured elsewhere: `tests/unit/cli`, `make bench-client`.
"""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import sys
import tempfile
from collections.abc import Mapping
from importlib import import_module
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any

import assay.cli

SECONDS = 60
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(
    [
        *(module.name for module in pkgutil.walk_packages(assay.cli.__path__, "assay.cli.")),
        *("assay.market", "assay.chain.web3_provider", "assay_local.cli"),
    ]
)


class ForkedProgram:
    """One run of the program with these arguments, which has begun."""

    def __init__(self, *arguments: str, environment: Mapping[str, str], folder: Path) -> None:
        self._said = [tempfile.TemporaryFile() for _ in ("output", "errors")]  # noqa: SIM115  finish() closes them
        files = [DupFd(file.fileno()) for file in self._said]
        self._process = _SERVER.Process(target=_run, args=(arguments, dict(environment), folder, files))
        self._process.start()

    def finish(self) -> tuple[int, str, str]:
        """Wait for its end: its exit code, output and errors."""
        self._process.join(SECONDS)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            raise TimeoutError(f"assay has not ended within {SECONDS} s")
        texts = []
        for file in self._said:
            with file:
                file.seek(0)
                texts.append(file.read().decode())
        return code, *texts


def _run(arguments: tuple[str, ...], environment: dict[str, str], folder: Path, files: list[Any]) -> None:
    """Be the program: its streams, folder, variables and arguments."""
    for number, file in zip((1, 2), files, strict=True):
        os.dup2(file.detach(), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["assay", *arguments]
    import_module("assay.__main__").main()

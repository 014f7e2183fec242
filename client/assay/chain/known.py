"""Deployments already found on their chain, so that not every command checks every contract again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from assay.chain.deployment import Deployment

_KEPT = 256


class KnownDeployments:
    """Remembers deployments as empty files in *folder*; without a folder, nothing is remembered.

    A deployment is identified by its addresses and the hash of its first block, which differs if the chain
    was reset or another chain has the same id. A deployment that cannot be stored is checked again next time.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def has(self, deployment: Deployment, block_hash: str) -> bool:
        """Whether its contracts have been found on top of that block."""
        return self._folder is not None and (self._folder / _name(deployment, block_hash)).exists()

    def add(self, deployment: Deployment, block_hash: str) -> None:
        """Remember it, and forget the oldest if there are too many."""
        if self._folder is None:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._folder / _name(deployment, block_hash)).touch(mode=0o600)
            oldest_first = sorted(self._folder.glob("*.seen"), key=lambda path: path.stat().st_mtime)
            for path in oldest_first[:-_KEPT]:
                path.unlink(missing_ok=True)
        except OSError:
            return


def _name(deployment: Deployment, block_hash: str) -> str:
    said = f"{deployment.model_dump_json()} {block_hash}"
    return hashlib.sha256(said.encode()).hexdigest() + ".seen"

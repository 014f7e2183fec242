"""Dockets as of certain blocks: where reading resumes after a restart, and what it goes back to after a fork.

Nearly all of the newest checkpoints are kept, but fewer and fewer older ones: about one for each doubling of
the distance. On disk, each is a file that appears whole or not at all and contains its own digest.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from assay.store.private_file import read_private, write_private
from assay_oracle.docket import Docket

_log = logging.getLogger(__name__)
_MAX_BYTES = 1 << 30
_SUFFIX = ".docket"


@dataclass(frozen=True)
class Checkpoint:
    """What the chain had said up to the block *number* with this *hash* (0x hex)."""

    number: int
    hash: str
    docket: Docket


@dataclass(frozen=True)
class _Saved:
    """A checkpoint as it is stored. If its form or the events behind it change, so does the schema.

    Attributes:
        schema: of this record.
        owner: whose it is.
    """

    schema: Literal[1]
    owner: str
    checkpoint: Checkpoint


_RECORD = TypeAdapter(_Saved)


def thinned(checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    """Those of *checkpoints*, ascending by number, that are worth keeping: some fifty at most."""
    if not checkpoints:
        return []
    kept: dict[int, Checkpoint] = {}
    for one in checkpoints:  # keep the oldest at each distance, so that it is there as the distance grows
        kept.setdefault((checkpoints[-1].number - one.number).bit_length(), one)
    return sorted(kept.values(), key=lambda one: one.number)


class CheckpointFolder:
    """Checkpoints in the files of a private folder.

    Args:
        folder: created when something is saved.
        owner: chain, contracts and account; files of other owners are ignored.
        read_only: whether another process writes to the folder.
    """

    def __init__(self, folder: Path, owner: str, *, read_only: bool = False) -> None:
        self._folder, self._owner, self._read_only = folder, owner, read_only

    def load(self) -> list[Checkpoint]:
        """All that can be read, ascending by number. Damaged files are logged and skipped."""
        found = []
        for path in self._files():
            try:
                found.append(self._read(path))
            except FileNotFoundError:
                continue  # the daemon has just removed it
            except (OSError, ValueError) as error:
                _log.warning("%s is of no use and is read anew from the chain: %s", path, _reason(error))
        return sorted(found, key=lambda one: one.number)

    def save(self, newest: Checkpoint, kept: Sequence[Checkpoint]) -> None:
        """Save *newest*, and remove all files except its own and those of *kept*.

        Failures are only logged: they cost time after a restart, and nothing else.
        """
        if self._read_only:
            return
        saved = _Saved(1, self._owner, newest)
        content = _RECORD.dump_json(saved)
        digest = hashlib.sha256(content).hexdigest().encode()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with write_private(self._path(newest), replace=True) as file:
                file.write(digest + b"\n" + content)
            names = {self._path(one).name for one in (*kept, newest)}
            for path in self._files():
                if path.name not in names:
                    path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("The place in the chain cannot be written down: %s", _reason(error))

    def _path(self, checkpoint: Checkpoint) -> Path:
        return self._folder / f"{checkpoint.number}{_SUFFIX}"

    def _files(self) -> list[Path]:
        return sorted(path for path in self._folder.glob(f"*{_SUFFIX}") if path.stem.isdecimal())

    def _read(self, path: Path) -> Checkpoint:
        digest, _, content = read_private(path, max_bytes=_MAX_BYTES).partition(b"\n")
        if hashlib.sha256(content).hexdigest().encode() != digest:
            raise ValueError("it is damaged")
        try:
            saved = _RECORD.validate_json(content)
        except ValidationError:
            raise ValueError("it is of another version") from None
        if saved.owner != self._owner:
            raise ValueError("it is of another market or account")
        return saved.checkpoint


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)[:200]

"""A folder that only one market uses at a time, and from which only a market's own files are removed.

The lock is the system's (`flock`), so it ends with the processes that hold it, however they end. The chain
and the validators inherit it: if one of them keeps running after its market was killed, the folder is taken.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from assay.errors import LocalMarketError
from assay.store.version import newer_version

_NAME = "market.lock"
_VERSION = 1
_MAX_BYTES = 64 * 1024
_ORPHANS_END_SECONDS = 15.0
_NEWCOMER_SECONDS = 0.3
_POLL_SECONDS = 0.05


class Hold(BaseModel):
    """What the lock file says about the market that uses the folder, or used it last.

    Attributes:
        version: version of this record.
        pid: the process that started the market.
        since: when it started the market.
        rpc, ipfs: URLs of its chain and its storage.
        made: whether a market made what is in the folder.
        deployment_sha256: digest, in hex, of the deployment file that it wrote; None before that.
    """

    model_config = ConfigDict(extra="ignore")

    version: Literal[1] = 1
    pid: int
    since: datetime
    rpc: str
    ipfs: str
    made: bool = False
    deployment_sha256: str | None = None


class FolderLock:
    """Holds *folder* until it is closed. Use it as a context manager.

    What a killed market left running there is stopped first; a running market is left alone.

    Args:
        rpc, ipfs: URLs of the market's chain and storage, for others to read.

    Raises:
        LocalMarketError: another process holds it (the message says which, the hint how to use or stop it),
            or a newer program made the market in it.
    """

    def __init__(self, folder: Path, *, rpc: str, ipfs: str) -> None:
        self.folder = folder
        self._path = folder / _NAME
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise LocalMarketError(f"{folder} cannot be used: {error.strerror or error}.") from error
        try:
            if not self._try():
                self._take_from_orphans()
            last = self._read()
            self._hold = Hold(pid=os.getpid(), since=datetime.now(UTC), rpc=rpc, ipfs=ipfs)
            self._note(
                made=last is not None and last.made,
                deployment_sha256=None if last is None else last.deployment_sha256,
            )
        except BaseException:
            os.close(self.descriptor)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)

    def clear(self, names: Sequence[str]) -> None:
        """Remove the entries *names*, which an earlier market made; from now on they are this market's.

        Raises:
            LocalMarketError: there are such entries, but no market has ever used the folder.
        """
        found = [self.folder / name for name in names if os.path.lexists(self.folder / name)]
        if found and not self._hold.made:
            raise LocalMarketError(
                f"{found[0]} is there, and no market of this version made it.",
                hint=f"Move {self.folder} away, or remove it yourself.",
            )
        for path in found:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        self._note(made=True)

    def note_deployment(self, deployment: Path) -> None:
        """Remember that this market has written the file *deployment*."""
        self._note(deployment_sha256=_sha256(deployment))

    def set_aside(self, deployment: Path) -> Path | None:
        """Rename a deployment file that no market of this folder wrote, as another chain may depend on it.

        Returns:
            its new name; None if there is nothing to keep.
        """
        if not deployment.exists() or _sha256(deployment) == self._hold.deployment_sha256:
            return None
        number = 1
        while (kept := deployment.with_name(f"{deployment.stem}.kept-{number}.json")).exists():
            number += 1
        deployment.rename(kept)
        return kept

    def _note(self, **changes: object) -> None:
        self._hold = self._hold.model_copy(update=changes)
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, (self._hold.model_dump_json(indent=2) + "\n").encode(), 0)

    def _try(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _read(self) -> Hold | None:
        content = os.pread(self.descriptor, _MAX_BYTES, 0)
        if newer := newer_version(content, _VERSION):
            raise LocalMarketError(
                f"A newer program made the market in {self.folder} ({_NAME} has version {newer}).",
                hint="Update Assay, or use another folder.",
            )
        try:
            return Hold.model_validate_json(content)
        except ValidationError:
            return None

    def _take_from_orphans(self) -> None:
        """Take over from a market whose process has ended while its chain or validators keep running."""
        holder = self._read()
        time.sleep(_NEWCOMER_SECONDS)  # by then, a market that has just taken the lock has written its record
        if holder is None or self._read() != holder or holder.pid in self._holders():
            raise self._taken(self._read())
        for pid in self._holders():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + _ORPHANS_END_SECONDS
        while not self._try():
            if time.monotonic() > end:
                raise self._taken(holder)
            time.sleep(_POLL_SECONDS)

    def _taken(self, holder: Hold | None) -> LocalMarketError:
        holders = self._holders()
        if holder is None:
            return LocalMarketError(f"Another process is just starting a market in {self.folder}.")
        if holder.pid in holders or not holders:
            return LocalMarketError(
                f"A market runs in {self.folder}: process {holder.pid}, since "
                f"{holder.since.astimezone():%Y-%m-%d %H:%M:%S}, chain {holder.rpc}, storage {holder.ipfs}.",
                hint=f"Use it (ASSAY_RPC={holder.rpc} ASSAY_IPFS={holder.ipfs}), or stop it with Ctrl-C in "
                f"its terminal or `kill {holder.pid}`. A second market needs a folder of its own.",
            )
        return LocalMarketError(
            f"The market of process {holder.pid} in {self.folder} was killed, but parts of it still run.",
            hint=f"Stop them: `kill -9 {' '.join(map(str, holders))}`.",
        )

    def _holders(self) -> list[int]:
        """The processes that hold the lock, as far as the system shows (Linux)."""
        path = str(self._path.resolve())
        return [pid for pid in _processes() if any(_is_locked(pid, fd) for fd in _open_as(pid, path))]


def _processes() -> Iterator[int]:
    with contextlib.suppress(OSError):
        yield from (int(entry) for entry in os.listdir("/proc") if entry.isdecimal())


def _open_as(pid: int, path: str) -> Iterator[str]:
    """The descriptors under which a process has a file open."""
    with contextlib.suppress(OSError):
        for descriptor in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{descriptor}") == path:
                    yield descriptor


def _is_locked(pid: int, descriptor: str) -> bool:
    with contextlib.suppress(OSError):
        return "FLOCK" in Path(f"/proc/{pid}/fdinfo/{descriptor}").read_text()
    return False


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

"""Files that only their owner may read, and that appear completely or not at all."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def write_private(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """A new file (mode 0600) that becomes *path* if the block ends without an exception, else is removed.

    Raises:
        FileExistsError: *path* exists and *replace* is false; also when it appeared meanwhile.
        OSError: it cannot be written.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp creates 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(name, path)
        else:
            os.link(name, path)  # unlike a rename, this fails if the path exists
        sync_folder(path.parent)
    finally:
        Path(name).unlink(missing_ok=True)


def private_folder(path: Path) -> None:
    """Create the folder *path* for its owner only, if it is missing; raises OSError."""
    try:
        path.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        return
    sync_folder(path.parent)


def read_private(path: Path, *, max_bytes: int) -> bytes:
    """The content of *path*, provided that only its owner can read or write it.

    Raises:
        PermissionError: group or others have access.
        ValueError: it is not a regular file, or is longer than *max_bytes*.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("not a regular file")
        if status.st_mode & 0o077:
            raise PermissionError(f"others may access it (mode {stat.S_IMODE(status.st_mode):04o})")
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"more than {max_bytes} bytes")
    return content


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Files for plaintext. They have no name, so they are gone with the process that holds them."""

import tempfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast


class Scratch:
    """Files without a name in *folder*, by default in the folder for temporary files; closed together.

    The kernel frees a file that has no name when the last descriptor for it is closed: at the end of the
    block, or when this process and the jobs that it lent the file to have ended (open(2), O_TMPFILE).
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._files: list[BinaryIO] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let all files go."""
        while self._files:
            self._files.pop().close()

    def open(self) -> BinaryIO:
        """A new empty file to write and read; raises OSError."""
        file = cast(BinaryIO, tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115 - see close
        self._files.append(file)
        return file

    def file(self) -> Path:
        """A new empty file as a path that this process can open while the file is kept; raises OSError."""
        return path_of(self.open())


def path_of(file: BinaryIO) -> Path:
    """A path by which this process can open *file* as long as it is open; raises OSError where it is
    closed."""
    return Path(f"/proc/self/fd/{file.fileno()}")

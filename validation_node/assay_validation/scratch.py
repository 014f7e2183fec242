"""Files for plaintext. They have no name, so they are gone with the process that holds them."""

import tempfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast


class Scratch:
    """A folder whose files nobody else finds: they lie in *folder*, by default that for temporary files, and
    have a name in here alone.

    The kernel frees a file that has no name when the last descriptor for it is closed: at the end of the
    block, or when this process and the jobs that it lent the file to have ended (open(2), O_TMPFILE).
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._files: list[BinaryIO] = []
        self._named: dict[str, Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let all files go."""
        self._named.clear()
        while self._files:
            self._files.pop().close()

    def open(self) -> BinaryIO:
        """A new empty file without any name, to write and read; raises OSError."""
        file = cast(BinaryIO, tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115 - see close
        self._files.append(file)
        return file

    def __truediv__(self, name: str) -> Path:
        """The file called *name*, empty at first, as a path that this process can open; raises OSError."""
        if name not in self._named:
            self._named[name] = path_of(self.open())
        return self._named[name]


def path_of(file: BinaryIO) -> Path:
    """A path by which this process can open *file* as long as it is open; raises OSError where it is
    closed."""
    return Path(f"/proc/self/fd/{file.fileno()}")

"""Files for plaintext. They have no name on disk, so they vanish with the process that holds them."""

import tempfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast


class Scratch:
    """A folder whose files nobody else can find: they are stored in *folder*, by default the one for
    temporary files, and have names only in this object.

    The kernel frees a file without a name when the last descriptor for it is closed: at the end of the block,
    or when this process and the jobs that it lent the file to have ended (open(2), O_TMPFILE).
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
        """Release all files."""
        self._named.clear()
        while self._files:
            self._files.pop().close()

    def open(self) -> BinaryIO:
        """A new empty file without any name, for writing and reading; raises OSError."""
        file = cast(BinaryIO, tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115 - see close
        self._files.append(file)
        return file

    def __truediv__(self, name: str) -> Path:
        """The file called *name*, at first empty, as a path that this process can open; raises OSError."""
        if name not in self._named:
            self._named[name] = path_of(self.open())
        return self._named[name]


def path_of(file: BinaryIO) -> Path:
    """A path by which this process can open *file* while it stays open; raises OSError if it is closed."""
    return Path(f"/proc/self/fd/{file.fileno()}")

"""What a daemon and its workers pass to each other in a shared folder: sealed, and for one job only.

A parcel is a folder with a sealed file for each thing that a job needs, and later for its report. They are
sealed with a key that is made for this parcel. The key is wrapped with a secret that all machines of the
validator hold, and travels with the job; so neither the folder nor the queue's database reveals anything, and
once the job is gone from the queue, nobody can open what may be left of a parcel.
"""

import contextlib
import hashlib
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import BaseModel, ConfigDict

from assay.errors import SealError
from assay.manifests.evaluation import DatasetCounts, EvaluationSpec, Reference
from assay.manifests.node_report import DatasetReport, EvaluationReport
from assay.seal import ContentKey, Sealer, open_stream

_SECRET_DOMAIN = b"assay queue secret v1\0"
_READ_BYTES = 1 << 20
_MAX_DOCUMENT = 16 << 20
_NAME = r"[0-9a-f]{32}"

Report = EvaluationReport | DatasetReport


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Contents(_Document):
    """A file in a parcel, as it was sealed."""

    size: int
    sha256: str


class Request(_Document):
    """What a worker is to do; see `assay_validation.node.ValidationNode`."""

    kind: Literal["evaluate", "attest"]
    spec: EvaluationSpec
    expected: DatasetCounts | None = None
    reference: Reference | None = None
    files: dict[str, Contents] = {}
    """The files by name: `data`, and `model` or perhaps `reference_model`."""


class Parcel:
    """The parcel called *name* in *folder*; *key* opens it."""

    def __init__(self, folder: Path, name: str, key: ContentKey) -> None:
        self.name, self._key, self._folder = name, key, folder / name

    @classmethod
    def make(cls, folder: Path) -> "Parcel":
        """Make a new, empty parcel; raises OSError."""
        parcel = cls(folder, secrets.token_hex(16), ContentKey.generate())
        parcel._folder.mkdir(mode=0o700)
        return parcel

    @classmethod
    def unwrap(cls, folder: Path, name: str, wrapped: str, secret: str) -> "Parcel":
        """The parcel that came with a job, whose key is *wrapped*; raises SealError, ValueError."""
        if not re.fullmatch(_NAME, name):
            raise ValueError("a parcel is not called like that")
        key = b"".join(open_stream([bytes.fromhex(wrapped)], _wrapping_key(secret)))
        return cls(folder, name, ContentKey(key))

    def wrapped_key(self, secret: str) -> str:
        """Its key, wrapped for whoever holds *secret* (text of at least 32 characters)."""
        return b"".join(Sealer([self._key.reveal()], _wrapping_key(secret))).hex()

    def put_request(self, request: Request, files: Mapping[str, Path]) -> None:
        """Seal *files*, and *request* with what they contain; raises OSError."""
        contents = {name: self._seal(name, _pieces(path)) for name, path in files.items()}
        document = request.model_copy(update={"files": contents})
        self._seal("request", [document.model_dump_json().encode()])

    def request(self) -> Request:
        """What is to be done; raises OSError, SealError, ValueError."""
        return Request.model_validate_json(self._document("request"))

    def open(self, name: str, contents: Contents, target: BinaryIO) -> None:
        """Write the plaintext of a file to *target*; raises OSError, SealError."""
        digest, written = hashlib.sha256(), 0
        with (self._folder / name).open("rb") as file:
            for piece in open_stream(_read(file), self._key):
                written += len(piece)
                if written > contents.size:
                    raise SealError("A file in the parcel is longer than its request says.")
                digest.update(piece)
                target.write(piece)
        target.flush()
        if digest.hexdigest() != contents.sha256:
            raise SealError("A file in the parcel is another than its request says.")

    def put_report(self, report: Report) -> None:
        """Seal the answer, which appears atomically; raises OSError."""
        self._seal("report.part", [report.model_dump_json().encode()])
        (self._folder / "report.part").replace(self._folder / "report")

    def has_report(self) -> bool:
        """Whether the answer is there."""
        return (self._folder / "report").exists()

    def report(self) -> bytes:
        """The answer in JSON; raises OSError, SealError."""
        return self._document("report")

    def remove(self) -> None:
        """Delete it."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def remove_older(self, seconds: float) -> None:
        """Delete other parcels in its folder that had nothing added for *seconds* before this one was made.

        Their daemons were killed. Times are those of the machine that keeps the folder. Raises OSError.
        """
        made = self._folder.stat().st_mtime
        for other in self._folder.parent.iterdir():
            with contextlib.suppress(FileNotFoundError):  # its own daemon, or another's clean-up, was quicker
                if re.fullmatch(_NAME, other.name) and other.lstat().st_mtime < made - seconds:
                    shutil.rmtree(other, ignore_errors=True)

    def _seal(self, name: str, pieces: Iterator[bytes] | list[bytes]) -> Contents:
        sealer = Sealer(pieces, self._key)
        with (self._folder / name).open("wb") as file:
            for piece in sealer:
                file.write(piece)
        return Contents(size=sealer.plaintext_size, sha256=sealer.plaintext_sha256)

    def _document(self, name: str) -> bytes:
        content = bytearray()
        with (self._folder / name).open("rb") as file:
            for piece in open_stream(_read(file), self._key):
                content += piece
                if len(content) > _MAX_DOCUMENT:
                    raise SealError("A document in the parcel is too long.")
        return bytes(content)


def _wrapping_key(secret: str) -> ContentKey:
    return ContentKey(hashlib.sha256(_SECRET_DOMAIN + secret.encode()).digest())


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _read(file)


def _read(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_READ_BYTES):
        yield piece

"""Encrypting files of any size in constant memory.

The format, version 1::

    header   "assaySL" 0x01 | chunk size (uint32) | salt (32 bytes)          big-endian, 44 bytes
    chunk i  AES-256-GCM(file key, nonce_i, plaintext chunk, AAD = header)   plaintext + 16-byte tag

    file key (32) | nonce prefix (7) = HKDF-SHA256(content key, salt, "assay sealed artifact v1")
    nonce_i = prefix | i (uint32) | 1 if this is the last chunk, else 0

This is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance", CRYPTO 2015, section 7): counter and last-chunk flag inside the nonce reveal reordering,
truncation and extension. The salt gives every file its own key, so sealing twice under one content key is
safe. Every chunk but the last is full, so a plaintext has one chunking; an empty file is one empty chunk.
"""

import hashlib
import secrets
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assay.errors import SealError
from assay.seal.key import ContentKey
from assay.store.private_file import write_private

CHUNK_SIZE = 1024 * 1024
"""Plaintext bytes per chunk, unless the sealer chooses otherwise."""
MIN_CHUNK_SIZE, MAX_CHUNK_SIZE = 1024, 16 * 1024 * 1024

_HEADER = struct.Struct(">8sI32s")
_MAGIC = b"assaySL\x01"
_TAG_SIZE = 16
_MAX_CHUNKS = 2**32


class Sealer:
    """Iterate over it once to get the ciphertext of *source*; its attributes are complete afterwards.

    Raises:
        SealError: the chunk size is out of range, or it is iterated again, which could reuse nonces.

    Attributes:
        plaintext_size, size: bytes read and bytes produced.
    """

    def __init__(self, source: Iterable[bytes], key: ContentKey, *, chunk_size: int = CHUNK_SIZE) -> None:
        if not MIN_CHUNK_SIZE <= chunk_size <= MAX_CHUNK_SIZE:
            raise SealError(
                f"A chunk of {chunk_size} bytes is outside {MIN_CHUNK_SIZE} to {MAX_CHUNK_SIZE:,}."
            )
        self.chunk_size = chunk_size
        self.plaintext_size = self.size = 0
        self._source, self._started = source, False
        self._header = _HEADER.pack(_MAGIC, chunk_size, secrets.token_bytes(32))
        self._cipher = _ChunkCipher(self._header, key)
        self._plaintext_hash = hashlib.sha256()

    @property
    def plaintext_sha256(self) -> str:
        """Hex digest of the plaintext read so far."""
        return self._plaintext_hash.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        if self._started:
            raise SealError("A sealer serves once.", hint="Seal again to get another ciphertext.")
        self._started = True
        yield self._emit(self._header)
        for index, (chunk, last) in enumerate(_chunked(self._source, self.chunk_size)):
            self.plaintext_size += len(chunk)
            self._plaintext_hash.update(chunk)
            yield self._emit(self._cipher.encrypt(index, last, chunk))

    def _emit(self, piece: bytes) -> bytes:
        self.size += len(piece)
        return piece


def open_stream(ciphertext: Iterable[bytes], key: ContentKey) -> Iterator[bytes]:
    """Decrypt; each piece is authentic in content and position, but only the end proves the file complete.

    Raises:
        SealError: wrong key, not a sealed artifact, or a ciphertext changed, cut, extended or reordered.
    """
    pieces = iter(ciphertext)
    head = bytearray()
    while len(head) < _HEADER.size:
        piece = next(pieces, None)
        if piece is None:
            raise SealError("The file is too short to be a sealed artifact.")
        head += piece
    header, rest = bytes(head[: _HEADER.size]), bytes(head[_HEADER.size :])
    magic, chunk_size, _ = _HEADER.unpack(header)
    if magic != _MAGIC or not MIN_CHUNK_SIZE <= chunk_size <= MAX_CHUNK_SIZE:
        raise SealError("The file is not a sealed artifact of a version that this software knows.")
    cipher = _ChunkCipher(header, key)
    for index, (chunk, last) in enumerate(_chunked(_prepend(rest, pieces), chunk_size + _TAG_SIZE)):
        plaintext = cipher.decrypt(index, last, chunk)
        if index and not plaintext:
            raise SealError("The sealed artifact ends in a superfluous empty chunk.")
        yield plaintext


def open_to_file(ciphertext: Iterable[bytes], key: ContentKey, dest: Path, *, sha256: str, size: int) -> None:
    """Decrypt into the file *dest* (0600), which is created or replaced only once everything is verified.

    Args:
        ciphertext: the sealed artifact in pieces of any size.
        key: its content key.
        dest: where the plaintext goes; a temporary file is kept beside it meanwhile.
        sha256: the plaintext's digest (hex).
        size: the plaintext's size in bytes; decryption stops as soon as it is exceeded.

    Raises:
        SealError: see :func:`open_stream`; also if the plaintext is not the one committed to, or the disk is
        full.
    """
    try:
        with write_private(dest, replace=True) as file:
            open_into(ciphertext, key, file, sha256=sha256, size=size)
    except OSError as error:
        raise SealError(f"Cannot write {dest}: {error.strerror or error}.") from error


def open_into(
    ciphertext: Iterable[bytes], key: ContentKey, file: BinaryIO, *, sha256: str, size: int
) -> None:
    """Decrypt into *file*, whose content is usable only if this returns; see :func:`open_to_file`.

    Raises:
        SealError: see :func:`open_stream`; also if the plaintext is not the one committed to.
        OSError: *file* cannot be written.
    """
    digest, written = hashlib.sha256(), 0
    for piece in open_stream(ciphertext, key):
        written += len(piece)
        if written > size:
            raise SealError(f"The plaintext exceeds the {size:,} bytes committed to.")
        digest.update(piece)
        file.write(piece)
    if written != size or digest.hexdigest() != sha256:
        raise SealError("The artifact opens to another plaintext than the one committed to.")
    file.flush()


class _ChunkCipher:
    def __init__(self, header: bytes, key: ContentKey) -> None:
        salt = header[-32:]
        kdf = HKDF(algorithm=SHA256(), length=39, salt=salt, info=b"assay sealed artifact v1")
        secret = kdf.derive(key.reveal())
        self._aead, self._prefix, self._header = AESGCM(secret[:32]), secret[32:], header

    def encrypt(self, index: int, last: bool, chunk: bytes) -> bytes:
        return self._aead.encrypt(self._nonce(index, last), chunk, self._header)

    def decrypt(self, index: int, last: bool, chunk: bytes) -> bytes:
        try:
            return self._aead.decrypt(self._nonce(index, last), chunk, self._header)
        except InvalidTag:
            raise SealError(
                f"The sealed artifact does not open (chunk {index}).",
                hint="The key is not this artifact's, or the file was changed or cut.",
            ) from None

    def _nonce(self, index: int, last: bool) -> bytes:
        if index >= _MAX_CHUNKS:
            raise SealError("The file has too many chunks.", hint="Seal it with larger chunks.")
        return self._prefix + index.to_bytes(4, "big") + bytes((last,))


def _chunked(pieces: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Cut *pieces* into at least one chunk of *size* bytes, each with whether it is the last."""
    waiting: bytes | None = None  # only when something follows is a chunk known not to be the last
    for chunk in _cut(pieces, size):
        if waiting is not None:
            yield waiting, False
        waiting = chunk
    yield waiting or b"", True


def _cut(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The bytes of *pieces* in runs of *size*, the last may be shorter; every byte is copied only once."""
    run: list[memoryview] = []
    missing = size
    for piece in pieces:
        rest = memoryview(piece)
        while len(rest) >= missing:
            yield b"".join([*run, rest[:missing]])
            run, rest, missing = [], rest[missing:], size
        if rest:
            run.append(rest)
            missing -= len(rest)
    if run:
        yield b"".join(run)


def _prepend(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest

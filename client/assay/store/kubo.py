"""Artifacts on IPFS, through one or more nodes with the Kubo RPC; none of them is trusted."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from assay.errors import (
    ArtifactCorrupt,
    ArtifactNotFound,
    ArtifactTooLarge,
    InvalidCid,
    StoreError,
    StoreRefused,
    StoreUnavailable,
)
from assay.store.base import ArtifactStat
from assay.store.blocks import BlockReader, check_manifest_size, file_chunks, file_size
from assay.store.car import ArchivedFile
from assay.store.cid import CHUNK_BYTES, RAW, Cid, UnixfsHasher, cid_of_block, unixfs_cid
from assay.store.rpc import KuboRpc
from assay.store.unixfs import MAX_BLOCK_BYTES, read_file

# every parameter that decides the CID, so that a node with other defaults agrees with `assay.store.cid`
_ADD_PARAMETERS = {
    "cid-version": "1",
    "raw-leaves": "true",
    "chunker": f"size-{CHUNK_BYTES}",
    "hash": "sha2-256",
    "trickle": "false",
    "inline": "false",
    "pin": "true",
    "progress": "false",
}
_FIRST_PAUSE_SECONDS = 0.2
_UNREACHABLE_SECONDS, _REACH_SECONDS = 12.0, 3.0  # for unresponsive nodes: in all, and per attempt
# which of several endpoints' failures to report: the most serious first
_SEVERITY = (ArtifactCorrupt, ArtifactTooLarge, StoreUnavailable, StoreRefused, ArtifactNotFound)

_T = TypeVar("_T")


class KuboStore(BlockReader):
    """An :class:`~assay.store.ArtifactStore` on Kubo, an IPFS Cluster proxy, or the local market's node.

    Args:
        endpoints: ``http(s)://host:port`` of one or more nodes. Reads use the first that serves the right
            bytes; writes and pins go to the first that works, so list the node that should keep things first.
        token_file: file with the bearer token of protected endpoints (never part of a URL).
        timeout: seconds that one call may take; for an upload, that one chunk may take.
        pin_timeout: seconds that a node may take to fetch what it has to pin.
        attempts: rounds over the endpoints before giving up, with growing pauses in between.

    Raises:
        StoreError: an endpoint is malformed or the token file is unreadable.
    """

    def __init__(
        self,
        endpoints: str | Sequence[str],
        *,
        token_file: Path | None = None,
        timeout: float = 30.0,
        pin_timeout: float = 600.0,
        attempts: int = 3,
    ) -> None:
        urls = [endpoints] if isinstance(endpoints, str) else list(endpoints)
        if not urls or attempts < 1:
            raise StoreError("A store needs at least one endpoint and one attempt.")
        self._endpoints = [KuboRpc(url, token_file=token_file, timeout=timeout) for url in urls]
        self._pin_timeout = pin_timeout
        self._attempts = attempts
        self._lost = 0.0

    def close(self) -> None:
        """Close all connections."""
        for endpoint in self._endpoints:
            endpoint.close()

    def put(self, chunks: Iterable[bytes], *, expected: Cid | None = None) -> Cid:
        """Store and pin the file made of *chunks*; its CID is computed here and compared with the node's.

        The stream is read only once, so there is no retry if a node fails midway; but see :meth:`put_file`.

        Raises:
            ArtifactCorrupt: the node stored something else, or the stream does not match *expected*.
            StoreUnavailable, StoreRefused: no node accepted it.
        """
        alive = self._first(lambda endpoint: endpoint)
        return self._add(alive, chunks, expected)

    def put_file(self, path: Path) -> Cid:
        """Store and pin the file at *path*, hashed before and while it is sent; raises as :meth:`put`."""
        expected = unixfs_cid(file_chunks(path))
        return self._first(lambda endpoint: self._add(endpoint, file_chunks(path), expected))

    def get(self, cid: Cid, *, max_bytes: int) -> Iterator[bytes]:
        """The verified bytes of the file *cid*, which a node sends as one archive.

        Blocks missing from the archive are fetched one by one, from whichever node has them.

        Raises:
            ArtifactNotFound, ArtifactCorrupt, ArtifactTooLarge, StoreUnavailable: possibly after some bytes.
        """
        if cid.codec == RAW:
            return super().get(cid, max_bytes=max_bytes)
        return self._from_archive(cid, max_bytes)

    def _from_archive(self, cid: Cid, max_bytes: int) -> Iterator[bytes]:
        alive = self._first(lambda endpoint: endpoint)
        with closing(alive.stream("dag/export", arg=str(cid), progress="false")) as pieces:
            yield from read_file(cid, ArchivedFile(pieces, self._block).block, max_bytes=max_bytes)

    def put_block(self, data: bytes) -> Cid:
        """Store and pin *data*, a manifest below 1 MiB, as one raw block; raises as :meth:`put` does."""
        check_manifest_size(data)
        return self._first(lambda endpoint: _put_block(endpoint, data))

    def pin(self, cid: Cid) -> None:
        """Have the first working node keep *cid* and all below it; it asks its peers for what it lacks."""
        self._first(lambda endpoint: self._pin(endpoint, cid))

    def _pin(self, endpoint: KuboRpc, cid: Cid) -> None:
        endpoint.answer(
            "pin/add", arg=str(cid), recursive="true", progress="false", timeout=self._pin_timeout
        )

    def unpin(self, cid: Cid) -> None:
        """Have every node forget *cid*; raises StoreUnavailable if one of them cannot be reached."""
        for endpoint in self._endpoints:
            self._try_each([endpoint], lambda endpoint: _unpin(endpoint, cid))

    def stat(self, cid: Cid) -> ArtifactStat:
        """The size of *cid*, from its verified root, and whether a node pins it; raises as :meth:`get`."""
        root = self._block(cid, MAX_BLOCK_BYTES)
        return ArtifactStat(cid, file_size(cid, root), self._is_pinned(cid))

    def _is_pinned(self, cid: Cid) -> bool:
        try:
            self._first(lambda endpoint: endpoint.answer("pin/ls", arg=str(cid), type="recursive"))
        except ArtifactNotFound:
            return False
        return True

    def _block(self, cid: Cid, limit: int) -> bytes:
        return self._first(lambda endpoint: _verified_block(endpoint, cid, limit))

    def _add(self, endpoint: KuboRpc, chunks: Iterable[bytes], expected: Cid | None) -> Cid:
        hasher = UnixfsHasher()
        # pinned last, in case it is not the expected file: unpinning that would also remove an earlier pin
        parameters = _ADD_PARAMETERS if expected is None else _ADD_PARAMETERS | {"pin": "false"}
        answer = endpoint.upload("add", _hashed(chunks, hasher), **parameters)
        sent, stored = hasher.cid(), _cid_in(answer, "Hash")
        if stored != sent:
            raise ArtifactCorrupt(f"The IPFS node at {endpoint.url} stored {stored} when sent {sent}.")
        if expected is None:
            return sent
        if expected != sent:
            raise ArtifactCorrupt(f"Expected {expected}, but the data is {sent}.", hint="Has it changed?")
        self._pin(endpoint, sent)
        return sent

    def _first(self, call: Callable[[KuboRpc], _T]) -> _T:
        return self._try_each(self._endpoints, call)

    def _try_each(self, endpoints: Sequence[KuboRpc], call: Callable[[KuboRpc], _T]) -> _T:
        """The first successful result of *call*; rounds are repeated while an endpoint may come back."""
        failures: list[StoreError] = []
        for attempt in range(self._attempts):
            if attempt:
                time.sleep(_FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311
            failures = []
            for endpoint in endpoints:
                try:
                    self._reach(endpoint)
                    return call(endpoint)
                except StoreError as failure:
                    failures.append(failure)
            may_help = any(isinstance(failure, StoreUnavailable) for failure in failures)
            if not may_help or self._lost + _REACH_SECONDS * len(endpoints) > _UNREACHABLE_SECONDS:
                break
        raise min(failures, key=_severity)

    def _reach(self, endpoint: KuboRpc) -> None:
        """Check that a node answers, allowing less time the longer no node has answered."""
        left = _UNREACHABLE_SECONDS - self._lost
        start = time.monotonic()
        try:
            endpoint.reach(max(0.5, min(_REACH_SECONDS, left)))
            self._lost = 0.0
        except StoreUnavailable:
            self._lost += time.monotonic() - start
            raise


def _severity(failure: StoreError) -> int:
    return next((rank for rank, kind in enumerate(_SEVERITY) if isinstance(failure, kind)), len(_SEVERITY))


def _verified_block(endpoint: KuboRpc, cid: Cid, limit: int) -> bytes:
    block = endpoint.read("block/get", arg=str(cid), max_bytes=limit)
    if not cid.matches(block):
        raise ArtifactCorrupt(f"The IPFS node at {endpoint.url} served bytes that are not {cid}.")
    return block


def _put_block(endpoint: KuboRpc, data: bytes) -> Cid:
    answer = endpoint.upload("block/put", [data], **{"cid-codec": "raw", "mhtype": "sha2-256", "pin": "true"})
    stored = _cid_in(answer, "Key")
    if stored != cid_of_block(hashlib.sha256(data).digest()):
        raise ArtifactCorrupt(f"The IPFS node at {endpoint.url} stored a block as {stored}, not its CID.")
    return stored


def _unpin(endpoint: KuboRpc, cid: Cid) -> None:
    try:
        endpoint.answer("pin/rm", arg=str(cid), recursive="true")
    except ArtifactNotFound:
        return  # it was not pinned


def _cid_in(answer: dict[str, Any], key: str) -> Cid:
    try:
        return Cid.parse(str(answer.get(key)))
    except InvalidCid as error:
        raise ArtifactCorrupt("The IPFS node did not name what it stored by a CIDv1 in base32.") from error


def _hashed(chunks: Iterable[bytes], hasher: UnixfsHasher) -> Iterator[bytes]:
    for chunk in chunks:
        hasher.update(chunk)
        yield chunk

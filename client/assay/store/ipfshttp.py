"""A store over an `ipfshttpclient` client that a program already uses.

The package is widespread but no longer maintained; if you have no such client, use
:class:`~assay.store.KuboStore`.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, TypeVar

from assay.errors import StoreError, StoreRefused, StoreUnavailable
from assay.store.blocks import BlockStore, not_found
from assay.store.cid import RAW, Cid
from assay.words.printable import printable, reason_of

_T = TypeVar("_T")
# what Kubo says about a block or pin that it does not have
_NOT_FOUND = ("could not find", "not found", "not pinned")


class IpfsHttpBlocks:
    """Blocks on the node of *client*, an ``ipfshttpclient.Client``, which the caller has to close."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.place = "The IPFS node of ipfshttpclient"

    def read(self, cid: Cid, limit: int) -> bytes:
        """The block; `ipfshttpclient` has no size limit, but nodes refuse blocks above 2 MiB."""
        return bytes(self._asked(cid, lambda: self._client.block.get(str(cid))))

    def write(self, cid: Cid, block: bytes) -> None:
        """Store a block; raises StoreRefused if the node gives it a different CID."""
        options = {"cid-codec": "raw" if cid.codec == RAW else "dag-pb", "mhtype": "sha2-256"}
        answer = self._asked(cid, lambda: self._client.block.put(io.BytesIO(block), opts=options))
        if str(answer["Key"]) != str(cid):
            raise StoreRefused(f"{self.place} stored {cid} as {printable(str(answer['Key']))[:80]}.")

    def pin(self, cid: Cid) -> None:
        """Have the node keep it."""
        self._asked(cid, lambda: self._client.pin.add(str(cid)))

    def unpin(self, cid: Cid) -> None:
        """Have the node forget it."""
        if self.is_pinned(cid):
            self._asked(cid, lambda: self._client.pin.rm(str(cid)))

    def is_pinned(self, cid: Cid) -> bool:
        """Whether the node keeps it."""
        return str(cid) in self._asked(cid, lambda: self._client.pin.ls(type="recursive"))["Keys"]

    def close(self) -> None:
        """Do nothing: the client stays open."""

    def _asked(self, cid: Cid, ask: Callable[[], _T]) -> _T:
        from ipfshttpclient.exceptions import CommunicationError, Error, ErrorResponse

        try:
            return ask()
        except ErrorResponse as error:
            if any(sign in str(error) for sign in _NOT_FOUND):
                raise not_found(cid, self.place) from error
            raise self._failed(StoreRefused, error) from error
        except CommunicationError as error:
            raise self._failed(StoreUnavailable, error) from error
        except Error as error:
            raise self._failed(StoreRefused, error) from error

    def _failed(self, kind: type[StoreError], error: Exception) -> StoreError:
        return kind(f"{self.place} cannot be used: {reason_of(error)}.")


class IpfsHttpStore(BlockStore):
    """An :class:`~assay.store.ArtifactStore` over *client*, an ``ipfshttpclient.Client``."""

    def __init__(self, client: Any) -> None:
        super().__init__(IpfsHttpBlocks(client))

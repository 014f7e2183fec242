"""Reading blocks from trustless gateways over plain HTTP.

Source: https://specs.ipfs.tech/http-gateways/trustless-gateway/.
"""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from assay.errors import ArtifactNotFound, ArtifactTooLarge, StoreError, StoreRefused, StoreUnavailable
from assay.store.blocks import BlockStore, not_found
from assay.store.cid import Cid
from assay.store.transport import Deadline, DeadlineTransport, current_deadline
from assay.words.printable import reason_of

_RAW = "application/vnd.ipld.raw"
_ABSENT = (404, 410, 504)  # 504: the gateway's own search took too long
_MAX_REDIRECTS = 3  # some gateways serve each CID under its own host name


class GatewayBlocks:
    """Blocks from the first of the gateways *urls* (``https://host`` or ``https://host/path``) to have them.

    Raises:
        StoreError: *urls* is empty, or one is not an http(s) URL.
    """

    def __init__(self, urls: Sequence[str], *, timeout: float = 30.0) -> None:
        self._urls = [_checked(url) for url in urls]
        if not self._urls:
            raise StoreError("A store needs at least one gateway.", hint="Example: https://ipfs.io")
        self._timeout = timeout
        self.place = "The gateway" if len(urls) == 1 else "A gateway"
        self._clients = [
            httpx.Client(
                transport=DeadlineTransport(httpx.URL(url)),
                trust_env=False,  # no .netrc
                timeout=timeout,
                follow_redirects=True,
                max_redirects=_MAX_REDIRECTS,
                headers={"Accept": _RAW, "Accept-Encoding": "identity"},
            )
            for url in self._urls
        ]

    def read(self, cid: Cid, limit: int) -> bytes:
        """The block from the first gateway that serves one within the size limit."""
        failures: list[StoreError] = []
        for url, client in zip(self._urls, self._clients, strict=True):
            try:
                return self._from(client, url, cid, limit)
            except StoreError as failure:
                failures.append(failure)
        raise next((one for one in failures if not isinstance(one, ArtifactNotFound)), failures[0])

    def write(self, cid: Cid, block: bytes) -> None:
        """Refuse: gateways are read-only."""
        raise self._read_only()

    def pin(self, cid: Cid) -> None:
        """Refuse: gateways are read-only."""
        raise self._read_only()

    def unpin(self, cid: Cid) -> None:
        """Do nothing: gateways keep what they like."""

    def is_pinned(self, cid: Cid) -> bool:
        """Always false."""
        return False

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    def _from(self, client: httpx.Client, url: str, cid: Cid, limit: int) -> bytes:
        token = current_deadline.set(Deadline(self._timeout))
        try:
            with client.stream("GET", f"{url}/ipfs/{cid}", params={"format": "raw"}) as response:
                if response.status_code in _ABSENT:
                    raise not_found(cid, f"The gateway {url}")
                if response.status_code != 200:
                    kind = StoreUnavailable if response.status_code in (429, 502, 503) else StoreRefused
                    raise kind(f"The gateway {url} answered with {response.status_code} for {cid}.")
                return _limited(response, limit)
        except httpx.HTTPError as error:
            raise StoreUnavailable(f"The gateway {url} cannot be used: {reason_of(error)}.") from error
        finally:
            current_deadline.reset(token)

    def _read_only(self) -> StoreRefused:
        return StoreRefused(
            "A gateway only reads; nothing can be stored there.",
            hint="Name an IPFS node or a folder to store in.",
        )


class GatewayStore(BlockStore):
    """An :class:`~assay.store.ArtifactStore` that reads from trustless gateways and refuses to write.

    Args:
        urls: URLs of one or more gateways, in order of preference.
        timeout: seconds for one block from one gateway.
    """

    def __init__(self, urls: str | Sequence[str], *, timeout: float = 30.0) -> None:
        super().__init__(GatewayBlocks([urls] if isinstance(urls, str) else urls, timeout=timeout))


def _checked(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise StoreError("A gateway is not a URL.", hint="Example: https://ipfs.io") from error
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.query or parsed.userinfo:
        raise StoreError("A gateway is http(s)://host, with a path at most.", hint="Example: https://ipfs.io")
    return url.rstrip("/").removesuffix("/ipfs")


def _limited(response: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    for piece in response.iter_raw():
        body += piece
        if len(body) > limit:
            raise ArtifactTooLarge(f"The gateway {response.url.host} sent more than {limit:,} bytes.")
    return bytes(body)

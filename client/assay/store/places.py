"""Opens a store by the name of its place, as given in ``ASSAY_IPFS`` or ``--ipfs``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from assay.errors import StoreError
from assay.store.blocks import BlockStore
from assay.store.folder import FolderStore
from assay.store.gateway import GatewayStore
from assay.store.kubo import KuboStore
from assay.store.s3 import S3Store

_GATEWAY = "gateway+"


def store_at(places: str | Sequence[str]) -> KuboStore | BlockStore:
    """The store at one place, or at several nodes or gateways, which are tried in turn.

    Args:
        places: ``http(s)://host:port`` of an IPFS node, ``gateway+https://host`` of a trustless gateway,
            ``file:///folder``, or ``s3://bucket/prefix``.

    Raises:
        StoreError: there is no such place, or the places are of different kinds.
    """
    urls = [places] if isinstance(places, str) else list(places)
    kinds = {urlsplit(url).scheme.partition("+")[0] for url in urls}
    if kinds <= {"http", "https"}:
        return KuboStore(urls)
    if kinds == {"gateway"}:
        return GatewayStore([url.removeprefix(_GATEWAY) for url in urls])
    if len(urls) == 1 and kinds == {"file"}:
        return FolderStore(_folder(urls[0]))
    if len(urls) == 1 and kinds == {"s3"}:
        return _bucket(urls[0])
    raise StoreError(
        "Storage is one or more IPFS nodes, one or more gateways, one folder, or one bucket.",
        hint="Examples: http://127.0.0.1:5001, gateway+https://ipfs.io, file:///srv/assay, s3://bucket/assay/",
    )


def _folder(url: str) -> Path:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise StoreError("A folder of another machine cannot be used.", hint="Example: file:///srv/assay")
    return Path(unquote(parts.path))


def _bucket(url: str) -> S3Store:
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.query:
        raise StoreError("A bucket has a name and at most a prefix.", hint="Example: s3://bucket/assay/")
    return S3Store(parts.netloc, parts.path.lstrip("/"))

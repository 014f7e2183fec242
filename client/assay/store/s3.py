"""Blocks as objects in an S3-compatible bucket: Amazon, MinIO, Garage, Ceph, R2."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore, local
from typing import Any

from assay.errors import StoreError, StoreRefused, StoreUnavailable
from assay.store.blocks import BlockStore, not_found
from assay.store.cid import Cid

_AT_ONCE = 16  # concurrent uploads, because each takes at least a network round trip
_ABSENT = ("NoSuchKey", "404", "NotFound")
_REFUSED = ("AccessDenied", "403", "NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch")


class S3Blocks:
    """Blocks in *bucket* under ``<prefix>blocks/``, and an empty object under ``<prefix>pins/`` for each pin.

    Credentials, region and endpoint come from boto3: its configuration files, its environment variables or
    the machine's role. None of them is stored here.

    Raises:
        StoreError: boto3 is missing, or its configuration is unusable.
    """

    def __init__(self, bucket: str, prefix: str = "") -> None:
        try:
            import boto3
            import botocore.exceptions as exceptions
        except ImportError as error:
            raise StoreError("A bucket needs boto3.", hint="Install it: pip install 'assay[s3]'.") from error
        self._errors = (exceptions.BotoCoreError, exceptions.ClientError)
        self._bucket, self._prefix = bucket, prefix
        self.place = f"The bucket {bucket}"
        try:
            self._client: Any = boto3.client("s3")
        except self._errors as error:
            raise self._failed(error) from error
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="s3")
        self._slots = BoundedSemaphore(2 * _AT_ONCE)
        self._own = local()  # what each thread has begun to upload; its own pin waits for it

    def read(self, cid: Cid, limit: int) -> bytes:
        """The object's bytes."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key("blocks", cid))
            with answer["Body"] as body:
                return bytes(body.read(limit + 1))
        except self._errors as error:
            raise self._failed(error, cid) from error

    def write(self, cid: Cid, block: bytes) -> None:
        """Begin to upload a block; :meth:`pin` makes sure that it has arrived."""
        self._slots.acquire()
        self._under_way().append(self._pool.submit(self._upload, cid, block))

    def pin(self, cid: Cid) -> None:
        """Record the pin, once everything that this thread has written so far has arrived."""
        waiting = self._under_way()
        while waiting:
            waiting.pop().result()
        self._put(self._key("pins", cid), b"")

    def unpin(self, cid: Cid) -> None:
        """Remove the pin; the blocks stay until the bucket's own rules expire them."""
        try:
            self._client.delete_object(Bucket=self._bucket, Key=self._key("pins", cid))
        except self._errors as error:
            raise self._failed(error, cid) from error

    def is_pinned(self, cid: Cid) -> bool:
        """Whether the pin exists."""
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._key("pins", cid))
        except self._errors as error:
            if _code(error) in _ABSENT:
                return False
            raise self._failed(error, cid) from error
        return True

    def close(self) -> None:
        """Wait for uploads and close the connections."""
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def _under_way(self) -> list[Future[None]]:
        if not hasattr(self._own, "uploads"):
            self._own.uploads = []
        uploads: list[Future[None]] = self._own.uploads
        return uploads

    def _upload(self, cid: Cid, block: bytes) -> None:
        try:
            self._put(self._key("blocks", cid), block)
        finally:
            self._slots.release()

    def _put(self, key: str, data: bytes) -> None:
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=data)
        except self._errors as error:
            raise self._failed(error) from error

    def _key(self, kind: str, cid: Cid) -> str:
        return f"{self._prefix}{kind}/{cid}"

    def _failed(self, error: Exception, cid: Cid | None = None) -> StoreError:
        code = _code(error)
        if cid and code in _ABSENT:
            return not_found(cid, self.place)
        kind = StoreRefused if code in _REFUSED else StoreUnavailable
        return kind(f"{self.place} cannot be used: {code or type(error).__name__}.")


class S3Store(BlockStore):
    """An :class:`~assay.store.ArtifactStore` in *bucket*, with keys that begin with *prefix*."""

    def __init__(self, bucket: str, prefix: str = "") -> None:
        super().__init__(S3Blocks(bucket, prefix))


def _code(error: Exception) -> str:
    """What S3 calls the error, such as ``NoSuchKey``; empty if it never answered."""
    response = getattr(error, "response", None)
    return str(response["Error"].get("Code", "")) if isinstance(response, dict) else ""

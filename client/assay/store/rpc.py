"""One endpoint of the Kubo RPC: requests, limits, errors (https://docs.ipfs.tech/reference/kubo/rpc/)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from assay.errors import ArtifactNotFound, ArtifactTooLarge, StoreError, StoreRefused, StoreUnavailable
from assay.store.cid import CHUNK_BYTES
from assay.store.transport import Deadline, DeadlineTransport, by_proxy, current_deadline
from assay.words.printable import printable, reason_of

_MAX_ANSWER_BYTES = 64 * 1024
_MAX_TOKEN_BYTES = 8 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# what Kubo says about a block or pin it does not have; a deadline means it was still asking its peers
_NOT_FOUND = ("could not find", "not found", "not pinned", "context deadline exceeded")


class KuboRpc:
    """Calls to one node; *token_file* holds its bearer token, if any, or a whole ``Basic ...`` value."""

    def __init__(self, url: str, *, token_file: Path | None = None, timeout: float) -> None:
        self._timeout, self._reached = timeout, False
        self.url = _checked_url(url, guarded=token_file is not None)
        self._http = httpx.Client(
            base_url=self.url.join("/api/v0/"),
            transport=DeadlineTransport(self.url),
            trust_env=False,  # no .netrc
            timeout=timeout,
            # bytes as stored, without compression that could expand beyond the limit
            headers={"Accept-Encoding": "identity"} | _authorization(token_file),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def reach(self, seconds: float) -> None:
        """Check that the node answers at all, unless it has answered before.

        Raises:
            StoreUnavailable: it does not answer within *seconds*.
        """
        if self._reached:
            return
        token = current_deadline.set(Deadline(seconds))
        try:
            with self._http.stream("POST", "version"):
                self._reached = True  # whatever the answer is
        except httpx.TimeoutException as error:
            raise StoreUnavailable(
                f"The IPFS node at {self.url} did not finish an answer in {seconds:.0f} s.",
                hint="Is it running?",
            ) from error
        except httpx.TransportError as error:
            raise self._unusable(error) from error
        finally:
            current_deadline.reset(token)

    def read(self, command: str, *, max_bytes: int, timeout: float | None = None, **params: str) -> bytes:
        """The whole answer to *command*, within *timeout* seconds and *max_bytes*.

        Raises:
            StoreUnavailable: the answer is missing, broken or late.
            StoreRefused: the node declines.
            ArtifactNotFound: neither the node nor its peers have what is requested.
            ArtifactTooLarge: the answer is longer than *max_bytes*.
        """
        seconds = timeout or self._timeout
        # the node gives up first, so that "nobody has it" can be distinguished from "the node is gone"
        params["timeout"] = f"{max(1, int(seconds * 800))}ms"
        return self._request(command, params, deadline=Deadline(seconds), max_bytes=max_bytes)

    def answer(self, command: str, *, timeout: float | None = None, **params: str) -> dict[str, Any]:
        """Like :meth:`read`, for a command that answers in JSON."""
        return _last_object(self.read(command, max_bytes=_MAX_ANSWER_BYTES, timeout=timeout, **params))

    def upload(self, command: str, chunks: Iterable[bytes], **params: str) -> dict[str, Any]:
        """Send *chunks* as one file; the time limit restarts with every chunk that the node accepts."""
        deadline = Deadline(self._timeout)
        boundary = secrets.token_hex(16)
        body = self._request(
            command,
            params,
            deadline=deadline,
            max_bytes=_MAX_ANSWER_BYTES,
            content=_multipart(chunks, boundary, deadline),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
        return _last_object(body)

    def stream(self, command: str, **params: str) -> Generator[bytes]:
        """The answer to *command* as it arrives; the time limit restarts with every block's worth of it.

        Raises:
            StoreError: as for :meth:`read`, possibly after some bytes.
        """
        deadline, received = Deadline(self._timeout), 0
        with ExitStack() as stack:
            with self._within(deadline, command):
                response = stack.enter_context(self._http.stream("POST", command, params=params))
                if response.status_code != 200:
                    raise self._refusal(command, response)
            pieces = response.iter_raw()
            while True:
                # set only while waiting for data, because the consumer of the pieces has its own limits
                with self._within(deadline, command):
                    piece = next(pieces, None)
                if piece is None:
                    return
                if received // CHUNK_BYTES < (received := received + len(piece)) // CHUNK_BYTES:
                    deadline.renew()
                yield piece

    def _request(
        self, command: str, params: dict[str, str], *, deadline: Deadline, max_bytes: int, **options: Any
    ) -> bytes:
        with (
            self._within(deadline, command),
            self._http.stream("POST", command, params=params, **options) as response,
        ):
            if response.status_code != 200:
                raise self._refusal(command, response)
            return _limited(response, max_bytes)

    @contextmanager
    def _within(self, deadline: Deadline, command: str) -> Iterator[None]:
        """Turn whatever a connection raises in the block into our own errors."""
        token = current_deadline.set(deadline)
        try:
            yield
        except httpx.TimeoutException as error:
            raise StoreUnavailable(f"The IPFS node at {self.url} did not finish {command}.") from error
        except httpx.TransportError as error:
            raise self._unusable(error) from error
        finally:
            current_deadline.reset(token)

    def _unusable(self, error: httpx.TransportError) -> StoreUnavailable:
        where = f"The IPFS node at {self.url}{by_proxy(httpx.URL(self.url))}"
        return StoreUnavailable(f"{where} cannot be used: {reason_of(error)}.", hint="Is it running?")

    def _refusal(self, command: str, response: httpx.Response) -> StoreError:
        status = response.status_code
        try:
            message = str(_last_object(_limited(response, _MAX_ANSWER_BYTES)).get("Message", ""))
        except StoreError:
            message = ""
        said = (
            f"The IPFS node at {self.url} answered {command} with {status} {printable(message)[:200]}".strip()
        )
        if status in (429, 502, 503, 504):
            return StoreUnavailable(said)
        if status in (401, 403):
            return StoreRefused(said, hint="Check the token file for this endpoint.")
        if status == 500 and any(sign in message for sign in _NOT_FOUND):
            return ArtifactNotFound(said)
        return StoreRefused(said)


def _checked_url(url: str, *, guarded: bool) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise StoreError("An IPFS endpoint is not a URL.", hint="Example: http://127.0.0.1:5001") from error
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.path not in ("", "/"):
        raise StoreError("An IPFS endpoint is http(s)://host:port.", hint="Example: http://127.0.0.1:5001")
    if parsed.userinfo or parsed.query:
        raise StoreError("An IPFS endpoint carries a secret in its URL.", hint="Put it into a token file.")
    if guarded and parsed.scheme == "http" and parsed.host not in _LOOPBACK:
        raise StoreError(f"A token would travel to {parsed.host} in the clear.", hint="Use https.")
    return parsed


def _authorization(token_file: Path | None) -> dict[str, str]:
    if token_file is None:
        return {}
    try:
        with token_file.open("rb") as file:
            token = file.read(_MAX_TOKEN_BYTES).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"The token file {token_file} cannot be read.") from error
    if not token or not token.isprintable():
        raise StoreError(f"The token file {token_file} does not hold one line of text.")
    return {"Authorization": token if " " in token else f"Bearer {token}"}


def _multipart(chunks: Iterable[bytes], boundary: str, deadline: Deadline) -> Iterator[bytes]:
    yield (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename=""\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    for chunk in chunks:
        deadline.renew()
        yield chunk
    deadline.renew()
    yield f"\r\n--{boundary}--\r\n".encode()


def _limited(response: httpx.Response, max_bytes: int) -> bytes:
    body = bytearray()
    for piece in response.iter_raw():
        body += piece
        if len(body) > max_bytes:
            raise ArtifactTooLarge(f"The IPFS node at {response.url.host} sent more than {max_bytes} bytes.")
    return bytes(body)


def _last_object(body: bytes) -> dict[str, Any]:
    lines = body.strip().splitlines()
    try:
        value = json.loads(lines[-1])
    except (IndexError, ValueError, RecursionError) as error:
        raise StoreUnavailable("The IPFS node broke off or did not answer in JSON.") from error
    if not isinstance(value, dict):
        raise StoreUnavailable("The IPFS node's answer is not a JSON object.")
    return value

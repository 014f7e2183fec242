"""Signing through a Web3Signer, which keeps the key in a file, a vault or a hardware module.

Its eth1 interface hashes what it receives with Keccak-256 and signs the hash
(https://docs.web3signer.consensys.io), so it is sent the encoding of a transaction or of
typed data. Its answers are untrusted input, bounded in size and time, and a signature is used only after it
has been verified as the account's signature over the request.

The secrets of a :class:`~assay.wallet.keystore.Wallet` are derived from signatures. Anyone who intercepts an
answer could derive them too, so a signer is contacted only over TLS or on this machine. No secret can be
derived from a signer whose signatures vary (most cloud key services): such a wallet needs a backup.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any

import httpx
import rlp
from eth_account.messages import SignableMessage, encode_typed_data
from eth_keys.datatypes import PublicKey, Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError
from rlp.exceptions import RLPException

from assay.errors import WalletError
from assay.store.transport import Deadline, DeadlineTransport, current_deadline
from assay.wallet.eip712 import TypedData
from assay.wallet.secp256k1 import N
from assay.words.printable import reason_of

_KEYS, _SIGN = "/api/v1/eth1/publicKeys", "/api/v1/eth1/sign/"
_MAX_ANSWER_BYTES = 1024 * 1024
_MAX_ADDRESSES = 5
_PUBLIC_KEY = re.compile(r"0x[0-9a-fA-F]{128}")
_SIGNATURE = re.compile(r"0x[0-9a-fA-F]{130}")
_FIELDS = ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "data")
_TO = _FIELDS.index("to")
_HALF_ORDER = N // 2  # a signature with a greater s is an alternative form that the chain refuses (EIP-2)


class Web3Signer:
    """One account whose key a Web3Signer holds; a :class:`~assay.wallet.signer.Signer`.

    Args:
        url: of the signer, such as ``http://127.0.0.1:9000``.
        address: the account; may be omitted if the signer has only one key.
        timeout: seconds for one answer; a signer may ask a person first.

    Raises:
        WalletError: the URL is unsuitable for requesting signatures, nothing answers there, or it lacks the
        key.
    """

    def __init__(self, url: str, address: str | None = None, *, timeout: float = 20.0) -> None:
        self._url = _checked(url)
        self._timeout = timeout
        self._http = httpx.Client(
            transport=DeadlineTransport(httpx.URL(self._url)),
            trust_env=False,
            timeout=timeout,
            base_url=self._url,
        )
        self._key, self.address = self._chosen(address)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """Sign a complete EIP-1559 transaction; returns the raw bytes to send."""
        try:
            if transaction.get("accessList") or "gasPrice" in transaction:
                raise ValueError("it is not of EIP-1559, or has an access list")
            fields: list[Any] = [_encodable(transaction[name]) for name in _FIELDS] + [[]]
            if len(fields[_TO]) != 20:
                raise ValueError("it names no recipient")
            unsigned = b"\x02" + bytes(rlp.encode(fields))
        except (KeyError, TypeError, ValueError, OverflowError, RLPException) as error:
            raise WalletError(f"The transaction cannot be signed: {error}") from error
        signature = self._sign(unsigned)
        signed = [signature.v, signature.r, signature.s]
        return b"\x02" + bytes(rlp.encode(fields + [_encodable(number) for number in signed]))

    def sign_typed_data(self, typed_data: TypedData) -> bytes:
        """Sign a message built by :mod:`assay.wallet.eip712`; returns 65 bytes r, s, v."""
        message: SignableMessage = encode_typed_data(full_message=typed_data)
        signature = self._sign(b"\x19" + message.version + message.header + message.body)
        raw: bytes = signature.to_bytes()
        return raw[:64] + bytes([27 + raw[64]])

    def _chosen(self, address: str | None) -> tuple[PublicKey, str]:
        keys = {key.to_checksum_address(): key for key in self._keys()}
        if address is None and len(keys) == 1:
            address = next(iter(keys))
        for known, key in keys.items():
            if address is not None and known.lower() == address.lower():
                return key, known
        has = ", ".join(list(keys)[:_MAX_ADDRESSES]) or "no account"
        wanted = f"not {address[:50]}" if address else "so say which account is yours"
        raise WalletError(f"The signer at {self._url.host} signs for {has}, {wanted}.")

    def _keys(self) -> list[PublicKey]:
        try:
            listed = json.loads(self._ask("GET", _KEYS))
            if not all(_PUBLIC_KEY.fullmatch(key) for key in listed):
                raise ValueError
            return [PublicKey(bytes.fromhex(key[2:])) for key in listed]
        except (TypeError, ValueError, RecursionError, ValidationError):
            raise WalletError(f"What answers at {self._url.host} is not a Web3Signer.") from None

    def _sign(self, preimage: bytes) -> Signature:
        """The account's signature over the Keccak-256 of *preimage*, checked."""
        body = json.dumps({"data": "0x" + preimage.hex()}).encode()
        text = self._ask("POST", _SIGN + self._key.to_hex(), body).decode("ascii", "replace").strip()
        try:
            if not _SIGNATURE.fullmatch(text):
                raise ValueError
            raw = bytes.fromhex(text[2:])
            signature = Signature(raw[:64] + bytes([raw[64] - 27 if raw[64] >= 27 else raw[64]]))
            signer = signature.recover_public_key_from_msg_hash(keccak(preimage))
            if signer != self._key or signature.s > _HALF_ORDER:
                raise ValueError
        except (ValueError, BadSignature, ValidationError):
            raise WalletError(
                f"The signer at {self._url.host} answered with what is not {self.address}'s signature."
            ) from None
        return signature

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        token = current_deadline.set(Deadline(self._timeout))
        try:
            headers = {"Content-Type": "application/json"} if body else {}
            with self._http.stream(method, path, content=body, headers=headers) as response:
                if response.status_code != 200:
                    raise WalletError(f"The signer at {self._url.host} refuses: HTTP {response.status_code}.")
                raw = bytearray()
                for piece in response.iter_raw():
                    raw += piece
                    if len(raw) > _MAX_ANSWER_BYTES:
                        raise WalletError(f"The answer of the signer at {self._url.host} is too large.")
                return bytes(raw)
        except httpx.HTTPError as error:
            raise WalletError(
                f"The signer at {self._url.host} does not answer ({reason_of(error)}).",
                hint="Nothing was signed.",
            ) from None
        finally:
            current_deadline.reset(token)

    def __repr__(self) -> str:
        return f"Web3Signer({self.address})"


def _encodable(value: Any) -> bytes:
    """An integer or bytes in the form that RLP takes."""
    if isinstance(value, int):
        return value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)


def _checked(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise WalletError("A signer is named by an http(s) URL.", hint="Example: http://127.0.0.1:9000")
    if parsed.scheme == "http" and not _is_local(parsed.host):
        raise WalletError(
            f"Signatures from {parsed.host} would travel in the clear, and secrets are derived from them.",
            hint="Put TLS in front of the signer, and name it by https.",
        )
    return parsed


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""The prices of sealed bids, each in an encrypted file that is written before the bid is sent.

A file is named after the bid's seal, which covers chain, contract, auction, bidder, price and salt, so that
the seal on the chain leads to the file and bids are never mixed up. Nothing is ever changed or removed, so a
stored price survives whatever happens to the transaction and the process.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assay.errors import WalletError
from assay.store.private_file import private_folder, read_private, write_private
from assay.store.version import newer_version

FILE_NAME = re.compile(r"[0-9a-f]{64}\.json", re.ASCII)
MAX_BYTES = 1024
_VERSION = 1
_PRICE_BYTES = 12  # of a uint96, whatever the price, so that the length reveals nothing
_NONCE_BYTES = 12


class _File(BaseModel):
    """What a file holds; a later version gets its own model, and this one stays for reading old files."""

    model_config = ConfigDict(extra="forbid")

    version: Literal[1]
    nonce: str = Field(pattern=r"^[0-9a-f]{24}$")
    price: str = Field(pattern=r"^[0-9a-f]{56}$")
    """AES-256-GCM of the price's 12 bytes, with the tag."""


def bids_folder(keystore: Path) -> Path:
    """Where the prices of an account's bids are stored: beside its keystore."""
    return keystore.with_name(f"{keystore.name}.bids")


class BidPrices:
    """The prices of one account's bids.

    Args:
        folder: created, for this user only, when the first price is stored.
        secret: the account's secret, from which each bid's key is derived.
    """

    def __init__(self, folder: Path, secret: bytes) -> None:
        self._folder, self._secret = folder, secret

    def store(self, seal: bytes, price: int) -> None:
        """Store the price (base units) of the bid with this seal; durable when this returns.

        Raises:
            WalletError: it cannot be written.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher(seal).encrypt(nonce, price.to_bytes(_PRICE_BYTES, "big"), None)
        content = _File(version=1, nonce=nonce.hex(), price=sealed.hex()).model_dump_json()
        try:
            private_folder(self._folder)
            with write_private(self._path(seal), replace=True) as file:
                file.write(content.encode())
        except OSError as error:
            raise WalletError(
                f"The bid's price cannot be stored in {self._folder}: {error.strerror or error}.",
                hint="Nothing was sent. Put the keystore into a folder that you can write to.",
            ) from error

    def get(self, seal: bytes) -> int | None:
        """The price (base units) of the bid with this seal, or None if it was not stored here.

        Raises:
            WalletError: its file cannot be read, is damaged, or belongs to another wallet.
        """
        path = self._path(seal)
        try:
            content = read_private(path, max_bytes=MAX_BYTES)
            if (version := newer_version(content, _VERSION)) is not None:
                raise WalletError(
                    f"A newer Assay stored the bid's price in {path} (version {version}).",
                    hint="Update Assay.",
                )
            found = _File.model_validate_json(content)
            raw = self._cipher(seal).decrypt(bytes.fromhex(found.nonce), bytes.fromhex(found.price), None)
        except FileNotFoundError:
            return None
        except InvalidTag:
            raise WalletError(
                f"The bid's price in {path} was damaged, or stored by another wallet."
            ) from None
        except (OSError, ValueError) as error:
            said = "it was damaged" if isinstance(error, ValidationError) else str(error)
            raise WalletError(f"The bid's price in {path} cannot be read: {said}.") from error
        return int.from_bytes(raw, "big")

    def _path(self, seal: bytes) -> Path:
        return self._folder / f"{seal.hex()}.json"

    def _cipher(self, seal: bytes) -> AESGCM:
        info = b"assay bid price v1 " + seal
        return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._secret))

"""A backup of an account in one encrypted file: its keystore, its bids' prices, and where its market is.

The keystore's own passphrase opens it, so there is nothing new to remember. Anyone who has both the file and
the passphrase has the account.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from assay.errors import WalletError
from assay.store.private_file import private_folder, read_private, sync_folder, write_private
from assay.store.version import newer_version
from assay.wallet.bid_prices import FILE_NAME, MAX_BYTES, bids_folder
from assay.wallet.keystore import Prompt, Wallet, read_passphrase

_VERSION = 1
KEYSTORE, DEPLOYMENT = "keystore.json", "deployment.json"
_WORK = 2**18  # scrypt's N: about a second and 256 MiB per guess
_MAX_WORK = 2**20
_MAX_FILE_BYTES = 64 * 1024 * 1024
_MAX_PART_BYTES = 64 * 1024

Hex = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2})+$", max_length=64)]


class _Contents(BaseModel):
    """What a backup holds."""

    model_config = ConfigDict(extra="forbid")

    keystore: str
    bids: dict[Annotated[str, StringConstraints(pattern=rf"^{FILE_NAME.pattern}$")], str]
    """The files of :mod:`assay.wallet.bid_prices`, by name."""
    deployment: str
    """The deployment file; empty if there was none."""
    environment: dict[str, str]
    """The environment variables by which commands find the market, besides those for the files."""


class _File(BaseModel):
    """The file itself; a later version gets its own model, and this one stays for reading old files."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["assay backup"]
    version: Literal[1]
    work: Annotated[int, Field(ge=2, le=_MAX_WORK)]
    """scrypt's N; r is 8 and p is 1."""
    salt: Hex
    nonce: Hex
    content: str
    """AES-256-GCM, base64."""
    sha256: Hex
    """Digest of all other fields, to distinguish damage from a wrong passphrase."""

    def digest(self) -> str:
        """The value that ``sha256`` must have."""
        others = self.model_dump(exclude={"sha256"})
        return hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()

    def cipher(self, passphrase: str) -> AESGCM:
        """The cipher for the content."""
        kdf = Scrypt(salt=bytes.fromhex(self.salt), length=32, n=self.work, r=8, p=1)
        return AESGCM(kdf.derive(passphrase.encode()))


@dataclass(frozen=True)
class Restored:
    """What was restored from a backup.

    Attributes:
        address: the keystore's account.
        keystore: the keystore file.
        bids: how many bid prices were restored.
        deployment: the deployment file; None if the backup has none.
        environment: further environment variables by which commands find the market.
    """

    address: str
    keystore: Path
    bids: int
    deployment: Path | None
    environment: Mapping[str, str]


def back_up(
    path: Path,
    keystore: Path,
    *,
    deployment: Path | None = None,
    environment: Mapping[str, str] | None = None,
    prompt: Prompt | None = None,
    work_factor: int = _WORK,
) -> int:
    """Write a backup of the keystore and the prices of its bids to *path*; returns the number of prices.

    Args:
        path: the backup file, which must not exist yet.
        deployment: the market's deployment file, to be backed up too if it exists.
        environment: further environment variables that say where the market is.
        prompt: asks for the keystore's passphrase, as for :meth:`Wallet.open`.
        work_factor: scrypt's N.

    Raises:
        WalletError: the keystore does not open, a file cannot be read, or *path* exists or cannot be written.
    """
    passphrase = read_passphrase(prompt)
    Wallet.open(keystore, prompt=lambda: passphrase)
    contents = _Contents(
        keystore=_text(keystore),
        bids=_bids(bids_folder(keystore)),
        deployment=_public(deployment) if deployment and deployment.exists() else "",
        environment=dict(environment or {}),
    )
    try:
        with write_private(path, replace=False) as file:
            file.write(_sealed(contents, passphrase, work_factor))
    except FileExistsError:
        raise WalletError(f"{path} exists; a backup is never overwritten.") from None
    except OSError as error:
        raise WalletError(f"Cannot write the backup {path}: {error.strerror or error}.") from error
    return len(contents.bids)


def restore(path: Path, folder: Path, *, prompt: Prompt | None = None) -> Restored:
    """Create *folder* with everything in the backup *path*, or nothing at all.

    Raises:
        WalletError: *folder* exists or cannot be written, or the backup cannot be read, is damaged, or does
            not open with this passphrase.
    """
    if os.path.lexists(folder):
        raise WalletError(f"{folder} exists; nothing is ever overwritten.", hint="Name another folder.")
    file = _read(path)
    passphrase = read_passphrase(prompt)
    contents = _opened(file, passphrase, path)
    parent = folder.absolute().parent
    try:
        private_folder(parent)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=parent))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        _write(made, contents)
        address = Wallet.open(made / KEYSTORE, prompt=lambda: passphrase).address
        made.rename(folder)
        sync_folder(parent)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Restored(
        address=address,
        keystore=folder / KEYSTORE,
        bids=len(contents.bids),
        deployment=folder / DEPLOYMENT if contents.deployment else None,
        environment=contents.environment,
    )


def _sealed(contents: _Contents, passphrase: str, work: int) -> bytes:
    salt, nonce = secrets.token_bytes(32), secrets.token_bytes(12)
    file = _File(
        kind="assay backup", version=1, work=work, salt=salt.hex(), nonce=nonce.hex(), content="", sha256="00"
    )
    sealed = file.cipher(passphrase).encrypt(nonce, contents.model_dump_json().encode(), None)
    file = file.model_copy(update={"content": base64.b64encode(sealed).decode()})
    return file.model_copy(update={"sha256": file.digest()}).model_dump_json(indent=2).encode()


def _read(path: Path) -> _File:
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_FILE_BYTES + 1)
        if len(raw) > _MAX_FILE_BYTES:
            raise ValueError("it is too large")
        if (version := newer_version(raw, _VERSION)) is not None:
            raise WalletError(f"A newer Assay wrote {path} (version {version}).", hint="Update Assay.")
        found = _File.model_validate_json(raw)
    except OSError as error:
        raise WalletError(f"Cannot read the backup {path}: {error.strerror or error}.") from error
    except ValueError:
        raise WalletError(
            f"{path} is not a backup that this version reads.",
            hint="It was damaged, or a newer one wrote it.",
        ) from None
    if found.digest() != found.sha256:
        raise WalletError(f"The backup {path} was damaged.", hint="Use another copy of it.")
    return found


def _opened(file: _File, passphrase: str, path: Path) -> _Contents:
    try:
        sealed = base64.b64decode(file.content, validate=True)
        return _Contents.model_validate_json(
            file.cipher(passphrase).decrypt(bytes.fromhex(file.nonce), sealed, None)
        )
    except InvalidTag:
        raise WalletError(
            f"The backup {path} does not open.",
            hint="Give the passphrase that the keystore had when it was backed up.",
        ) from None
    except (ValidationError, ValueError):
        raise WalletError(f"The backup {path} holds what this version does not know; update Assay.") from None


def _write(folder: Path, contents: _Contents) -> None:
    files = {folder / KEYSTORE: contents.keystore}
    if contents.deployment:
        files[folder / DEPLOYMENT] = contents.deployment
    if contents.bids:
        bids = bids_folder(folder / KEYSTORE)
        private_folder(bids)
        files |= {bids / name: content for name, content in contents.bids.items()}
    for path, text in files.items():
        with write_private(path, replace=False) as file:
            file.write(text.encode())


def _bids(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        return {}
    return {path.name: _text(path, MAX_BYTES) for path in folder.iterdir() if FILE_NAME.fullmatch(path.name)}


def _text(path: Path, max_bytes: int = _MAX_PART_BYTES) -> str:
    try:
        return read_private(path, max_bytes=max_bytes).decode()
    except (OSError, ValueError) as error:
        raise WalletError(f"Cannot read {path}: {error}.") from error


def _public(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_PART_BYTES).decode()
    except (OSError, ValueError) as error:
        raise WalletError(f"Cannot read {path}: {error}.") from error


def _unwritable(folder: Path, error: OSError) -> WalletError:
    return WalletError(f"Cannot write {folder}: {error.strerror or error}.", hint="Nothing was restored.")

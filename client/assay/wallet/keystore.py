"""Wallets: a signer, such as an encrypted keystore file, and the secrets derived from its signatures.

A keystore is the usual v3 JSON keyfile (geth, ethers, eth-account). Its path may come from
``ASSAY_KEYSTORE``; its passphrase comes from the file named by ``ASSAY_PASSPHRASE_FILE``, or from a prompt,
never from arguments.

The X25519 key and the salts of sealed bids are derived from the wallet's signature over a fixed text, so they
need not be stored: whoever has the wallet has them. That takes a wallet that signs the same text identically
every time (RFC 6979, as software wallets and most hardware do). For any other, such as a cloud key service, a
*backup* signs instead: a keystore with its own random key, to be kept as carefully as the wallet itself.
Secrets derived with a backup, or with a different signer, can be recovered only with that same one.
"""

import hmac
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from eth_account import Account
from eth_account.signers.local import LocalAccount

from assay.errors import WalletError
from assay.store.private_file import read_private, write_private
from assay.wallet.eip712 import (
    TypedData,
    bid_salt_text,
    delivery_seed_text,
    encryption_key_text,
    juror_salt_text,
    verdict_salt_text,
)
from assay.wallet.signer import AccountSigner, Signer
from assay.words.printable import reason_of

KEYSTORE_VARIABLE = "ASSAY_KEYSTORE"
PASSPHRASE_VARIABLE = "ASSAY_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable that names a file

Prompt = Callable[[], str]

_MAX_KEYFILE_BYTES = 64 * 1024
_EXISTS = "{} exists; a keystore is never overwritten."
_MAX_PASSPHRASE_BYTES = 4096
_MAX_SCRYPT_BLOCKS = 2**23  # N * r, 128 bytes each: 1 GiB
_MAX_SCRYPT_PARALLEL = 16
_MAX_PBKDF2_ROUNDS = 10_000_000


class Wallet:
    """One account that signs. Its secrets are hidden from ``repr``, ``vars`` and pickle.

    Args:
        signer: a keystore's (:meth:`open`), a :class:`~assay.wallet.web3signer.Web3Signer`, or any other.
        backup: if given, signs the texts that secrets are derived from, in place of *signer*. For a signer
            whose signatures vary: ``Wallet.create(path)`` once, ``Wallet.open(path)`` later.
    """

    __slots__ = ("_backup", "_keystore", "_signer")

    def __init__(self, signer: Signer, *, backup: "Wallet | None" = None) -> None:
        self._signer = signer
        self._backup = backup
        self._keystore: Path | None = None

    @classmethod
    def open(cls, keystore: Path | None = None, *, prompt: Prompt | None = None) -> "Wallet":
        """Decrypt a keystore.

        Args:
            keystore: the keyfile; by default the one that ``ASSAY_KEYSTORE`` names.
            prompt: asks for the passphrase if ``ASSAY_PASSPHRASE_FILE`` names no file.

        Raises:
            WalletError: no keystore, one that others can read or that is malformed, or a wrong passphrase.
        """
        path = keystore or _path_from(KEYSTORE_VARIABLE)
        if path is None:
            raise WalletError(
                "No keystore was named.", hint=f"Give its path, or set {KEYSTORE_VARIABLE} to it."
            )
        return cls._of(AccountSigner(_decrypt(path, _read_keyfile(path), read_passphrase(prompt))), path)

    @classmethod
    def create(
        cls,
        keystore: Path,
        *,
        prompt: Prompt | None = None,
        private_key: bytes | None = None,
        work_factor: int | None = None,
    ) -> "Wallet":
        """Write a new keystore (mode 0600) for a fresh key, or for an imported *private_key*.

        Args:
            keystore: the keyfile's path, which must not exist yet.
            prompt: as for :meth:`open`.
            private_key: 32 bytes.
            work_factor: scrypt's N; by default 2^18, about a second and 256 MiB per guess.

        Raises:
            WalletError: the file exists or cannot be written, the passphrase is empty, or the key is invalid.
        """
        if os.path.exists(keystore):
            raise WalletError(_EXISTS.format(keystore))  # before the user is prompted for anything
        account = _account_of(private_key if private_key is not None else _fresh_key())
        keyfile = Account.encrypt(account.key, read_passphrase(prompt), kdf="scrypt", iterations=work_factor)
        try:
            with write_private(keystore, replace=False) as file:
                file.write(json.dumps(keyfile).encode())
        except FileExistsError:
            raise WalletError(_EXISTS.format(keystore)) from None
        except OSError as error:
            raise WalletError(f"Cannot write the keystore {keystore}: {error.strerror or error}.") from error
        return cls._of(AccountSigner(account), keystore)

    @classmethod
    def _of(cls, signer: Signer, keystore: Path) -> "Wallet":
        wallet = cls(signer)
        wallet._keystore = keystore
        return wallet

    @classmethod
    def from_private_key(cls, private_key: bytes) -> "Wallet":
        """A wallet in memory only; raises :class:`WalletError` if it is not a secp256k1 key."""
        return cls(AccountSigner(_account_of(private_key)))

    @property
    def address(self) -> str:
        """The account's EIP-55 address."""
        return self._signer.address

    @property
    def keystore(self) -> Path | None:
        """The keyfile that secrets come from (the backup's, if there is one); None without a file."""
        return self._backup.keystore if self._backup else self._keystore

    def sign_typed_data(self, typed_data: TypedData) -> bytes:
        """Sign a message built by :mod:`assay.wallet.eip712`; returns 65 bytes r, s, v."""
        return self._signer.sign_typed_data(typed_data)

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """Sign a complete transaction; returns the raw bytes to send.

        Raises:
            WalletError: it has no chain id (and could be replayed on another chain), is incomplete, or the
                signer refuses.
        """
        if not transaction.get("chainId"):
            raise WalletError("A transaction without a chain id could be replayed on another chain.")
        return self._signer.sign_transaction(transaction)

    def encryption_key(self, chain_id: int, registry: str) -> X25519PrivateKey:
        """The key for secrets that others seal to this account in the market of *registry*.

        Raises:
            WalletError: the wallet signs differently every time and there is no backup.
        """
        text = encryption_key_text(chain_id, registry, self.address)
        return X25519PrivateKey.from_private_bytes(self._derive(text, b"assay encryption key v1"))

    def bid_salt(self, chain_id: int, auction: str, auction_id: int) -> bytes:
        """The salt (32 bytes) of this account's sealed bid in one auction; secret until the reveal.

        Raises:
            WalletError: as for :meth:`encryption_key`.
        """
        text = bid_salt_text(chain_id, auction, auction_id, self.address)
        return self._derive(text, b"assay bid salt v1")

    def juror_salt(self, chain_id: int, court: str, dispute_id: int, round_: int) -> bytes:
        """The salt (32 bytes) of this account's sealed vote in a round of a dispute; secret until the reveal.

        Raises:
            WalletError: as for :meth:`encryption_key`.
        """
        text = juror_salt_text(chain_id, court, dispute_id, round_, self.address)
        return self._derive(text, b"assay juror salt v1")

    def verdict_salt(self, chain_id: int, registry: str, audit_id: int) -> bytes:
        """The salt (32 bytes) of this account's sealed verdict in an audit; secret until it is opened.

        Raises:
            WalletError: as for :meth:`encryption_key`.
        """
        text = verdict_salt_text(chain_id, registry, audit_id, self.address)
        return self._derive(text, b"assay verdict salt v1")

    def delivery_seed(self, chain_id: int, contract: str) -> bytes:
        """The seed (32 bytes) of this account's delivery keys in a market, for ``DeliveryKey.derive``.

        Raises:
            WalletError: as for :meth:`encryption_key`. Contract and MPC wallets keep a seed of their own.
        """
        text = delivery_seed_text(chain_id, contract, self.address)
        return self._derive(text, b"assay delivery seed v1")

    def _derive(self, text: TypedData, info: bytes) -> bytes:
        signer = self._backup or self
        first, second = signer.sign_typed_data(text), signer.sign_typed_data(text)
        if not hmac.compare_digest(first, second):
            raise WalletError(
                "This wallet signs the same text differently each time; a secret derived from it is lost.",
                hint="Give it a backup: a keystore (`assay wallet create FILE`) of which you keep a copy, "
                "named by --backup; in Python, Wallet(signer, backup=...).",
            )
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(first[:64])

    def __repr__(self) -> str:
        return f"Wallet({self.address})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a wallet cannot be pickled or copied")


def _fresh_key() -> bytes:
    return bytes(Account.create().key)


def _account_of(private_key: bytes) -> LocalAccount:
    try:
        if len(private_key) != 32 or not any(private_key):
            raise ValueError
        account: LocalAccount = Account.from_key(private_key)
    except Exception:  # eth-keys raises its own exception, which might quote the key
        raise WalletError("This is not a private key of 32 bytes on secp256k1.") from None
    return account


def _path_from(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


def read_passphrase(prompt: Prompt | None) -> str:
    """The passphrase from the file named by ``ASSAY_PASSPHRASE_FILE``, or from *prompt*.

    Raises:
        WalletError: neither is available, the file cannot be read, or the passphrase is empty.
    """
    path = _path_from(PASSPHRASE_VARIABLE)
    if path is not None:
        content = _read(path, "passphrase file", _MAX_PASSPHRASE_BYTES)
        try:
            passphrase = content.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise WalletError(f"The passphrase file {path} is not UTF-8 text.") from None
    elif prompt is not None:
        passphrase = prompt()
    else:
        raise WalletError(
            "There is no passphrase for the keystore.",
            hint=f"Set {PASSPHRASE_VARIABLE} to the path of a file that holds it.",
        )
    if not passphrase:
        raise WalletError("The keystore's passphrase is empty.")
    return passphrase


def _read(path: Path, what: str, max_bytes: int) -> bytes:
    try:
        return read_private(path, max_bytes=max_bytes)
    except PermissionError as error:
        raise WalletError(f"The {what} {path} is not private: {error}.", hint=f"chmod 600 {path}") from error
    except (OSError, ValueError) as error:
        raise WalletError(f"Cannot read the {what} {path}: {reason_of(error)}.") from error


def _read_keyfile(path: Path) -> dict[str, Any]:
    content = _read(path, "keystore", _MAX_KEYFILE_BYTES)
    try:
        keyfile = {key.lower(): value for key, value in json.loads(content).items()}
        if keyfile["version"] != 3:
            raise ValueError
        _check_work(keyfile["crypto"]["kdf"], keyfile["crypto"]["kdfparams"])
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise WalletError(
            f"{path} is not a keystore file of version 3, or asks for an unreasonable amount of work."
        ) from None
    return keyfile


def _check_work(kdf: str, parameters: Mapping[str, int]) -> None:
    """Refuse work factors with which a foreign keyfile could exhaust memory or time."""
    if kdf == "scrypt":
        reasonable = (
            0 < parameters["n"] * parameters["r"] <= _MAX_SCRYPT_BLOCKS
            and 0 < parameters["p"] <= _MAX_SCRYPT_PARALLEL
        )
    else:
        reasonable = kdf == "pbkdf2" and 0 < parameters["c"] <= _MAX_PBKDF2_ROUNDS
    if not reasonable or parameters["dklen"] != 32:
        raise ValueError


def _decrypt(path: Path, keyfile: dict[str, Any], passphrase: str) -> LocalAccount:
    try:
        key = bytes(Account.decrypt(keyfile, passphrase))
    except Exception:  # on malformed fields the library may raise anything
        raise WalletError(
            f"The keystore {path} does not open.", hint="The passphrase is wrong, or the file was changed."
        ) from None
    account = _account_of(key)
    # the keyfile's MAC does not cover the IV, so a damaged one would yield another key
    if str(keyfile.get("address", account.address)).lower().removeprefix("0x") != account.address[2:].lower():
        raise WalletError(f"The keystore {path} holds another key than that of its address; it was changed.")
    return account

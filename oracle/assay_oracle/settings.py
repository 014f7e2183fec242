"""The daemon's settings: one TOML file, every key of which is described here and nowhere else."""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from assay.manifests.base import problems
from assay_oracle.errors import SettingsError

_MAX_BYTES = 64 * 1024
_PATHS = (
    "deployment",
    "keystore",
    "backup",
    "passphrase_file",
    "folder",
    "validation_token_file",
    "validation_folder",
)
_AMOUNT = r"^[0-9]{1,20}(\.[0-9]{1,18})?$"
_ACCOUNT = r"^0x[0-9a-fA-F]{40}$"
_QUEUE = r"^postgres(ql)?://[^\s]{1,2000}$"
_LISTEN = r"^(\[[0-9a-fA-F:]+\]|[0-9.]+):[0-9]{1,5}$"

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]{1,2000}$")]
Urls = Annotated[tuple[Url, ...], Field(min_length=1, max_length=16)]
Place = Annotated[str, StringConstraints(pattern=r"^(https?|file|s3)://[^\s]{1,2000}$")]
Places = Annotated[tuple[Place, ...], Field(min_length=1, max_length=16)]


class Settings(BaseModel):
    """The settings of one validator's daemon. Relative paths start at the file's folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rpc: Urls = Field(description="RPC endpoints of the chain, in order of preference.")
    ipfs: Places = Field(
        description="IPFS nodes (Kubo RPC), of which the first that works keeps what is published; or one "
        "folder (file:///srv/assay) or bucket (s3://bucket/prefix)."
    )
    deployment: Path = Field(description="File with the market's addresses, `deployments/<chain id>.json`.")
    folder: Path = Field(
        description="Private folder of the daemon: its journal, its place in the chain, scratch files."
    )
    keystore: Path | None = Field(None, description="Encrypted keyfile of the validator's account.")
    signer: Url | None = Field(
        None, description="Web3Signer that holds the account's key, in place of `keystore`."
    )
    account: Annotated[str, StringConstraints(pattern=_ACCOUNT)] | None = Field(
        None, description="Address of the account, where the signer has several."
    )
    backup: Path | None = Field(
        None,
        description="Keyfile that secrets are derived from, for a signer that signs differently each time.",
    )
    passphrase_file: Path | None = Field(
        None, description="File with the passphrase of `keystore` or `backup`, readable by you alone."
    )
    validation_url: Url | None = Field(
        None, description="Validation node to ask. Without one, models are tested on this machine."
    )
    validation_queue: Annotated[str, StringConstraints(pattern=_QUEUE)] | None = Field(
        None,
        description="Postgres database through which your workers (`assay-validation worker`) test models, "
        "in place of `validation_url`. Its password stands in `~/.pgpass`.",
    )
    validation_folder: Path | None = Field(
        None, description="Folder that you share with the workers; goes with `validation_queue`."
    )
    validation_token_file: Path | None = Field(
        None,
        description="File with the validation node's bearer token, or with the secret that you share with "
        "the workers; goes with `validation_url` or `validation_queue`.",
    )
    listen: Annotated[str, StringConstraints(pattern=_LISTEN)] = Field(
        "127.0.0.1:9464", description="Address and port of `/health` and `/metrics`."
    )
    confirmations: Annotated[int, Field(ge=0, le=1000)] = Field(
        2, description="Blocks on top of an event before it is believed."
    )
    poll_seconds: Annotated[float, Field(ge=0.05, le=60)] = Field(
        4.0, description="Pause between two looks at the chain."
    )
    parallel: Annotated[int, Field(ge=1, le=64)] = Field(1, description="Submissions tested at once.")
    max_artifact_bytes: Annotated[int, Field(ge=1024, le=2**40)] = Field(
        256 * 1024 * 1024,
        description="Largest model or dataset that is opened. With less than the others on a panel you would "
        "report as unopenable what they test.",
    )
    keeper: bool = Field(
        True,
        description="Also take the steps that anyone may take: have panels drawn, end what only time ends, "
        "and move on the deals for which you sit. Costs gas, and earns the step fee where the deal's rules "
        "have one.",
    )
    appeal: bool = Field(
        False,
        description="Appeal by itself when a panel's answer would cost you your seat's stake although you "
        "stand by yours. The deposit comes from your account; the bond in it is burnt if the appeal is lost.",
    )
    max_appeal_deposit: Annotated[str, StringConstraints(pattern=_AMOUNT)] = Field(
        "500", description="The largest deposit of such an appeal, in whole tokens of the deal."
    )
    self_test: bool = Field(
        True,
        description="Test at the start that models get the same bits on this machine as on other "
        "validators', and stop if not. Only a market whose validators all run on one machine can switch this "
        "off.",
    )
    dry_run: bool = Field(False, description="Test and log, but send no transaction and publish nothing.")

    @model_validator(mode="after")
    def _one_account(self) -> Self:
        if (self.keystore is None) == (self.signer is None):
            raise ValueError("either keystore or signer says whose account it is")
        if self.signer is None and (self.account or self.backup):
            raise ValueError("account and backup go with signer")
        if (self.keystore or self.backup) and self.passphrase_file is None:
            raise ValueError("a keyfile needs its passphrase_file")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.validation_url and self.validation_queue:
            raise ValueError("either validation_url or validation_queue says who tests models")
        if (self.validation_url or self.validation_queue) and self.validation_token_file is None:
            raise ValueError("validation_url and validation_queue need their validation_token_file")
        if self.validation_token_file and not (self.validation_url or self.validation_queue):
            raise ValueError("validation_token_file goes with validation_url or validation_queue")
        if (self.validation_queue is None) != (self.validation_folder is None):
            raise ValueError("validation_queue and validation_folder go together")
        host, port = self.address
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise ValueError("listen: not an IP address") from None
        if port > 65535:
            raise ValueError("listen: there is no such port")
        return self

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `listen`."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    @classmethod
    def load(cls, path: Path) -> Settings:
        """Read a settings file.

        Raises:
            SettingsError: it is missing, too large, not TOML, or has keys or values that do not fit.
        """
        try:
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
        except OSError as error:
            raise SettingsError(f"Cannot read the settings {path}: {error.strerror or error}.") from error
        if len(content) > _MAX_BYTES:
            raise SettingsError(f"{path} is too large to be a settings file.")
        return cls.parse(content, path.absolute().parent)

    @classmethod
    def parse(cls, content: bytes, base: Path) -> Settings:
        """Settings from TOML; relative paths start at *base*. Raises :class:`SettingsError`."""
        hint = "`assay-oracle check --explain` describes every key."
        try:
            values = tomllib.loads(content.decode())
            for name in _PATHS:
                if isinstance(values.get(name), str):
                    values[name] = base / Path(values[name]).expanduser()
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingsError(f"The settings do not fit: {problems(error)}.", hint=hint) from None
        except (ValueError, RecursionError, RuntimeError) as error:
            raise SettingsError(
                f"The settings are not TOML in UTF-8: {str(error)[:200]}.", hint=hint
            ) from None


def explain() -> Iterator[tuple[str, str, str]]:
    """Name, default ("required" if there is none) and meaning of every key."""
    for name, field in Settings.model_fields.items():
        default = "required" if field.is_required() else _toml(field.default)
        yield name, default, field.description or ""


def _toml(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)

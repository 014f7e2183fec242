"""Command-line arguments that several commands take, checked before anything is opened."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from assay.errors import InvalidInput
from assay.words.printable import quoted

if TYPE_CHECKING:
    from assay.market import Market
    from assay.structs import Role
else:
    Role = str  # as it is typed; importing the SDK for the type takes a third of a second

_DIGEST = re.compile(r"(0x)?[0-9a-fA-F]{64}", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,4}))? ?%", re.ASCII)
_DURATION = re.compile(r"(\d{1,9})([smhd])", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_AMOUNT = re.compile(r"\d{1,30}(\.\d{1,30})?", re.ASCII)

COURT = "the market's court"
"""Who rules where no arbitrator was named."""
ROLES = ("customer", "developer", "data-owner", "auditor", "validator", "regulator")
"""As they are typed."""


def parse_amount_text(text: str) -> str:
    """A plain decimal number in token units; its size is checked once the token is known."""
    if not _AMOUNT.fullmatch(text):
        raise typer.BadParameter(f'{quoted(text)} is not an amount; write it like "12.5".')
    return text


def parse_address(text: str) -> str:
    """An account or contract; a mixed-case one must have the right checksum (EIP-55)."""
    try:
        return _address(text)
    except ValueError:
        raise typer.BadParameter(f"{quoted(text)} is not an address.") from None


def _address(text: str) -> str:
    """An address as the manifests write it; raises ValueError."""
    from pydantic import TypeAdapter

    from assay.manifests.fields import Address

    return TypeAdapter[str](Address).validate_python(text)


def parse_role(text: str) -> Role:
    """A role by its name, such as "data-owner"."""
    from assay.structs import Role

    name = text.lower().replace("_", "-").replace(" ", "-")
    if name not in ROLES:
        raise typer.BadParameter(f"{quoted(text)} is not one of {', '.join(ROLES)}.")
    return Role[name.upper().replace("-", "_")]


def complete_role(incomplete: str) -> list[str]:
    """The roles that begin like what was typed so far."""
    return [role for role in ROLES if role.startswith(incomplete)]


def parse_digest(text: str) -> bytes:
    """A manifest's digest, 64 hex digits."""
    if not _DIGEST.fullmatch(text):
        raise typer.BadParameter(f"{quoted(text)} is not a digest of 64 hex digits.")
    return bytes.fromhex(text.removeprefix("0x"))


def parse_percent(text: str) -> int:
    """Ppm of a rate such as "2.5%"."""
    match = _PERCENT.fullmatch(text.strip())
    if not match:
        raise typer.BadParameter(f'{quoted(text)} is not a rate; write it like "2.5%".')
    return int(match[1]) * 10_000 + int((match[2] or "").ljust(4, "0"))


def parse_duration(text: str) -> int:
    """Seconds of a duration such as "6h"."""
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise typer.BadParameter(
            f'{quoted(text)} is not a duration; write it like "90s", "45m", "6h" or "2d".'
        )
    return int(match[1]) * _UNITS[match[2]]


Last = Annotated[int, typer.Option(min=1, help="How many of the newest to show.")]
Number = Annotated[int, typer.Argument(min=1, max=2**64 - 1, help="Its number.")]
AmountText = Annotated[str, typer.Argument(parser=parse_amount_text, help="In token units, such as 12.5.")]
RoleName = Annotated[
    Role, typer.Argument(parser=parse_role, autocompletion=complete_role, help=f"One of {', '.join(ROLES)}.")
]
DigestText = Annotated[bytes, typer.Argument(parser=parse_digest, help="The digest of a model's manifest.")]
AddressText = Annotated[str, typer.Argument(parser=parse_address)]
PercentText = Annotated[int, typer.Argument(parser=parse_percent, help="Such as 2.5%.")]
DurationText = Annotated[int, typer.Argument(parser=parse_duration, help="Such as 90s, 45m, 6h or 2d.")]
TokenOption = Annotated[str, typer.Option("--token", help='"payment", "staking", or the address of a token.')]


def token_address(market: Market, name: str) -> str:
    """The address of a token by its use in the market, or the address itself."""
    tokens = market.deployment.tokens
    known = {"payment": tokens.payment, "staking": tokens.staking}
    try:
        return known.get(name) or _address(name)
    except ValueError:
        raise InvalidInput(
            f"{quoted(name)} is not a token.", hint='Say "payment", "staking" or an address.'
        ) from None


def account_name(account: str, role: str) -> str:
    """An account with its role, for tables."""
    from assay.deal.payments import IN_ESCROW

    return account if account == IN_ESCROW else f"{account} ({role})"

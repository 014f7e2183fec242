"""What an account signs so that a contract may take its tokens: ERC-2612 permits, EIP-3009 authorisations."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from assay.errors import ContractError
from assay.session import Session
from assay.structs import views
from assay.wallet import eip712

_SECONDS = 3600
_VERSIONS = ("1", "2")
"""Of tokens' EIP-712 domains: which one counts is told by the domain's separator."""


class Permit(NamedTuple):
    """An ERC-2612 signature, in the order of Solidity's struct."""

    deadline: int
    v: int
    r: bytes
    s: bytes


NO_PERMIT = Permit(0, 0, bytes(32), bytes(32))


class Authorization(NamedTuple):
    """An EIP-3009 signature, in the order of Solidity's struct; times are Unix seconds."""

    valid_after: int
    valid_before: int
    v: int
    r: bytes
    s: bytes


def permit(session: Session, token: str, spender: str, amount: int) -> Permit | None:
    """A permit with the present nonce; none where the token has none of the usual form."""
    owner = session.address
    try:
        separator, name, now = _domain(session, token)
        nonce = session.view(views.erc20_permit.nonces(owner), at=token)
    except ContractError:
        return None
    deadline = now + _SECONDS

    def typed(version: str) -> eip712.TypedData:
        return eip712.permit(
            session.deployment.chain_id,
            token,
            name=name,
            owner=owner,
            spender=spender,
            value=amount,
            nonce=nonce,
            deadline=deadline,
            version=version,
        )

    signature = _signed(session, separator, typed)
    return None if signature is None else Permit(deadline, signature[64], signature[:32], signature[32:64])


def authorization(
    session: Session, token: str, to: str, amount: int, module: str, order: bytes
) -> Authorization | None:
    """An authorisation to pay *to*, by which only *order* of *module* can be paid.

    None where the token has no EIP-712 domain of the usual form. Whether it takes one, nothing says.
    """
    try:
        separator, name, now = _domain(session, token)
    except ContractError:
        return None
    nonce = keccak(encode(["address", "bytes"], [module, order]))  # as `Escrow.orderNonce` has it
    before = now + _SECONDS

    def typed(version: str) -> eip712.TypedData:
        return eip712.receive_with_authorization(
            session.deployment.chain_id,
            token,
            name=name,
            payer=session.address,
            to=to,
            value=amount,
            valid_after=0,
            valid_before=before,
            nonce=nonce,
            version=version,
        )

    signature = _signed(session, separator, typed)
    if signature is None:
        return None
    return Authorization(0, before, signature[64], signature[:32], signature[32:64])


def _domain(session: Session, token: str) -> tuple[bytes, str, int]:
    """The separator and name of the token's domain, and the chain's time; raises :class:`ContractError`."""
    separator, name, now = session.together(
        lambda: session.view(views.erc20_permit.DOMAIN_SEPARATOR(), at=token),
        lambda: session.view(views.erc20.name(), at=token),
        session.now,
    )
    return separator, name, now


def _signed(session: Session, separator: bytes, typed: Callable[[str], eip712.TypedData]) -> bytes | None:
    """The signature in the token's domain; none where it is of another form."""
    for version in _VERSIONS:
        message = typed(version)
        if eip712.domain_separator(message) == separator:
            return session.wallet.sign_typed_data(message)
    return None

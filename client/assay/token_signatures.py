"""Signatures that let a contract take an account's tokens: ERC-2612 permits and EIP-3009 authorisations."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from assay.errors import ChainError, ChainUnavailable, InvalidInput
from assay.session import Session
from assay.structs import views
from assay.wallet import eip712

_SECONDS = 3600
_VERSIONS = ("1", "2")
"""Versions used in tokens' EIP-712 domains; the domain separator shows which one a token uses."""


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
    """A permit with the present nonce, or None if the token has no permits of the usual form."""
    owner = session.address
    try:
        separator, name, now = _domain(session, token)
        nonce = session.view(views.erc20_permit.nonces(owner), at=token)
    except ChainUnavailable:
        raise
    except ChainError:  # no such function, or a fallback function that returns nothing
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
    """An authorisation to pay *to* that can pay only for *order* of *module*.

    Anyone who sees it can present it, including an endpoint that is asked to simulate it. So the token is
    queried before anything is signed, and a signer must not pay for the order in any other way.

    Returns:
        None if the token takes no authorisations, or has an EIP-712 domain of another form.

    Raises:
        InvalidInput: the token has already taken an authorisation for this very order.
    """
    nonce = keccak(encode(["address", "bytes"], [module, order]))  # as in `Escrow.orderNonce`
    try:
        used = session.view(views.erc3009.authorization_state(session.address, nonce), at=token)
        separator, name, now = _domain(session, token)
    except ChainUnavailable:
        raise
    except ChainError:  # no such function, or a fallback function that returns nothing
        return None
    if used:
        raise InvalidInput(
            "This very order was paid before.",
            hint="Look for what it brought: what was bought is in `assay licence list`.",
        )
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
    """The separator and name of the token's domain, and the chain's time; raises :class:`ChainError`."""
    separator, name, now = session.together(
        lambda: session.view(views.erc20_permit.DOMAIN_SEPARATOR(), at=token),
        lambda: session.view(views.erc20.name(), at=token),
        session.now,
    )
    return separator, name, now


def _signed(session: Session, separator: bytes, typed: Callable[[str], eip712.TypedData]) -> bytes | None:
    """The signature in the token's domain, or None if the domain is of another form."""
    for version in _VERSIONS:
        message = typed(version)
        if eip712.domain_separator(message) == separator:
            return session.wallet.sign_typed_data(message)
    return None

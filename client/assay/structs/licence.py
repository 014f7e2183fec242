"""Licences: offers, sales, and sellers' bonds. An offer and a sale are kept on-chain as hashes of these."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct

_OFFER = "(bytes32,bytes32,bytes32,address,uint96,uint96,uint32,uint16,uint16,uint8,uint32,uint96)"
_TERMS = f"({_OFFER},address,uint8,uint16,address,address,uint32,uint32,uint32)"
_SALE = "(bytes32,address,address,uint96,uint96,uint16,uint32,uint48,bytes32)"
_STATE_BITS = 8


class SaleState(Choice):
    """What a sale waits for."""

    NONE = 0
    BOUGHT = 1
    DELIVERED = 2
    COLLECTED = 3
    REFUNDED = 4


class Purpose(Choice):
    """What a licence may be used for."""

    USE = 0
    SERVE = 1
    DERIVE = 2
    RESEARCH = 3


class LicenceOffer(Struct):
    """What a seller offers."""

    good: Bytes32
    licence: Bytes32
    """Digest of the Licence manifest."""
    agreement: Bytes32
    """Digest of a text that the buyer must have signed; zero for none."""
    token: Address
    price: Amount
    """Of each seat."""
    bond: Amount
    """Behind each sale in flight; at most the sale's price counts."""
    term: int
    """Seconds from the delivery for which a licence lasts, 0 for no end."""
    seats: int
    """Of one sale, at most."""
    purposes: int
    """Bitmap."""
    audience: int
    """Bitmap over roles, one of which a buyer must hold; 0 for everybody."""
    royalty_ppm: int
    """That sales of a model owe which is derived under this licence."""
    royalty_floor: Amount
    """And at least that for each of their seats."""


class LicenceTerms(Struct):
    """An offer with what was so when it was made. A sale rests on it whatever changes."""

    offer: LicenceOffer
    seller: Address
    jurisdiction: int
    edition: int
    royalties: Address
    """Where what it owes its ancestors is kept; zero for none."""
    treasury: Address
    fee_ppm: int
    delivery_window: int
    """Seconds."""
    challenge_window: int
    """Seconds."""

    @property
    def hash(self) -> bytes:
        """By which the contract keeps them."""
        return _hash(_TERMS, self)


class Joining(Struct):
    """How an account joins with its first order; zero where it has joined."""

    jurisdiction: int = 0
    encryption_key: Bytes32 = bytes(32)


class CurvePoint(Struct):
    """A point of secp256k1."""

    x: int
    y: int


class LicenceOrder(Struct):
    """What a buyer orders."""

    offer_id: int
    terms: LicenceTerms
    delivery_key: CurvePoint
    seats: int
    joining: Joining = Joining()


class LicenceSale(Struct):
    """A sale as it stands."""

    terms: Bytes32
    seller: Address
    holder: Address
    price: Amount
    """Of all seats."""
    bond: Amount
    """The seller's."""
    seats: int
    challenge_window: int
    """Seconds."""
    at: int
    """A state and its deadline, as the contract packs them."""
    kept: Bytes32
    """The delivery's context; from the delivery on the commitment to it."""

    @property
    def state(self) -> SaleState:
        """What it waits for."""
        return SaleState(self.at & ((1 << _STATE_BITS) - 1))

    @property
    def deadline(self) -> int:
        """Of the state, Unix seconds; a licence's is the end of the challenge."""
        return self.at >> _STATE_BITS

    @property
    def hash(self) -> bytes:
        """By which the contract keeps it."""
        return _hash(_SALE, self)

    def entered(self, state: SaleState, deadline: int) -> LicenceSale:
        """The sale after it has entered a state."""
        return self.model_copy(update={"at": deadline << _STATE_BITS | state})


class Derivation(Struct):
    """By what right a parent in the lineage was used."""

    sale_id: int
    """Of a licence to derive; 0 where the parent is the seller's own."""
    sale: LicenceSale
    terms: LicenceTerms


class BondAccount(Struct):
    """A seller's bond in one token."""

    bond: Amount
    locked: Amount
    """Behind sales in flight."""
    sales: int
    """So far."""
    open: bool

    @property
    def free(self) -> int:
        """What new sales can rest on."""
        return self.bond - self.locked


def _hash(kind: str, struct: Struct) -> bytes:
    return keccak(encode([kind], [_values(struct.to_abi())]))


def _values(fields: Any) -> Any:
    return tuple(_values(value) for value in fields.values()) if isinstance(fields, dict) else fields

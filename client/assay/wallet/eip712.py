"""What wallets sign and contracts hash, in one place.

Signatures are EIP-712 typed data. Every domain names the chain and the verifying contract, and every struct
its signer or request and a nonce, deadline or one-time id, so no signature can be replayed. The struct
strings are the contracts' own. Sealed bids and validator votes are plain hashes of ABI-encoded tuples.

All builders raise :class:`assay.errors.WalletError` for a value outside its ABI type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eth_abi.abi import encode, is_encodable
from eth_utils.crypto import keccak

from assay.errors import WalletError

if TYPE_CHECKING:
    from eth_account.messages import SignableMessage

TypedData = dict[str, Any]
"""A full EIP-712 message: types, primaryType, domain, message."""

_DOMAIN = "string name,string version,uint256 chainId,address verifyingContract"
_CREDENTIAL = (
    "address subject,uint8 role,bytes32 organisation,uint40 validUntil,uint256 nonce,uint40 deadline"
)
_CHAMBER_SEAT = "address subject,uint8 role,bytes32 entity,uint40 validUntil,uint256 nonce,uint40 deadline"
_SET_OPERATOR = "address owner,address module,address token,bool approved,uint256 nonce,uint256 deadline"
_PERMIT = "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"
_RECEIVE = "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce"
_REPORT = (
    "uint256 requestId,address validator,uint8 status,int64[] scores,uint16 criteria,bytes32 word,"
    "bytes32 manifest"
)
_ENCRYPTION_KEY = "string text,address owner"
_BID_SALT = "string text,uint256 auctionId,address bidder"
_AGREEMENT = "bytes32 text,address party"
_DOSSIER = "bytes32 digest,uint256 modelId,address issuer"

_DELIVERY_SEED = "string text,address recipient"
_VOTE_SALT = "string text,uint256 disputeID,uint8 round,address juror"
_VERDICT_SALT = "string text,uint256 auditId,address auditor"

_BID = "uint256 chainid,address auction,uint256 auctionId,address bidder,uint96 price,bytes32 salt"
_VOTE = "uint256 chainid,address oracle,uint256 requestId,address validator,bytes32 salt"
_VOTED = "uint8 status,int64[] scores,uint16 criteria,bytes32 word,bytes32 manifest"

_VERDICT = (
    "uint256 chainid,address registry,uint256 auditId,address auditor,bool approve,bytes32 report,"
    "uint8 scopes,bytes32 salt"
)
_BALLOT = "uint256 chainid,address court,uint256 disputeID,uint8 round,address juror,uint8 vote,bytes32 salt"


def credential(
    chain_id: int,
    registry: str,
    *,
    subject: str,
    role: int,
    organisation: bytes,
    valid_until: int,
    nonce: int,
    deadline: int,
) -> TypedData:
    """An accreditor's statement that *subject* is an auditor or regulator (Unix seconds)."""
    values = (subject, role, organisation, valid_until, nonce, deadline)
    return _typed_data("Assay ParticipantRegistry", chain_id, registry, "Credential", _CREDENTIAL, values)


def chamber_seat(
    chain_id: int,
    chambers: str,
    *,
    subject: str,
    role: int,
    entity: bytes,
    valid_until: int,
    nonce: int,
    deadline: int,
) -> TypedData:
    """An accreditor's statement that *subject* is *entity*, for a seat in a role's chamber (Unix seconds)."""
    values = (subject, role, entity, valid_until, nonce, deadline)
    return _typed_data("Assay Chambers", chain_id, chambers, "ChamberSeat", _CHAMBER_SEAT, values)


def set_operator(
    chain_id: int,
    escrow: str,
    *,
    owner: str,
    module: str,
    token: str,
    approved: bool,
    nonce: int,
    deadline: int,
) -> TypedData:
    """The owner's permission for *module* to debit its escrow balance of *token* (Escrow)."""
    values = (owner, module, token, approved, nonce, deadline)
    return _typed_data("Assay Escrow", chain_id, escrow, "SetOperator", _SET_OPERATOR, values)


def permit(
    chain_id: int,
    token: str,
    *,
    name: str,
    owner: str,
    spender: str,
    value: int,
    nonce: int,
    deadline: int,
    version: str = "1",
) -> TypedData:
    """ERC-2612: the owner lets *spender* take *value* base units of *token*, whose EIP-712 name is *name*."""
    values = (owner, spender, value, nonce, deadline)
    return _typed_data(name, chain_id, token, "Permit", _PERMIT, values, version=version)


def receive_with_authorization(
    chain_id: int,
    token: str,
    *,
    name: str,
    payer: str,
    to: str,
    value: int,
    valid_after: int,
    valid_before: int,
    nonce: bytes,
    version: str = "1",
) -> TypedData:
    """EIP-3009: *to* may collect *value* base units of *token* once, between the times (Unix seconds)."""
    values = (payer, to, value, valid_after, valid_before, nonce)
    return _typed_data(name, chain_id, token, "ReceiveWithAuthorization", _RECEIVE, values, version=version)


def report(
    chain_id: int,
    oracle: str,
    *,
    request_id: int,
    validator: str,
    status: int,
    scores: Sequence[int],
    criteria: int,
    word: bytes,
    manifest: bytes,
) -> TypedData:
    """A validator's report; *manifest* is ``ValidationReport.unsigned_digest()``, *scores* are in ppm."""
    values = (request_id, validator, status, list(scores), criteria, word, manifest)
    return _typed_data("Assay ValidationOracle", chain_id, oracle, "Report", _REPORT, values)


def dossier(chain_id: int, registry: str, *, digest: bytes, model: int, issuer: str) -> TypedData:
    """The issuer's statement that it issued the dossier of *model* with this sha2-256 *digest*."""
    return _typed_data("Assay Dossier", chain_id, registry, "Dossier", _DOSSIER, (digest, model, issuer))


def agreement(chain_id: int, agreements: str, *, text: bytes, party: str) -> TypedData:
    """The statement of *party* that it agrees to the text with this digest (contract Agreements)."""
    return _typed_data("Assay Agreements", chain_id, agreements, "Agreement", _AGREEMENT, (text, party))


def encryption_key_text(chain_id: int, registry: str, owner: str) -> TypedData:
    """The fixed text whose signature yields the owner's X25519 key. Its wording can never change."""
    text = (
        "Derive my Assay encryption key. Sign this only in Assay: the signature opens what is sealed to me."
    )
    return _typed_data("Assay", chain_id, registry, "EncryptionKey", _ENCRYPTION_KEY, (text, owner))


def bid_salt_text(chain_id: int, auction: str, auction_id: int, bidder: str) -> TypedData:
    """The fixed text whose signature yields the salt of one bid. Its wording can never change."""
    text = "Derive the salt of my sealed bid. Sign this only in Assay: the signature uncovers my bid."
    return _typed_data("Assay", chain_id, auction, "BidSalt", _BID_SALT, (text, auction_id, bidder))


def delivery_seed_text(chain_id: int, contract: str, recipient: str) -> TypedData:
    """The fixed text whose signature yields the seed of delivery keys. Its wording can never change."""
    text = "Derive the keys of my deliveries. Sign this only in Assay: the signature opens what I was sent."
    return _typed_data("Assay", chain_id, contract, "DeliverySeed", _DELIVERY_SEED, (text, recipient))


def sealed_bid_hash(
    chain_id: int, auction: str, auction_id: int, bidder: str, price: int, salt: bytes
) -> bytes:
    """The 32 bytes that commit *bidder* to *price* (token base units, below 2^96)."""
    return _abi_hash(_BID, (chain_id, auction, auction_id, bidder, price, salt))


def vote_hash(
    chain_id: int, oracle: str, request_id: int, validator: str, *, report: Sequence[Any], salt: bytes
) -> bytes:
    """The 32 bytes that commit *validator* to a report before anyone reveals.

    Args:
        report: status, scores, criteria, word and the manifest's digest.
        salt: 32 bytes.
    """
    _checked(_VOTED, report)
    _checked(_VOTE, (chain_id, oracle, request_id, validator, salt))
    kinds = ["uint256", "address", "uint256", "address", _tuple_of(_VOTED), "bytes32"]
    return keccak(encode(kinds, [chain_id, oracle, request_id, validator, tuple(report), salt]))


def juror_salt_text(chain_id: int, court: str, dispute_id: int, round_: int, juror: str) -> TypedData:
    """The fixed text whose signature yields the salt of one juror's vote. Its wording can never change."""
    text = "Derive the salt of my sealed vote. Sign this only in Assay: the signature uncovers my vote."
    values = (text, dispute_id, round_, juror)
    return _typed_data("Assay", chain_id, court, "VoteSalt", _VOTE_SALT, values)


def juror_vote_hash(
    chain_id: int, court: str, dispute_id: int, round_: int, juror: str, vote: int, salt: bytes
) -> bytes:
    """The 32 bytes that commit *juror* to *vote* in one round of a dispute."""
    return _abi_hash(_BALLOT, (chain_id, court, dispute_id, round_, juror, vote, salt))


def verdict_salt_text(chain_id: int, registry: str, audit_id: int, auditor: str) -> TypedData:
    """The fixed text whose signature yields the salt of one verdict. Its wording can never change."""
    text = "Derive the salt of my sealed verdict. Sign this only in Assay: the signature uncovers my verdict."
    values = (text, audit_id, auditor)
    return _typed_data("Assay", chain_id, registry, "VerdictSalt", _VERDICT_SALT, values)


def sealed_verdict_hash(
    chain_id: int,
    registry: str,
    audit_id: int,
    auditor: str,
    *,
    approve: bool,
    report: bytes,
    scopes: int,
    salt: bytes,
) -> bytes:
    """The 32 bytes that commit *auditor* to a verdict before anyone opens one.

    Args:
        report: digest of the AuditReport.
        scopes: bitmap of what it covers.
        salt: 32 bytes.
    """
    return _abi_hash(_VERDICT, (chain_id, registry, audit_id, auditor, approve, report, scopes, salt))


def domain_separator(typed_data: TypedData) -> bytes:
    """The ``DOMAIN_SEPARATOR`` of the contract that *typed_data* is for."""
    return bytes(_message(typed_data).header)


def signing_hash(typed_data: TypedData) -> bytes:
    """The 32 bytes that a signature of *typed_data* covers."""
    message = _message(typed_data)
    return keccak(b"\x19" + message.version + message.header + message.body)


def signer_of(typed_data: TypedData, signature: bytes) -> str:
    """The address that made *signature* (65 bytes).

    Raises:
        WalletError: it is not a valid signature.
    """
    from eth_account import Account

    try:
        recovered: str = Account.recover_message(_message(typed_data), signature=signature)
    except Exception as error:  # eth-keys, eth-account and their backends each raise their own
        raise WalletError("This is not a valid signature.") from error
    return recovered


def _message(typed_data: TypedData) -> SignableMessage:
    from eth_account.messages import encode_typed_data  # not needed by callers that only read

    return encode_typed_data(full_message=typed_data)


def _typed_data(
    name: str,
    chain_id: int,
    contract: str,
    primary_type: str,
    struct: str,
    values: Sequence[Any],
    *,
    version: str = "1",
) -> TypedData:
    return {
        "types": {"EIP712Domain": _members(_DOMAIN), primary_type: _members(struct)},
        "primaryType": primary_type,
        "domain": _checked(_DOMAIN, (name, version, chain_id, contract)),
        "message": _checked(struct, values),
    }


def _abi_hash(struct: str, values: Sequence[Any]) -> bytes:
    _checked(struct, values)
    return keccak(encode([member["type"] for member in _members(struct)], values))


def _tuple_of(struct: str) -> str:
    return f"({','.join(member['type'] for member in _members(struct))})"


def _members(struct: str) -> list[dict[str, str]]:
    pairs = (member.split() for member in struct.split(","))
    return [{"name": name, "type": kind} for kind, name in pairs]


def _checked(struct: str, values: Sequence[Any]) -> dict[str, Any]:
    for member, value in zip(_members(struct), values, strict=True):
        fits = is_encodable(member["type"], value)
        if member["type"] == "bytes32":  # the ABI codec would pad a shorter one
            fits = fits and len(value) == 32
        if not fits:
            raise WalletError(f"The {member['name']} does not fit {member['type']}; nothing was signed.")
    return {member["name"]: value for member, value in zip(_members(struct), values, strict=True)}

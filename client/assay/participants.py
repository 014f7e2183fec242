"""`market.participants`: who takes part, in which roles, and who may not judge whom."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from pydantic import BaseModel, ConfigDict

from assay.chain import Receipt
from assay.errors import InvalidInput
from assay.governance.policy import Policy
from assay.manifests.fields import Address
from assay.session import Session
from assay.structs import Conflict, Credential, ParticipantRecord, Registration, Role, views
from assay.structs.base import Bytes32, HexBytes
from assay.wallet import eip712

_MAX_DOMAINS = 3
_REGISTRY = "ParticipantRegistry"


class Participant(BaseModel):
    """One participant as recorded in the registry; times are Unix seconds, 0 for never."""

    model_config = ConfigDict(frozen=True)

    address: Address
    index: int
    primary_role: Role
    roles: tuple[Role, ...]
    jurisdiction: str
    organisation: Bytes32
    """Hash of the organisation's identifier; zero if there is none."""
    domains: tuple[str, ...]
    encryption_key: Bytes32
    trusted_from: int
    """The roles Auditor, Validator and Regulator are effective from this time on."""
    domains_changed_at: int
    accredited_until: int


class SignedCredential(BaseModel):
    """A credential with its accreditor's signature, to be handed to its subject."""

    model_config = ConfigDict(frozen=True)

    credential: Credential
    accreditor: Address
    signature: HexBytes


class Participants:
    """Joining the market, accreditation, ties."""

    def __init__(self, session: Session, policy: Policy) -> None:
        self._session, self._policy = session, policy

    def register(
        self,
        role: Role,
        *,
        jurisdiction: str,
        secondary: Collection[Role] = (),
        domains: Collection[str] = (),
        organisation: str = "",
    ) -> Receipt:
        """Join the market with the wallet's account and its derived encryption key.

        Args:
            role: the primary role.
            jurisdiction: ISO 3166-1 alpha-2 code.
            secondary: further roles; a regulator cannot have any.
            domains: up to three names from the market's list.
            organisation: its identifier (an LEI, a domain name…), or empty. Only a hash is published.

        Raises:
            InvalidInput: an unknown domain or jurisdiction, or too many domains.
            ContractError: already registered, or the roles cannot be combined.
        """
        registration = Registration(
            primary_role=role,
            secondary_roles=_bitmap(secondary),
            jurisdiction=self._policy.jurisdiction_id(jurisdiction),
            domains=self._packed(domains),
            organisation=organisation_hash(organisation),
            encryption_key=self._session.encryption_key().public_key().public_bytes_raw(),
        )
        return self._send("register", registration.to_abi())

    def get(self, address: str | None = None) -> Participant:
        """The participant at *address* (the wallet's by default).

        Raises:
            InvalidInput: the address is not registered.
        """
        account = to_checksum_address(address or self._session.address)
        record = self._session.view(views.participant_registry.participant_of(account))
        if record.index == 0:
            raise InvalidInput(
                f"{account} has not joined the market.", hint="It joins with `assay participant register`."
            )
        jurisdiction, organisation, key, domains = self._session.together(
            lambda: self._policy.jurisdiction_code(record.jurisdiction),
            lambda: self._session.view(views.participant_registry.organisation_of(account)),
            lambda: self.encryption_key(account),
            lambda: tuple(self._session.each(self._policy.domain_name, _unpacked(record.domains))),
        )
        return Participant(
            address=account,
            index=record.index,
            primary_role=record.primary_role,
            roles=_roles(record.roles),
            jurisdiction=jurisdiction,
            organisation=organisation,
            domains=domains,
            encryption_key=key,
            trusted_from=record.trusted_from,
            domains_changed_at=record.domains_changed_at,
            accredited_until=record.accredited_until,
        )

    def encryption_key(self, address: str) -> bytes:
        """The X25519 key that others use to seal secrets for *address*; zero if it has not joined."""
        return self._session.view(views.participant_registry.encryption_key_of(address))

    def is_registered(self, address: str | None = None) -> bool:
        """Whether *address* (the wallet's by default) has joined."""
        record = self._session.view(
            views.participant_registry.participant_of(address or self._session.address)
        )
        return ParticipantRecord.model_validate(record).index != 0

    def holds_role(self, role: Role, address: str | None = None) -> bool:
        """Whether the role is effective now: held, past its waiting period, and accredited where required."""
        return self._session.view(
            views.participant_registry.holds_role(address or self._session.address, role)
        )

    def conflict(self, account: str, party: str, cooling_off: int) -> Conflict:
        """Why *account* cannot judge *party*; past dealings count for *cooling_off* seconds."""
        return self._session.view(views.participant_registry.conflict_of(account, party, cooling_off))

    def change(
        self,
        *,
        role: Role | None = None,
        secondary: Collection[Role] | None = None,
        domains: Collection[str] | None = None,
        encryption_key: bool = False,
    ) -> list[Receipt]:
        """Replace the given parts of the account's entry, one transaction each, after checking them all.

        The organisation changes only by accreditation (:meth:`accredit`); the jurisdiction cannot change.

        Args:
            role: the primary role; newly taken trusted roles take effect after a waiting period.
            secondary: the further roles; replaced as a whole, together with *role*.
            domains: up to three; replaced as a whole, at most once per cooldown.
            encryption_key: whether to switch to the key that the wallet derives now, for example after its
                backup has changed. Anything sealed to the former key needs the former backup.

        Raises:
            InvalidInput: not registered, an unknown domain, an unchanged key, or nothing to change.
            ContractError: the roles cannot be combined, or the domains were changed too recently.
        """
        now = self.get()
        changes: list[tuple[Any, ...]] = []
        if role is not None or secondary is not None:
            primary = role or now.primary_role
            further = secondary if secondary is not None else set(now.roles) - {now.primary_role}
            changes.append(("changeRoles", primary, _bitmap(further)))
        if domains is not None:
            changes.append(("changeDomains", self._packed(domains)))
        if encryption_key:
            derived = self._session.encryption_key().public_key().public_bytes_raw()
            if derived == now.encryption_key:
                raise InvalidInput("The wallet's encryption key is the registered one already.")
            changes.append(("changeEncryptionKey", derived))
        if not changes:
            raise InvalidInput("Nothing is to be changed.")
        calls = [self._session.contract(_REGISTRY).call(*change) for change in changes]
        for call in calls:
            self._session.simulate(call)
        return [self._session.send_call(call) for call in calls]

    def declare_tie(self, other: str, until: int) -> Receipt:
        """Declare that the account cannot judge *other* until a time (Unix seconds)."""
        return self._send("declareTie", to_checksum_address(other), until)

    def issue_credential(
        self, subject: str, role: Role, *, organisation: str, valid_until: int, deadline: int
    ) -> SignedCredential:
        """As an accreditor, sign that *subject* is an auditor or regulator. Sends no transaction.

        Args:
            subject: the account.
            role: Auditor or Regulator.
            organisation: the subject's verified organisation; replaces the one it declared.
            valid_until: Unix seconds at which the accreditation ends.
            deadline: Unix seconds by which the credential must be presented.
        """
        account = to_checksum_address(subject)
        credential = Credential(
            subject=account,
            role=role,
            organisation=organisation_hash(organisation),
            valid_until=valid_until,
            nonce=self._session.view(views.participant_registry.nonces(account)),
            deadline=deadline,
        )
        typed_data = eip712.credential(
            self._session.deployment.chain_id,
            self._session.deployment.address("ParticipantRegistry"),
            **credential.model_dump(),
        )
        signature = self._session.wallet.sign_typed_data(typed_data)
        return SignedCredential(credential=credential, accreditor=self._session.address, signature=signature)

    def accredit(self, signed: SignedCredential) -> Receipt:
        """Present a credential; anyone may do this for its subject.

        Raises:
            ContractError: the credential is expired, used, revoked, or not from an accreditor.
        """
        return self._send("accredit", signed.credential.to_abi(), signed.accreditor, signed.signature)

    def revoke_accreditation(self, address: str) -> Receipt:
        """As an accreditor, end an accreditation immediately."""
        return self._send("revokeAccreditation", to_checksum_address(address))

    def _packed(self, domains: Collection[str]) -> int:
        if len(domains) > _MAX_DOMAINS:
            raise InvalidInput(f"At most {_MAX_DOMAINS} domains, not {len(domains)}.")
        return sum(self._policy.domain_id(name) << 8 * place for place, name in enumerate(domains))

    def _send(self, function: str, *arguments: object) -> Receipt:
        return self._session.send(_REGISTRY, function, *arguments)


def organisation_hash(identifier: str) -> bytes:
    """keccak-256 of the trimmed, case-folded identifier; zero if there is none."""
    text = identifier.strip().casefold()
    return keccak(text=text) if text else bytes(32)


def _bitmap(roles: Collection[Role]) -> int:
    return sum(1 << role for role in set(roles))


def _roles(bitmap: int) -> tuple[Role, ...]:
    return tuple(role for role in Role if role and bitmap >> role & 1)


def _unpacked(domains: int) -> list[int]:
    return [domain for place in range(_MAX_DOMAINS) if (domain := domains >> 8 * place & 0xFF)]

"""`market.governance.changes`: builds the calls for proposals from names and present values.

Each method reads what it needs and sends nothing. Amounts are in base units, times in seconds, rates in ppm.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from assay.chain import Call
from assay.errors import InvalidInput
from assay.governance.policy import Policy
from assay.session import Session
from assay.structs import DataRule, PanelTier, ShareCap, Struct, TokenRule
from assay.words.printable import quoted

ROLES = {keccak(text=name): name for name in ("ACCREDITOR_ROLE", "MODULE_ROLE", "BRAKE_ROLE")} | {
    bytes(32): "DEFAULT_ADMIN_ROLE"
}
"""Names of the market's roles, by id."""


class RuleChanges:
    """What can be proposed. If only some fields are given, the others keep their present values."""

    def __init__(self, session: Session, policy: Policy) -> None:
        self._session, self._policy = session, policy

    # --- rules: more than half of the chambers ---

    def fee(self, ppm: int, treasury: str | None = None) -> Call:
        """The market's fee, and who earns it (unchanged by default)."""
        return self._call("setFee", ppm, to_checksum_address(treasury or self._policy.treasury()))

    def bid_bond(self, ppm: int) -> Call:
        """A bid's bond, as a share of the reserve price."""
        return self._call("setBidBond", ppm)

    def timeouts(self, **seconds: int) -> Call:
        """How long steps may take, by the names of :class:`assay.structs.Timeouts`."""
        return self._call("setTimeouts", _changed(self._policy.timeouts(), seconds))

    def stakes(self, **values: int) -> Call:
        """Stakes and bonds, by the names of :class:`assay.structs.Stakes`."""
        return self._call("setStakes", _changed(self._policy.stakes(), values))

    def risk_class(self, number: int, **asks: Any) -> Call:
        """What a risk class requires, by the names of :class:`assay.structs.RiskClass`; this defines the
        class unless ``defined=False`` is given."""
        return self._call(
            "setRiskClass", number, _changed(self._policy.risk_class(number), {"defined": True} | asks)
        )

    def share_cap(self, domain: str, ppm: int, *, period: int = 0, min_volume: int = 0) -> Call:
        """The largest share of a domain's awarded value for one developer in a period; 0 for no cap."""
        cap = ShareCap(cap_ppm=ppm, period=period, min_volume=min_volume)
        return self._call("setShareCap", self._policy.domain_id(domain), cap.to_abi())

    def fee_share(self, ppm: int, *, period: int = 0, min_volume: int = 0) -> Call:
        """The largest share of an auditor's fees in a period that may come from one party; 0 for no cap."""
        return self._call(
            "setFeeShareCap", ShareCap(cap_ppm=ppm, period=period, min_volume=min_volume).to_abi()
        )

    def jurisdiction_rule(
        self, domain: str, customers: str, *, block: Collection[str] = (), allow: Collection[str] = ()
    ) -> Call:
        """Jurisdictions whose developers may not serve *customers* of one jurisdiction in a domain."""
        domain_id, place = self._policy.domain_id(domain), self._policy.jurisdiction_id(customers)
        blocked = self._policy.blocked_developers(domain_id, place)
        for code in block:
            blocked |= 1 << self._policy.jurisdiction_id(code)
        for code in allow:
            blocked &= ~(1 << self._policy.jurisdiction_id(code))
        return self._call("setJurisdictionRule", domain_id, place, blocked)

    def token(
        self,
        address: str,
        *,
        allowed: bool = True,
        min_evaluation_fee: int | None = None,
        appeal_bond: int | None = None,
        step_fee: int | None = None,
        tiers: Sequence[PanelTier] = (),
    ) -> Call:
        """Whether deals may be paid in a token, its amounts (base units), and its panel sizes (if given)."""
        now = self._policy.token_rule(address)
        rule = TokenRule(
            allowed=allowed,
            min_evaluation_fee=now.min_evaluation_fee if min_evaluation_fee is None else min_evaluation_fee,
            appeal_bond=now.appeal_bond if appeal_bond is None else appeal_bond,
            step_fee=now.step_fee if step_fee is None else step_fee,
        )
        sizes = [tier.to_abi() for tier in tiers or self._policy.panel_tiers(address)]
        if not sizes:
            raise InvalidInput("A token that is new needs panel sizes.", hint="Name its tiers.")
        return self._call("setTokenRule", to_checksum_address(address), rule.to_abi(), sizes)

    def data_rule(self, domain: str, *, max_lifetime: int = 0, purposes: Collection[str] = ()) -> Call:
        """How long access to data may last (0: for ever), and for which purposes (none given: all)."""
        bitmap = sum(1 << self._policy.purpose_id(name) for name in set(purposes))
        rule = DataRule(max_lifetime=max_lifetime, purposes=bitmap)
        return self._call("setDataRule", self._policy.domain_id(domain), rule.to_abi())

    def cooling_off(self, seconds: int) -> Call:
        """How long a past dealing is a conflict of interest."""
        return self._call("setCoolingOff", seconds)

    def waits(self, *, trusted: int | None = None, domain_change: int | None = None) -> Call:
        """Waiting periods before a trusted role takes effect, and between two changes of domains."""
        trusted = self._policy.trusted_wait() if trusted is None else trusted
        between = self._policy.domain_cooldown() if domain_change is None else domain_change
        return self._call("setWaits", trusted, between)

    def add_domain(self, name: str) -> Call:
        """A new domain."""
        return self._call("addDomain", _padded(name, 32))

    def add_jurisdiction(self, code: str) -> Call:
        """A new jurisdiction (ISO 3166-1 alpha-2)."""
        return self._call("addJurisdiction", _padded(code.upper(), 2))

    def add_purpose(self, name: str) -> Call:
        """A new purpose for which data may be used."""
        return self._call("addPurpose", _padded(name, 32))

    def conformity_set(self, domain: str, set_id: int) -> Call:
        """The third-party test set in force in a domain; 0 for none."""
        return self._call("setConformitySet", self._policy.domain_id(domain), set_id)

    def arbitrator(self, address: str, *, allowed: bool = True) -> Call:
        """Whether new deals may name an outside arbitrator (ERC-792)."""
        return self._call("setArbitrator", to_checksum_address(address), allowed)

    def release(self) -> Call:
        """An early end to a halt."""
        return self._call("release")

    # --- powers: every chamber ---

    def accreditor(self, account: str, *, given: bool = True) -> Call:
        """Who may accredit auditors and regulators and sign for seats."""
        return self.role("ParticipantRegistry", "ACCREDITOR_ROLE", account, given=given)

    def module(self, address: str, *, authorised: bool = True, of: Collection[str] = ()) -> list[Call]:
        """Whether a contract may hold its deals' money, and be a module *of* other contracts, by name."""
        function = "authorise" if authorised else "retire"
        first = self._session.contract("Escrow").call(function, to_checksum_address(address))
        return [first, *(self.role(owner, "MODULE_ROLE", address, given=authorised) for owner in of)]

    def role(self, contract: str, role: str, account: str, *, given: bool = True) -> Call:
        """Whether an account has a role in one of the market's contracts, both given by name."""
        ids = {name: value for value, name in ROLES.items()}
        if role not in ids:
            raise InvalidInput(f"There is no role {quoted(role)}.", hint=f"There are: {', '.join(ids)}.")
        function = "grantRole" if given else "revokeRole"
        return self._session.contract(contract).call(function, ids[role], to_checksum_address(account))

    def _call(self, function: str, *arguments: Any) -> Call:
        return self._session.contract("Policy").call(function, *arguments)


def _changed(now: Struct, values: dict[str, Any]) -> dict[str, Any]:
    fields = type(now).model_fields
    for name in values:
        if name not in fields:
            raise InvalidInput(f"There is no {quoted(name)}.", hint=f"There are: {', '.join(fields)}.")
    return now.model_copy(update=values).to_abi()


def _padded(name: str, width: int) -> bytes:
    raw = name.encode("ascii", "replace")
    if not 0 < len(raw) <= width or b"?" in raw:
        raise InvalidInput(f"{quoted(name)} is not a name of 1 to {width} ASCII characters.")
    return raw.ljust(width, b"\0")

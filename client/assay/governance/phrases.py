"""The market's rules as phrases: names for numbers, token units for base units, durations for seconds."""

from __future__ import annotations

from collections.abc import Sequence

from eth_utils.address import to_checksum_address

from assay.errors import AssayError
from assay.escrow import Escrow
from assay.governance.policy import Policy
from assay.session import Session
from assay.structs import DataRule, PanelTier, RiskClass, ShareCap, TokenRule
from assay.structs.base import MAX_UINT96
from assay.words.formatting import percent
from assay.words.times import duration


class Phrases:
    """Puts the contents of the market's rules into words."""

    def __init__(self, session: Session, policy: Policy, escrow: Escrow) -> None:
        self.session, self.policy, self._escrow = session, policy, escrow
        contracts = session.deployment.contracts.items()
        self._names = {to_checksum_address(address): name for name, address in contracts}

    def contract(self, address: str) -> str:
        """The name of the market's contract at *address*; empty if there is none."""
        return self._names.get(to_checksum_address(address), "")

    def account(self, address: str) -> str:
        """An address, with its name if it is a contract of the market."""
        name = self.contract(address)
        return f"{name} ({address})" if name else str(address)

    def domain(self, number: int) -> str:
        """The name of a domain."""
        return self.policy.domain_name(number) or f"domain {number}, which does not exist,"

    def jurisdiction(self, number: int) -> str:
        """The code of a jurisdiction."""
        return self.policy.jurisdiction_code(number) or f"jurisdiction {number}, which does not exist,"

    def amount(self, base_units: int, token: str) -> str:
        """An amount in token units, or in base units if the token does not report its decimals."""
        try:
            return self._escrow.token(token).format(base_units)
        except AssayError:
            return f"{base_units:,} base units"

    def token(self, address: str) -> str:
        """A token's symbol, or its address if it reports none."""
        try:
            return self._escrow.token(address).symbol
        except AssayError:
            return address

    def staking(self, base_units: int) -> str:
        """An amount of the staking token."""
        return self.amount(base_units, self.session.deployment.tokens.staking)

    def payment(self, base_units: int) -> str:
        """An amount of the payment token."""
        return self.amount(base_units, self.session.deployment.tokens.payment)

    def jurisdictions(self, bitmap: int) -> str:
        """The codes in a bitmap; bits beyond the list do not belong to any jurisdiction yet."""
        codes = self.policy.jurisdictions()
        named = [code for number, code in enumerate(codes, start=1) if bitmap >> number & 1]
        rest = bitmap >> (len(codes) + 1)
        return ", ".join(named + ([f"{rest.bit_count()} not on the list"] if rest else [])) or "nowhere"

    def purposes(self, bitmap: int) -> str:
        """The names in a bitmap."""
        names = self.policy.purposes()
        named = [name for number, name in enumerate(names, start=1) if bitmap >> number & 1]
        return ", ".join(named) if bitmap else "all purposes"

    def cap(self, rule: ShareCap, whole: str = "value") -> str:
        """A cap in words, such as "40 % of the value of 90 days, once that is 1,000 tUSD"."""
        if not rule.cap_ppm:
            return "no cap"
        return (
            f"{percent(rule.cap_ppm)} of the {whole} of {duration(rule.period)}, "
            f"once that is {self.payment(rule.min_volume)}"
        )

    def payments(self, token: str, rule: TokenRule, tiers: Sequence[PanelTier]) -> str:
        """Whether deals may be paid in a token, and which rules apply to them."""
        if not rule.allowed:
            return "not allowed"
        panels = ", ".join(
            f"{tier.size} seats"
            + ("" if tier.below == MAX_UINT96 else f" below {self.amount(tier.below, token)}")
            for tier in tiers
        )
        return (
            f"allowed, evaluations from {self.amount(rule.min_evaluation_fee, token)}, "
            f"appeals {self.amount(rule.appeal_bond, token)}, steps {self.amount(rule.step_fee, token)}, "
            f"panels of {panels}"
        )

    def use(self, rule: DataRule) -> str:
        """For how long data may be used, and for what."""
        lasting = f"for at most {duration(rule.max_lifetime)}" if rule.max_lifetime else "without an end"
        return f"{lasting}, for {self.purposes(rule.purposes)}"


def asks(rule: RiskClass) -> str:
    """What a risk class requires; empty if there is no such class."""
    if not rule.defined:
        return ""
    audits = f"{rule.audits or 'no'} audit{'' if rule.audits == 1 else 's'}"
    parts = [audits + (", one by a regulator" if rule.regulator else "")]
    parts += ["explanations"] if rule.explainability else []
    parts += ["a third party's test"] if rule.third_party else []
    parts += [f"tests again every {duration(rule.reverify_interval)}"] if rule.reverify_interval else []
    return ", ".join(parts)


def test_set(number: int) -> str:
    """The third-party test set in force, if any."""
    return f"third-party test set {number}" if number else "no third-party test set"

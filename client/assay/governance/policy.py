"""`market.policy`: the rules that apply to deals opened now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assay.errors import InvalidInput
from assay.session import Session
from assay.structs import (
    CommissionTerms,
    DataRule,
    PanelTier,
    RiskClass,
    ShareCap,
    Stakes,
    Timeouts,
    TokenRule,
    views,
)
from assay.structs.view import View
from assay.words.printable import quoted


@dataclass(frozen=True)
class Share:
    """How much of a domain's value a developer was awarded in the present period, or how much of an auditor's
    fees came from one party; base units."""

    own: int
    total: int
    cap: ShareCap

    @property
    def ppm(self) -> int:
        """The share, ppm; 0 while there is nothing to share."""
        return self.own * 1_000_000 // self.total if self.total else 0

    @property
    def may_bid(self) -> bool:
        """Whether the cap allows the developer to bid on commissions opened now."""
        capped = self.cap.cap_ppm != 0 and self.total >= self.cap.min_volume
        return not capped or self.own <= self.total * self.cap.cap_ppm // 1_000_000


class Policy:
    """Reads Policy. Open deals keep the rules under which they were opened."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def domains(self) -> tuple[str, ...]:
        """Names of all domains; the first has id 1."""
        return self._all(views.policy.domain_count(), self.domain_name)

    def domain_id(self, name: str) -> int:
        """The id of the domain *name*; raises :class:`InvalidInput` if the market has none."""
        return _number(name, self.domains(), "domain")

    def domain_name(self, domain: int) -> str:
        """The name of domain *domain*."""
        return _text(self._session.view(views.policy.domain_name(domain)))

    def jurisdictions(self) -> tuple[str, ...]:
        """ISO 3166-1 alpha-2 codes of all jurisdictions; the first has id 1."""
        return self._all(views.policy.jurisdiction_count(), self.jurisdiction_code)

    def jurisdiction_id(self, code: str) -> int:
        """The id of the jurisdiction *code*; raises :class:`InvalidInput` if the market has none."""
        return _number(code.upper(), self.jurisdictions(), "jurisdiction")

    def jurisdiction_code(self, jurisdiction: int) -> str:
        """The code of jurisdiction *jurisdiction*."""
        return _text(self._session.view(views.policy.jurisdiction_code(jurisdiction)))

    def purposes(self) -> tuple[str, ...]:
        """Names of what data may be used for; the first has id 1."""
        return self._all(views.policy.purpose_count(), self._purpose_name)

    def purpose_id(self, name: str) -> int:
        """The id of the purpose *name*; raises :class:`InvalidInput` if the market has none."""
        return _number(name, self.purposes(), "purpose")

    def blocked_developers(self, domain: int, jurisdiction: int) -> int:
        """Bitmap of the jurisdictions whose developers may not serve customers of *jurisdiction*."""
        return self._session.view(views.policy.blocked_developers(domain, jurisdiction))

    def share_cap(self, domain: int) -> ShareCap:
        """How much of a domain's value one developer may take."""
        return self._session.view(views.policy.share_cap(domain))

    def share(self, domain: str, developer: str | None = None) -> Share:
        """How close *developer* (the wallet's account by default) is to a domain's share cap."""
        number = self.domain_id(domain)
        who = developer or self._session.address
        awarded = self._session.view(views.commission_market.awarded(number, who))
        return Share(awarded.own, awarded.total, self.share_cap(number))

    def fee_share_cap(self) -> ShareCap:
        """How much of an auditor's fees may come from one party."""
        return self._session.view(views.policy.fee_share_cap())

    def data_rule(self, domain: int) -> DataRule:
        """What data deals in a domain must specify."""
        return self._session.view(views.policy.data_rule(domain))

    def halted_until(self) -> int:
        """Unix seconds until which no deal can open; a past time or 0 if deals can open."""
        return self._session.view(views.policy.halted_until())

    def is_arbitrator(self, address: str) -> bool:
        """Whether a new deal may name the arbitrator at *address* instead of the market's court."""
        return self._session.view(views.policy.is_arbitrator(address))

    def timeouts(self) -> Timeouts:
        """How long each step of a deal may take, seconds."""
        return self._session.view(views.policy.timeouts())

    def stakes(self) -> Stakes:
        """Stakes and bonds in the staking token."""
        return self._session.view(views.policy.stakes())

    def risk_class(self, number: int) -> RiskClass:
        """What risk class *number* requires; ``defined`` is false if there is none."""
        return self._session.view(views.policy.risk_class(number))

    def conformity_set(self, domain: int) -> int:
        """The number of the third-party test set in force in a domain; 0 for none."""
        return self._session.view(views.policy.conformity_set(domain))

    def token_rule(self, token: str | None = None) -> TokenRule:
        """Whether *token* (the payment token by default) is allowed, and its minimum amounts."""
        return self._session.view(views.policy.token_rule(token or self._payment_token))

    def panel_tiers(self, token: str | None = None) -> tuple[PanelTier, ...]:
        """Panel sizes by reserve price."""
        return self._session.view(views.policy.panel_tiers(token or self._payment_token))

    def commission_terms(
        self, *, domain: int, risk_class: int, jurisdiction: int, reserve: int, token: str | None = None
    ) -> CommissionTerms:
        """All rules that would apply to a commission opened now by a customer in *jurisdiction*.

        Raises:
            ContractError: an unknown domain, risk class or jurisdiction, or a token that is not allowed.
        """
        arguments = (token or self._payment_token, domain, risk_class, jurisdiction, reserve)
        return self._session.view(views.policy.commission_terms(*arguments))

    def fee_ppm(self) -> int:
        """The market's fee on top of a price, ppm."""
        return self._session.view(views.policy.fee_ppm())

    def treasury(self) -> str:
        """Who earns the fee."""
        return self._session.view(views.policy.treasury())

    def bid_bond_ppm(self) -> int:
        """A bid's bond in ppm of the reserve."""
        return self._session.view(views.policy.bid_bond_ppm())

    def trusted_wait(self) -> int:
        """Seconds before a newly taken trusted role takes effect."""
        return self._session.view(views.policy.trusted_wait())

    def domain_cooldown(self) -> int:
        """Seconds between two changes of a participant's domains."""
        return self._session.view(views.policy.domain_cooldown())

    def cooling_off(self) -> int:
        """Seconds for which a past dealing is a conflict of interest."""
        return self._session.view(views.policy.cooling_off())

    @property
    def _payment_token(self) -> str:
        return self._session.deployment.tokens.payment

    def _purpose_name(self, purpose: int) -> str:
        return _text(self._session.view(views.policy.purpose_name(purpose)))

    def _all(self, count: View[int], name: Callable[[int], str]) -> tuple[str, ...]:
        return tuple(self._session.each(name, range(1, self._session.view(count) + 1)))


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("ascii", "replace")


def _number(name: str, names: tuple[str, ...], what: str) -> int:
    try:
        return names.index(name) + 1
    except ValueError:
        raise InvalidInput(
            f"The market has no {what} {quoted(name)}.", hint=f"It has: {', '.join(names)}."
        ) from None

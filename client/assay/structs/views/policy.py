"""Views of Policy. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def BRAKE_ROLE() -> View[bytes]:
    return View("Policy", "BRAKE_ROLE", bytes)


def DEFAULT_ADMIN_ROLE() -> View[bytes]:
    return View("Policy", "DEFAULT_ADMIN_ROLE", bytes)


def MAX_COOLING_OFF() -> View[int]:
    return View("Policy", "MAX_COOLING_OFF", int)


def MAX_FEE_PPM() -> View[int]:
    return View("Policy", "MAX_FEE_PPM", int)


def MAX_PANEL() -> View[int]:
    return View("Policy", "MAX_PANEL", int)


def MAX_PPM() -> View[int]:
    return View("Policy", "MAX_PPM", int)


def MAX_SHARE_PERIOD() -> View[int]:
    return View("Policy", "MAX_SHARE_PERIOD", int)


def MAX_TIERS() -> View[int]:
    return View("Policy", "MAX_TIERS", int)


def MAX_WAIT() -> View[int]:
    return View("Policy", "MAX_WAIT", int)


def MIN_BID_BOND_PPM() -> View[int]:
    return View("Policy", "MIN_BID_BOND_PPM", int)


def MIN_PANEL() -> View[int]:
    return View("Policy", "MIN_PANEL", int)


def MIN_SHARE_PERIOD() -> View[int]:
    return View("Policy", "MIN_SHARE_PERIOD", int)


def MIN_TIMEOUT() -> View[int]:
    return View("Policy", "MIN_TIMEOUT", int)


def bid_bond_ppm() -> View[int]:
    return View("Policy", "bidBondPpm", int)


def blocked_developers(domain: int, customer_jurisdiction: int) -> View[int]:
    return View("Policy", "blockedDevelopers", int, domain, customer_jurisdiction)


def commission_terms(
    token: str, domain: int, risk_class_id: int, customer_jurisdiction: int, reserve: int
) -> View[structs.CommissionTerms]:
    return View(
        "Policy",
        "commissionTerms",
        structs.CommissionTerms,
        token,
        domain,
        risk_class_id,
        customer_jurisdiction,
        reserve,
    )


def conformity_set(domain: int) -> View[int]:
    return View("Policy", "conformitySet", int, domain)


def cooling_off() -> View[int]:
    return View("Policy", "coolingOff", int)


def data_rule(domain: int) -> View[structs.DataRule]:
    return View("Policy", "dataRule", structs.DataRule, domain)


def domain_cooldown() -> View[int]:
    return View("Policy", "domainCooldown", int)


def domain_count() -> View[int]:
    return View("Policy", "domainCount", int)


def domain_name(domain: int) -> View[bytes]:
    return View("Policy", "domainName", bytes, domain)


def edition() -> View[int]:
    return View("Policy", "edition", int)


def fee_ppm() -> View[int]:
    return View("Policy", "feePpm", int)


def fee_share_cap() -> View[structs.ShareCap]:
    return View("Policy", "feeShareCap", structs.ShareCap)


def get_role_admin(role: bytes) -> View[bytes]:
    return View("Policy", "getRoleAdmin", bytes, role)


def haltable_from() -> View[int]:
    return View("Policy", "haltableFrom", int)


def halted_until() -> View[int]:
    return View("Policy", "haltedUntil", int)


def has_role(role: bytes, account: str) -> View[bool]:
    return View("Policy", "hasRole", bool, role, account)


def is_arbitrator(arbitrator: str) -> View[bool]:
    return View("Policy", "isArbitrator", bool, arbitrator)


def jurisdiction_code(jurisdiction: int) -> View[bytes]:
    return View("Policy", "jurisdictionCode", bytes, jurisdiction)


def jurisdiction_count() -> View[int]:
    return View("Policy", "jurisdictionCount", int)


def panel_tiers(token: str) -> View[tuple[structs.PanelTier, ...]]:
    return View("Policy", "panelTiers", tuple[structs.PanelTier, ...], token)


def purpose_count() -> View[int]:
    return View("Policy", "purposeCount", int)


def purpose_name(purpose: int) -> View[bytes]:
    return View("Policy", "purposeName", bytes, purpose)


def risk_class(id: int) -> View[structs.RiskClass]:
    return View("Policy", "riskClass", structs.RiskClass, id)


def share_cap(domain: int) -> View[structs.ShareCap]:
    return View("Policy", "shareCap", structs.ShareCap, domain)


def stakes() -> View[structs.Stakes]:
    return View("Policy", "stakes", structs.Stakes)


def supports_interface(interface_id: bytes) -> View[bool]:
    return View("Policy", "supportsInterface", bool, interface_id)


def timeouts() -> View[structs.Timeouts]:
    return View("Policy", "timeouts", structs.Timeouts)


def token_rule(token: str) -> View[structs.TokenRule]:
    return View("Policy", "tokenRule", structs.TokenRule, token)


def treasury() -> View[str]:
    return View("Policy", "treasury", str)


def trusted_wait() -> View[int]:
    return View("Policy", "trustedWait", int)

"""The rules that apply to deals opened now, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from assay.governance.phrases import Phrases, asks, test_set
from assay.structs import Struct
from assay.words.formatting import percent
from assay.words.times import duration

Key = tuple[Any, ...]
_STEPS = {
    "draw": "drawing and seating a panel",
    "grant": "granting a key",
    "commit": "testing and committing a report",
    "reveal": "revealing a report",
    "appeal": "appealing a result",
    "audit": "an audit",
    "delivery": "delivering a model's key",
    "challenge": "contesting an announced end",
}

_ABOUT = {
    "TokenRuleSet": ("token",),
    "RiskClassSet": ("riskClass",),
    "ShareCapSet": ("domain",),
    "DataRuleSet": ("domain",),
    "ConformitySetSet": ("domain",),
    "JurisdictionRuleSet": ("domain", "customerJurisdiction"),
    "ArbitratorSet": ("arbitrator",),
}
"""What each kind of per-item rule is about, by its event."""

_UNITS = {
    "period": "seconds",
    "max_lifetime": "seconds",
    "reverify_interval": "seconds",
    "min_volume": "base_units",
    "min_evaluation_fee": "base_units",
    "appeal_bond": "base_units",
    "step_fee": "base_units",
    "below": "base_units",
}
"""Units of the fields of rules."""


@dataclass(frozen=True)
class Rule:
    """One rule of the market.

    Attributes:
        about: its subject, such as "market fee" or "risk class 3".
        text: the rule in words.
        value: the contract's values in JSON types; the name of a number includes its unit.
    """

    about: str
    text: str
    value: Any


def rules_now(words: Phrases) -> Iterator[Rule]:
    """Every rule of Policy as it is now.

    Rules that were never set, such as a domain's share cap, are left out; Policy's events show which were.
    """
    set_for, domains = words.session.together(lambda: _what_was_set(words), words.policy.domains)
    sections: list[Callable[[], Iterator[Rule]]] = [
        lambda: _of_deals(words),
        lambda: _of_stakes(words),
        *(partial(_of_token, words, token) for (token,) in set_for["TokenRuleSet"]),
        *(partial(_of_risk_class, words, number) for (number,) in sorted(set_for["RiskClassSet"])),
        *(partial(_of_domain, words, domain, name, set_for) for domain, name in enumerate(domains, start=1)),
        lambda: _of_people(words),
        *(partial(_of_arbitrator, words, who) for (who,) in set_for["ArbitratorSet"]),
    ]
    yield from chain.from_iterable(words.session.each(lambda section: list(section()), sections))


def _what_was_set(words: Phrases) -> Mapping[str, Collection[Key]]:
    """For each event name, the items for which a rule was set, in the order in which they were first set."""
    set_for: dict[str, dict[Key, None]] = defaultdict(dict)
    for event in words.session.events.about("Policy"):
        key = tuple(event.arguments[name] for name in _ABOUT.get(event.name, ()))
        set_for[event.name][key] = None
    return set_for


def _of_deals(words: Phrases) -> Iterator[Rule]:
    policy = words.policy
    fee, treasury, bond, halted, now, timeouts = words.session.together(
        policy.fee_ppm,
        policy.treasury,
        policy.bid_bond_ppm,
        policy.halted_until,
        words.session.now,
        policy.timeouts,
    )
    stopped = f"none can be opened for {duration(halted - now)}" if now < halted else "can be opened"
    yield Rule("new deals", stopped, {"halted_until_unix": halted if now < halted else None})
    paid = f"{percent(fee)} of the price, paid to {words.account(treasury)}"
    yield Rule("market fee", paid, {"fee_ppm": fee, "treasury": treasury})
    yield Rule("bond of a bid", f"{percent(bond)} of the reserve price", {"bond_ppm": bond})
    for step, seconds in timeouts.model_dump().items():
        yield Rule(f"time for {_STEPS[step]}", duration(seconds), {"seconds": seconds})


def _of_stakes(words: Phrases) -> Iterator[Rule]:
    stakes = words.policy.stakes()
    seat, bond = words.staking(stakes.seat), words.staking(stakes.auditor)
    yield Rule(
        "stake of a validator's seat",
        f"{seat}, lost for a false report",
        {"stake_base_units": str(stakes.seat)},
    )
    yield Rule("bond of an auditor", f"{bond}, lost for silence", {"bond_base_units": str(stakes.auditor)})
    fines = {"no report": stakes.silence_ppm, "a report that is not revealed": stakes.withhold_ppm}
    for offence, ppm in fines.items():
        yield Rule(f"fine for {offence}", f"{percent(ppm)} of the seat's stake", {"fine_ppm": ppm})


def _of_token(words: Phrases, token: str) -> Iterator[Rule]:
    rule, tiers = words.session.together(
        lambda: words.policy.token_rule(token), lambda: words.policy.panel_tiers(token)
    )
    value = _data(rule) | {"panels": [_data(one) for one in tiers]}
    yield Rule(
        f"paying in {words.token(token)}", words.payments(token, rule, tiers), {"token": token} | value
    )


def _of_risk_class(words: Phrases, number: int) -> Iterator[Rule]:
    rule = words.policy.risk_class(number)
    yield Rule(f"risk class {number}", asks(rule) or "withdrawn", _data(rule))


def _of_domain(
    words: Phrases, domain: int, name: str, set_for: Mapping[str, Collection[Key]]
) -> Iterator[Rule]:
    policy = words.policy
    if (domain,) in set_for["ShareCapSet"]:
        cap = policy.share_cap(domain)
        yield Rule(f"{name}: one developer's share", words.cap(cap), _data(cap))
    if (domain,) in set_for["DataRuleSet"]:
        use = policy.data_rule(domain)
        yield Rule(f"{name}: use of data", words.use(use), _data(use))
    if (domain,) in set_for["ConformitySetSet"]:
        number = policy.conformity_set(domain)
        yield Rule(f"{name}: what counts", test_set(number), {"set": number or None})
    for _, customers in sorted(key for key in set_for["JurisdictionRuleSet"] if key[0] == domain):
        blocked = words.jurisdictions(policy.blocked_developers(domain, customers))
        who = words.jurisdiction(customers)
        yield Rule(f"{name}: who may not serve customers from {who}", f"developers from {blocked}", blocked)


def _of_people(words: Phrases) -> Iterator[Rule]:
    policy = words.policy
    cap, dealing, trusted, between, domains, jurisdictions, purposes = words.session.together(
        policy.fee_share_cap,
        policy.cooling_off,
        policy.trusted_wait,
        policy.domain_cooldown,
        policy.domains,
        policy.jurisdictions,
        policy.purposes,
    )
    if cap.cap_ppm:
        yield Rule("an auditor's fees from one party", words.cap(cap, "fees"), _data(cap))
    yield Rule("conflict of interest", f"for {duration(dealing)} after a dealing", {"seconds": dealing})
    yield Rule("a trusted role counts", f"after {duration(trusted)}", {"seconds": trusted})
    yield Rule("domains change", f"every {duration(between)} at most", {"seconds": between})
    lists = {"domains": domains, "jurisdictions": jurisdictions, "purposes of data": purposes}
    for name, known in lists.items():
        yield Rule(name, ", ".join(known) or "none", list(known))


def _of_arbitrator(words: Phrases, who: str) -> Iterator[Rule]:
    allowed = words.policy.is_arbitrator(who)
    text = f"new deals may {'' if allowed else 'not '}name it"
    yield Rule(f"arbitrator {words.account(who)}", text, {"arbitrator": who, "allowed": allowed})


def _data(rule: Struct) -> dict[str, Any]:
    fields = rule.model_dump(mode="json").items()
    return {f"{name}_{_UNITS[name]}" if name in _UNITS else name: value for name, value in fields}

"""Describes every call that a proposal can make in a plain sentence, with the present value beside it.

There is one table, by contract and function. A call that is not in it, cannot be decoded, or would send money
is shown as a warning with its target and raw data, so nothing is ever left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from assay.chain.abi import decode_named, functions_by_selector
from assay.errors import AssayError, ChainError
from assay.governance.changes import ROLES
from assay.governance.phrases import Phrases, asks, test_set
from assay.structs import (
    DataRule,
    PanelTier,
    RiskClass,
    ShareCap,
    Stakes,
    Struct,
    Timeouts,
    TokenRule,
    views,
)
from assay.structs.view import View
from assay.words.formatting import percent
from assay.words.times import duration

_SHOWN_DATA = 2_000  # bytes shown of a call that cannot be decoded


@dataclass(frozen=True)
class Change:
    """What one call of a proposal does.

    Attributes:
        text: the sentence, without its full stop.
        now: the present value; empty if there is none to compare.
        known: false for a call that could not be decoded; its text is then a warning.
        fails: why the call would fail if it were made now; empty if it would not.
    """

    text: str
    now: str = ""
    known: bool = True
    fails: str = ""

    def __str__(self) -> str:
        said = f"{self.text} (now {self.now})." if self.now else f"{self.text}."
        return f"{said} WOULD FAIL NOW: {self.fails}" if self.fails else said


class RulesInWords(Phrases):
    """Describes calls in relation to the market's present state."""

    def describe(self, target: str, value: int, data: bytes) -> Change:
        """The sentence for one call; *value* is the wei that it would send."""
        contract = self.contract(target)
        try:
            function = functions_by_selector(contract).get(data[:4]) if contract else None
            sentence = SENTENCES.get((contract, function["name"])) if function else None
            if value or function is None or sentence is None:
                return _unknown(target, contract, value, data)
            arguments = decode_named(function["inputs"], data[4:])
            return sentence(self, *arguments.values())
        except AssayError:  # it cannot be decoded, or names something that the market does not have
            return _unknown(target, contract, value, data)


def _unknown(target: str, contract: str, value: int, data: bytes) -> Change:
    shown = "0x" + data[:_SHOWN_DATA].hex() + ("…" if len(data) > _SHOWN_DATA else "")
    name = f"{contract} " if contract else ""
    money = f" with {value:,} wei" if value else ""
    return Change(f"WARNING: a call that cannot be read, to {name}{target}{money}, data {shown}", known=False)


# --- rules -------------------------------------------------------------------------------------------------


def _fee(words: RulesInWords, ppm: int, treasury: str) -> Change:
    now, paid = words.policy.fee_ppm(), words.policy.treasury()
    text = f"The market fee becomes {percent(ppm)}, paid to {words.account(treasury)}"
    return Change(text, percent(now) + ("" if paid == treasury else f", paid to {words.account(paid)}"))


def _bid_bond(words: RulesInWords, ppm: int) -> Change:
    return Change(
        f"A bid's bond becomes {percent(ppm)} of the reserve price", percent(words.policy.bid_bond_ppm())
    )


def _timeouts(words: RulesInWords, values: Any) -> Change:
    new, now = _differing(Timeouts.model_validate(values), words.policy.timeouts())
    show = {name: duration(value) for name, value in new.items()}
    return _list_change("Times allowed change", show, {name: duration(now[name]) for name in new})


def _stakes(words: RulesInWords, values: Any) -> Change:
    new, now = _differing(Stakes.model_validate(values), words.policy.stakes())

    def show(name: str, value: int) -> str:
        return percent(value) if name.endswith("ppm") else words.staking(value)

    return _list_change(
        "Stakes change",
        {name: show(name, value) for name, value in new.items()},
        {name: show(name, now[name]) for name in new},
    )


def _risk_class(words: RulesInWords, number: int, values: Any) -> Change:
    rule = RiskClass.model_validate(values)
    now = asks(words.policy.risk_class(number)) or "no such class"
    if not rule.defined:
        return Change(f"Risk class {number} is withdrawn: no new deals in it", now)
    return Change(f"Risk class {number} asks for {asks(rule)}", now)


def _share_cap(words: RulesInWords, domain: int, values: Any) -> Change:
    rule, now = ShareCap.model_validate(values), words.policy.share_cap(domain)
    name = words.domain(domain)
    if not rule.cap_ppm:
        return Change(f"No developer's share of {name} is capped any more", words.cap(now))
    return Change(f"In {name} no developer may be awarded more than {words.cap(rule)}", words.cap(now))


def _fee_share(words: RulesInWords, values: Any) -> Change:
    rule, now = ShareCap.model_validate(values), words.policy.fee_share_cap()
    if not rule.cap_ppm:
        return Change("No party's share of an auditor's fees is capped any more", words.cap(now, "fees"))
    return Change(
        f"No auditor may have more from one party than {words.cap(rule, 'fees')}", words.cap(now, "fees")
    )


def _jurisdiction_rule(words: RulesInWords, domain: int, customers: int, blocked: int) -> Change:
    who, where = words.jurisdiction(customers), words.domain(domain)
    now = words.policy.blocked_developers(domain, customers)
    kept_out = f"may not serve customers from {who} in {where}"
    if not blocked:
        return Change(
            f"Developers from everywhere may serve customers from {who} in {where}",
            f"not from {words.jurisdictions(now)}" if now else "",
        )
    return Change(
        f"Developers from {words.jurisdictions(blocked)} {kept_out}", f"from {words.jurisdictions(now)}"
    )


def _token_rule(words: RulesInWords, token: str, values: Any, tiers: Sequence[Any]) -> Change:
    rule, now = TokenRule.model_validate(values), words.policy.token_rule(token)
    sizes = [PanelTier.model_validate(tier) for tier in tiers]
    text = f"Paying in the token {words.account(token)} becomes: {words.payments(token, rule, sizes)}"
    return Change(text, words.payments(token, now, words.policy.panel_tiers(token)))


def _data_rule(words: RulesInWords, domain: int, values: Any) -> Change:
    text = f"Data of {words.domain(domain)} may be used {words.use(DataRule.model_validate(values))}"
    return Change(text, words.use(words.policy.data_rule(domain)))


def _cooling_off(words: RulesInWords, seconds: int) -> Change:
    return Change(
        f"A dealing is a conflict of interest for {duration(seconds)}", duration(words.policy.cooling_off())
    )


def _waits(words: RulesInWords, trusted: int, between: int) -> Change:
    now = words.policy.trusted_wait(), words.policy.domain_cooldown()
    text = (
        f"A trusted role counts after {duration(trusted)}, domains change every {duration(between)} at most"
    )
    return Change(text, f"{duration(now[0])} and {duration(now[1])}")


def _conformity_set(words: RulesInWords, domain: int, set_id: int) -> Change:
    text = f"In {words.domain(domain)} {test_set(set_id)} counts"
    return Change(text, test_set(words.policy.conformity_set(domain)))


def _arbitrator(words: RulesInWords, arbitrator: str, allowed: bool) -> Change:
    now = words.session.view(views.policy.is_arbitrator(arbitrator))
    verb = "may" if allowed else "may no longer"
    text = f"New deals {verb} name {words.account(arbitrator)} as their arbitrator"
    return Change(text, "they may" if now else "they may not")


def _source(words: RulesInWords, source: str, named: bool) -> Change:
    now = words.session.view(views.reputation.is_source(source))
    text = f"{words.account(source)} {'says' if named else 'no longer says'} what counts for reputations"
    return Change(text, "it does" if now else "it does not")


def _adds(what: str) -> Callable[[RulesInWords, bytes], Change]:
    return lambda _words, name: Change(f"The market gains the {what} {_printable(name)}")


def _release(words: RulesInWords) -> Change:
    halted = words.session.now() < words.policy.halted_until()
    return Change("New deals can be opened at once", "halted" if halted else "they can")


def _halt(_words: RulesInWords) -> Change:
    return Change("No new deals can be opened for 7 days")


# --- powers ------------------------------------------------------------------------------------------------


_TITLES = {
    "ACCREDITOR_ROLE": "an accreditor",
    "BRAKE_ROLE": "one of those who can halt new deals",
    "DEFAULT_ADMIN_ROLE": "the governance of {contract}",
    "MODULE_ROLE": "a module of {contract}",
}


def _role(contract: str, *, given: bool) -> Callable[[RulesInWords, bytes, str], Change]:
    def sentence(words: RulesInWords, role: bytes, account: str) -> Change:
        name, who = ROLES.get(role, f"0x{role.hex()}"), words.account(account)
        held = words.session.view(View(contract, "hasRole", bool, role, account))
        title = _TITLES.get(name, "").format(contract=contract)
        if title:
            text = f"{who} {'becomes' if given else 'is no longer'} {title}"
        else:
            text = f"{who} {'gets' if given else 'loses'} the role {name} of {contract}"
        return Change(text, "it holds the role" if held else "it does not hold the role")

    return sentence


def _module(verb: str) -> Callable[[RulesInWords, str], Change]:
    def sentence(words: RulesInWords, module: str) -> Change:
        held = words.session.view(views.escrow.is_authorised(module))
        return Change(f"{words.account(module)} {verb}", "it may" if held else "it may not")

    return sentence


def _timelock_delay(words: RulesInWords, seconds: int) -> Change:
    now = words.session.view(views.market_timelock.get_min_delay())
    return Change(f"What has passed waits {duration(seconds)} before it is done", duration(now))


_OWNED = (
    "Policy",
    "ParticipantRegistry",
    "Escrow",
    "ValidatorStaking",
    "ModelRegistry",
    "Reputation",
    "FeeShares",
    "MarketTimelock",
)
_ROLE_CHANGES: dict[tuple[str, str], Callable[..., Change]] = {
    (contract, function): _role(contract, given=function == "grantRole")
    for contract in _OWNED
    for function in ("grantRole", "revokeRole", "renounceRole")
}
SENTENCES: dict[tuple[str, str], Callable[..., Change]] = {
    ("Policy", "setFee"): _fee,
    ("Policy", "setBidBond"): _bid_bond,
    ("Policy", "setTimeouts"): _timeouts,
    ("Policy", "setStakes"): _stakes,
    ("Policy", "setRiskClass"): _risk_class,
    ("Policy", "setShareCap"): _share_cap,
    ("Policy", "setFeeShareCap"): _fee_share,
    ("Policy", "setJurisdictionRule"): _jurisdiction_rule,
    ("Policy", "setTokenRule"): _token_rule,
    ("Policy", "setDataRule"): _data_rule,
    ("Policy", "setCoolingOff"): _cooling_off,
    ("Policy", "setWaits"): _waits,
    ("Policy", "addDomain"): _adds("domain"),
    ("Policy", "addJurisdiction"): _adds("jurisdiction"),
    ("Policy", "addPurpose"): _adds("purpose of data"),
    ("Policy", "setConformitySet"): _conformity_set,
    ("Policy", "setArbitrator"): _arbitrator,
    ("Policy", "release"): _release,
    ("Policy", "halt"): _halt,
    ("Escrow", "authorise"): _module("may hold the money of its deals"),
    ("Escrow", "retire"): _module("may hold no money of new deals any more"),
    ("MarketTimelock", "updateDelay"): _timelock_delay,
    ("Reputation", "setSource"): _source,
    **_ROLE_CHANGES,
}
"""By contract and function."""


def _differing(new: Struct, now: Struct) -> tuple[dict[str, Any], dict[str, Any]]:
    before, after = now.model_dump(), new.model_dump()
    return {name: value for name, value in after.items() if before[name] != value}, before


def _list_change(what: str, new: dict[str, str], now: dict[str, str]) -> Change:
    if not new:
        return Change(f"{what}: nothing")
    return Change(f"{what}: {_listed(new)}", _listed(now))


def _listed(values: dict[str, str]) -> str:
    names = (name.removesuffix("_ppm").replace("_", " ") for name in values)
    return ", ".join(f"{name} {value}" for name, value in zip(names, values.values(), strict=True))


def _printable(name: bytes) -> str:
    text = name.rstrip(b"\0")
    if not text.isascii() or not text.decode("ascii").isprintable():
        raise ChainError("The name is not printable.")
    return text.decode("ascii")

"""`assay policy show` leaves out no rule."""

from __future__ import annotations

from eth_utils.crypto import keccak
from terminal import ADDRESS, UNIT

from assay.chain.abi import load_abi
from assay.structs import MAX_UINT96

POLICY_CHANGES = {
    "setFee": ((20_000, ADDRESS), f"2 % of the price, paid to {ADDRESS}"),
    "setBidBond": ((200_000,), "20 % of the reserve price"),
    "setStakes": (((600 * UNIT, 500 * UNIT, 60_000, 200_000),), "600 tASY, lost for a false report"),
    "setTimeouts": (((5_400, 86_400, 21_600, 7200, 86_400, 604_800, 86_400, 86_400),), "1 hour 30 minutes"),
    "setCoolingOff": ((180 * 86_400,), "for 180 days after a dealing"),
    "setWaits": ((7200, 91 * 86_400), "after 2 hours"),
    "setTokenRule": (
        (None, (True, 6 * UNIT, 100 * UNIT, UNIT), [(MAX_UINT96, 5)]),
        "allowed, evaluations from 6 tUSD, appeals 100 tUSD, steps 1 tUSD, panels of 5 seats",
    ),
    "setRiskClass": (
        (4, (True, 3, True, True, 90 * 86_400, True)),
        "3 audits, one by a regulator, explanations, a third party's test, tests again every 90 days",
    ),
    "setShareCap": (
        (2, (400_000, 30 * 86_400, 10 * UNIT)),
        "40 % of the value of 30 days, once that is 10 tUSD",
    ),
    "setFeeShareCap": (
        ((300_000, 365 * 86_400, 10 * UNIT),),
        "30 % of the fees of 365 days, once that is 10 tUSD",
    ),
    "setDataRule": ((1, (365 * 86_400, 2)), "for at most 365 days, for training"),
    "setJurisdictionRule": ((2, 1, 4), "developers from DE"),
    "setConformitySet": ((1, 1), "third-party test set 1"),
    "setArbitrator": ((ADDRESS, True), "new deals may name it"),
    "addDomain": ((b"energy".ljust(32, b"\0"),), "healthcare, finance, energy"),
    "addJurisdiction": ((b"US",), "CH, DE, US"),
    "addPurpose": ((b"research".ljust(32, b"\0"),), "training, research"),
    "release": ((), "can be opened"),
    "halt": ((), "none can be opened for 7 days"),
}
"""A change by each function of Policy, and what it makes the rule say."""


def test_every_rule_is_shown(terminal):
    functions = {
        item["name"]
        for item in load_abi("Policy")
        if item["type"] == "function" and item["stateMutability"] == "nonpayable"
    }
    assert functions == {*POLICY_CHANGES, "grantRole", "revokeRole", "renounceRole"}
    chain, policy = terminal.chain, terminal.chain.at("Policy")
    chain.transact("Policy", policy, "grantRole", keccak(text="BRAKE_ROLE"), chain.governance)
    chain.transact("Policy", policy, "halt")
    before = [row["rule"] for row in terminal.json("policy", "show")]
    for function, (arguments, _) in POLICY_CHANGES.items():
        if function == "setTokenRule":
            arguments = (chain.deployment.tokens.payment, *arguments[1:])
        chain.transact("Policy", policy, function, *arguments)
        if function == "release":
            assert "can be opened" in [row["rule"] for row in terminal.json("policy", "show")]
            chain.advance(31 * 86_400)  # until it can be halted again
    after = [row["rule"] for row in terminal.json("policy", "show")]
    for function, (_, text) in POLICY_CHANGES.items():
        assert function in ("halt", "release") or text not in before, function
        assert function == "release" or text in after, function
    for row in terminal.json("policy", "show"):
        check_units(row["value"])
    said = terminal.run("policy", "show").stdout
    assert "risk class 4" in said
    assert "finance: one developer's share" in said
    assert str(UNIT) not in said


UNITS = ("_ppm", "_seconds", "_base_units", "_unix")
COUNTS = {"audits", "size", "set", "purposes"}


def check_units(value):
    """Every number has its unit in its name."""
    for name, item in value.items() if isinstance(value, dict) else ():
        for one in item if isinstance(item, list) else [item]:
            check_units(one)
        number = isinstance(item, int) and not isinstance(item, bool)
        if number or (isinstance(item, str) and item.isdecimal()):
            assert f"_{name}".endswith(UNITS) or name in COUNTS, name

"""Governance through the SDK and the command line, on a chain with the governor in power."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_utils.crypto import keccak
from typer.testing import CliRunner

from assay import ContractError, Role, Wallet
from assay.cli import app
from assay.errors import InvalidInput
from assay.governance.chambers import SignedSeat
from assay.structs import DataRule, ProposalState, Support, views
from assay_local.governing import decide, take_seats

UNIT = 10**18
MEMBERS = [
    ("clinic", Role.CUSTOMER),
    ("lab", Role.DEVELOPER),
    ("registry", Role.DATA_OWNER),
    ("bank", Role.CUSTOMER),
]
ADDRESS = "0x" + "11" * 20


@pytest.fixture(scope="module")
def governed(deployed):
    """Four members of three chambers, the first of two customers; the governor is in power."""
    with deployed.undone():
        markets = {name: deployed.market(name) for name in ("accreditor", *dict(MEMBERS))}
        for name, role in MEMBERS:
            markets[name].participants.register(role, jurisdiction="CH", domains=["healthcare"])
        take_seats(deployed.anvil, markets["accreditor"], [(markets[name], role) for name, role in MEMBERS])
        deployed.hand_over()
        yield markets
        for market in markets.values():
            market.close()


@pytest.fixture
def members(governed, chain):
    """The members' markets; what a test does with them is undone."""
    return governed


@pytest.fixture
def regulator(chain, members):
    """A regulator with a seat; time has moved on by its wait and the seats' delay."""
    market = chain.market("watchdog")
    market.participants.register(Role.REGULATOR, jurisdiction="CH")
    chain.advance(3601)
    end = chain.anvil.now() + 86_400
    signed = members["accreditor"].participants.issue_credential(
        market.address, Role.REGULATOR, organisation="watchdog.example", valid_until=end, deadline=end
    )
    market.participants.accredit(signed)
    take_seats(chain.anvil, members["accreditor"], [(market, Role.REGULATOR)])
    yield market
    market.close()


def proposed(market, calls, description="Because"):
    receipt = market.governance.propose(calls, description)
    return market.governance.number_of(receipt.event("ProposalCreated").arguments["proposalId"])


def all_for(members, *names):
    return [(members[name], Support.FOR) for name in names or ("clinic", "lab", "registry")]


def test_a_vote_changes_a_rule_for_deals_to_come(chain, members):
    clinic = members["clinic"]
    call = clinic.governance.changes.fee(10_000)
    done = decide(chain.anvil, all_for(members), [call], "Cheaper deals")
    assert (done.number, done.state) == (1, ProposalState.EXECUTED)
    assert (done.approving, done.needed, done.about_powers) == (3, 2, False)
    assert clinic.policy.fee_ppm() == 10_000
    with pytest.raises(ContractError) as refusal:  # governance is nobody's key any more
        chain.market("accreditor").session.send("Policy", "setFee", 0, ADDRESS)
    assert refusal.value.name == "AccessControlUnauthorizedAccount"


def test_seats_wait_count_and_end(chain, members):
    newcomer, accreditor = chain.market("newcomer"), members["accreditor"]
    newcomer.participants.register(Role.CUSTOMER, jurisdiction="CH")
    end = chain.anvil.now() + 86_400
    signed = accreditor.governance.seats.issue(
        newcomer.address, Role.CUSTOMER, entity="Newcomer Ltd", valid_until=end, deadline=end
    )
    copy = SignedSeat.model_validate_json(signed.model_dump_json())
    newcomer.governance.seats.join(copy)
    seats = newcomer.governance.seats
    assert seats.get().counts_from == pytest.approx(chain.anvil.now() + seats.delay(), abs=2)
    assert seats.chamber_of() == Role.NONE
    for attempt, error in (
        (lambda: seats.activate(), "SeatTooYoung"),
        (lambda: seats.join(signed), "InvalidAccountNonce"),
        (
            lambda: newcomer.governance.propose([newcomer.governance.changes.fee(0)], "?"),
            "GovernorInsufficientProposerVotes",
        ),
        (lambda: seats.revoke(members["clinic"].address), "NotAccreditor"),
    ):
        with pytest.raises(ContractError) as refusal:
            attempt()
        assert refusal.value.name == error
    chain.advance(seats.delay())
    seats.activate()
    assert seats.counts()[Role.CUSTOMER] == 3
    seats.leave()
    assert seats.counts()[Role.CUSTOMER] == 2
    with pytest.raises(InvalidInput, match="has no seat"):
        seats.get()
    with pytest.raises(InvalidInput, match="entity is empty"):
        accreditor.governance.seats.issue(ADDRESS, Role.CUSTOMER, entity=" ", valid_until=end, deadline=end)


def test_one_chamber_is_not_enough_and_powers_need_all(chain, members):
    changes = members["clinic"].governance.changes
    with pytest.raises(ContractError) as refusal:
        decide(chain.anvil, all_for(members, "clinic", "bank"), [changes.fee(0)], "Nothing to pay")
    assert refusal.value.name == "GovernorUnexpectedProposalState"
    assert "defeated" in refusal.value.message
    new_accreditor = [changes.accreditor(ADDRESS)]
    with pytest.raises(ContractError):
        decide(chain.anvil, all_for(members, "clinic", "lab"), new_accreditor, "Two of three")
    done = decide(chain.anvil, all_for(members), new_accreditor, "All three")
    assert done.about_powers
    assert done.needed == 3
    assert members["clinic"].session.view(
        views.participant_registry.has_role(keccak(text="ACCREDITOR_ROLE"), ADDRESS)
    )
    states = [proposal.state for proposal in members["clinic"].governance.list()]
    assert states == [ProposalState.DEFEATED, ProposalState.DEFEATED, ProposalState.EXECUTED]


def test_sentences_show_the_present_value_while_it_is_open(chain, members):
    governance = members["clinic"].governance
    number = proposed(members["clinic"], [governance.changes.fee(20_000)])
    (change,) = governance.get(number).changes
    assert str(change).startswith("The market fee becomes 2 %, paid to 0x")
    assert str(change).endswith("(now 2.5 %).")
    governance.cancel(number)
    (change,) = governance.get(number).changes
    assert "now" not in str(change)


def test_anything_in_a_description_is_executed_and_shown(chain, members):
    """Texts that are no UTF-8, or that would move a terminal's cursor, stop nobody."""
    clinic = members["clinic"]
    call = clinic.governance.changes.fee(10_000)
    bad = bytes.fromhex("ff") + b"\x1b[2Jclear"
    contract = clinic.session.contract("MarketGovernor")
    data = contract.call("propose", [call.to], [0], [call.data], "?" * len(bad)).data.replace(
        b"?" * len(bad), bad
    )
    raw = type(call)("MarketGovernor", "propose", contract.address, data)
    clinic.session._transactor.simulate(raw)
    wallet = chain.wallet("clinic")
    chain.anvil.call("anvil_impersonateAccount", wallet.address)
    chain.anvil.call(
        "eth_sendTransactionSync", {"from": wallet.address, "to": contract.address, "data": "0x" + data.hex()}
    )
    (proposal,) = clinic.governance.list()
    assert proposal.description == "�[2Jclear"
    chain.anvil.advance_to(proposal.votes_from)
    for name in ("clinic", "lab"):
        members[name].governance.vote(1, Support.FOR)
    chain.anvil.advance_to(proposal.votes_until + 1)
    clinic.governance.queue(1)
    chain.anvil.advance_to(clinic.governance.get(1).executable_from)
    clinic.governance.execute(1)
    assert clinic.policy.fee_ppm() == 10_000


def test_a_regulator_delays_once_and_brakes(chain, members, regulator):
    clinic = members["clinic"]
    number = proposed(clinic, [clinic.governance.changes.fee(10_000)])
    regulator.governance.delay(number, "We look at it")
    with pytest.raises(ContractError, match="put off once"):
        regulator.governance.delay(number)
    with pytest.raises(ContractError, match="regulators' chamber"):
        clinic.governance.brake()
    chain.anvil.advance_to(clinic.governance.get(number).votes_from)
    for voter, support in all_for(members):
        voter.governance.vote(number, support, "why not")
    chain.anvil.advance_to(clinic.governance.get(number).votes_until + 1)
    clinic.governance.queue(number)
    proposal = clinic.governance.get(number)
    assert proposal.delayed
    chain.anvil.advance_to(proposal.executable_from - 60)
    with pytest.raises(ContractError, match="can be executed from"):
        clinic.governance.execute(number)
    chain.anvil.advance_to(proposal.executable_from)
    clinic.governance.execute(number)

    regulator.governance.brake()
    assert clinic.policy.halted_until() == pytest.approx(chain.anvil.now() + 7 * 86_400, abs=2)
    with pytest.raises(ContractError, match="New deals are stopped until"):
        clinic.policy.commission_terms(domain=1, risk_class=1, jurisdiction=1, reserve=UNIT)
    chain.advance(7 * 86_400)
    clinic.policy.commission_terms(domain=1, risk_class=1, jurisdiction=1, reserve=UNIT)


def test_what_cannot_be_proposed(members):
    governance = members["clinic"].governance
    changes = governance.changes
    for attempt, message in (
        (lambda: governance.propose([], "why"), "would do nothing"),
        (lambda: governance.propose([changes.fee(0)], "  "), "no description"),
        (lambda: governance.get(9), "no proposal 9"),
        (lambda: governance.number_of(5), "no proposal with the id 5"),
        (lambda: changes.timeouts(lunch=5), 'no "lunch"'),
        (lambda: changes.add_domain("ö"), "ASCII"),
        (lambda: changes.add_jurisdiction("CHE"), "1 to 2"),
        (lambda: changes.share_cap("gambling", 1), "no domain"),
        (lambda: changes.role("Policy", "KING_ROLE", ADDRESS), "no role"),
        (lambda: changes.token(ADDRESS), "needs panel sizes"),
    ):
        with pytest.raises(InvalidInput, match=message):
            attempt()


def test_what_the_bounds_forbid_is_not_proposed(chain, members):
    clinic = members["clinic"]
    changes, sent = clinic.governance.changes, chain.web3.eth.get_transaction_count(clinic.address)
    for call, message in (
        (
            changes.fee(990_000),
            "could never be done, even if all vote for it. The rule feePpm cannot be 990,000",
        ),
        (changes.fee(0, ADDRESS.replace("1", "0")), "could never be done"),
        (changes.timeouts(draw=1), "draw cannot be 1"),
        (changes.cooling_off(10 * 365 * 86_400), "coolingOff"),
    ):
        for calls in ([call], [changes.add_domain("energy"), call]):
            with pytest.raises(InvalidInput, match=message):
                clinic.governance.propose(calls, "Why not")
    assert chain.web3.eth.get_transaction_count(clinic.address) == sent


def test_what_may_be_mended_until_then_is_proposed_and_marked(chain, members):
    """A domain's rule beside the domain itself: by itself the second call would fail."""
    clinic = members["clinic"]
    changes = clinic.governance.changes
    rule = DataRule(max_lifetime=0, purposes=0).to_abi()
    energy = clinic.policy.domain_id("finance") + 1
    cap = clinic.session.contract("Policy").call("setDataRule", energy, rule)
    calls = [changes.add_domain("energy"), cap]
    number = proposed(clinic, calls)
    first, second = clinic.governance.get(number).changes
    assert (first.fails, "WOULD FAIL NOW" in str(second)) == ("", True)
    assert second.fails.startswith("The market has no domain")
    done = decide(chain.anvil, all_for(members), calls, "Both")
    assert [change.fails for change in done.changes] == ["", ""]  # it was done
    assert clinic.governance.get(number).changes[1].fails == ""  # and would not fail any more


# --- the command line --------------------------------------------------------------------------------------


class Terminal:
    """Runs commands as one of several accounts."""

    def __init__(self, chain, folder: Path) -> None:
        self.chain, self.folder = chain, folder
        deployment, passphrase = folder / "deployment.json", folder / "passphrase"
        deployment.write_text(chain.deployment.model_dump_json(by_alias=True))
        passphrase.touch(mode=0o600)
        passphrase.write_text("correct horse")
        self.environment = {
            "ASSAY_RPC": chain.rpc,
            "ASSAY_DEPLOYMENT": str(deployment),
            "ASSAY_PASSPHRASE_FILE": str(passphrase),
        }

    def run(self, name: str, *arguments: str):
        path = self.folder / f"{name}.json"
        if not path.exists():
            Wallet.create(path, private_key=keccak(text=name), work_factor=2)
        environment = self.environment | {"ASSAY_KEYSTORE": str(path)}
        return CliRunner().invoke(app, ["governance", *arguments], env=environment)

    def json(self, name: str, *arguments: str):
        result = self.run(name, *arguments, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture
def terminal(chain, members, tmp_path, monkeypatch):
    terminal = Terminal(chain, tmp_path)
    monkeypatch.setenv("ASSAY_PASSPHRASE_FILE", terminal.environment["ASSAY_PASSPHRASE_FILE"])
    return terminal


def test_a_proposal_by_commands(chain, terminal):
    made = terminal.json("clinic", "propose", "fee", "2%", "--description", "Cheaper")
    assert made["proposal"] == 1
    assert made["changes"][0].startswith("The market fee becomes 2 %")
    terminal.chain.anvil.advance_to(made["votes_from_unix"])
    terminal.json("clinic", "vote", "1", "for")
    standing = terminal.json("lab", "vote", "1", "for", "--reason", "I agree")["approving"]
    assert standing == {"approving": 2, "needed": 2, "chambers": 3}
    terminal.json("registry", "vote", "1", "against")
    assert "has voted" in terminal.run("lab", "vote", "1", "abstain").stderr

    shown = terminal.json("clinic", "show", "1")
    assert (shown["state"], shown["description"]) == ("active", "Cheaper")
    assert [one["approves"] for one in shown["chambers"]] == [True, True, False]
    text = terminal.run("clinic", "show", "1").stdout
    assert "more than half of the chambers" in text
    assert "2 of 3 chambers, 2 needed" in text

    terminal.chain.anvil.advance_to(made["votes_until_unix"] + 1)
    assert "succeeded" in terminal.run("clinic", "list").stdout
    ready = terminal.json("bank", "queue", "1")["executable_from_unix"]
    assert "can be executed from" in terminal.run("bank", "execute", "1").stderr
    terminal.chain.anvil.advance_to(ready)
    terminal.json("bank", "execute", "1")
    assert terminal.json("clinic", "list")[0]["state"] == "executed"
    assert terminal.json("clinic", "list", "--open") == []
    assert terminal.json("clinic", "propose", "fee", "1%")["proposal"] == 2
    assert [row["proposal"] for row in terminal.json("clinic", "list", "--last", "1")] == [2]
    assert "regulators' chamber" in terminal.run("clinic", "brake").stderr
    assert "regulators' chamber" in terminal.run("clinic", "delay", "1").stderr


PROPOSALS = [
    ("bid-bond 20%", "A bid's bond becomes 20 % of the reserve price (now 10 %)."),
    ("timeouts --draw 2h", "Times allowed change: draw 2 hours (now draw 1 hour)."),
    (
        "stakes --seat 600 --withhold 30%",
        "Stakes change: seat 600 tASY, withhold 30 % (now seat 500 tASY, withhold 20 %).",
    ),
    (
        "risk-class 3 --audits 3 --regulator",
        "Risk class 3 asks for 3 audits, one by a regulator, explanations, tests again every 180 days "
        "(now 1 audit, explanations, tests again every 180 days).",
    ),
    ("risk-class 1 --withdraw", "Risk class 1 is withdrawn: no new deals in it (now no audits)."),
    (
        "share-cap healthcare 40% --period 30d --above 1000",
        "In healthcare no developer may be awarded more than 40 % of the value of 30 days, "
        "once that is 1,000 tUSD (now no cap).",
    ),
    (
        "jurisdiction finance CH --block DE",
        "Developers from DE may not serve customers from CH in finance (now from nowhere).",
    ),
    (
        "data-rule finance --lifetime 30d --purpose training",
        "Data of finance may be used for at most 30 days, for training "
        "(now without an end, for all purposes).",
    ),
    ("token --no-allowed", "becomes: not allowed (now allowed, evaluations from 5 tUSD"),
    ("cooling-off 30d", "A dealing is a conflict of interest for 30 days (now 365 days)."),
    (
        "waits --trusted 2h",
        "A trusted role counts after 2 hours, domains change every 90 days at most (now 1 hour and 90 days).",
    ),
    ("list-add domain energy", "The market gains the domain energy."),
    ("list-add jurisdiction fr", "The market gains the jurisdiction FR."),
    ("list-add purpose research", "The market gains the purpose of data research."),
    (
        "fee-share 30% --above 10000",
        "No auditor may have more from one party than 30 % of the fees of 365 days, once that is 10,000 tUSD",
    ),
    ("test-set healthcare 7", "In healthcare third-party test set 7 counts (now no third-party test set)."),
    (f"arbitrator {ADDRESS}", f"New deals may name {ADDRESS} as their arbitrator (now they may not)."),
    ("release", "New deals can be opened at once (now they can)."),
    (f"accreditor add {ADDRESS}", f"{ADDRESS} becomes an accreditor (now it does not hold the role)."),
    (f"module authorise {ADDRESS} --of ModelRegistry", f"{ADDRESS} becomes a module of ModelReg"),
]


def test_every_change_by_a_command_and_in_words(terminal):
    for command, sentence in PROPOSALS:
        made = terminal.json("clinic", "propose", *command.split())
        assert sentence in " ".join(made["changes"]), command
        shown = terminal.json("clinic", "show", str(made["proposal"]))
        assert all(change["known"] for change in shown["changes"])
        fails = [change["fails_now"] for change in shown["changes"] if change["fails_now"]]
        assert fails == (["The market is not halted."] if command == "release" else [])


def test_seats_by_commands(chain, terminal):
    newcomer = chain.market("newcomer")
    newcomer.participants.register(Role.DEVELOPER, jurisdiction="CH")
    signed = terminal.run(
        "accreditor", "seat", "credential", newcomer.address, "developer", "--entity", "New AG"
    )
    file = terminal.folder / "seat.json"
    file.write_text(signed.stdout)
    joined = terminal.json("newcomer", "seat", "join", str(file))
    assert (joined["chamber"], joined["votes"]) == ("developer", False)
    assert "counts from" in terminal.run("newcomer", "seat", "activate").stderr
    chain.advance(3600)
    assert terminal.json("newcomer", "seat", "activate")["votes"] is True
    votes = {row["chamber"]: row["votes"] for row in terminal.json("newcomer", "seat", "list")}
    assert votes["developer"] == 2
    assert terminal.json("accreditor", "seat", "revoke", newcomer.address)["ends_unix"] > chain.anvil.now()
    assert "has not lapsed" in terminal.run("bank", "seat", "vacate", newcomer.address).stderr
    chain.advance(3601)
    terminal.json("bank", "seat", "vacate", newcomer.address)
    assert "has no seat" in terminal.run("newcomer", "seat", "show").stderr
    terminal.json("lab", "seat", "leave")


@pytest.mark.parametrize(
    "arguments",
    [
        "propose fee 2", "propose fee -1%", "propose fee 2.12345%", "propose cooling-off soon",
        "vote 1 perhaps", "vote 0 for",
        "propose accreditor bribe 0x1", "propose accreditor add 0x1", "propose risk-class 256", "seat join",
        "propose list-add planet mars", "propose share-cap healthcare",
    ],
)  # fmt: skip
def test_malformed_arguments_are_usage_errors(arguments):
    result = CliRunner().invoke(app, ["governance", *arguments.split()], env={"ASSAY_DEPLOYMENT": "/none"})
    assert result.exit_code == 2
    assert "Traceback" not in result.output

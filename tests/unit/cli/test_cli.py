"""The command line: arguments, exit codes, messages, JSON; on a real chain and store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from remote_signer import RemoteSigner
from terminal import ADDRESS, UNIT, failure
from typer.testing import CliRunner

from assay.chain import Connection
from assay.cli import app
from assay.errors import ChainUnavailable


def test_an_account_whose_key_a_signer_holds(terminal, tmp_path):
    """A deposit with a permit and a transaction, both signed elsewhere; the account has no file here."""
    key = PrivateKey(keccak(text="hospital"))
    del terminal.environment["ASSAY_KEYSTORE"]
    with RemoteSigner(key).serving() as signer:
        terminal.environment["ASSAY_SIGNER"] = signer.url
        assert terminal.json("wallet", "address")["address"] == key.public_key.to_checksum_address()
        terminal.json("escrow", "deposit", "5")
        assert terminal.json("escrow", "balance")["in_escrow_base_units"] == str(5 * UNIT)
        terminal.environment["ASSAY_ACCOUNT"] = ADDRESS
        assert f"not {ADDRESS}" in failure(terminal.run("wallet", "address"))
        terminal.environment["ASSAY_KEYSTORE"] = str(tmp_path / "hospital.json")
        assert "only one of them acts" in failure(terminal.run("wallet", "address"))


USAGE_ERRORS = [
    ["nonsense"],
    ["participant", "register", "customer"],
    ["participant", "register", "astronaut", "--jurisdiction", "CH"],
    ["participant", "register", "none", "--jurisdiction", "CH"],
    ["participant", "show", "0x1234"],
    ["participant", "show", "0x5FbDB2315678afecb367f032d93F642f64180aA3"],
    ["model", "submit-published", "1", "0x1234"],
    ["conformity", "apply", "1", "g" * 64],
    ["conformity", "list", "--model", "ab"],
    ["escrow", "deposit"],
    ["escrow", "deposit", "-5"],
    ["escrow", "deposit", "--", "-5"],
    ["escrow", "deposit", "1e5"],
    ["escrow", "deposit", "NaN"],
    ["escrow", "withdraw", "5", "--to", "somebody"],
    ["commission", "show", "0"],
    ["commission", "show", "-1"],
    ["commission", "show", "one"],
    ["commission", "show", str(2**64)],
    ["commission", "open", "order.json"],
    ["bid", "commit", "1", "700"],  # a price is no argument: other users of the machine could see it
    ["bid", "reveal", "1", "--", "-7"],
    ["model", "submit", "1", "m.onnx", "card.json", "--payee", "somebody=5"],
    ["model", "submit", "1", "m.onnx", "card.json", "--payee", ADDRESS],
    ["model", "submit", "1", "m.onnx", "card.json", "--payee", f"{ADDRESS}=0"],
    ["model", "submit", "1", "m.onnx", "card.json", "--payee", f"{ADDRESS}=1000001"],
    ["audit", "post", "1", "report.json"],
    ["model", "dossier", "0"],
    ["model", "dossier", "first"],
    ["verify"],
]


@pytest.mark.parametrize("arguments", USAGE_ERRORS, ids=" ".join)
def test_malformed_arguments_are_usage_errors(arguments):
    result = CliRunner().invoke(app, arguments, env={"ASSAY_DEPLOYMENT": "/nonexistent"})
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])), max_size=4))
def test_any_arguments_end_in_words(arguments):
    noun = ["commission", "escrow", "bid", "participant"][len(arguments) % 4]
    result = CliRunner().invoke(app, [noun, *arguments], env={"ASSAY_DEPLOYMENT": "/nonexistent"})
    assert result.exit_code in (0, 1, 2)
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_errors_are_a_line_on_stderr(terminal, tmp_path):
    assert "It joins with `assay participant register`" in failure(terminal.run("participant", "show"))
    assert "no commission 7" in failure(terminal.run("commission", "show", "7"))
    assert "no commission 7" in failure(terminal.run("commission", "show", "7", "--timeline"))
    assert 'no jurisdiction "XX"' in failure(
        terminal.run("participant", "register", "customer", "--jurisdiction", "XX")
    )
    assert "more than" in failure(terminal.run("escrow", "deposit", str(2**96)))
    assert "finer" in failure(terminal.run("escrow", "deposit", "0." + "0" * 18 + "1"))
    assert "nothing to deposit" in failure(terminal.run("escrow", "deposit", "0"))
    withdrawn = failure(terminal.run("escrow", "withdraw", "5"))
    assert "has 0 tUSD in escrow, so 5 tUSD cannot be withdrawn. Name a smaller amount" in withdrawn
    assert "not a token" in failure(terminal.run("escrow", "balance", "--token", "gold"))
    assert "Cannot read" in failure(terminal.run("commission", "open", str(tmp_path / "none"), "data.csv"))
    broken = tmp_path / "broken.json"
    broken.write_text('{"title": 5}')
    result = terminal.run("commission", "open", str(broken), "data.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "not a valid order:\n  title: " in result.stderr  # all that is wrong with it, a line each
    assert "not a valid model card" in failure(terminal.run("model", "submit", "1", "m.onnx", str(broken)))
    assert "not a valid assessment" in failure(terminal.run("audit", "post", "1", str(broken), "--approve"))
    assert "not a valid signed credential" in failure(terminal.run("participant", "accredit", str(broken)))
    broken.write_text('{"signature": "no hex"}')
    for presented in (("participant", "accredit"), ("governance", "seat", "join")):
        assert "signature: non-hexadecimal" in failure(terminal.run(*presented, str(broken)))
    assert "no commission 9" in failure(terminal.run("bid", "commit", "9"))  # before it asks for a price


def test_what_is_down_or_missing(terminal):
    terminal.environment["ASSAY_RPC"] = "http://127.0.0.1:9"
    assert "No RPC endpoint answers" in failure(terminal.run("status"))
    terminal.environment["ASSAY_RPC"] = terminal.chain.rpc
    terminal.environment["ASSAY_DEPLOYMENT"] = "/nonexistent"
    assert "assay up" in failure(terminal.run("status"))
    terminal.environment["ASSAY_DEPLOYMENT"] = str(terminal.deployment)
    terminal.environment["ASSAY_KEYSTORE"] = ""
    assert "ASSAY_KEYSTORE" in failure(terminal.run("escrow", "balance"))


def test_a_wrong_passphrase(terminal):
    terminal.passphrase.write_text("wrong")
    assert "does not open" in failure(terminal.run("wallet", "address"))


def test_a_passphrase_without_a_terminal(terminal):
    """A line of standard input, and where there is none, a sentence and no warning of Python's."""
    assay = [sys.executable, "-m", "assay", "wallet", "address"]
    environment = {**os.environ, **terminal.environment, "ASSAY_PASSPHRASE_FILE": ""}

    def run(typed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            assay, env=environment, input=typed, capture_output=True, text=True, start_new_session=True
        )

    said = "The keystore's passphrase cannot be asked for without a terminal."
    hint = "Set ASSAY_PASSPHRASE_FILE to the path of a file that holds it."
    nobody = run("")
    assert (nobody.returncode, nobody.stdout, nobody.stderr) == (1, "", f"{said} {hint}\n")
    typed = run(terminal.passphrase.read_text() + "\n")
    assert (typed.returncode, typed.stderr) == (0, "")


def test_an_account_without_a_terminal(terminal, tmp_path):
    """A line of standard input is its passphrase; a file that is there is refused before it is asked for."""
    path = tmp_path / "new.json"
    environment = {**os.environ, **terminal.environment, "ASSAY_PASSPHRASE_FILE": ""}

    def run(typed: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "assay", "wallet", "create", str(path)]
        return subprocess.run(
            command, env=environment, input=typed, capture_output=True, text=True, start_new_session=True
        )

    nobody = run("")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert "Set ASSAY_PASSPHRASE_FILE" in nobody.stderr
    assert not path.exists()
    made = run("battery staple\n")
    assert (made.returncode, made.stderr) == (0, "")
    terminal.passphrase.write_text("battery staple")
    terminal.environment["ASSAY_KEYSTORE"] = str(path)
    assert terminal.json("wallet", "address")["address"] in made.stdout
    again = run("")
    assert (again.returncode, "never overwritten" in again.stderr) == (1, True)


def test_debug_shows_where_it_comes_from(terminal):
    result = terminal.run("--debug", "commission", "show", "7")
    assert result.exit_code == 1
    assert type(result.exception).__name__ == "ContractError"


def test_joining_and_money(terminal, monkeypatch):
    address = terminal.login("hospital", monkeypatch)
    joined = terminal.json(
        "participant", "register", "customer", "--jurisdiction", "ch", "--domain", "healthcare"
    )
    assert (joined["address"], joined["roles"], joined["jurisdiction"]) == (address, ["customer"], "CH")
    assert terminal.json("participant", "show", address)["domains"] == ["healthcare"]

    deposited = terminal.json("escrow", "deposit", "12.5")
    assert deposited["balance_base_units"] == str(125 * UNIT // 10)
    assert deposited["gas"] > 21_000
    terminal.json("escrow", "withdraw", "2.5")
    balance = terminal.json("escrow", "balance")
    assert balance["in_escrow_base_units"] == str(10 * UNIT)
    assert "CommissionMarket" in balance["usable_by"]
    assert terminal.json("escrow", "withdraw", "--to", ADDRESS)["balance_base_units"] == "0"
    assert terminal.json("escrow", "balance", ADDRESS)["in_wallet_base_units"] == str(10 * UNIT)
    table = terminal.run("escrow", "balance")
    assert table.exit_code == 0
    assert "tUSD" in table.stdout


def test_accreditation(terminal, monkeypatch, tmp_path):
    auditor = terminal.login("auditor", monkeypatch)
    terminal.json("participant", "register", "auditor", "--jurisdiction", "CH", "--domain", "healthcare")
    terminal.login("accreditor", monkeypatch)
    signed = terminal.run("participant", "credential", auditor, "auditor", "--organisation", "audit.example")
    path = tmp_path / "credential.json"
    path.write_text(signed.stdout)
    terminal.login("auditor", monkeypatch)
    terminal.json("participant", "accredit", str(path))
    assert terminal.json("participant", "show")["accredited_until_unix"] > terminal.chain.anvil.now()
    assert "used up" in failure(terminal.run("participant", "accredit", str(path)))
    assert "accredited" in failure(terminal.run("audit", "enrol"))  # the waiting time has not passed
    terminal.chain.advance(3601)
    terminal.json("audit", "enrol")
    terminal.json("audit", "leave")
    terminal.json("participant", "tie", ADDRESS, "--days", "30")


def test_a_developer_sees_its_share(terminal, monkeypatch):
    terminal.login("lab", monkeypatch)
    joined = terminal.json(
        "participant", "register", "developer", "--jurisdiction", "CH", "--domain", "finance"
    )
    nothing = {"domain": "finance", "awarded_base_units": "0", "of_base_units": "0", "share_ppm": 0}
    nothing |= {"cap_ppm": None, "counts_from_base_units": None}
    assert joined["awarded_this_period"] == [nothing | {"may_bid": True}]
    policy = terminal.chain.at("Policy")
    terminal.chain.transact("Policy", policy, "setShareCap", 2, (400_000, 30 * 86_400, 10 * UNIT))
    (share,) = terminal.json("participant", "show")["awarded_this_period"]
    assert (share["cap_ppm"], share["counts_from_base_units"], share["may_bid"]) == (
        400_000,
        str(10 * UNIT),
        True,
    )
    assert "cap 40 %" in terminal.run("participant", "show").stdout


def test_status(terminal):
    status = terminal.json("status")
    assert (status["chain"], status["domains"]) == (31337, ["healthcare", "finance"])
    assert terminal.json("commission", "list") == []
    assert terminal.json("audit", "list") == []
    assert "No commission" in terminal.run("commission", "list").stdout


def test_a_new_keystore(terminal, tmp_path):
    path = tmp_path / "new.json"
    made = terminal.json("wallet", "create", str(path))
    terminal.environment["ASSAY_KEYSTORE"] = str(path)
    assert terminal.json("wallet", "address")["address"] == made["address"]
    assert "never overwritten" in failure(terminal.run("wallet", "create", str(path)))


@pytest.fixture
def stuck(terminal, monkeypatch) -> Iterator[str]:
    """A deposit that no block takes; its hash, as the command told it."""
    terminal.json("escrow", "deposit", "5")
    monkeypatch.setattr("assay.chain.transactions.WAIT_SECONDS", 0)
    terminal.chain.anvil.call("evm_setAutomine", False)
    result = terminal.run("escrow", "deposit", "1", "--json")
    assert result.exit_code == 3
    told = json.loads(result.stdout)
    assert told["state"] == "pending"
    assert f"Sending {told['transaction']} (Escrow.deposit)" in result.stderr
    assert f"assay tx wait {told['transaction']}" in result.stderr
    monkeypatch.setattr("assay.chain.transactions.WAIT_SECONDS", 60)
    yield told["transaction"]
    terminal.chain.mine_at_once()


def listed(terminal) -> dict[str, str]:
    return {row["transaction"]: row["state"] for row in terminal.json("tx", "list")}


def test_a_pending_payment_is_not_made_twice(terminal, stuck):
    assert listed(terminal)[stuck] == "sent"
    assert [row["transaction"] for row in terminal.json("tx", "list", "--pending")] == [stuck]
    terminal.chain.anvil.mine()
    again = terminal.run("escrow", "deposit", "1", "--json")
    assert json.loads(again.stdout)["transaction"] == stuck
    assert "was sent before" in again.stderr
    assert terminal.json("escrow", "balance")["in_escrow_base_units"] == str(6 * UNIT)
    terminal.chain.mine_at_once()
    assert terminal.json("escrow", "deposit", "1")["transaction"] != stuck
    assert terminal.json("escrow", "balance")["in_escrow_base_units"] == str(7 * UNIT)


def test_who_has_waited_knows(terminal, stuck):
    terminal.chain.anvil.mine()
    assert terminal.json("tx", "wait", stuck)["transaction"] == stuck
    assert listed(terminal)[stuck] == "mined"
    terminal.chain.mine_at_once()
    assert terminal.json("escrow", "deposit", "1")["transaction"] != stuck


def test_a_payment_is_sped_up_or_taken_back(terminal, stuck, monkeypatch):
    monkeypatch.setattr("assay.chain.transactions.WAIT_SECONDS", 0)
    faster = terminal.run("tx", "speed-up", stuck, "--json")
    assert faster.exit_code == 3
    cancelled = terminal.run("tx", "cancel", stuck, "--json")
    assert cancelled.exit_code == 3
    terminal.chain.anvil.mine()
    empty = json.loads(cancelled.stdout)["transaction"]
    assert listed(terminal)[empty] == "mined"
    assert listed(terminal)[stuck] == listed(terminal)[json.loads(faster.stdout)["transaction"]] == "replaced"
    assert "cancel Escrow.deposit" in failure(terminal.run("tx", "wait", stuck))
    assert terminal.json("escrow", "balance")["in_escrow_base_units"] == str(5 * UNIT)
    assert "pending" in terminal.run("tx", "list", "--pending").stdout
    for command, done in (("cancel", "cancelled"), ("speed-up", "sped up")):
        assert f"was replaced by {empty}" in failure(terminal.run("tx", command, stuck))
        assert f"nothing can be {done}" in failure(terminal.run("tx", command, empty))


@pytest.mark.parametrize(("command", "done"), [("cancel", "cancelled"), ("speed-up", "sped up")])
def test_what_is_mined_is_neither_sped_up_nor_taken_back(terminal, stuck, command, done):
    terminal.chain.anvil.mine()
    said = failure(terminal.run("tx", command, stuck, "--json"))
    block = next(row["block"] for row in terminal.json("tx", "list") if row["transaction"] == stuck)
    assert f"was mined in block {block}; nothing can be {done}." in said


def test_hashes_that_are_none_and_transactions_from_elsewhere(terminal):
    assert terminal.run("tx", "wait", "0x12").exit_code == 2
    assert "assay tx list" in failure(terminal.run("tx", "wait", "0x" + "1" * 64))
    assert "Nothing was sent" in terminal.run("tx", "list").stdout


@pytest.mark.parametrize("method", ["chain_id", "balance", "send_raw", "receipt"])
def test_ctrl_c_ends_in_a_sentence(terminal, monkeypatch, method):
    """At any moment; the same command, run again, pays once."""
    called = getattr(Connection, method)

    def interrupt(*arguments, **named):
        if method == "receipt" and called(*arguments, **named) is None:
            return None
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Connection, method, interrupt)
        result = terminal.run("escrow", "deposit", "1")
    assert result.exit_code == 130
    assert "Interrupted." in result.stderr
    assert ("Interrupted. Nothing was sent.\n" in result.stderr) == (method in ("chain_id", "balance"))
    assert "Traceback" not in result.stderr
    assert ("assay tx wait 0x" in result.stderr) == (method in ("send_raw", "receipt"))
    terminal.json("escrow", "deposit", "1")
    assert terminal.json("escrow", "balance")["in_escrow_base_units"] == str(UNIT)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ChainUnavailable("No RPC endpoint answers.")], ids=str)
def test_what_was_paid_and_not_told_is_not_paid_again(terminal, monkeypatch, error):
    """The deposit is in a block, and the command ends before it can say so."""

    def fails(*_arguments, **_named):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("assay.escrow.Escrow.balance", fails)
        first = terminal.run("escrow", "deposit", "1")
    assert first.exit_code in (1, 130)
    again = terminal.run("escrow", "deposit", "1", "--json")
    assert json.loads(again.stdout)["balance_base_units"] == str(UNIT)
    assert json.loads(again.stdout)["transaction"] in first.stderr
    assert terminal.json("escrow", "deposit", "1")["balance_base_units"] == str(2 * UNIT)


LOADING = """
import sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupt())
from assay.__main__ import main
main()
"""


def test_ctrl_c_before_the_command_runs(terminal, monkeypatch):
    def interrupt(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("assay.cli.Assay.make_context", interrupt)
    result = terminal.run("status")
    assert (result.exit_code, result.stderr, result.stdout) == (130, "Interrupted.\n", "")


@pytest.mark.parametrize("module", ["assay.cli", "assay.cli.settings"])
def test_ctrl_c_while_the_program_loads(module):
    done = subprocess.run([sys.executable, "-c", LOADING, module], capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout) == (130, "Interrupted.\n", "")

"""Bids remember their price: from `assay bid commit` to `assay bid reveal NUMBER`, whatever happens."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak
from faulty_rpc import FaultyRpc
from remote_signer import RemoteSigner, signed
from typer.testing import CliRunner, Result

from assay.cli import app

PROGRAM = str(Path(sys.executable).with_name("assay"))
UNIT = 10**18
SECONDS = 60


class Bidder:
    """Somebody with a keystore in a folder of its own, at the command line."""

    def __init__(self, stage: Any, name: str, folder: Path) -> None:
        self.name, self.stage = name, stage
        self.keystore = folder / f"{name}.json"
        shutil.copy(stage.keystore(name), self.keystore)
        self.environment = stage.environment(name) | {"ASSAY_KEYSTORE": str(self.keystore)}

    @property
    def files(self) -> list[Path]:
        return sorted(self.keystore.with_name(f"{self.keystore.name}.bids").glob("*.json"))

    def run(self, *words: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, ["bid", *words], input=typed, env=self.environment)

    def json(self, *words: str, typed: str = "") -> dict[str, Any]:
        result = self.run(*words, "--json", typed=typed)
        assert result.exit_code == 0, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def sent(self) -> int:
        return self.stage.chain.web3.eth.get_transaction_count(self.stage[self.name].address)

    def revealed(self, number: int) -> list[int]:
        """The prices that this account has revealed in a commission's auction."""
        market = self.stage[self.name]
        auction = market.commissions.get(number).auction_id
        found = market.session.events.find(
            "VickreyAuction", "BidRevealed", auctionId=auction, bidder=market.address
        )
        return [event.arguments["price"] for event in found]


@pytest.fixture
def bidder(stage, tmp_path) -> Bidder:
    return Bidder(stage, "rival", tmp_path)


@pytest.fixture
def opened(stage, order, patients) -> int:
    return stage["hospital"].commissions.open(order, patients).commission_id


@pytest.fixture
def rpc(stage) -> Iterator[FaultyRpc]:
    rpc = FaultyRpc(stage.chain.rpc)
    yield rpc
    rpc.close()


def test_a_reveal_needs_no_more_than_the_number(stage, order, patients, opened, bidder, tmp_path):
    """Of two bids by one account, and of another account's, each has its own price."""
    other = Bidder(stage, "developer", tmp_path)
    second = stage["hospital"].commissions.open(order, patients).commission_id
    now = stage.chain.anvil.now()
    said = bidder.json("commit", str(opened), typed="600.25\n")
    assert (said["bond_base_units"], said["deposited_base_units"]) == (str(100 * UNIT), str(100 * UNIT))
    assert said["deposit_transaction"] != said["transaction"]
    assert said["reveal_from_unix"] - said["reveal_opens_in_seconds"] >= now
    assert said["reveal_by_unix"] > said["reveal_from_unix"]
    assert said["reveal_with"] == f"assay bid reveal {opened}"
    bidder.json("commit", str(second), typed="601\n")
    other.json("commit", str(opened), typed="602\n")
    again = bidder.run("commit", str(opened), typed="5\n")  # one bid each: the first one counts
    assert again.exit_code == 1
    stage.chain.advance(601)
    for one, number, cents in ((bidder, second, 601_00), (other, opened, 602_00), (bidder, opened, 600_25)):
        told = one.stage["anyone"].commissions.next_step(number)
        assert told.commands == [f"assay bid reveal {number}"]
        one.json("reveal", str(number))
        assert one.revealed(number) == [cents * UNIT // 100]


def test_a_person_is_told_bond_deposit_and_time(bidder, opened):
    said = bidder.run("commit", str(opened), typed="600\n").stdout
    assert "100 tUSD" in said
    assert "minutes" in said
    assert f"assay bid reveal {opened}" in said


@pytest.mark.parametrize(
    ("typed", "said"),
    [("-5\n", "The price is not an amount."), ("0\n", "A bid of 0 offers"), ("0.00\n", "A bid of 0 offers")],
)
def test_a_price_that_is_none_is_not_bid(bidder, opened, typed, said):
    sent = bidder.sent()
    refused = bidder.run("commit", str(opened), typed=typed)
    assert (refused.exit_code, refused.stdout, bidder.sent()) == (1, "", sent)
    assert said in refused.stderr
    assert bidder.files == []


def test_who_has_not_bid_is_asked_for_no_price(stage, opened, bidder):
    stage.chain.advance(601)
    late = bidder.run("commit", str(opened))
    assert (late.exit_code, late.stdout) == (1, "")
    assert f"Bidding on commission {opened} ended at 20" in late.stderr
    refused = bidder.run("reveal", str(opened), typed="600\n")
    assert (refused.exit_code, refused.stdout) == (1, "")
    said = f"{stage['rival'].address} has no bid on commission {opened} that could be revealed."
    assert refused.stderr == f"{said} Use the account that made the bid.\n"


@pytest.mark.parametrize("loss", ["lost", "damaged"])
def test_without_its_file_a_price_is_asked_for_and_checked(stage, opened, bidder, loss):
    bidder.json("commit", str(opened), typed="600\n")
    stage.chain.advance(601)
    (path,) = bidder.files
    path.unlink() if loss == "lost" else path.write_bytes(path.read_bytes().replace(b'"price"', b'"Price"'))
    sent = bidder.sent()
    wrong = bidder.run("reveal", str(opened), typed="601\n")
    assert (wrong.exit_code, bidder.sent()) == (1, sent)
    assert "not kept" in wrong.stderr if loss == "lost" else "damaged" in wrong.stderr
    assert "committed to" in wrong.stderr
    assert bidder.run("reveal", str(opened)).exit_code == 1  # nobody answers
    assert bidder.sent() == sent
    bidder.json("reveal", str(opened), typed="600\n")
    assert bidder.revealed(opened) == [600 * UNIT]


def test_finding_work(stage, opened, bidder):
    """By state, domain, customer and developer; sorted; and what a bid is for."""

    def listed(*options: str) -> list[int]:
        words = ["commission", "list", *options, "--json"]
        result = CliRunner().invoke(app, words, env=bidder.environment)
        assert result.exit_code == 0, result.stderr
        return [row["commission"] for row in json.loads(result.stdout)]

    everything = [opened, stage.granting, stage.building, stage.delivering]
    developer, hospital = stage["developer"].address, stage["hospital"].address
    assert listed() == listed("--domain", "healthcare", "--customer", hospital) == everything
    assert listed("--domain", "finance") == []
    assert listed("--state", "bidding") == listed("--state", "bidding", "--last", "1") == [opened]
    assert listed("--state", "building", "--state", "bidding") == [opened, stage.building]
    assert listed("--developer", developer) == everything[1:]
    assert listed("--developer", developer, "--state", "bidding") == []
    assert listed("--sort", "deadline", "--last", "1") == [opened]
    assert set(listed("--sort", "reserve")) == set(everything)
    shown = bidder.json("show", str(opened))
    assert (shown["domain"], shown["risk_class"]) == ("healthcare", 1)
    assert shown["reserve_base_units"] == str(1000 * UNIT)
    assert shown["next"]["commands"] == [f"assay bid commit {opened}"]
    assert (shown["next"]["who"], shown["next"]["deadline_unix"]) == ("bidders", shown["commit_by_unix"])
    assert (shown["title"], shown["asked"]) != (None, None)
    assert "columns" in shown["inputs"][0]
    assert shown["time_left_seconds"] > 0


def test_what_cannot_be_remembered_is_not_bid(opened, bidder):
    bidder.keystore.with_name(f"{bidder.keystore.name}.bids").touch()
    sent = bidder.sent()
    refused = bidder.run("commit", str(opened), typed="600\n")
    assert (refused.exit_code, bidder.sent()) == (1, sent)
    assert "Nothing was sent" in refused.stderr


@pytest.mark.parametrize(
    "after", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["sent", "not sent"]
)
def test_a_price_survives_a_program_that_is_killed_while_it_bids(
    stage, rpc, opened, bidder, after, monkeypatch
):
    """Where it sends the bid. A new program, given another price, sends the first bid if it has to."""
    monkeypatch.setattr("assay.chain.waiting._SEARCH_SECONDS", 0.1)
    monkeypatch.setattr("assay.chain.waiting._PUSH_SECONDS", 0.2)
    stage["rival"].escrow.deposit(500 * UNIT)  # the bid is the only transaction
    environment = {**os.environ, **bidder.environment, "ASSAY_RPC": rpc.url}
    running: list[subprocess.Popen[bytes]] = []
    kept: list[int] = []

    def kill() -> None:
        kept.append(len(bidder.files))
        running[0].send_signal(signal.SIGKILL)

    rpc.when_asked("eth_sendRawTransaction", kill, after=after)
    command = [PROGRAM, "bid", "commit", str(opened)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        running.append(process)
        process.communicate(b"600\n", timeout=SECONDS)
    assert (process.returncode, kept) == (-signal.SIGKILL, [1])
    assert bidder.run("commit", str(opened), typed="605\n").exit_code == 1
    stage.chain.advance(601)
    bidder.json("reveal", str(opened))
    assert bidder.revealed(opened) == [600 * UNIT]


def test_a_backup_brings_the_account_and_its_bids_back(stage, opened, bidder, tmp_path):
    bidder.json("commit", str(opened), typed="600\n")
    stage.chain.advance(601)

    def wallet(*words: str) -> Result:
        return CliRunner().invoke(app, ["wallet", *words, "--json"], env=bidder.environment)

    made = wallet("backup", str(tmp_path / "backup"))
    assert json.loads(made.stdout)["prices_of_bids"] == 1
    shutil.rmtree(bidder.files[0].parent)
    bidder.keystore.unlink()
    bidder.environment |= dict.fromkeys(("ASSAY_KEYSTORE", "ASSAY_DEPLOYMENT", "ASSAY_RPC", "ASSAY_IPFS"), "")
    restored = wallet("restore", str(tmp_path / "backup"), str(tmp_path / "new"))
    said = json.loads(restored.stdout)
    assert (said["address"], said["prices_of_bids"]) == (stage["rival"].address, 1)
    bidder.environment |= said["environment"]
    bidder.json("reveal", str(opened))
    assert bidder.revealed(opened) == [600 * UNIT]
    bidder.environment["ASSAY_KEYSTORE"] = ""
    assert "no keystore to back up" in wallet("backup", str(tmp_path / "other")).stderr


def test_a_signer_that_never_signs_alike_remembers_with_its_backup(stage, opened, bidder):
    """The account's key is elsewhere; the price is beside the backup and opens with that alone."""
    key = PrivateKey(keccak(text="rival"))
    server = RemoteSigner(key)

    def behave(path: str, body: Any) -> tuple[int, bytes]:
        if body is None or body["data"].startswith("0x02"):
            return server.honest(path, body)
        return 200, signed(PrivateKey(secrets.token_bytes(32)), bytes.fromhex(body["data"][2:]))

    server.behave = behave
    bidder.environment |= {"ASSAY_BACKUP": bidder.environment.pop("ASSAY_KEYSTORE")}
    with server.serving():
        bidder.environment["ASSAY_SIGNER"] = server.url
        stage["rival"].escrow.deposit(500 * UNIT)
        bidder.json("commit", str(opened), typed="600\n")
        assert len(bidder.files) == 1
        stage.chain.advance(601)
        bidder.json("reveal", str(opened))
    assert bidder.revealed(opened) == [600 * UNIT]

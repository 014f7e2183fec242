"""A whole deal between processes; then its secrets are looked for wherever they must not be."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from web3 import Web3

from assay import Role, State
from assay_local.market import LocalMarket

pytestmark = pytest.mark.slow

VALIDATORS = [f"validator {i}" for i in range(5)]
PRICE = 712_345_678_901_234_567_890  # base units; found nowhere by chance
DAY = 86_400


def spellings(secret: bytes) -> set[bytes]:
    """How bytes could be written: raw, hex, base64 at each of its three alignments, a list of numbers."""
    found = {secret, secret.hex().encode(), secret.hex().upper().encode()}
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + secret)
        found.add(whole[4:-4])  # the ends depend on what stands beside
        found.add(whole[4:-4].translate(bytes.maketrans(b"+/", b"-_")))
    found.add(", ".join(str(byte) for byte in secret).encode())
    return {spelling for spelling in found if len(spelling) >= 12}


class Search:
    """Looks for secrets by name in everything it is shown."""

    def __init__(self, secrets: dict[str, bytes]) -> None:
        self._needles = [(name, word) for name, secret in secrets.items() for word in spellings(secret)]
        self.found: set[tuple[str, str]] = set()
        self.places: set[str] = set()

    def look(self, place: str, content: bytes) -> None:
        self.places.add(place.split("/")[0])
        self.found |= {(name, place) for name, needle in self._needles if needle in content}

    def look_at_files(self, folder: Path) -> None:
        for path in folder.rglob("*"):
            if path.is_file():
                self.look(f"{folder.name}/{path.relative_to(folder)}", path.read_bytes())

    def look_at_chain(self, rpc: str) -> None:
        """Calldata and logs of every transaction."""
        eth = Web3(Web3.HTTPProvider(rpc)).eth
        for number in range(eth.block_number + 1):
            for transaction in eth.get_block(number, full_transactions=True)["transactions"]:
                self.look("calldata", bytes(transaction["input"]))
        for log in eth.get_logs({"fromBlock": 0, "toBlock": "latest"}):
            self.look("events", b"".join([*log["topics"], log["data"]]))


class Arguments:
    """Collects the arguments of every process of this machine for as long as it is open."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Arguments:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def collect(self) -> None:
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.seen.add(process.read_bytes())
            except OSError:
                continue  # it has ended

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self.collect()


class Actor:
    """An account that acts through the `assay` command."""

    def __init__(self, local: LocalMarket, name: str, logs: Path) -> None:
        self._environment = {**os.environ, **local.environment(name)}
        self._log = logs / f"{name}.log"

    def run(self, *arguments: str, stdin: str = "") -> None:
        command = [str(Path(sys.executable).with_name("assay")), "--debug", *arguments]
        with self._log.open("ab") as log:
            subprocess.run(
                command,
                env=self._environment,
                input=stdin.encode(),
                stdout=log,
                stderr=log,
                check=True,
                timeout=300,
            )


class Deal:
    """One commission, from the order to the delivered model, by processes alone."""

    def __init__(self, local: LocalMarket, folder: Path) -> None:
        self.local, self.folder = local, folder
        self.hospital, self.developer = local.actor("hospital"), local.actor("developer")
        self.number = 1

    def open_and_bid(self, order, patients) -> None:
        self.hospital.participants.register(Role.CUSTOMER, jurisdiction="CH")
        self.developer.participants.register(Role.DEVELOPER, jurisdiction="DE", domains=["healthcare"])
        (self.folder / "order.json").write_text(order.model_dump_json())
        hospital = Actor(self.local, "hospital", self.local.folder / "logs")
        hospital.run("commission", "open", str(self.folder / "order.json"), str(patients))
        developer = Actor(self.local, "developer", self.local.folder / "logs")
        price = f"{PRICE // 10**18}.{PRICE % 10**18:018}"
        developer.run("bid", "commit", str(self.number), stdin=f"{price}\n")

    def finish(self, model: Path, card) -> None:
        hospital = Actor(self.local, "hospital", self.local.folder / "logs")
        developer = Actor(self.local, "developer", self.local.folder / "logs")
        number = str(self.number)
        self._pass(601)
        developer.run("bid", "reveal", number, stdin=f"{PRICE // 10**18}.{PRICE % 10**18:018}\n")
        self._pass(601)
        hospital.run("commission", "grant", number)
        (self.folder / "card.json").write_text(card.model_dump_json())
        developer.run("model", "submit", number, str(model), str(self.folder / "card.json"))
        developer.run("commission", "wait", number)
        self._pass(DAY + 1)
        developer.run("model", "deliver", number)
        hospital.run("model", "fetch", number, str(self.folder / "delivered.onnx"))
        self._pass(DAY + 1)
        developer.run("commission", "settle", number)

    def _pass(self, seconds: int) -> None:
        self.local.anvil.advance_to(self.local.anvil.now() + seconds)


def lasting_secrets(deal: Deal, patients: Path, model: Path) -> dict[str, bytes]:
    """What is secret for ever: keys, the passphrase, what is encrypted."""
    local = deal.local
    secrets = {"passphrase": local.passphrase_file.read_bytes().strip()}
    for name in ("hospital", "developer", "governance", *VALIDATORS):
        actor = local.actor(name)
        secrets[f"private key of {name}"] = bytes(actor.session.wallet._signer._account.key)
        secrets[f"encryption key of {name}"] = actor.session.encryption_key().private_bytes_raw()
    data = deal.hospital.commissions.dataset(deal.number).artifact
    secrets["content key of the data"] = deal.hospital.keys.own(data).reveal()
    sealed = deal.developer.models.manifest(deal.number).artifact
    secrets["content key of the model"] = deal.developer.keys.own(sealed).reveal()
    session = deal.hospital.session
    market = session.deployment.address("CommissionMarket")
    secrets["delivery seed"] = session.wallet.delivery_seed(session.deployment.chain_id, market)
    for number, row in enumerate(patients.read_bytes().splitlines()[1:]):
        secrets[f"row {number}"] = row[:48]
    weights = model.read_bytes()
    for start in range(64, len(weights) - 64, 512):
        secrets[f"byte {start} of the model"] = weights[start : start + 48]
    return secrets


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> Iterator[LocalMarket]:
    with LocalMarket(tmp_path_factory.mktemp("market")) as market:
        market.start()
        market.add_validators(VALIDATORS, 2000)
        yield market


def test_no_secret_leaves_its_owner(local, order, patients, model, card, tmp_path):
    deal = Deal(local, tmp_path)
    with Arguments() as arguments:
        deal.open_and_bid(order, patients)
        check_the_bid_is_sealed(deal)
        deal.finish(model, card)
    assert deal.hospital.commissions.get(deal.number).state == State.SETTLED
    assert (tmp_path / "delivered.onnx").read_bytes() == model.read_bytes()
    assert any(b"model\0submit\0" in line for line in arguments.seen), "the deal's own processes were seen"

    secrets = lasting_secrets(deal, patients, model)
    search = search_everywhere(deal, secrets, arguments)
    assert search.places == {"calldata", "events", "ipfs", "logs", "validators", "arguments"}
    assert search.found == set()
    check_the_search_finds_what_is_planted(deal, secrets, arguments)


def check_the_bid_is_sealed(deal: Deal) -> None:
    """Before the reveal, nobody but the bidder can tell price or salt."""
    session = deal.developer.session
    auction = session.deployment.address("VickreyAuction")
    auction_id = deal.hospital.commissions.get(deal.number).auction_id
    salt = session.wallet.bid_salt(session.deployment.chain_id, auction, auction_id)
    search = Search({"salt": salt, "price": PRICE.to_bytes(32), "price in words": str(PRICE).encode()})
    search.look_at_chain(deal.local.anvil.rpc)
    search.look_at_files(deal.local.folder / "ipfs")
    search.look_at_files(deal.local.folder / "logs")
    search.look_at_files(deal.local.keystores)
    assert search.found == set()


def search_everywhere(deal: Deal, secrets: dict[str, bytes], arguments: Arguments) -> Search:
    search = Search(secrets)
    search.look_at_chain(deal.local.anvil.rpc)
    for folder in ("ipfs", "logs", "validators"):
        search.look_at_files(deal.local.folder / folder)
    search.look("arguments", b"\n".join(arguments.seen))
    return search


def check_the_search_finds_what_is_planted(deal: Deal, secrets, arguments: Arguments) -> None:
    """The same search, once the secrets have been carried to each of the places."""
    session, key = deal.hospital.session, secrets["content key of the data"]
    session.store.put_block(b"a block with " + key)
    session.store.put([secrets["row 7"]])
    account = deal.local.anvil.accounts()[0]
    calldata = "0x" + secrets["encryption key of hospital"].hex()
    deal.local.anvil.call("eth_sendTransactionSync", {"from": account, "to": account, "data": calldata})
    log = deal.local.folder / "logs" / "planted.log"
    log.write_text(f"INFO key {secrets['content key of the model'].hex()}\n")
    program = [sys.executable, "-c", "print(flush=True); input()", secrets["passphrase"].decode()]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # a process that has just begun shows no arguments yet
        arguments.collect()
        process.communicate(b"\n")
    found = {(name, place.split("/")[0]) for name, place in search_everywhere(deal, secrets, arguments).found}
    assert found == {
        ("content key of the data", "ipfs"),
        ("row 7", "ipfs"),
        ("encryption key of hospital", "calldata"),
        ("content key of the model", "logs"),
        ("passphrase", "arguments"),
    }

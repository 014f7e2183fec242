"""Every file that Assay keeps on a machine says its version. An older one is read or refused in a sentence; a
newer one is refused, and stays as it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sqlite3
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import assay
import assay_indexer
import assay_learning
import assay_local
import assay_oracle
import assay_validation
from assay import Deployment
from assay.chain.journal import Journal as Transactions
from assay.chain.journal import Signed
from assay.chain.wiring import CONSTRUCTORS
from assay.errors import AssayError, DeploymentError, JournalError, LocalMarketError, WalletError
from assay.manifests.evaluation import ReportStatus
from assay.structs import Kind, Report
from assay.wallet.backup import back_up, restore
from assay.wallet.bid_prices import BidPrices
from assay.wallet.keystore import PASSPHRASE_VARIABLE, Wallet
from assay_indexer.database import engine_at, prepare
from assay_indexer.errors import IndexerError
from assay_indexer.tables import Form
from assay_local import ipfs
from assay_local.lock import FolderLock
from assay_oracle.checkpoints import Checkpoint, CheckpointFolder
from assay_oracle.docket import Docket
from assay_oracle.errors import JournalError as DecisionsError
from assay_oracle.journal import Decision, Journal, Task

ADDRESS = "0x" + "11" * 20
NEWER = 99


@dataclass(frozen=True)
class LocalFile:
    """A file, and what programs do with it.

    Attributes:
        modules: that write it.
        write: makes one of the present version in a folder; its path.
        use: whatever is done with it first; what of it has to be there again.
        set_version: makes it one of another version, or, with none, one from before it had versions.
        refusal: of a newer one; none where it is passed over, because it can be made again.
        reads_older: whether one without a version is read.
    """

    modules: tuple[str, ...]
    write: Callable[[Path], Path]
    use: Callable[[Path], Any]
    set_version: Callable[[Path, int | None], None]
    refusal: type[AssayError] | None
    reads_older: bool


def in_json(path: Path, version: int | None) -> None:
    content = json.loads(path.read_text())
    content.pop("version", None)
    path.write_text(json.dumps(content if version is None else content | {"version": version}))


def in_sqlite(path: Path, version: int | None) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {version or 0}")


def in_alembic(path: Path, version: int | None) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        if version is None:
            database.execute("DROP TABLE alembic_version")
        else:
            database.execute("UPDATE alembic_version SET version_num = ?", (f"{version:04}",))


def in_line(path: Path, version: int | None) -> None:
    path.unlink() if version is None else path.write_text(f"{version}\n")


# EACH OF THEM


def keystore(folder: Path) -> Path:
    Wallet.create(folder / "keystore.json", private_key=b"\x01" * 32, work_factor=4)
    return folder / "keystore.json"


def transactions(path: Path) -> Transactions:
    return Transactions(path.parent, chain_id=1, account=ADDRESS, genesis="0x01")


def sent(folder: Path) -> Path:
    journal = transactions(folder / "journal")
    signed = Signed("0x02", b"raw", {"to": ADDRESS})
    journal.record(name="A.b", purpose="pay", pending=0, head=1, sign=lambda _: signed)
    return journal.path


TASK = Task(request_id=1, panel_id=1, kind=Kind.SCORE, question=bytes(32))
DECISION = Decision(Report(status=ReportStatus.ANSWERED, word=bytes(32), manifest=bytes(32)))


def decisions(path: Path) -> Journal:
    return Journal(path.parent, oracle="1:0x", validator=ADDRESS)


def decided(folder: Path) -> Path:
    (folder / "validator").mkdir(mode=0o700)
    path = folder / "validator" / "journal.sqlite"
    with decisions(path) as journal:
        journal.record(TASK, DECISION)
    return path


def decision(path: Path) -> Decision | None:
    with decisions(path) as journal:
        return journal.find(TASK)


def checkpoint(folder: Path) -> Path:
    places = CheckpointFolder(folder / "place", "me")
    places.save(Checkpoint(7, "0x07", Docket()), [])
    return folder / "place" / "7.docket"


def signed_again(path: Path, version: int | None) -> None:
    """A checkpoint names its own digest."""
    content = json.loads(path.read_bytes().partition(b"\n")[2])
    content["schema"] = version
    said = json.dumps(content).encode()
    path.write_bytes(hashlib.sha256(said).hexdigest().encode() + b"\n" + said)


def deployed(folder: Path) -> Path:
    made = Deployment.model_validate(
        {
            "chainId": 1,
            "block": 0,
            "contracts": dict.fromkeys(CONSTRUCTORS, ADDRESS),
            "tokens": {"payment": ADDRESS, "staking": ADDRESS},
        }
    )
    path = folder / "1.json"
    path.write_text(made.model_dump_json(by_alias=True))
    return path


def market(folder: Path) -> Path:
    with FolderLock(folder, rpc="http://rpc", ipfs="http://ipfs") as lock:
        lock.clear([])
    return folder / "market.lock"


def made_by_a_market(path: Path) -> bool:
    """Whether what lies in the folder may be removed."""
    with FolderLock(path.parent, rpc="http://rpc", ipfs="http://ipfs") as lock:
        (path.parent / "keystores").mkdir(exist_ok=True)
        lock.clear(["keystores"])
        return not (path.parent / "keystores").exists()


def storage(folder: Path) -> Path:
    path = folder / "helia" / "version"
    assert claimed(path)
    return path


def claimed(path: Path) -> bool:
    """What the node does with its folder first."""
    module = Path(ipfs.__file__).with_name("ipfs_node") / "repository.mjs"
    script = f"""
        import {{ claim }} from '{module}'
        await claim('{path.parent}').catch(error => console.log(error.message))
    """
    node = os.environ.get("ASSAY_NODE", "node")
    said = subprocess.run(
        [node, "--input-type=module", "-e", script], capture_output=True, text=True, check=True
    )
    if said.stdout:
        raise LocalMarketError(said.stdout.strip())
    return path.read_text() == "1\n"


def backup(folder: Path) -> Path:
    back_up(folder / "backup.json", keystore(folder), work_factor=4)
    return folder / "backup.json"


def restored(path: Path) -> bytes:
    """Each time into another folder."""
    number = len(list(path.parent.iterdir()))
    return restore(path, path.parent / f"folder {number}").keystore.read_bytes()


def bid(folder: Path) -> Path:
    BidPrices(folder / "bids", bytes(32)).store(bytes(32), 700)
    return folder / "bids" / f"{bytes(32).hex()}.json"


def indexed(folder: Path) -> Path:
    path = folder / "index.sqlite"
    form_of_index(path)
    return path


def form_of_index(path: Path) -> str:
    """Names the form of its tables."""
    engine = engine_at(f"sqlite:///{path}")
    try:
        prepare(engine)
        with engine.connect() as connection:
            return str(connection.scalar(select(Form.digest)))
    finally:
        engine.dispose()


FILES = {
    "backup": LocalFile(("assay.wallet.backup",), *(backup, restored, in_json, WalletError, False)),
    "price of a bid": LocalFile(
        ("assay.wallet.bid_prices",),
        bid,
        lambda path: BidPrices(path.parent, bytes(32)).get(bytes(32)),
        *(in_json, WalletError, False),
    ),
    "keystore": LocalFile(
        ("assay.wallet.keystore",),
        *(keystore, lambda path: Wallet.open(path).address, in_json, WalletError, False),
    ),
    "journal of transactions": LocalFile(
        ("assay.chain.journal_file",),
        *(sent, lambda path: transactions(path).get("0x02"), in_sqlite, JournalError, False),
    ),
    "journal of a validator": LocalFile(
        ("assay_oracle.journal",), *(decided, decision, in_sqlite, DecisionsError, True)
    ),
    "place of a validator in the chain": LocalFile(
        ("assay_oracle.checkpoints",),
        checkpoint,
        lambda path: CheckpointFolder(path.parent, "me").load(),
        *(signed_again, None, False),
    ),
    "index": LocalFile(
        ("assay_indexer.database", "assay_indexer.cli"),
        *(indexed, form_of_index, in_alembic, IndexerError, False),
    ),
    "deployment": LocalFile(
        ("scripts/deploy.py",), *(deployed, Deployment.load, in_json, DeploymentError, True)
    ),
    "folder of a market": LocalFile(
        ("assay_local.lock",), *(market, made_by_a_market, in_json, LocalMarketError, True)
    ),
    "storage of a market": LocalFile(
        ("assay_local/ipfs_node/repository.mjs",), *(storage, claimed, in_line, LocalMarketError, True)
    ),
}
OTHERS = {
    "assay.store.private_file": "how the files above appear whole",
    "assay.manifests.files": "documents that people name; each manifest says its kind and version",
    "assay.manifests.schemas.__init__": "the repository's own files",
    "assay.markets.package": "a folder that ends with the command",
    "assay.judges.claims": "a folder that ends with the command",
    "assay.cli.model_claim": "evidence, which says its kind and version",
    "assay_learning.requests": "models and rows that people name; a trigger set says its kind and version",
    "assay_validation.answers": "what whoever asks wants to have",
    "assay.seal.stream": "what was sealed, opened: the file as its owner made it",
    "assay.markets.onnx_file": "a folder that ends with the command",
    "assay.store.blocks": "files fetched from storage, known by their digest",
    "assay.store.folder": "blocks of storage, named by their digest",
    "assay.chain.known": "empty files, named after what was seen; what is not there is looked at again",
    "assay_local.market": "settings that a market writes anew at each start",
    "assay_local.process": "logs",
    "assay_local.ipfs": "logs",
    "assay_local.demo.cast": "a folder that ends with the demo",
    "assay_local.demo.developers": "a folder that ends with the demo",
    "assay_local.demo.patients": "a folder that ends with the demo",
    "assay_oracle.status": "opens it to read alone",
    "assay_validation.made_up": "a folder that ends with the test",
    "assay_validation.jobs.answer_questions": "what a jail answers with",
    "assay_validation.jobs.inspect_model": "what a jail answers with",
    "assay_validation.jobs.predict": "what a jail answers with",
    "assay_validation.jobs.columns": "what a jail answers with",
    "assay_validation.jobs.feeding": "what a jail answers with",
    "assay_validation.parcels": "sealed files that end with the test",
    "assay_validation.self_test": "files without names, which end with the test",
    "assay_validation.tasks.custom": "files without names, which end with the test",
    "assay_validation.worker": "files without names, which end with the test",
    "assay_validation.sandbox.runner": "a folder that ends with the test",
    "assay_validation.sandbox.namespaces": "the kernel's files",
}
"""Modules that write what needs no version, and why."""


@pytest.fixture(autouse=True)
def passphrase(tmp_path, monkeypatch) -> None:
    file = tmp_path / "passphrase"
    file.touch(mode=0o600)
    file.write_text("horse\n")
    monkeypatch.setenv(PASSPHRASE_VARIABLE, str(file))


@pytest.fixture(params=FILES)
def file(request) -> LocalFile:
    return FILES[request.param]


def test_one_of_the_present_version_is_read(file, tmp_path):
    assert file.use(file.write(tmp_path))


def test_one_without_a_version_is_read_or_refused_in_a_sentence(file, tmp_path):
    path = file.write(tmp_path)
    present = file.use(path)
    file.set_version(path, None)
    if file.reads_older:
        assert file.use(path) == present
        assert file.use(path) == present  # and once more, where it was brought to the present version
    elif file.refusal is None:
        assert not file.use(path)
    else:
        with pytest.raises(file.refusal) as refused:
            file.use(path)
        assert refused.value.message.endswith(".")
        assert str(path.name) in str(refused.value)


def test_a_newer_one_is_refused_and_stays_as_it_is(file, tmp_path):
    path = file.write(tmp_path)
    file.set_version(path, NEWER)
    content = path.read_bytes()
    if file.refusal is None:
        assert not file.use(path)
    else:
        with pytest.raises(file.refusal) as refused:
            file.use(path)
        assert refused.value.message.endswith(".")
        assert str(tmp_path) in str(refused.value)
    assert path.read_bytes() == content


WRITES = re.compile(
    r"write_(text|bytes|private|whole)\(|\.open\(\"[wxa]|open\([^)\n]*\"[wxa]b?\"|mkstemp\(|sqlite3\.connect\("
    r"|sqlite:///|\.touch\(|O_CREAT"
)


def test_whatever_writes_a_file_is_known_here():
    """A new one gets a version and a place in FILES, or a reason in OTHERS."""
    known = OTHERS.keys() | {module for file in FILES.values() for module in file.modules}
    writing = set()
    for package in (assay, assay_indexer, assay_learning, assay_local, assay_oracle, assay_validation):
        root = Path(package.__file__).parent
        for path in root.rglob("*.py"):
            if "node_modules" not in path.parts and WRITES.search(path.read_text()):
                writing.add(".".join(path.relative_to(root.parent).with_suffix("").parts))
    assert writing <= known
    assert {name for name in known if "/" not in name} <= writing, "no longer there"

"""What the market knows of an account, changed."""

from __future__ import annotations

import pytest
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak
from remote_signer import RemoteSigner
from terminal import failure

from assay import Wallet

ENTRY = ("developer", "--jurisdiction", "CH", "--also", "data-owner")


@pytest.mark.parametrize("roles", [("developer",), ("customer", "--also", "developer"), ("auditor",)])
def test_who_works_in_domains_names_them(terminal, monkeypatch, roles):
    """Without one, such an account could do nothing before it may change its domains."""
    terminal.login("lab", monkeypatch)
    said = failure(terminal.run("participant", "register", *roles, "--jurisdiction", "CH"))
    assert "only once in 90 days. Name up to three with --domain: healthcare, finance" in said
    assert "Nothing was sent" in terminal.run("tx", "list").stdout


def test_an_entry_is_changed(terminal, monkeypatch):
    address = terminal.login("lab", monkeypatch)
    terminal.json("participant", "register", *ENTRY, "--domain", "healthcare")
    assert "Nothing is to be changed" in failure(terminal.run("participant", "change"))
    assert "registered one already" in failure(terminal.run("participant", "change", "--encryption-key"))
    terminal.chain.advance(90 * 86_400)
    changed = terminal.json("participant", "change", "--role", "customer", "--domain", "finance")
    assert (changed["roles"], changed["domains"]) == (["customer", "data owner"], ["finance"])
    assert len(changed["transactions"]) == 2
    # what is refused is found before anything is sent
    assert "domains" in failure(
        terminal.run("participant", "change", "--role", "auditor", "--domain", "healthcare")
    )
    shown = terminal.json("participant", "change", "--also", "developer", "--also", "validator")
    assert shown["roles"] == ["customer", "developer", "validator"]
    assert terminal.json("participant", "show", address)["roles"] == shown["roles"]


def test_an_encryption_key_follows_the_backup(terminal, monkeypatch, tmp_path):
    """Who has lost the backup, or wants another, registers the key that the new one derives."""
    terminal.login("hospital", monkeypatch)
    terminal.json("participant", "register", "customer", "--jurisdiction", "CH")
    backups = [tmp_path / "one.json", tmp_path / "two.json"]
    for backup in backups:
        Wallet.create(backup, work_factor=2)
    del terminal.environment["ASSAY_KEYSTORE"]
    with RemoteSigner(PrivateKey(keccak(text="hospital"))).serving() as signer:
        terminal.environment["ASSAY_SIGNER"] = signer.url
        keys = set()
        for backup in backups:
            terminal.environment["ASSAY_BACKUP"] = str(backup)
            keys.add(terminal.json("participant", "change", "--encryption-key")["encryption_key"])
    assert len(keys) == 2

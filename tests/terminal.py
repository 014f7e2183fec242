"""Somebody at the command line."""

from __future__ import annotations

import json
from pathlib import Path

from eth_utils.crypto import keccak
from typer.testing import CliRunner

from assay import Wallet
from assay.cli import app

UNIT = 10**18
ADDRESS = "0x" + "11" * 20


class Terminal:
    """Runs commands as one account."""

    def __init__(self, chain, folder: Path, store_url: str) -> None:
        self.chain, self.folder = chain, folder
        self.deployment = folder / "deployment.json"
        self.deployment.write_text(chain.deployment.model_dump_json(by_alias=True))
        self.passphrase = folder / "passphrase"
        self.passphrase.touch(mode=0o600)
        self.passphrase.write_text("correct horse")
        self.environment = {
            "ASSAY_RPC": chain.rpc,
            "ASSAY_IPFS": store_url,
            "ASSAY_DEPLOYMENT": str(self.deployment),
            "ASSAY_PASSPHRASE_FILE": str(self.passphrase),
        }

    def login(self, name: str, monkeypatch) -> str:
        wallet = self.chain.wallet(name)
        path = self.folder / f"{name}.json"
        if not path.exists():
            monkeypatch.setenv("ASSAY_PASSPHRASE_FILE", str(self.passphrase))
            Wallet.create(path, private_key=keccak(text=name), work_factor=2)
        self.environment["ASSAY_KEYSTORE"] = str(path)
        return wallet.address

    def run(self, *arguments: str, stdin: str = ""):
        return CliRunner().invoke(app, arguments, input=stdin, env=self.environment)

    def json(self, *arguments: str, stdin: str = ""):
        result = self.run(*arguments, "--json", stdin=stdin)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)


def failure(result) -> str:
    """What a command that failed says; with ``--json`` programs read the same."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    if result.stdout:
        error = json.loads(result.stdout)["error"]
        assert f"{error['message']} {error.get('hint', '')}".strip() in result.stderr
    assert result.stderr.count("\n") == 1
    return result.stderr

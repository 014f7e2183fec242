"""Opens what the settings name: the market as the validator sees it, and its validation node."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from assay.chain import Deployment
from assay.market import Market
from assay.store import store_at
from assay.wallet.keystore import PASSPHRASE_VARIABLE, Wallet
from assay.wallet.web3signer import Web3Signer
from assay_oracle.checkpoints import CheckpointFolder
from assay_oracle.docket import EVENTS
from assay_oracle.settings import Settings
from assay_validation.cli import read_token
from assay_validation.node import LocalValidationNode, RemoteValidationNode, ValidationNode


@contextmanager
def open_market(settings: Settings) -> Iterator[Market]:
    """The market, with the validator's wallet.

    Raises:
        WalletError: the keystore does not open.
        ChainUnavailable, WrongChain, DeploymentError: see :meth:`assay.market.Market.connect`.
        StoreError: a malformed IPFS endpoint.
    """
    wallet = open_wallet(settings)
    deployment = Deployment.load(settings.deployment)
    with (
        store_at(settings.ipfs) as store,
        Market.connect(settings.rpc, deployment=deployment, wallet=wallet, store=store) as market,
    ):
        yield market


def checkpoints(settings: Settings, market: Market, *, read_only: bool) -> CheckpointFolder:
    """Where the daemon keeps its place in the chain."""
    deployment = market.deployment
    contracts = sorted({deployment.address(contract) for contract, _ in EVENTS})
    owner = " ".join([str(deployment.chain_id), *contracts, market.address])
    return CheckpointFolder(settings.folder / "place", owner, read_only=read_only)


def open_wallet(settings: Settings) -> Wallet:
    """The validator's account; raises :class:`WalletError`."""
    if settings.passphrase_file is not None:
        os.environ[PASSPHRASE_VARIABLE] = str(settings.passphrase_file)  # a file name, not a secret
    if settings.signer is None:
        return Wallet.open(settings.keystore)
    backup = Wallet.open(settings.backup) if settings.backup else None
    return Wallet(Web3Signer(settings.signer, settings.account), backup=backup)


def validation_node(settings: Settings) -> ValidationNode:
    """The node that the settings name, or else this machine.

    Raises:
        ValidationError: the token file is not one.
        UnreachableError: the queue's database does not answer.
    """
    if settings.validation_queue and settings.validation_folder and settings.validation_token_file:
        from assay_validation.queued import QueuedValidationNode  # an optional extra that few need

        secret = read_token(settings.validation_token_file)
        return QueuedValidationNode(settings.validation_queue, settings.validation_folder, secret)
    if settings.validation_url is None or settings.validation_token_file is None:
        return LocalValidationNode()
    return RemoteValidationNode(settings.validation_url, read_token(settings.validation_token_file))

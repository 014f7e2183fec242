"""The people of a market on a real chain, and the steps that take a commission from one state to the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak
from patients import CARD

from assay import ContractError, Market, ModelCard, Order, Role, State
from assay.manifests import ModelManifest
from assay.manifests.evaluation import ReportStatus
from assay.markets.onnx_graph import read_signature
from assay.seal import ContentKey
from assay.seal.delivery import DeliveryContext, agreement, deliver
from assay.structs import Artifact, Report, Round, RoundState, Submission
from assay.wallet.keystore import PASSPHRASE_VARIABLE, Wallet

UNIT = 10**18
DAY = 86_400
STAKE = 2000 * UNIT
PRICE = 700 * UNIT
TO_DELIVER = b"\x02" * 32
"""Stands for the word of a model's evaluation, which depends on the deal: see :meth:`Stage.word`."""


def scored(score: int, *, word: bytes = TO_DELIVER, manifest: bytes = b"\x01" * 32) -> Report:
    """A validator's report of a score, ppm."""
    return Report(status=ReportStatus.ANSWERED, scores=(score,), word=word, manifest=manifest)


ATTESTED = Report(status=ReportStatus.ANSWERED, word=b"\x03" * 32)


class Stage:
    """Everybody on one chain, registered, accredited, funded, staked and past the waiting times.

    `stage[name]` is the market as somebody sees it: the hospital orders, the developer and its rival bid,
    the validators sit on panels, the auditor audits, the body tests. "anyone" is no participant.
    """

    def __init__(self, chain: Any, store: Any, ipfs_url: str, folder: Path, *, validators: int = 5) -> None:
        self.chain, self.store, self.ipfs_url, self.folder = chain, store, ipfs_url, folder
        self.validators = [f"validator {i}" for i in range(validators)]
        self.passphrase_file = folder / "passphrase"
        self.passphrase_file.touch(mode=0o600)
        self.passphrase_file.write_text("correct horse battery staple\n")
        self.deployment_file = folder / "deployment.json"
        self.deployment_file.write_text(chain.deployment.model_dump_json(by_alias=True))
        self.markets: dict[str, Market] = {}
        assert self["anyone"].address  # has gas money from now on: what a test gave it would be undone
        self._register()

    def __getitem__(self, name: str) -> Market:
        if name not in self.markets:
            self.markets[name] = self.chain.market(name, self.store)
        return self.markets[name]

    def close(self) -> None:
        for market in self.markets.values():
            market.close()

    def _register(self) -> None:
        self["hospital"].participants.register(
            Role.CUSTOMER, jurisdiction="CH", organisation="hospital.example"
        )
        for name in ("developer", "rival"):
            self[name].participants.register(Role.DEVELOPER, jurisdiction="DE", domains=["healthcare"])
        for name in self.validators:
            self[name].participants.register(Role.VALIDATOR, jurisdiction="CH")
        self.accredit("auditor", Role.AUDITOR)
        self.accredit("body", Role.REGULATOR)
        self.chain.advance(3601)
        self["auditor"].audits.enrol()
        for name in self.validators:
            self[name].staking.stake(STAKE)
        self.chain.advance(3601)

    def accredit(self, name: str, role: Role) -> None:
        """Register somebody in a role that takes a credential, and with the credential."""
        self.chain.wallet(name)  # with gas money again, where what an earlier test did is undone
        now, account = self.chain.anvil.now(), self[name]
        account.participants.register(role, jurisdiction="CH", domains=["healthcare"])
        credential = self["accreditor"].participants.issue_credential(
            account.address,
            role,
            organisation=f"{name}.example",
            valid_until=now + 10**8,
            deadline=now + DAY,
        )
        account.participants.accredit(credential)

    def three_auditors(self) -> tuple[str, ...]:
        """Two more in the draw, and three seats for each model of the stage's risk class; their names."""
        further = ("second auditor", "third auditor")
        for name in further:
            self.accredit(name, Role.AUDITOR)
        self.chain.advance(3601)
        for name in further:
            self[name].audits.enrol()
        self.chain.advance(3601)
        three = ("setRiskClass", 3, (True, 3, False, True, 180 * DAY, False))
        self.chain.transact("Policy", self.chain.at("Policy"), *three)
        return ("auditor", *further)

    # A DEAL

    def award(self, number: int, **prices: int) -> None:
        """Bid, reveal and award; base units by bidder, or the developer alone for `PRICE`."""
        bids = prices or {"developer": PRICE}
        for name, price in bids.items():
            self[name].bids.commit(number, price)
        self.chain.advance(601)
        for name, price in bids.items():
            self[name].bids.reveal(number, price)
        self.chain.advance(601)
        self.advance(number)

    def seat(self, number: int) -> None:
        """Draw the panel, or an appeal's, that the commission waits for."""
        self.chain.anvil.mine(3)
        self.advance(number)

    def seat_auditors(self, number: int) -> None:
        """Name the block that decides, and draw."""
        self.advance(number)
        self.seat(number)

    def to_granting(self, order: Order, data: Path, *, arbitrator: str | None = None, **prices: int) -> int:
        """A commission whose panel has been seated."""
        opened = self["hospital"].commissions.open(order, data, arbitrator=arbitrator)
        number = opened.commission_id
        self.award(number, **prices)
        self.seat(number)
        assert self.round(number).state == RoundState.GRANTING
        return number

    def to_building(self, order: Order, data: Path, **prices: int) -> int:
        """A commission whose data the panel has attested."""
        number = self.to_granting(order, data, **prices)
        self["hospital"].commissions.grant_data(number)
        self.report(number, ATTESTED)
        assert self.state(number) == State.BUILDING
        return number

    def pass_test(self, number: int, model: Path, card: ModelCard = CARD) -> None:
        """Submit a model that scores well, and let the time for appeals pass."""
        self["developer"].models.submit(number, model, card)
        self.evaluate(number, scored(950_000))

    def evaluate(self, number: int, *reports: Report) -> None:
        """Members report on a model; the time for appeals passes, and the market takes the answer."""
        self.vote_in(number, *reports)
        self.chain.advance(DAY + 1)
        self.advance(number)

    def sell(self, number: int) -> None:
        """The developer delivers, nobody disputes it, and the deal is settled."""
        self["developer"].models.deliver(number)
        self.chain.advance(DAY + 1)
        self["anyone"].commissions.settle(number)

    def deliver_wrong_key(self, number: int, model: Path) -> None:
        """The panel agrees with the developer on another key than the model's, which is delivered."""
        developer, context = self["developer"], self.delivery_context(number)
        developer.models.submit(number, model, CARD)
        artifact = developer.models.manifest(number).artifact
        wrong, proof = deliver(ContentKey(b"\x07" * 32), context)
        word = agreement(artifact.key_hash, artifact.ciphertext, wrong, context)
        self.evaluate(number, scored(950_000).model_copy(update={"word": word}))
        with pytest.raises(ContractError, match="agreed"):
            developer.models.deliver(number)
        hashes = [bytes.fromhex(one) for one in (artifact.key_hash, artifact.ciphertext)]
        call = (context.contract, number, context.recipient, *hashes, wrong, proof)
        developer.session.send("Deliveries", "deliverAgreed", *call)

    def advance(self, number: int) -> None:
        self["anyone"].commissions.advance(number)

    def state(self, number: int) -> State:
        return self["hospital"].commissions.get(number).state

    def round(self, number: int) -> Round:
        """The commission's panel, as it stands in Rounds."""
        hospital = self["hospital"]
        return hospital.rounds.get(hospital.commissions.get(number).panel_id)

    def request(self, number: int) -> int:
        """The present request to the commission's panel."""
        return self.round(number).request_id

    # A PANEL

    def seats(self, panel_id: int) -> dict[int, str]:
        """Names of a panel's members by seat; who was fined has left its seat."""
        names = {self[name].address: name for name in self.validators}
        seats = enumerate(self["hospital"].oracle.panel(panel_id).members)
        return {seat: names[member] for seat, member in seats if member in names}

    def members(self, panel_id: int) -> list[str]:
        """Names of a panel's members, in the order of their seats."""
        return list(self.seats(panel_id).values())

    def panel(self, number: int) -> list[str]:
        """Names of the members of a commission's panel, by seat."""
        return self.members(self["hospital"].commissions.get(number).panel_id)

    def former_panel(self, number: int) -> list[str]:
        """Names of the members whom a commission's panel had first, by seat, when it is gone."""
        names = {self[name].address: name for name in self.validators}
        panel_id = self["hospital"].commissions.get(number).panel_id
        seated = self["hospital"].session.events.find("ValidationOracle", "PanelSeated", panelId=panel_id)
        return [names[member] for member in next(seated).arguments["members"]]

    def report(self, number: int, *reports: Report) -> None:
        """Members report in the order of their seats, or all the same; the market takes it."""
        self.vote_in(number, *reports)
        self.advance(number)

    def vote_in(self, number: int, *reports: Report) -> None:
        """Members report as in :meth:`report`; what is said of a model also says how its key is delivered."""
        word = self.word(number)
        said = [one.model_copy(update={"word": word}) if one.word == TO_DELIVER else one for one in reports]
        self.vote(self["hospital"].commissions.get(number).panel_id, self.request(number), *said)

    def word(self, number: int) -> bytes:
        """On what an honest panel agrees: the delivery of the model's key. Zeros as long as there is none."""
        deal, developer = self["hospital"].commissions.get(number), self["developer"]
        if deal.state != State.EVALUATING:
            return bytes(32)
        artifact, context = developer.models.manifest(number).artifact, self.delivery_context(number)
        delivery, _ = deliver(developer.keys.own(artifact), context)
        return agreement(artifact.key_hash, artifact.ciphertext, delivery, context)

    def delivery_context(self, number: int) -> DeliveryContext:
        """What a delivery for the commission is for."""
        recipient = self["hospital"].commissions.spec(number).recipient
        market = self.chain.at("CommissionMarket")
        return DeliveryContext(self.chain.deployment.chain_id, market, number, recipient)

    def vote(self, panel_id: int, request_id: int, *reports: Report) -> None:
        """Members commit and reveal a report each, in the order of their seats, or all the same."""
        seats = self.seats(panel_id)
        said = reports * len(seats) if len(reports) == 1 else reports
        votes = [(*seat, report) for seat, report in zip(seats.items(), said, strict=True)]
        salts = [keccak(text=f"{name} {request_id}") for name in seats.values()]
        for (seat, name, report), salt in zip(votes, salts, strict=True):
            oracle = self[name].oracle
            oracle.commit(request_id, seat, oracle.vote_hash(request_id, report, salt))
        for (seat, name, report), salt in zip(votes, salts, strict=True):
            self[name].oracle.reveal(request_id, seat, report, salt)

    def reports(self, request_id: int) -> dict[str, Report]:
        """What was revealed, by validator; each of them only once."""
        found = list(self["hospital"].oracle.reports(request_id))
        names = {self[name].address: name for name in self.validators}
        assert len(found) == len(dict(found)), "somebody has revealed twice"
        return {names[address]: report for address, report in found}

    # SUBMISSIONS AND PROGRAMS

    def publish_model(self, number: int, content: bytes, like: Path) -> Submission:
        """A submission whose artifact is *content*, described as if it were the model *like*."""
        developer, commission = self["developer"], self["developer"].commissions.get(number)
        file = self.folder / "content"
        file.write_bytes(content)
        artifact, key = developer.keys.seal(file)
        described = {
            name: getattr(CARD, name) for name in ("name", "framework", "intended_use", "limits", "licence")
        }
        manifest = ModelManifest(**described, **read_signature(like), artifact=artifact)
        context = developer.keys.panel_context(commission.panel_id, Artifact.MODEL)
        return Submission(
            manifest=developer.session.publish(manifest),
            grants=developer.keys.publish_grants(key, developer.keys.members(commission.panel_id), context),
        )

    def keystore(self, name: str) -> Path:
        path = self.folder / f"{name}.json"
        if not path.exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv(PASSPHRASE_VARIABLE, str(self.passphrase_file))
                Wallet.create(path, private_key=keccak(text=name), work_factor=4)
        return path

    def environment(self, name: str) -> dict[str, str]:
        """The variables with which the `assay` command is *name*."""
        return {
            "ASSAY_RPC": self.chain.rpc,
            "ASSAY_IPFS": self.ipfs_url,
            "ASSAY_DEPLOYMENT": str(self.deployment_file),
            "ASSAY_PASSPHRASE_FILE": str(self.passphrase_file),
            "ASSAY_KEYSTORE": str(self.keystore(name)),
        }

    def validator_config(self, name: str, home: Path, **changes: Any) -> Path:
        """The settings file of a validator's daemon, which lives in the folder *home*."""
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = {
            "rpc": [self.chain.rpc],
            "ipfs": [self.ipfs_url],
            "deployment": str(self.deployment_file),
            "keystore": str(self.keystore(name)),
            "passphrase_file": str(self.passphrase_file),
            "folder": str(home / "data"),
            "listen": "127.0.0.1:0",
            "confirmations": 0,
            "poll_seconds": 0.05,
            "keeper": False,
            "self_test": False,
        } | changes
        config = home / "oracle.toml"
        config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
        return config

"""`market.models`: submitting, delivering and opening models."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.chain import Receipt
from assay.deal.deliveries import Delivered, Deliveries
from assay.deal.keys import Keys
from assay.deal.rounds import Rounds
from assay.errors import InvalidInput, SealError, WrongKeyDelivered
from assay.manifests import CommissionSpec, ModelManifest, SealedArtifact, Watermark
from assay.manifests.trigger_set import TriggerSet
from assay.markets.checks import ModelCheck, check_model, refuse
from assay.markets.lineage import lineage_edges, stated_complete
from assay.markets.local_node import LocalNode
from assay.markets.model_card import ModelCard, manifest_of
from assay.markets.model_registry import ModelRegistry
from assay.markets.onnx_file import one_file
from assay.markets.onnx_graph import read_signature
from assay.markets.restrictions import require_kept
from assay.markets.versions import require_previous, with_previous
from assay.seal import ContentKey, open_artifact
from assay.session import Session
from assay.store.file_digest import sha256_of
from assay.structs import Commission, Payee, State, Submission
from assay.wallet.secp256k1 import Point

MAX_MODEL_BYTES = 2**31
"""Size of the largest model that is opened, in bytes, unless the caller allows more."""

_MARKET = "CommissionMarket"
_PLACE = 1
"""Position of the model in the request to a panel."""


class Models(ModelRegistry):
    """Models of commissions, and the registry of those that have been paid for."""

    def __init__(self, session: Session, keys: Keys, rounds: Rounds, *, unchecked: bool = False) -> None:
        super().__init__(session)
        self._keys, self._rounds, self._unchecked = keys, rounds, unchecked
        self._deliveries = Deliveries(session)

    def check(
        self, commission_id: int, model: Path, *, rows: Path | None = None, node: LocalNode | None = None
    ) -> ModelCheck:
        """What the panel would say about *model*; its code runs in a local jail, and nothing is sent.

        Args:
            commission_id: the commission whose order the model must meet.
            model: the ONNX file; data beside it is found and packed with it.
            rows: the developer's own rows, in the format that the order names; without them, no score.
            node: runs the test.

        Raises:
            CheckUnavailable: the check cannot be run on this machine.
            StoreError, ManifestError: the order cannot be fetched.
        """
        request = self._commission(commission_id).request
        spec = self._session.fetch(request.spec, CommissionSpec)
        with one_file(model) as packed:
            return check_model(spec, request.required_criteria, packed, rows, node or LocalNode())

    def check_submission(self, commission_id: int, payees: Collection[Payee] = ()) -> Commission:
        """The commission; raises :class:`InvalidInput` unless it accepts a model from this account now."""
        commission = self._commission(commission_id)
        if sum(payee.ppm for payee in payees) > 1_000_000:
            raise InvalidInput("The payees' shares are more than the whole price.")
        if commission.developer != self._session.address:
            raise InvalidInput(f"{self._session.address} did not win commission {commission_id}.")
        if commission.state != State.BUILDING:
            raise _not_now(commission_id, commission, "and takes no model now")
        return commission

    def submit(
        self,
        commission_id: int,
        model: Path,
        card: ModelCard,
        *,
        payees: Collection[Payee] = (),
        watermark: Path | None = None,
    ) -> Receipt:
        """As the winning developer, seal the ONNX file to the panel and submit it; uses up one attempt.

        A model that the panel would refuse regardless of the rows is refused here already, unless the market
        was connected ``unchecked``. To see how it scores, call :meth:`check` with rows of your own.

        Args:
            commission_id: the commission, whose state is Building.
            model: the ONNX file; data beside it is found and packed with it.
            card: what is said about it, with its lineage.
            payees: shares of the price for others, fixed with this submission.
            watermark: the file with the model's trigger set, to which the manifest then commits.

        Raises:
            InvalidInput: not an ONNX model, one that the panel would refuse, or payees whose shares exceed
                the price.
            CheckUnavailable: the panel's check cannot be run on this machine.
            ContractError: not the developer, not the right time, or lineage or payees that are not allowed.
            SealError, StoreError, ManifestError: the model or a manifest cannot be stored.
        """
        with one_file(model) as packed:
            earlier = self._session.resume(_MARKET, "submit", _submission(commission_id, sha256_of(packed)))
            if earlier is not None:
                return earlier
            self.check_submission(commission_id, payees)
            if not self._unchecked:
                self._refuse(commission_id, packed)
            card = with_previous(card, self._maintained(commission_id))
            return self._submit(commission_id, self.publish(packed, card, watermark=watermark), payees)

    def _maintained(self, commission_id: int) -> str | None:
        """The manifest digest of the model whose next version was ordered, or None if none was."""
        return self._session.fetch(self._commission(commission_id).request.spec, CommissionSpec).maintains

    def _refuse(self, commission_id: int, model: Path) -> None:
        request = self._commission(commission_id).request
        spec = self._session.fetch(request.spec, CommissionSpec)
        found = check_model(spec, request.required_criteria, model, None, LocalNode())
        refuse("model", found.report.reasons, spec.evaluation.metric)

    def publish(self, model: Path, card: ModelCard, *, watermark: Path | None = None) -> bytes:
        """Seal the ONNX file and publish its manifest; returns the manifest's digest. Sends no transaction.

        A model that must pass a third-party test set before it is sold is published first, because the
        manifest that was assessed is the one to submit; publishing a file again makes a new manifest. What a
        panel would say is checked when the model is assessed or submitted, as only then is the test known.

        The publisher of a model states in its manifest that the card's lineage is complete.

        The trigger set in the file *watermark* is sealed alongside the model, so a backup of the wallet is
        enough to recover it.

        Raises:
            InvalidInput: not an ONNX model, not a trigger set, a lineage declared incomplete, or a licence
                that drops a restriction of a model that it was made from.
            SealError, StoreError, ManifestError: the model or its manifest cannot be stored, or that of a
                model that it was made from cannot be read.
        """
        lineage = stated_complete(card.lineage)
        triggers = TriggerSet.load(watermark) if watermark is not None else None
        require_kept(self._session, card.licence, card.lineage.parents)
        with one_file(model) as packed:
            graph = read_signature(packed, card.opset, card.inputs, card.outputs)
            artifact, _ = self._keys.seal(packed)
        mark = None
        if triggers is not None and watermark is not None:
            mark = Watermark(commitment=triggers.commitment, triggers=self._keys.seal(watermark)[0])
        return self._session.publish(manifest_of(card, graph, artifact, lineage=lineage, watermark=mark))

    def submit_published(
        self, commission_id: int, digest: bytes, *, payees: Collection[Payee] = ()
    ) -> Receipt:
        """As the winning developer, submit the account's own model that :meth:`publish` has published.

        Raises:
            InvalidInput, CheckUnavailable, ContractError, StoreError: as for :meth:`submit`.
            SealError: this wallet did not seal it.
        """
        self.check_submission(commission_id, payees)
        require_previous(self._session.fetch(digest, ModelManifest), self._maintained(commission_id))
        if not self._unchecked:
            with self.opened(digest) as model:
                self._refuse(commission_id, model)
        return self._submit(commission_id, digest, payees)

    @contextmanager
    def opened(self, digest: bytes) -> Iterator[Path]:
        """The ONNX file of a published model whose key this wallet has; it exists until the block ends.

        Raises:
            SealError: it does not have the key, or the model cannot be opened.
            StoreError: the model cannot be fetched.
        """
        artifact, key = self._session.fetch(digest, ModelManifest).artifact, self.key_of(digest)
        with tempfile.TemporaryDirectory(prefix="assay-") as folder:
            path = Path(folder) / "model.onnx"
            open_artifact(artifact, key, self._session.store, path, max_bytes=MAX_MODEL_BYTES)
            yield path

    def _submit(self, commission_id: int, digest: bytes, payees: Collection[Payee]) -> Receipt:
        commission = self.check_submission(commission_id, payees)
        manifest = self._session.fetch(digest, ModelManifest)
        key = self._keys.own(manifest.artifact)
        panel_id = commission.panel_id
        context = self._keys.panel_context(panel_id, _PLACE)
        submission = Submission(
            manifest=digest,
            grants=self._keys.publish_grants(key, self._keys.members(panel_id), context),
            lineage=lineage_edges(manifest.lineage),
            payees=tuple(payees),
        )
        purpose = _submission(commission_id, manifest.artifact.plaintext_sha256)
        return self._session.send(_MARKET, "submit", commission_id, submission.to_abi(), purpose=purpose)

    def grant(self, commission_id: int) -> Receipt:
        """As the developer, grant the submitted model's key to the panel as it is seated now.

        Needed when an appeal, or the replacement of silent members, has brought in new members.

        Raises:
            SealError: this wallet did not seal the model.
            ContractError: not the developer, or not the right time.
        """
        key = self._keys.own(self.manifest(commission_id).artifact)
        return self._rounds.grant(self._commission(commission_id).panel_id, _PLACE, key)

    def deliver(self, commission_id: int) -> Receipt:
        """Hand the accepted model's key to the customer, as its developer or another account granted it.

        Raises:
            InvalidInput: the commission is not waiting for a delivery, or so little time is left that the
                customer might get both its money back and the key.
            SealError: this wallet does not have the key.
            ContractError: the panel agreed on something else.
        """
        earlier = self._deliveries.resume(commission_id)
        if earlier is not None:
            return earlier
        commission = self._commission(commission_id)
        if commission.state != State.DELIVERING:
            raise _not_now(commission_id, commission, "and waits for no delivery")
        artifact, recipient = self._accepted(commission)
        key = self._rounds.key(commission.panel_id, _PLACE, artifact)
        return self._deliveries.deliver(commission_id, recipient, artifact, key)

    def refute(self, commission_id: int) -> Receipt:
        """As the customer, prove that a wrong key was delivered, which ends the deal with a refund at once.

        Must be done before the challenge window is over, or while a dispute lasts.

        Raises:
            InvalidInput: nothing has been delivered yet.
            SealError: the right key was delivered, or this wallet cannot open it.
            ContractError: it is too late.
        """
        commission, found = self._delivered(commission_id)
        artifact, recipient = self._accepted(commission)
        return self._deliveries.refute(commission_id, recipient, artifact, found)

    def manifest(self, commission_id: int) -> ModelManifest:
        """The manifest last submitted; raises :class:`InvalidInput` if there is none."""
        return self._session.fetch(self._commission(commission_id).manifest, ModelManifest)

    def fetch(self, commission_id: int, dest: Path, *, max_bytes: int = MAX_MODEL_BYTES) -> ModelManifest:
        """As the customer, decrypt the delivered model into *dest*, which appears only if verified.

        Raises:
            InvalidInput: nothing has been delivered yet.
            WrongKeyDelivered: the key delivered is not the one agreed on; :meth:`refute` it in time.
            SealError: this wallet cannot open it, the model is damaged, or it is larger than *max_bytes*.
            StoreError: the model cannot be fetched.
        """
        manifest = self.manifest(commission_id)
        key = self._delivered_key(commission_id)
        open_artifact(manifest.artifact, key, self._session.store, dest, max_bytes=max_bytes)
        return manifest

    def key_of(self, digest: bytes) -> ContentKey:
        """The content key of a model that this wallet sealed or that a commission delivered to it.

        Raises:
            SealError: this wallet does not have the key.
        """
        artifact = self._session.fetch(digest, ModelManifest).artifact
        try:
            return self._keys.own(artifact)
        except SealError:
            version = self.version(digest) if self.is_registered(digest) else None
            if version is None or version.module != self._session.deployment.address(_MARKET):
                raise
        return self._delivered_key(version.deal_id)

    def _delivered(self, commission_id: int) -> tuple[Commission, Delivered]:
        """The commission and its delivery; raises :class:`InvalidInput` if nothing has been delivered."""
        commission, found = self._commission(commission_id), self._deliveries.find(commission_id)
        if found is None:
            raise _not_now(commission_id, commission, "and no model has been delivered")
        return commission, found

    def _delivered_key(self, commission_id: int) -> ContentKey:
        commission, found = self._delivered(commission_id)
        artifact, recipient = self._accepted(commission)
        try:
            return self._deliveries.open(commission_id, recipient, artifact, found)
        except WrongKeyDelivered as error:
            hint = f"Refute the delivery in time: `assay model refute {commission_id}`"
            raise WrongKeyDelivered(error.message, hint=hint) from error

    def _accepted(self, commission: Commission) -> tuple[SealedArtifact, Point]:
        """The sealed model of a deal, and the delivery key of its customer."""
        spec = self._session.fetch(commission.request.spec, CommissionSpec)
        return self._session.fetch(commission.manifest, ModelManifest).artifact, spec.recipient


def _not_now(number: int, commission: Commission, what: str) -> InvalidInput:
    return InvalidInput(
        f"Commission {number} is {commission.state.words} {what}.",
        hint=f"`assay commission show {number}` says what it waits for.",
    )


def _submission(commission_id: int, plaintext_sha256: str) -> str:
    """What stays the same when a model is sealed again with another key."""
    return f"model {plaintext_sha256} for commission {commission_id}"

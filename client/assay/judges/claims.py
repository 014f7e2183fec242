"""`market.claims`: evidence, from a model's watermark, that another model was made from it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assay.deal.keys import Keys
from assay.errors import InvalidInput
from assay.manifests import ModelManifest, Watermark
from assay.manifests.node_report import TriggerReport
from assay.manifests.trigger_set import MAX_FILE_BYTES, TriggerSet, WatermarkClaim, exponent, holds, p_value
from assay.markets.local_node import LocalNode
from assay.markets.model_registry import ModelRegistry
from assay.seal import open_artifact
from assay.session import Session
from assay.store.file_digest import sha256_of


@dataclass(frozen=True)
class Judged:
    """What a test of a suspect shows.

    Attributes:
        claim: the evidence.
        holds: whether the suspect was made from the model, as far as the statistics show.
        power: log10 of the p-value.
        since: when the model that commits to the watermark was registered, Unix seconds; None if it was
            not, so that only the owner's word says when it was made.
    """

    claim: WatermarkClaim
    holds: bool
    power: float
    since: int | None


class Claims:
    """Tests suspects for watermarks. A suspect runs in a jail of the validation node on this machine.

    All methods raise :class:`CheckUnavailable` if that is impossible, for example because the suspect has
    different inputs or classes, and :class:`StoreError` or :class:`ManifestError` if the model's manifest
    cannot be fetched.
    """

    def __init__(self, session: Session, keys: Keys, node: LocalNode | None = None) -> None:
        self._session, self._keys, self._node = session, keys, node or LocalNode()
        self._registry = ModelRegistry(session)

    def test(
        self, suspect: Path, model: bytes, *, triggers: Path | None = None, output: str | None = None
    ) -> Judged:
        """Run *suspect* on the triggers of *model*, the digest of a manifest that commits to a watermark.

        Args:
            suspect: the ONNX file.
            model: the model whose watermark is looked for.
            triggers: a file with its trigger set; by default, the set that this wallet has sealed.
            output: the suspect's output to compare; by default its first one with scores, else with labels.

        Raises:
            InvalidInput: the model has no watermark, or a different one from *triggers*.
            SealError: this wallet did not seal it.
        """
        watermark = self._watermark(model)
        with self._set_of(watermark, triggers) as path:
            known = TriggerSet.load(path)
            self._require(known, watermark)
            found = self._node.ask_triggers(suspect, path, output)
        return self._judged(model, found, known)

    def check(self, evidence: WatermarkClaim, suspect: Path, *, sold_as: bytes | None = None) -> Judged:
        """Repeat the test that *evidence* reports, as a juror.

        Args:
            evidence: the claim to check.
            suspect: the file that it accuses.
            sold_as: the digest of the manifest under which the suspect was sold, to check that it matches.

        Raises:
            InvalidInput: it is about another file or a watermark other than the model's, or the suspect is
                not what was sold.
        """
        digest = sha256_of(suspect)
        if digest != evidence.suspect_sha256:
            raise InvalidInput(f"The evidence is about another file: the sha256 of {suspect} is {digest}.")
        if sold_as is not None:
            sold = self._session.fetch(sold_as, ModelManifest).artifact.plaintext_sha256
            if sold != digest:
                raise InvalidInput(f"{suspect} is not the model that was sold under {sold_as.hex()}.")
        model = bytes.fromhex(evidence.model)
        self._require(evidence.triggers, self._watermark(model))
        with tempfile.TemporaryDirectory(prefix="assay-") as folder:
            path = Path(folder) / "triggers.json"
            path.write_bytes(evidence.triggers.to_bytes())
            found = self._node.ask_triggers(suspect, path, evidence.output)
        return self._judged(model, found, evidence.triggers)

    def _watermark(self, model: bytes) -> Watermark:
        watermark = self._session.fetch(model, ModelManifest).watermark
        if watermark is None:
            raise InvalidInput(
                f"The manifest {model.hex()} commits to no watermark.",
                hint="A watermark counts only where it was committed to when the model was submitted.",
            )
        return watermark

    @contextmanager
    def _set_of(self, watermark: Watermark, triggers: Path | None) -> Iterator[Path]:
        if triggers is not None:
            yield triggers
            return
        sealed = watermark.triggers
        with tempfile.TemporaryDirectory(prefix="assay-") as folder:
            path = Path(folder) / "triggers.json"
            key = self._keys.own(sealed)
            open_artifact(sealed, key, self._session.store, path, max_bytes=MAX_FILE_BYTES)
            yield path

    @staticmethod
    def _require(triggers: TriggerSet, watermark: Watermark) -> None:
        if triggers.commitment != watermark.commitment:
            raise InvalidInput(
                "These triggers are not those that the model's manifest commits to.",
                hint="Triggers that were chosen afterwards show nothing.",
            )

    def _judged(self, model: bytes, found: TriggerReport, triggers: TriggerSet) -> Judged:
        claim = WatermarkClaim(
            model=model.hex(),
            suspect_sha256=found.model_sha256,
            output=found.output,
            asked=found.asked,
            matches=found.matches,
            triggers=triggers,
        )
        registered = self._registry.is_registered(model)
        return Judged(
            claim,
            holds(found.matches, found.asked),
            exponent(p_value(found.matches, found.asked)),
            self._registry.provenance(model).at if registered else None,
        )

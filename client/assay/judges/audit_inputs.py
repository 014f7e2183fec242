"""What an auditor was given to examine: model, data, and the documents that specify them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assay.errors import InvalidInput, SealError
from assay.manifests import (
    AuditReference,
    AuditReport,
    CommissionSpec,
    DatasetManifest,
    Examination,
    ModelManifest,
    SealedArtifact,
)
from assay.manifests.files import load_document, prepare_folder, write_document
from assay.seal import ContentKey, open_artifact
from assay.session import Session
from assay.structs import Artifact, views

_LENS = "CommissionLens"
_MODEL, _DATA = "model.onnx", "data"
_AUDIT, _COMMISSION = "audit.json", "commission.json"
MANIFEST, DATASET = "model.json", "dataset.json"
"""File names of the model's and the data's manifests in an auditor's folder."""


@dataclass(frozen=True)
class Material:
    """What an auditor could open.

    Attributes:
        manifest: the model's manifest.
        dataset: the manifest of the validation data.
        commission: the order, with the evaluation spec and the threshold.
        model: path of the ONNX file.
        data: path of the validation data; None if its key was not granted.
    """

    reference: AuditReference
    manifest: ModelManifest
    dataset: DatasetManifest
    commission: CommissionSpec
    model: Path
    data: Path | None

    @staticmethod
    def model_path(folder: Path) -> Path:
        """Where the model goes."""
        return folder / _MODEL

    @staticmethod
    def data_path(folder: Path, dataset: DatasetManifest) -> Path:
        """Where the data goes."""
        return folder / f"{_DATA}.{dataset.format}"

    def write_documents(self, folder: Path) -> None:
        """Write the documents beside model and data, for :meth:`load`; the file it looks for comes last."""
        for name, document in (
            (MANIFEST, self.manifest),
            (DATASET, self.dataset),
            (_COMMISSION, self.commission),
            (_AUDIT, self.reference),
        ):
            write_document(folder / name, document.model_dump_json(indent=2).encode() + b"\n")

    @classmethod
    def load(cls, folder: Path, audit_id: int) -> Material:
        """What was fetched into *folder* for the audit *audit_id*.

        Raises:
            InvalidInput: nothing was fetched there, or it belongs to another audit.
        """
        if not (folder / _AUDIT).is_file():
            raise InvalidInput(
                f"{folder} holds no material of an audit.",
                hint=f"Fetch it first: assay audit fetch {audit_id} {folder}",
            )
        reference = load_document(folder / _AUDIT, AuditReference)
        if reference.request_id != audit_id:
            raise InvalidInput(
                f"{folder} holds the material of audit {reference.request_id}, not {audit_id}."
            )
        dataset = load_document(folder / DATASET, DatasetManifest)
        data = cls.data_path(folder, dataset)
        return cls(
            reference,
            load_document(folder / MANIFEST, ModelManifest),
            dataset,
            load_document(folder / _COMMISSION, CommissionSpec),
            cls.model_path(folder),
            data if data.is_file() else None,
        )


KeyOf = Callable[[bytes, SealedArtifact, Artifact], ContentKey]


def open_material(
    session: Session,
    folder: Path,
    reference: AuditReference,
    key_of: KeyOf,
    commission_id: int,
    max_bytes: int,
) -> Material:
    """Decrypt the model of an audit or opinion, and the data if granted, into *folder*, with all documents.

    Args:
        key_of: finds the key of an artifact granted to this account, by its manifest's digest.

    Raises:
        InvalidInput: nothing can be written to *folder*.
        SealError: the model's key was not granted to this account, or something cannot be opened.
        StoreError: it cannot be fetched.
    """
    subject = bytes.fromhex(reference.model)
    manifest = session.fetch(subject, ModelManifest)
    key = key_of(subject, manifest.artifact, Artifact.MODEL)
    prepare_folder(folder)
    model = Material.model_path(folder)
    open_artifact(manifest.artifact, key, session.store, model, max_bytes=max_bytes)
    request = session.view(views.commission_lens.commission(commission_id)).request
    dataset = session.fetch(request.dataset, DatasetManifest)
    data = Material.data_path(folder, dataset)
    try:
        data_key = key_of(request.dataset, dataset.artifact, Artifact.DATASET)
    except SealError:
        data_key = None
    if data_key is not None:
        open_artifact(dataset.artifact, data_key, session.store, data, max_bytes=max_bytes)
    material = Material(
        reference=reference,
        manifest=manifest,
        dataset=dataset,
        commission=session.fetch(request.spec, CommissionSpec),
        model=model,
        data=data if data_key is not None else None,
    )
    material.write_documents(folder)
    return material


def require_examined(
    session: Session, examination: Examination | None, reference: AuditReference, commission_id: int
) -> None:
    """Check that an examination used the audited version and the deal's data.

    A handwritten report without an examination claims no measured file, and passes.

    Raises:
        InvalidInput: it measured other files.
        StoreError: a manifest cannot be fetched.
    """
    if examination is None:
        return
    request = session.view(views.commission_lens.commission(commission_id)).request
    model = session.fetch(bytes.fromhex(reference.model), ModelManifest).artifact.plaintext_sha256
    data = session.fetch(request.dataset, DatasetManifest).artifact.plaintext_sha256
    for what, measured, audited in (
        ("model", examination.model_sha256, model),
        ("data", examination.data_sha256, data),
    ):
        if measured != audited:
            raise InvalidInput(
                f"The assessment examined another {what}: its file has the sha256 {measured}, not {audited}.",
                hint="Examine what `fetch` gave you, or leave `examination` out and say under `limitations` "
                "what was measured on which files.",
            )


def require_about(reference: AuditReference, report: AuditReport) -> AuditReport:
    """The *report*, provided that it is about *reference*; raises :class:`InvalidInput`."""
    about = (report.chain_id, report.registry, report.request_id, report.auditor, report.model)
    if about != tuple(reference.model_dump().values()):
        raise InvalidInput("The report is about another audit or model, or of another auditor.")
    return report

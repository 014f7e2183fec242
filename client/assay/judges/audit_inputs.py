"""What an auditor was given to look at: model, data, and the documents that say what they should be."""

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
"""Files of the model's and the data's manifest in an auditor's folder."""


@dataclass(frozen=True)
class Material:
    """What an auditor could open.

    Attributes:
        manifest: of the model.
        dataset: the manifest of the validation data.
        commission: the order, with the evaluation spec and the threshold.
        model: path of the ONNX file.
        data: path of the validation data, none where its key was not granted.
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
        """Write the documents beside model and data, for :meth:`load`; what that looks for comes last."""
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
            InvalidInput: nothing was fetched there, or it is of another audit.
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
    """Open the model of an audit or opinion, and the data where granted, into *folder*, with all documents.

    Args:
        key_of: finds the key of an artifact, by its manifest's digest, that was granted to this account.

    Raises:
        InvalidInput: nothing can be written to *folder*.
        SealError: the model's key was not granted to this account, or something does not open.
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
    """See that an examination was one of the audited version, and of the deal's data.

    What was written by hand without an examination claims to have measured no file, and passes.

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
    """The *report*, provided that it is the one on *reference*; raises :class:`InvalidInput`."""
    about = (report.chain_id, report.registry, report.request_id, report.auditor, report.model)
    if about != tuple(reference.model_dump().values()):
        raise InvalidInput("The report is about another audit or model, or of another auditor.")
    return report

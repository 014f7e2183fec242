"""What an auditor was given to look at: model, data, and the documents that say what they should be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assay.documents import load_document, write_document
from assay.errors import InvalidInput
from assay.manifests import CommissionSpec, DatasetManifest, ModelManifest, Part
from assay.manifests.fields import Address, ChainId, Digest, Uint256

_MODEL, _DATA = "model.onnx", "data"
_AUDIT, _MANIFEST, _DATASET, _COMMISSION = "audit.json", "model.json", "dataset.json", "commission.json"


class AuditReference(Part):
    """Which audit it is, as a report names it."""

    chain_id: ChainId
    registry: Address
    request_id: Uint256
    auditor: Address
    model: Digest
    """Digest of the audited version's ModelManifest."""


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
        """Write the documents beside model and data, for :meth:`load`."""
        for name, document in (
            (_AUDIT, self.reference),
            (_MANIFEST, self.manifest),
            (_DATASET, self.dataset),
            (_COMMISSION, self.commission),
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
        dataset = load_document(folder / _DATASET, DatasetManifest)
        data = cls.data_path(folder, dataset)
        return cls(
            reference,
            load_document(folder / _MANIFEST, ModelManifest),
            dataset,
            load_document(folder / _COMMISSION, CommissionSpec),
            cls.model_path(folder),
            data if data.is_file() else None,
        )

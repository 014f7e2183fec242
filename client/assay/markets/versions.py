"""`market.versions`: the versions of maintained models, what each changes, and what the changes require."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.chain import Event
from assay.errors import InvalidInput
from assay.manifests import CommissionSpec, ModelManifest
from assay.manifests.change_plan import Change, ChangePlan, Need
from assay.markets.model_card import ModelCard
from assay.session import Session
from assay.structs import AuditOutcome, views

_MARKET, _REGISTRY = "CommissionMarket", "ModelRegistry"


@dataclass(frozen=True)
class ModelVersion:
    """One version of a maintained model.

    Attributes:
        manifest: its digest.
        model_id: id of its token in ModelRegistry; each version has its own.
        commission_id: the commission that it was made for; None for a model without one.
        developer: who made it.
        previous: the version that it follows; None for the first.
        changes: changes from that version.
        needs: what the plan requires for these changes; None for the first version, and if there is no plan.
        met: whether that is fulfilled: a test always is, an audit once it has approved the version.
    """

    manifest: bytes
    model_id: int
    commission_id: int | None
    developer: str
    previous: bytes | None
    changes: tuple[Change, ...]
    needs: Need | None
    met: bool


class Versions:
    """Versions of models. An order says which version it continues, and its customer must own that version.

    A version is judged by the plan that existed before it was ordered: the plan in the previous version's
    order, or in an earlier order if that has none.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def require_maintainable(self, manifest: bytes) -> None:
        """Raise :class:`InvalidInput` unless the account owns a model and so may order its next version."""
        model_id = self._registered(manifest).arguments["modelId"]
        owner = self._session.view(views.model_registry.owner_of(model_id))
        if owner != self._session.address:
            raise InvalidInput(
                f"The model {manifest.hex()} is owned by {owner}, who alone orders its next version.",
                hint="Use the owner's wallet, or order a model that is derived from it.",
            )

    def chain(self, manifest: bytes) -> list[ModelVersion]:
        """All versions of the model that *manifest* is a version of, oldest first.

        Raises:
            InvalidInput: no such version has been registered.
            StoreError, ManifestError: an order or a manifest of its owner cannot be read.
        """
        first = self._registered(manifest)
        while (previous := self._previous(first)) is not None:
            first = previous
        waiting: list[tuple[Event, Event | None, ChangePlan | None]] = [(first, None, None)]
        found = []
        while waiting:
            version, before, plan = waiting.pop(0)
            found.append(self._told(version, before, plan))
            order = self._order(version)
            later = order.change_plan if order and order.change_plan else plan
            waiting += [(one, version, later) for one in self._following(version)]
        return found

    def _told(self, version: Event, before: Event | None, plan: ChangePlan | None) -> ModelVersion:
        said, digest = version.arguments, _digest(version)
        changed: tuple[Change, ...] = ()
        if before is not None:
            old, new = (self._session.fetch(one, ModelManifest) for one in (_digest(before), digest))
            changed = changes(old, new, _digest(before))
        needs = plan.needs(changed) if plan is not None and before is not None else None
        return ModelVersion(
            manifest=digest,
            model_id=said["modelId"],
            commission_id=said["dealId"] if self._is_ordered(version) else None,
            developer=said["developer"],
            previous=None if before is None else _digest(before),
            changes=changed,
            needs=needs,
            met=needs in (None, "test") or (needs == "audit" and self._is_approved(digest)),
        )

    def _previous(self, version: Event) -> Event | None:
        """The version that *version* follows, according to its order."""
        order = self._order(version)
        if order is None or order.maintains is None:
            return None
        previous = bytes.fromhex(order.maintains)
        if previous not in _parents(version):
            return None
        before = self._registered(previous)
        return before if self._is_its_owners(before, version) else None

    def _following(self, version: Event) -> Iterator[Event]:
        """The versions that follow *version*. Strangers' orders are not read, as they may be unavailable."""
        digest = _digest(version)
        for event in self._session.events.find(_REGISTRY, "VersionRegistered", from_block=version.block):
            if digest not in _parents(event) or not self._is_its_owners(version, event):
                continue
            order = self._order(event)
            if order is not None and order.maintains == digest.hex():
                yield event

    def _is_its_owners(self, before: Event, version: Event) -> bool:
        """Whether the customer who ordered *version* owned the model *before* at that time."""
        if not self._is_ordered(version):
            return False
        number = version.arguments["dealId"]
        opened = next(self._session.events.find(_MARKET, "CommissionOpened", id=number))
        transfers = self._session.events.find(
            _REGISTRY, "Transfer", tokenId=before.arguments["modelId"], to_block=opened.block
        )
        owners = [event.arguments["to"] for event in transfers]
        return bool(owners) and owners[-1] == opened.arguments["customer"]

    def _is_ordered(self, version: Event) -> bool:
        return bool(version.arguments["module"] == self._session.deployment.address(_MARKET))

    def _order(self, version: Event) -> CommissionSpec | None:
        """The order; None for a model without a commission."""
        if not self._is_ordered(version):
            return None
        deal = self._session.view(views.commission_lens.commission(version.arguments["dealId"]))
        return self._session.fetch(deal.request.spec, CommissionSpec)

    def _is_approved(self, digest: bytes) -> bool:
        """Whether the newest decided audit of a version has approved it."""
        audit_id = self._session.view(views.audit_registry.latest_audit(digest))
        while audit_id:
            audit = self._session.view(views.audit_registry.audit(audit_id))
            if audit.outcome in (AuditOutcome.APPROVED, AuditOutcome.REJECTED):
                return audit.outcome == AuditOutcome.APPROVED
            audit_id = audit.previous
        return False

    def _registered(self, manifest: bytes) -> Event:
        event = next(self._session.events.find(_REGISTRY, "VersionRegistered", manifest=manifest), None)
        if event is None:
            raise InvalidInput(
                f"No model version has the manifest {manifest.hex()}.",
                hint="A model is registered when its commission is settled, or when it is offered first.",
            )
        return event


def changes(old: ModelManifest, new: ModelManifest, old_digest: bytes) -> tuple[Change, ...]:
    """What differs between a version and its predecessor, according to their manifests."""
    others = set(new.lineage.parents) - {old_digest.hex(), *old.lineage.parents}
    made_of = [(one.lineage.datasets, one.lineage.training_jobs) for one in (old, new)]
    differs: dict[Change, bool] = {
        "weights": old.artifact.plaintext_sha256 != new.artifact.plaintext_sha256,
        "data": made_of[0] != made_of[1],
        "models": bool(others),
        "framework": (old.framework, old.opset) != (new.framework, new.opset),
        "inputs": old.inputs != new.inputs,
        "outputs": old.outputs != new.outputs,
        "use": (old.intended_use, old.limits) != (new.intended_use, new.limits),
        "licence": old.licence != new.licence,
    }
    return tuple(change for change, is_so in differs.items() if is_so)


def with_previous(card: ModelCard, maintained: str | None) -> ModelCard:
    """The card, with the model whose next version was ordered as the first parent in its lineage."""
    if maintained is None or maintained in card.lineage.parents:
        return card
    parents = (maintained, *card.lineage.parents)
    return card.model_copy(update={"lineage": card.lineage.model_copy(update={"parents": parents})})


def require_previous(manifest: ModelManifest, maintained: str | None) -> None:
    """Raise :class:`InvalidInput` unless the lineage names the model whose next version was ordered."""
    if maintained is not None and maintained not in manifest.lineage.parents:
        raise InvalidInput(
            f"The order is for the next version of the model {maintained}, and the lineage does not name it.",
            hint="Publish the model again with this parent in its card.",
        )


def _digest(version: Event) -> bytes:
    return bytes(version.arguments["manifest"])


def _parents(version: Event) -> set[bytes]:
    """What a version was made from: models and anything else."""
    return {bytes(edge["ref"]) for edge in version.arguments["lineage"]}

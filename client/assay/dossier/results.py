"""A model's scores with the events that record them, for publishing elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from assay.chain import Event
from assay.dossier import hub
from assay.dossier.document import Dossier
from assay.dossier.hub import Result
from assay.errors import ArtifactNotFound, ManifestError
from assay.manifests import CommissionSpec, ConformitySpec, DatasetManifest
from assay.session import Session
from assay.structs import TestSet, views


def results_of(session: Session, dossier: Dossier) -> list[Result]:
    """All scores of the newest version: on the order's hidden data, then the latest on each third-party set.

    A set whose documents cannot be found is left out, because nobody could say what its scores measure.

    Raises:
        StoreError: the store does not answer.
    """
    own = order_result(dossier)
    return ([own] if own else []) + list(_third_party(session, dossier))


def order_result(dossier: Dossier) -> Result | None:
    """The score in the order that the newest version comes from; None if it comes from another module."""
    version = dossier.versions[-1]
    deal = dossier.deal_of(version)
    spec = dossier.document(deal.request.spec.hex()) if deal else None
    if deal is None or not isinstance(spec, CommissionSpec):
        return None
    committed = deal.request.dataset.hex()
    data = dossier.document(committed)
    return Result(
        test=hub.ORDER_TEST,
        test_set=0,
        evaluation=spec.evaluation,
        score=version.score,
        dataset=data.name if isinstance(data, DatasetManifest) else committed,
        commitment=committed,
        chain_id=dossier.chain_id,
        block=version.registered.block,
        at=version.registered.at,
        transaction=version.registered.transaction,
    )


def _third_party(session: Session, dossier: Dossier) -> Iterator[Result]:
    manifest = bytes.fromhex(dossier.versions[-1].manifest)
    newest: dict[int, Event] = {}
    found = session.events.find("Conformity", "Assessed", to_block=dossier.block.number, manifest=manifest)
    for event in found:
        known = newest.get(event.arguments["setId"])
        # a test is dated by its request, so one that ends later may be the older one
        if known is None or event.arguments["openedAt"] >= known.arguments["openedAt"]:
            newest[event.arguments["setId"]] = event
    for set_id, event in sorted(newest.items()):
        test_set = session.view(views.conformity.test_set(set_id))
        try:
            yield _assessed(session, dossier.chain_id, test_set, event)
        except (ArtifactNotFound, ManifestError):
            continue


def _assessed(session: Session, chain_id: int, test_set: TestSet, event: Event) -> Result:
    """Raises :class:`ArtifactNotFound` or :class:`ManifestError` where the set's documents cannot be had."""
    return Result(
        test=hub.third_party_test(event.arguments["setId"]),
        test_set=event.arguments["setId"],
        evaluation=session.fetch(test_set.spec, ConformitySpec).evaluation,
        score=event.arguments["score"],
        dataset=session.fetch(test_set.dataset, DatasetManifest).name,
        commitment=test_set.dataset.hex(),
        chain_id=chain_id,
        block=event.block,
        at=session.connection.block_time(event.block),
        transaction=event.tx_hash,
    )

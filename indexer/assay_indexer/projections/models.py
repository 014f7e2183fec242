"""ModelRegistry: models, their versions, and what they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay.structs import ZERO_ADDRESS, LineageKind
from assay_indexer.book import Book
from assay_indexer.projections.registry import fits, on
from assay_indexer.tables import Ancestor, Model, Version

_NAME = "ModelRegistry"


@on(_NAME, "Transfer")
def _transfer(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    book.about("model", said["tokenId"])
    if said["from"] == ZERO_ADDRESS:
        book.make(Model, said["tokenId"], owner=said["to"], versions=0, created_at=book.at)
    elif model := book.change(Model, said["tokenId"]):
        model.owner = said["to"]
        book.about_model(model.manifest)


@on(_NAME, "VersionRegistered")
def _version(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    module, model_id = book.name_of(said["module"]), said["modelId"]
    deal_id = said["dealId"] if fits(said["dealId"]) else 0
    manifest = book.uses("model", said["manifest"], "model", model_id) or bytes(32).hex()
    number = 1
    if model := book.change(Model, model_id):
        model.versions += 1
        model.manifest, number = manifest, model.versions
    book.make(
        Version,
        manifest,
        model_id=model_id,
        number=number,
        developer=said["developer"],
        module=module,
        deal_id=deal_id,
        score=said["score"],
        submission_hash=said["submissionHash"].hex(),
        registered_at=book.at,
    )
    for place, edge in enumerate(said["lineage"]):
        kind, ref = LineageKind(edge["kind"]), edge["ref"].hex()
        book.fact(Ancestor, place=place, manifest=manifest, kind=kind.words, ref=ref, claim=None)
        if kind == LineageKind.MODEL:
            book.about_model(ref)
    book.about("model", model_id)
    book.about_model(manifest)
    book.about_deal(module, deal_id)

"""What the index says of a model, held against the chain and storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assay.errors import AssayError
from assay.manifests import ModelManifest
from assay_indexer.parts import ModelParts
from assay_web.reading import Reading


@dataclass(frozen=True)
class Check:
    """One comparison; its sentence is ``verify.NAME``.

    Attributes:
        right: whether it holds; none where it could not be found out.
        detail: what was found, or why nothing was.
    """

    name: str
    right: bool | None
    detail: str


def checks(found: Reading, parts: ModelParts) -> Iterator[Check]:
    """Read the chain and storage anew, and compare."""
    market, model, newest = found.market, parts.model, parts.versions[0]
    digest = bytes.fromhex(newest.manifest)
    yield _compared("owner", lambda: market.models.owner_of(model.id), model.owner)
    yield _compared("newest", lambda: market.models.latest_version(model.id).hex(), newest.manifest)
    yield _compared("score", lambda: market.models.provenance(digest).score, newest.score)
    yield _compared("developer", lambda: market.models.provenance(digest).developer, newest.developer)
    yield _compared(
        "document", lambda: market.session.fetch(digest, ModelManifest).digest().hex(), newest.manifest
    )
    yield _found("standing", lambda: market.models.standing(model.id).status)


def _compared(name: str, ask: Callable[[], object], expected: object) -> Check:
    check = _found(name, ask)
    return check if check.right is None else Check(name, check.detail == str(expected), check.detail)


def _found(name: str, ask: Callable[[], object]) -> Check:
    try:
        return Check(name, True, str(ask()))
    except AssayError as error:
        return Check(name, None, str(error))

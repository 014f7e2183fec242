"""A dossier from chain and store alone, as of one block."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from assay.chain import Event
from assay.dossier.annex import annex_iv
from assay.dossier.audits import audits_on, read_audit
from assay.dossier.deals import history_of, read_deal
from assay.dossier.disputes import read_disputes
from assay.dossier.document import Dossier
from assay.dossier.judgements import AuditRecord, OpinionRecord
from assay.dossier.opinions import read_opinions
from assay.dossier.parts import (
    Block,
    Changes,
    ContractCode,
    Deal,
    ModelVersion,
    Opined,
    Origin,
    Owner,
    Standing,
    ThirdPartyResult,
    Token,
)
from assay.dossier.people import read_people
from assay.dossier.reading import Reading
from assay.errors import InvalidInput
from assay.escrow import Escrow
from assay.manifests import ConformitySpec, DatasetManifest, ModelManifest
from assay.manifests.base import problems
from assay.markets.model_status import Ruling, stand
from assay.markets.model_status import ThirdPartyResult as Result
from assay.session import Session
from assay.structs import AuditOutcome, LineageKind

MAX_ANCESTORS, MAX_GENERATIONS = 256, 16
"""Ancestors beyond either limit are left out, and the dossier says so."""

_REGISTRY = "ModelRegistry"
_OUTCOMES = {outcome.words: outcome for outcome in AuditOutcome}
_KINDS = {
    LineageKind.MODEL: "model",
    LineageKind.DATASET: "dataset",
    LineageKind.TRAINING_JOB: "training job",
}


def collect(
    session: Session,
    model_id: int,
    *,
    block: int | None = None,
    enclosed: Mapping[str, bytes] | None = None,
    lenient: bool = False,
) -> Dossier:
    """Everything that chain and store say about a model.

    Args:
        session: the market.
        model_id: the id of its ERC-721 token.
        block: the block at whose end the state is taken; the newest by default.
        enclosed: blocks of manifests that need not be fetched, by digest.
        lenient: treat a store that does not answer as one that does not have what is requested.

    Raises:
        InvalidInput: there was no such model at that block.
        StoreError: the store does not answer.
    """
    number = session.connection.block_number() if block is None else block
    header = session.connection.block(number)
    at = Block(number=number, hash=header.hash, at=header.at)
    reading = Reading(session, at, enclosed=enclosed, lenient=lenient)
    try:
        return _assembled(reading, model_id)
    except ValidationError as error:
        raise InvalidInput(f"What is on record does not fit into a dossier: {problems(error)}.") from error


def _assembled(reading: Reading, model_id: int) -> Dossier:
    session = reading.session
    versions = [
        _version(reading, event) for event in reading.find(_REGISTRY, "VersionRegistered", modelId=model_id)
    ]
    if not versions:
        raise InvalidInput(f"There was no model {model_id} by block {reading.block.number}.")
    owners = [
        Owner(account=event.arguments["to"], since=reading.place(event))
        for event in reading.find(_REGISTRY, "Transfer", tokenId=model_id)
    ]
    ancestry, complete = _ancestry(reading, versions)
    market = session.deployment.address("CommissionMarket")
    histories = [history_of(reading, one.deal) for one in versions if one.module == market]
    deals = [read_deal(reading, history) for history in histories]
    numbers = {audit for history in histories for audit in history.audit_ids}
    numbers |= {audit for version in versions for audit in audits_on(reading, version.manifest)}
    audits = [read_audit(reading, audit) for audit in sorted(numbers)]
    opinions = list(read_opinions(reading, versions))
    disputes = [
        one
        for deal, history in zip(deals, histories, strict=True)
        for one in read_disputes(reading, deal, history)
    ]
    newest = versions[-1]
    deal = deals[-1] if newest.module == market else None
    standing = _standing(reading, newest, deal, audits)
    changes = _changes(versions, audits, opinions)
    documents = reading.documents()
    return Dossier(
        chain_id=session.connection.chain_id(),
        block=reading.block,
        contracts=_contracts(session),
        tokens=_tokens(session, deals, opinions),
        model=model_id,
        token_uri=f"ipfs://f01551220{newest.manifest}",  # the form in which ModelRegistry writes a CID
        owners=tuple(owners),
        standing=standing,
        versions=tuple(versions),
        ancestry=tuple(ancestry),
        ancestry_complete=complete,
        deals=tuple(deals),
        audits=tuple(audits),
        opinions=tuple(opinions),
        disputes=tuple(disputes),
        people=tuple(read_people(reading, deals, audits, opinions, disputes, owners[-1].account)),
        changes=changes,
        annex_iv=annex_iv(newest, deal, (*audits, *opinions), changes, standing, documents),
        documents=documents,
    )


def _version(reading: Reading, event: Event) -> ModelVersion:
    said = event.arguments
    reading.enclose(said["manifest"], ModelManifest)
    lineage = []
    for edge in said["lineage"]:
        kind = LineageKind(edge["kind"])
        if kind == LineageKind.DATASET:
            reading.enclose(edge["ref"], DatasetManifest)
        lineage.append(Origin(kind=_KINDS[kind], ref=edge["ref"].hex()))  # type: ignore[arg-type]
    return ModelVersion(
        manifest=said["manifest"].hex(),
        model=said["modelId"],
        registered=reading.place(event),
        module=said["module"],
        deal=said["dealId"],
        developer=said["developer"],
        score=said["score"],
        submission_hash=said["submissionHash"].hex(),
        lineage=tuple(lineage),
    )


def _ancestry(reading: Reading, versions: list[ModelVersion]) -> tuple[list[ModelVersion], bool]:
    """The versions from which *versions* descend, one generation after the other."""
    known = {one.manifest for one in versions}
    found: list[ModelVersion] = []
    generation: Iterable[ModelVersion] = versions
    for number in range(MAX_GENERATIONS + 1):
        refs = [edge.ref for one in generation for edge in one.lineage if edge.kind == "model"]
        missing = [ref for ref in dict.fromkeys(refs) if ref not in known]
        if not missing:
            break
        if number == MAX_GENERATIONS or len(found) + len(missing) > MAX_ANCESTORS:
            return found, False
        known.update(missing)
        generation = [_registration(reading, ref) for ref in missing]
        found += generation
    return found, True


def _registration(reading: Reading, manifest: str) -> ModelVersion:
    event = next(reading.find(_REGISTRY, "VersionRegistered", manifest=bytes.fromhex(manifest)))
    return _version(reading, event)


def _contracts(session: Session) -> tuple[ContractCode, ...]:
    return tuple(
        ContractCode(
            name=name,
            address=address,
            code_sha256=hashlib.sha256(session.connection.code(address)).hexdigest(),
        )
        for name, address in sorted(session.deployment.contracts.items())
    )


def _tokens(session: Session, deals: list[Deal], opinions: list[OpinionRecord]) -> tuple[Token, ...]:
    used = [deal.request.token for deal in deals] + [opinion.token for opinion in opinions]
    used.append(session.deployment.tokens.staking)
    tokens = (Escrow(session).token(address) for address in dict.fromkeys(used))
    return tuple(Token(address=one.address, symbol=one.symbol, decimals=one.decimals) for one in tokens)


def _tested(reading: Reading, version: ModelVersion, deal: Deal | None) -> Result | None:
    """The newest result on the test set in the deal's rules; of two opened at once, the later one."""
    if deal is None or not deal.rules.risk_class.third_party:
        return None
    number, manifest = deal.rules.conformity_set, bytes.fromhex(version.manifest)
    found = reading.find("Conformity", "Assessed", setId=number, manifest=manifest)
    results = sorted((event.arguments for event in found), key=lambda said: said["openedAt"])
    if not results:
        return Result(number, 0, False, 0)
    return Result(number, results[-1]["openedAt"], results[-1]["passed"], results[-1]["score"])


def _test_spec(reading: Reading, number: int) -> str:
    """The digest of a test set's spec, which is enclosed; zeros if there is no such set."""
    registered = next(reading.find("Conformity", "TestSetRegistered", setId=number), None)
    spec = registered.arguments["set"]["spec"] if registered else bytes(32)
    reading.enclose(spec, ConformitySpec)
    return bytes(spec).hex()


def _standing(
    reading: Reading, version: ModelVersion, deal: Deal | None, audits: list[AuditRecord]
) -> Standing:
    """The standing by the risk class as it was when the deal opened."""
    tested = _tested(reading, version, deal)
    rulings = [
        Ruling(
            audit.number,
            _OUTCOMES[audit.outcome],
            tuple((one.auditor, one.approved, one.posted.at, one.expires) for one in audit.opinions),
        )
        for audit in reversed(audits)
        if audit.subject == version.manifest
    ]
    interval = deal.rules.risk_class.reverify_interval if deal else 0
    found = stand(
        version.model,
        bytes.fromhex(version.manifest),
        version.score,
        registered_at=version.registered.at,
        rulings=rulings,
        tested=tested,
        reverify_interval=interval,
        now=reading.block.at,
    )
    return Standing(
        manifest=version.manifest,
        score=version.score,
        verdicts=tuple(
            Opined(
                audit=one.audit_id,
                auditor=one.auditor,
                approved=one.approved,
                expires=one.expires,
                state=one.state,
            )
            for one in found.verdicts
        ),
        tested=ThirdPartyResult(
            test_set=tested.set_id,
            spec=_test_spec(reading, tested.set_id),
            at=tested.at,
            passed=tested.passed,
            score=tested.score,
        )
        if tested
        else None,
        reverify_interval=interval,
        verified_at=found.verified_at,
        due_at=found.due_at,
        status=found.status,
    )


def _changes(
    versions: list[ModelVersion], audits: list[AuditRecord], opinions: list[OpinionRecord]
) -> Changes:
    """What happened after the first registration."""
    first = versions[0].registered.block
    return Changes(
        later_versions=tuple(one.manifest for one in versions[1:]),
        later_audits=tuple(one.number for one in audits if one.requested.block > first),
        later_opinions=tuple(one.number for one in opinions if one.asked.block > first),
    )

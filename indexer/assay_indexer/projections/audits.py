"""AuditRegistry, Opinions and Conformity: what auditors and third parties say about models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay.structs import AssessmentState, AuditOutcome, OpinionState, VoidCause
from assay_indexer.book import Book
from assay_indexer.projections.registry import fits, on
from assay_indexer.tables import Assessment, Audit, Auditor, AuditSeat, Grant, Opinion, TestSet

_AUDITS, _OPINIONS, _TESTS = "AuditRegistry", "Opinions", "Conformity"


@on(_AUDITS, "AuditorEnrolled")
def _enrolled(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    before = book.get(Auditor, said["auditor"])
    bond = said["bond"] + (0 if before is None else before.bond)
    book.make(Auditor, said["auditor"], bond=bond, enrolled=True)


@on(_AUDITS, "BondAdded")
def _bond(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if auditor := book.change(Auditor, said["auditor"]):
        auditor.bond = said["bond"]


@on(_AUDITS, "AuditorLeft")
def _left(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if auditor := book.change(Auditor, said["auditor"]):
        auditor.bond, auditor.enrolled = 0, False


@on(_AUDITS, "AuditRequested")
def _requested(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    terms, opener = said["terms"], book.name_of(said["opener"])
    deal_id = said["dealId"] if fits(said["dealId"]) else 0
    subject = terms["subject"].hex()
    book.make(
        Audit,
        said["auditId"],
        opener=opener,
        deal_id=deal_id,
        subject=subject,
        customer=terms["customer"],
        developer=terms["developer"],
        domain=terms["domain"],
        auditors=terms["auditors"],
        regulator=terms["regulator"],
        fee=terms["fee"],
        token=terms["token"],
        bond=terms["bond"],
        window=terms["window"],
        conformity_set=terms["conformitySet"],
        scopes=terms["scopes"],
        requested_at=book.at,
        outcome=AuditOutcome.PENDING.words,
    )
    _about_audit(book, said["auditId"])


def _about_audit(book: Book, audit_id: int) -> Audit | None:
    book.about("audit", audit_id)
    audit = book.get(Audit, audit_id)
    if audit is not None:
        book.about_deal(audit.opener, audit.deal_id)
        book.about_model(audit.subject)
    return audit


@on(_AUDITS, "AuditArmed", "CandidateRefused", "CandidateOverShare", "TestSetNotPassed")
def _audit_step(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _about_audit(book, said["auditId"])


@on(_AUDITS, "AuditorSeated")
def _seated(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _about_audit(book, said["auditId"])
    book.make(
        AuditSeat,
        said["auditId"],
        said["auditor"],
        seat=said["seat"],
        seated_at=book.at,
        replaced=False,
    )


@on(_AUDITS, "AuditorReplaced")
def _replaced(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _about_audit(book, said["auditId"])
    if seat := book.change(AuditSeat, said["auditId"], said["auditor"]):
        seat.replaced, seat.bond_lost = True, said["bondLost"]
    if said["bondLost"] and (auditor := book.change(Auditor, said["auditor"])):
        auditor.bond = max(0, auditor.bond - said["bondLost"])


@on(_AUDITS, "VerdictSealed")
def _sealed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _about_audit(book, said["auditId"])
    if seat := book.change(AuditSeat, said["auditId"], said["auditor"]):
        seat.sealed_at = book.at


@on(_AUDITS, "OpeningStarted")
def _opening(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _about_audit(book, said["auditId"])
    if audit := book.change(Audit, said["auditId"]):
        audit.opening_until = said["deadline"]


@on(_AUDITS, "VerdictPosted")
def _verdict(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _about_audit(book, said["auditId"])
    report = book.uses("audit report", said["report"], "audit", said["auditId"])
    if seat := book.change(AuditSeat, said["auditId"], said["auditor"]):
        seat.posted_at, seat.approved, seat.report = book.at, said["approved"], report
        seat.expires, seat.scopes = said["expires"], said["scopes"]


@on(_AUDITS, "AuditDecided")
def _decided(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _about_audit(book, said["auditId"])
    if audit := book.change(Audit, said["auditId"]):
        audit.outcome, audit.decided_at = AuditOutcome(said["outcome"]).words, book.at


@on(_OPINIONS, "OpinionOffered")
def _offered(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    offer = said["offer"]
    subject = book.uses("model", offer["subject"], "opinion", said["opinionId"]) or ""
    book.make(
        Opinion,
        said["opinionId"],
        asker=said["asker"],
        auditor=offer["auditor"],
        market=book.name_of(offer["market"]),
        deal_id=offer["dealId"],
        subject=subject,
        token=offer["token"],
        fee=offer["fee"],
        window=offer["window"],
        state=OpinionState.OFFERED.words,
        deadline=0,
        offered_at=book.at,
    )
    _opinion(book, said["opinionId"])


def _opinion(book: Book, opinion_id: int) -> Opinion | None:
    book.about("opinion", opinion_id)
    opinion = book.change(Opinion, opinion_id)
    if opinion is not None:
        book.about_model(opinion.subject)
        book.about_account(opinion.auditor)
    return opinion


@on(_OPINIONS, "AuditorNamed")
def _named(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if opinion := _opinion(book, said["opinionId"]):
        opinion.auditor = said["auditor"]


@on(_OPINIONS, "StateChanged")
def _opinion_state(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if opinion := _opinion(book, said["id"]):
        opinion.state, opinion.deadline = OpinionState(said["state"]).words, said["deadline"]


@on(_OPINIONS, "OpinionAccepted")
def _accepted(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if opinion := _opinion(book, said["opinionId"]):
        opinion.state, opinion.deadline = OpinionState.ACCEPTED.words, said["deadline"]


@on(_OPINIONS, "OpinionPosted")
def _posted(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    report = book.uses("audit report", said["report"], "opinion", said["opinionId"])
    if opinion := _opinion(book, said["opinionId"]):
        opinion.state, opinion.posted_at = OpinionState.POSTED.words, book.at
        opinion.approved, opinion.report, opinion.expires = said["approved"], report, said["expires"]


@on(_OPINIONS, "OpinionWithdrawn")
def _withdrawn(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if opinion := _opinion(book, said["opinionId"]):
        opinion.state = OpinionState.WITHDRAWN.words


@on(_OPINIONS, "KeysGranted")
def _granted(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    book.about("opinion", said["id"])
    book.fact(
        Grant,
        panel_id=None,
        opinion_id=said["id"],
        by=said["by"],
        artifact=said["artifact"],
        grants=said["grants"].hex(),
    )


@on(_TESTS, "TestSetRegistered")
def _set(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    one, set_id = said["set"], said["setId"]
    book.make(
        TestSet,
        set_id,
        body=said["body"],
        body_fee=one["bodyFee"],
        token=one["token"],
        domain=said["domain"],
        threshold=one["threshold"],
        tolerance=one["tolerance"],
        required_criteria=one["requiredCriteria"],
        panel_size=one["panelSize"],
        spec=book.uses("spec", one["spec"], "test_set", set_id) or "",
        dataset=book.uses("dataset", one["dataset"], "test_set", set_id) or "",
        registered_at=book.at,
        retired=False,
    )
    book.about("test_set", set_id)


@on(_TESTS, "TestSetRetired")
def _retired(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    book.about("test_set", said["setId"])
    if found := book.change(TestSet, said["setId"]):
        found.retired = True


@on(_TESTS, "AssessmentOpened")
def _assessment(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    manifest = book.uses("model", said["manifest"], "assessment", said["id"]) or ""
    book.make(
        Assessment,
        said["id"],
        set_id=said["setId"],
        manifest=manifest,
        applicant=said["applicant"],
        panel_id=said["panelId"],
        evaluation_fee=said["evaluationFee"],
        total=said["total"],
        state=AssessmentState.JUDGING.words,
        opened_at=book.at,
    )
    book.about("test_set", said["setId"])
    _assessed(book, said["id"])


def _assessed(book: Book, assessment_id: int) -> Assessment | None:
    book.about("assessment", assessment_id)
    found = book.change(Assessment, assessment_id)
    if found is not None:
        book.about_model(found.manifest)
    return found


@on(_TESTS, "StateChanged")
def _assessment_state(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if found := _assessed(book, said["id"]):
        state = AssessmentState(said["state"])
        found.state = state.words
        if state > AssessmentState.JUDGING:
            found.ended_at = book.at


@on(_TESTS, "Assessed")
def _result(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if found := _assessed(book, said["id"]):
        state = AssessmentState.PASSED if said["passed"] else AssessmentState.FAILED
        found.state, found.ended_at = state.words, book.at
        found.score, found.criteria = said["score"], said["criteria"]


@on(_TESTS, "Voided")
def _voided(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if found := _assessed(book, said["id"]):
        found.state, found.ended_at = AssessmentState.VOID.words, book.at
        found.cause = VoidCause(said["cause"]).words

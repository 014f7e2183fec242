"""What search finds, made from the other tables. A listing is a function of them, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from assay_indexer.projections.registry import text
from assay_indexer.tables import (
    Assessment,
    Attempt,
    Auction,
    Audit,
    AuditSeat,
    Deal,
    Dispute,
    Listing,
    ListingTag,
    Manifest,
    Name,
    Opinion,
    Participant,
    Stale,
    Version,
)
from assay_indexer.words import drop_words_of, put_words

Tags = set[tuple[str, str]]
_PAGE = 500
_TITLE, _NAMES = 200, 300
ROLES = ("developer", "validator", "auditor", "customer", "regulator", "data owner")
"""The kinds of listings of participants."""


def refresh(session: Session) -> int:
    """Make a page of the stale listings anew; how many were stale."""
    stale = session.scalars(select(Stale).order_by(Stale.kind, Stale.key).limit(_PAGE)).all()
    if not stale:
        return 0
    _drop(session, stale)
    made: list[tuple[Listing, Tags]] = []
    for one in stale:
        made += _MAKERS[one.kind](session, one.key)
        session.delete(one)
    session.add_all(listing for listing, _ in made)
    session.flush()
    session.add_all(
        ListingTag(listing=listing.number, name=name, value=value[:90])
        for listing, tags in made
        for name, value in sorted(tags)
    )
    session.flush()
    put_words(session, [listing for listing, _ in made])
    return len(stale)


def _drop(session: Session, stale: Sequence[Stale]) -> None:
    keys = {one.key for one in stale}
    numbers = session.scalars(select(Listing.number).where(Listing.key.in_(keys))).all()
    for kind, column in ((ListingTag, ListingTag.listing), (Listing, Listing.number)):
        session.execute(delete(kind).where(column.in_(numbers)))
    drop_words_of(session, numbers)


def _orders(session: Session, key: str) -> Iterator[tuple[Listing, Tags]]:
    market, _, number = key.rpartition("/")
    deal = session.get(Deal, (market, int(number)))
    if deal is None:
        return
    spec = _content(session, deal.spec, "CommissionSpec")
    test = spec.get("evaluation", {})
    auction = session.get(Auction, deal.auction_id) if deal.auction_id is not None else None
    domain = _name(session, "domain", deal.domain)
    yield (
        _listing(
            kind="order",
            key=key,
            block=deal.block,
            since=deal.opened_at,
            title=spec.get("title") or f"{market} {number}",
            words=[
                *(spec.get(part) for part in ("description", "deliverable", "training_data", "domain")),
                *(test.get("task"), test.get("metric"), deal.buyer),
            ],
            state=deal.state,
            account=deal.buyer,
            domain=domain,
            jurisdiction=_jurisdiction(session, deal.buyer),
            task=test.get("task"),
            metric=test.get("metric"),
            score=deal.threshold,
            gap=_bound(test, "group_gap"),
            token=deal.token,
            price=deal.reserve,
            risk_class=deal.risk_class,
            inputs=_names(test.get("data", {}).get("inputs")),
            outputs=_names([{"name": name} for name in test.get("data", {}).get("classes", ())]),
            disputes=_disputes(session, deal),
            bids=auction.bids if auction is not None else 0,
            deadline=deal.commit_ends if deal.state == "bidding" else deal.deadline,
            missing=not spec,
        ),
        set(),
    )


def _models(session: Session, manifest: str) -> Iterator[tuple[Listing, Tags]]:
    version = session.get(Version, manifest)
    if version is None:
        return
    card = _content(session, manifest, "ModelManifest")
    deal = session.get(Deal, (version.module, version.deal_id))
    attempt = _attempt(session, version)
    test = _content(session, deal.spec, "CommissionSpec").get("evaluation", {}) if deal else {}
    licence = card.get("licence", {})
    approvals, rejections, tags = _judged(session, manifest)
    yield (
        _listing(
            kind="model",
            key=manifest,
            block=version.block,
            since=version.registered_at,
            title=card.get("name") or f"Model {version.model_id}",
            words=[
                *(card.get(part) for part in ("intended_use", "limits", "framework")),
                *(test.get("task"), test.get("metric"), version.developer, *licence.get("terms", ())),
            ],
            state="registered",
            account=version.developer,
            domain=_name(session, "domain", deal.domain) if deal else None,
            jurisdiction=_jurisdiction(session, version.developer),
            task=test.get("task"),
            metric=test.get("metric"),
            score=version.score,
            gap=_passed_bound(test, attempt, "group_gap"),
            tested_by=deal.buyer if deal else None,
            tested_at=attempt.evaluated_at if attempt else None,
            token=deal.token if deal else None,
            price=deal.price if deal else None,
            licence=licence.get("spdx") or licence.get("text"),
            risk_class=deal.risk_class if deal else None,
            size=card.get("artifact", {}).get("plaintext_size"),
            inputs=_names(card.get("inputs")),
            outputs=_names(card.get("outputs")),
            audits=len(approvals),
            approved_until=max(approvals, default=None),
            rejections=rejections,
            disputes=_disputes(session, deal) if deal else 0,
            missing=not card,
        ),
        tags,
    )


def _participants(session: Session, account: str) -> Iterator[tuple[Listing, Tags]]:
    one = session.get(Participant, account)
    if one is None:
        return
    domains = [_name(session, "domain", number) or str(number) for number in one.domains]
    deals = (
        select(func.count())
        .select_from(Dispute)
        .join(Deal, (Deal.market == Dispute.market) & (Deal.id == Dispute.deal_id))
    )
    disputes = session.scalar(deals.where((Deal.buyer == account) | (Deal.seller == account))) or 0
    for role in one.roles:
        yield (
            _listing(
                kind=role,
                key=account,
                block=one.block,
                since=one.registered_at or 0,
                title=account,
                words=[role, *domains, _name(session, "jurisdiction", one.jurisdiction)],
                state="accredited" if one.accredited_as == role else "registered",
                account=account,
                domain=domains[0] if domains else None,
                jurisdiction=_name(session, "jurisdiction", one.jurisdiction),
                disputes=disputes,
            ),
            {("domain", domain) for domain in domains},
        )


_MAKERS = {"deal": _orders, "manifest": _models, "account": _participants}


def _listing(*, title: str, words: Sequence[str | None], **values: Any) -> Listing:
    title = text(title)[:_TITLE]
    said = text("\n".join([title, *filter(None, words), *filter(None, (values.get("domain"),))]))
    numbers = {"audits": 0, "rejections": 0, "disputes": 0, "bids": 0, "missing": False}
    return Listing(title=title, text=said, **numbers | values)


def _content(session: Session, digest: str, kind: str) -> dict[str, Any]:
    """A manifest; empty where it is missing, or of another kind than it should be."""
    found = session.get(Manifest, digest)
    return (found.content or {}) if found is not None and found.kind == kind else {}


def _name(session: Session, kind: str, number: int) -> str | None:
    found = session.get(Name, (kind, number))
    return None if found is None else found.name


def _jurisdiction(session: Session, account: str) -> str | None:
    found = session.get(Participant, account)
    return None if found is None else _name(session, "jurisdiction", found.jurisdiction)


def _attempt(session: Session, version: Version) -> Attempt | None:
    asked = select(Attempt).where(
        Attempt.market == version.module,
        Attempt.deal_id == version.deal_id,
        Attempt.manifest == version.manifest,
        Attempt.passed.is_(True),
    )
    return session.scalars(asked.order_by(Attempt.number.desc()).limit(1)).first()


def _bound(test: dict[str, Any], kind: str) -> int | None:
    return next((one["bound"] for one in test.get("criteria", ()) if one["kind"] == kind), None)


def _passed_bound(test: dict[str, Any], attempt: Attempt | None, kind: str) -> int | None:
    """The bound of a criterion that the panel found kept."""
    passed = attempt.criteria or 0 if attempt is not None else 0
    found = (
        one["bound"]
        for place, one in enumerate(test.get("criteria", ()))
        if one["kind"] == kind and passed >> place & 1
    )
    return next(found, None)


def _disputes(session: Session, deal: Deal) -> int:
    asked = select(func.count()).where(Dispute.market == deal.market, Dispute.deal_id == deal.id)
    return session.scalar(asked) or 0


def _judged(session: Session, manifest: str) -> tuple[list[int], int, Tags]:
    """Until when each approval counts, the number of rejections, and by whom."""
    seats = session.execute(
        select(AuditSeat.auditor, AuditSeat.approved, AuditSeat.expires)
        .join(Audit, Audit.id == AuditSeat.audit_id)
        .where(Audit.subject == manifest, AuditSeat.posted_at.is_not(None))
    ).all()
    opinions = session.execute(
        select(Opinion.auditor, Opinion.approved, Opinion.expires).where(
            Opinion.subject == manifest, Opinion.posted_at.is_not(None)
        )
    ).all()
    verdicts = [*seats, *opinions]
    passed = session.scalars(
        select(Assessment.set_id).where(Assessment.manifest == manifest, Assessment.state == "passed")
    )
    tags = {("auditor", auditor) for auditor, _, _ in verdicts}
    tags |= {("test_set", str(number)) for number in passed}
    approvals = [expires or 0 for _, approved, expires in verdicts if approved]
    return approvals, len(verdicts) - len(approvals), tags


def _names(tensors: Sequence[Any] | None) -> str | None:
    """Names and types of inputs or outputs, in a line."""
    found = [
        " ".join(str(part) for part in (one.get("name"), one.get("dtype")) if part)
        for one in tensors or ()
        if isinstance(one, dict)
    ]
    return text(", ".join(found))[:_NAMES] or None

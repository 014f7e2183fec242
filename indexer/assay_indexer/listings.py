"""What search finds, made from the other tables. A listing depends on these and on nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.orm import Session

from assay.manifests.licence import purposes_of
from assay_indexer.known import Known
from assay_indexer.projections.commission_market import MARKET
from assay_indexer.projections.jobs import MARKET as JOBS
from assay_indexer.projections.registry import text
from assay_indexer.tables import Attempt, Deal, Listing, ListingTag, Stale
from assay_indexer.words import drop_words_of, put_words

Tags = set[tuple[str, str]]
_PAGE = 500
_TITLE, _NAMES = 200, 300
ROLES = ("developer", "validator", "auditor", "customer", "regulator", "data owner")
"""The kinds of listings for participants."""


def refresh(session: Session) -> int:
    """Rebuild a page of the stale listings; returns how many were stale."""
    asked = select(Stale.kind, Stale.key).order_by(Stale.kind, Stale.key).limit(_PAGE)
    stale = [(row[0], row[1]) for row in session.execute(asked)]
    if not stale:
        return 0
    _drop(session, stale)
    known = Known(session, stale)
    made = [one for kind, key in stale for one in _MAKERS[kind](known, key)]
    session.add_all(listing for listing, _ in made)
    session.flush()
    tags = [
        {"listing": listing.number, "name": name, "value": value[:90]}
        for listing, tags in made
        for name, value in sorted(tags)
    ]
    if tags:
        session.execute(insert(ListingTag), tags)
    put_words(session, [listing for listing, _ in made])
    return len(stale)


def _drop(session: Session, stale: Sequence[tuple[str, str]]) -> None:
    numbers = session.scalars(select(Listing.number).where(Listing.key.in_({key for _, key in stale}))).all()
    listings, tags, left = (kind.__table__ for kind in (Listing, ListingTag, Stale))
    session.execute(delete(tags).where(tags.c.listing.in_(numbers)))  # type: ignore[arg-type]
    session.execute(delete(listings).where(listings.c.number.in_(numbers)))  # type: ignore[arg-type]
    session.execute(delete(left).where(tuple_(left.c.kind, left.c.key).in_(stale)))  # type: ignore[arg-type]
    drop_words_of(session, numbers)


def _deals(known: Known, key: str) -> Iterator[tuple[Listing, Tags]]:
    market, _, number = key.rpartition("/")
    deal = known.deals.get((market, int(number)))
    if deal is not None and market == MARKET:
        yield _order(known, key, deal)
    elif deal is not None and market == JOBS:
        yield _job(known, key, deal)


def _order(known: Known, key: str, deal: Deal) -> tuple[Listing, Tags]:
    auction = known.auctions.get(deal.auction_id or 0)
    further: dict[str, Any] = {
        "words": ("description", "deliverable", "training_data", "domain"),
        "domain": known.name("domain", deal.domain),
        "price": deal.reserve,
        "risk_class": deal.risk_class,
        "disputes": known.disputes.get((deal.market, deal.id), 0),
        "bids": auction.bids if auction is not None else 0,
        "deadline": deal.commit_ends if deal.state == "bidding" else deal.deadline,
    }
    return _asked(known, key, deal, "order", **further), set()


def _job(known: Known, key: str, deal: Deal) -> tuple[Listing, Tags]:
    """A job of another contract, which already has its provider."""
    job = known.jobs.get(deal.id)
    further: dict[str, Any] = {"words": ("description", "domain"), "deadline": deal.deadline}
    tags = {("contract", job.contract)} if job is not None else set()
    return _asked(known, key, deal, "job", **further), tags


def _asked(known: Known, key: str, deal: Deal, kind: str, words: Sequence[str], **further: Any) -> Listing:
    """What an order's document asks for; *words* are the parts of it that can be searched."""
    spec = known.content(deal.spec, "CommissionSpec")
    test = spec.get("evaluation", {})
    return _listing(
        kind=kind,
        key=key,
        block=deal.block,
        since=deal.opened_at,
        title=spec.get("title") or f"{deal.market} {deal.id}",
        words=[*(spec.get(part) for part in words), test.get("task"), test.get("metric"), deal.buyer],
        state=deal.state,
        account=deal.buyer,
        jurisdiction=known.jurisdiction(deal.buyer),
        task=test.get("task"),
        metric=test.get("metric"),
        score=deal.threshold,
        gap=_bound(test, "group_gap"),
        token=deal.token,
        inputs=_names(test.get("data", {}).get("inputs")),
        outputs=_names([{"name": name} for name in test.get("data", {}).get("classes", ())]),
        missing=not spec,
        **further,
    )


def _models(known: Known, manifest: str) -> Iterator[tuple[Listing, Tags]]:
    version = known.versions.get(manifest)
    if version is None:
        return
    card = known.content(manifest, "ModelManifest")
    deal = known.deals.get((version.module, version.deal_id))
    attempt = known.attempts.get((version.module, version.deal_id, manifest))
    test = known.content(deal.spec, "CommissionSpec").get("evaluation", {}) if deal else {}
    licence = card.get("licence", {})
    approvals, rejections, tags = _judged(known, manifest)
    offers = known.offers.get(manifest, [])
    tags |= {("purpose", name) for offer in offers for name in purposes_of(offer.purposes)}
    tags |= {("way", way) for way in _ways(known, manifest)}
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
            state=_sale_state(known, manifest),
            account=version.developer,
            domain=known.name("domain", deal.domain) if deal else None,
            jurisdiction=known.jurisdiction(version.developer),
            task=test.get("task"),
            metric=test.get("metric"),
            score=version.score,
            gap=_passed_bound(test, attempt, "group_gap"),
            tested_by=deal.buyer if deal else None,
            tested_at=attempt.evaluated_at if attempt else None,
            token=offers[0].token if offers else deal.token if deal else None,
            price=offers[0].price if offers else deal.price if deal else None,
            licence=licence.get("spdx") or licence.get("text"),
            risk_class=deal.risk_class if deal else None,
            size=card.get("artifact", {}).get("plaintext_size"),
            inputs=_names(card.get("inputs")),
            outputs=_names(card.get("outputs")),
            audits=len(approvals),
            approved_until=max(approvals, default=None),
            rejections=rejections,
            disputes=known.disputes.get((deal.market, deal.id), 0) if deal else 0,
            missing=not card,
        ),
        tags,
    )


def _sale_state(known: Known, manifest: str) -> str:
    """Whether a model can be bought: a good that is reserved or sold exclusively has no other buyers."""
    good = known.goods.get(manifest)
    if good is not None and good.reservation != "free":
        return "sold exclusively" if good.reservation == "void" else "reserved"
    return "on sale" if known.offers.get(manifest) else "registered"


def _ways(known: Known, manifest: str) -> Iterator[str]:
    """The ways in which a model can be bought now."""
    if manifest in known.auctioned:
        yield "auction"
    elif _sale_state(known, manifest) == "on sale":
        yield "licence"
        if any(offer.id in known.tried for offer in known.offers[manifest]):
            yield "trial"


def _participants(known: Known, account: str) -> Iterator[tuple[Listing, Tags]]:
    one = known.participants.get(account)
    if one is None:
        return
    domains = [known.name("domain", number) or str(number) for number in one.domains]
    disputes = known.disputed.get(account, 0)
    for role in one.roles:
        yield (
            _listing(
                kind=role,
                key=account,
                block=one.block,
                since=one.registered_at or 0,
                title=account,
                words=[role, *domains, known.name("jurisdiction", one.jurisdiction)],
                state="accredited" if one.accredited_as == role else "registered",
                account=account,
                domain=domains[0] if domains else None,
                jurisdiction=known.name("jurisdiction", one.jurisdiction),
                disputes=disputes,
            ),
            {("domain", domain) for domain in domains},
        )


_MAKERS = {"deal": _deals, "manifest": _models, "account": _participants}


def _listing(*, title: str, words: Sequence[str | None], **values: Any) -> Listing:
    title = text(title)[:_TITLE]
    said = text("\n".join([title, *filter(None, words), *filter(None, (values.get("domain"),))]))
    values = {name: text(one) if isinstance(one, str) else one for name, one in values.items()}
    numbers = {"audits": 0, "rejections": 0, "disputes": 0, "bids": 0, "missing": False}
    return Listing(title=title, text=said, **numbers | values)


def _bound(test: dict[str, Any], kind: str) -> int | None:
    return next((one["bound"] for one in test.get("criteria", ()) if one["kind"] == kind), None)


def _passed_bound(test: dict[str, Any], attempt: Attempt | None, kind: str) -> int | None:
    """The bound of a criterion that the panel found to be met."""
    passed = attempt.criteria or 0 if attempt is not None else 0
    found = (
        one["bound"]
        for place, one in enumerate(test.get("criteria", ()))
        if one["kind"] == kind and passed >> place & 1
    )
    return next(found, None)


def _judged(known: Known, manifest: str) -> tuple[list[int], int, Tags]:
    """Until when each approval is valid, the number of rejections, and who gave them."""
    verdicts = known.verdicts.get(manifest, [])
    tags = {("auditor", auditor) for auditor, _, _ in verdicts}
    tags |= {("test_set", str(number)) for number in known.passed.get(manifest, [])}
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

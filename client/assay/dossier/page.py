"""The dossier as one self-contained HTML page, without scripts or external resources."""

from __future__ import annotations

from pathlib import Path

from assay.dossier import deal_tables, judgement_tables, tables
from assay.dossier.document import Bundle, Dossier
from assay.dossier.lineage import draw
from assay.errors import InvalidInput
from assay.manifests import ModelManifest
from assay.words import formatting
from assay.words.amounts import format_amount

_TEMPLATE = Path(__file__).with_name("page.html")


def render(bundle: Bundle) -> str:
    """The page.

    Raises:
        InvalidInput: the template library is not installed.
    """
    try:
        from jinja2 import Environment
    except ImportError as error:
        raise InvalidInput("The page needs Jinja.", hint='Install "assay[dossier]".') from error
    dossier, names = bundle.dossier, tables.names_of(bundle.dossier)
    states = {(one.audit, one.auditor): one.state for one in dossier.standing.verdicts}
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        _TEMPLATE.read_text(encoding="utf-8")
    )
    return template.render(
        title=f"Model {dossier.model}: {_name(dossier)}",
        dossier=dossier,
        digest=dossier.digest().hex(),
        issuer=bundle.issuer,
        collected=tables.moment(dossier.block.at),
        facts=_facts(dossier),
        manifest=_manifest(dossier),
        names=names,
        lineage=draw(dossier),
        sources=tables.sources(dossier),
        people=tables.people(dossier, names),
        orders=[deal_tables.rules(deal, dossier) for deal in dossier.deals],
        timelines=[deal_tables.timeline(deal, names) for deal in dossier.deals],
        tests=[
            table
            for deal in dossier.deals
            for table in (deal_tables.attempts(deal, dossier), deal_tables.reports(deal, dossier, names))
        ],
        audits=[judgement_tables.verdicts(audit, names, states) for audit in dossier.audits],
        opinions=judgement_tables.opinions(dossier, names),
        reports=list(judgement_tables.findings(dossier, names)),
        disputes=[
            table for one in dossier.disputes for table in judgement_tables.dispute(one, dossier, names)
        ],
        money=[deal_tables.money(deal, dossier, names) for deal in dossier.deals],
        changes=_changes(dossier),
        annex=tables.annex(dossier),
        documents=tables.documents(dossier),
    )


def _manifest(dossier: Dossier) -> ModelManifest | None:
    content = dossier.document(dossier.versions[-1].manifest)
    return content if isinstance(content, ModelManifest) else None


def _name(dossier: Dossier) -> str:
    manifest = _manifest(dossier)
    return manifest.name if manifest else "its manifest could not be had"


def _facts(dossier: Dossier) -> list[tuple[str, str]]:
    """What a reader wants to know first."""
    standing, metric = dossier.standing, dossier.metric_of(dossier.versions[-1])
    counting = [one.approved for one in standing.verdicts if one.state == "counts"]
    facts = [
        ("score on hidden data", formatting.score(standing.score, metric)),
        (
            "audit verdicts that count",
            f"{counting.count(True)} for, {counting.count(False)} against",
        ),
        ("standing at collection", standing.status),
        ("to be verified again by", tables.moment(standing.due_at) if standing.due_at else "no date"),
    ]
    if standing.tested:
        taken = tables.test_taken(standing.tested, dossier.metric(standing.tested.spec))
        facts[2:2] = [("a third party's test", taken)]
    deal = dossier.deal_of(dossier.versions[-1])
    if deal:
        token = next(one for one in dossier.tokens if one.address == deal.request.token)
        facts[1:1] = [("threshold asked for", formatting.threshold(deal.request.threshold, metric))]
        facts.append(("price paid", f"{format_amount(deal.bids.price, token.decimals)} {token.symbol}"))
    return facts


def _changes(dossier: Dossier) -> tables.Table:
    changes = dossier.changes
    rows = (
        ("later versions", ", ".join(changes.later_versions) or "none recorded"),
        ("later audits (re-verification)", ", ".join(map(str, changes.later_audits)) or "none recorded"),
        ("later opinions", ", ".join(map(str, changes.later_opinions)) or "none recorded"),
        ("owners", " → ".join(one.account for one in dossier.owners)),
    )
    return tables.Table("Changes since the first registration", ("what", "recorded"), rows,
                        prose=frozenset({"recorded"}))  # fmt: skip

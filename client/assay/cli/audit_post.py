"""`assay audit post` and `assay audit open`: verdicts are sealed first, where several auditors give one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import Number
from assay.cli.audit_work import Approve, AssessmentFile
from assay.cli.following import POLL_SECONDS
from assay.cli.output import moment, out_of, paid, show
from assay.cli.settings import Json, open_market, say
from assay.errors import InvalidInput

if TYPE_CHECKING:
    from assay.chain import Receipt
    from assay.market import Market

Wait = Annotated[
    bool, typer.Option("--wait", help="Stay until every auditor has sealed a verdict, and open yours then.")
]


def post(
    context: typer.Context,
    number: Number,
    assessment: AssessmentFile,
    approve: Approve,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """Give the verdict, for good. It is sealed until every auditor has given one; then `open` opens it.

    The only auditor of an audit posts at once, with the report. Who does not open in time loses the bond.
    """
    from assay.manifests import Assessment

    document = Assessment.load(assessment)
    with open_market(context, acting=True) as market:
        receipt = market.audits.post(number, approve, document)
        if wait and _has_sealed(receipt):
            say("Your verdict is sealed. It is opened here as soon as every auditor has sealed one.")
            receipt = _opened(market, number, quiet=as_json)
        show(_record(market, number, receipt), as_json)


def open_verdict(context: typer.Context, number: Number, wait: Wait = False, as_json: Json = False) -> None:
    """Open the verdict that you have sealed, and publish its report. Nothing but the wallet is needed."""
    with open_market(context, acting=True) as market:
        receipt = _opened(market, number, quiet=as_json) if wait else market.audits.open(number)
        show(_record(market, number, receipt), as_json)


def _opened(market: Market, number: int, *, quiet: bool) -> Receipt:
    """Open the verdict once it can be."""
    from assay.cli.progress import waiting
    from assay.structs import AuditOutcome

    with waiting(quiet=quiet) as shown:
        while not (audit := market.audits.get(number)).opening:
            if audit.outcome != AuditOutcome.PENDING or audit.seat_of(market.address) is None:
                raise InvalidInput(
                    f"You have no verdict to open in audit {number}.",
                    hint=f"See `assay audit show {number}`.",
                )
            shown.at()
            time.sleep(POLL_SECONDS)
    return market.audits.open(number)


def _has_sealed(receipt: Receipt) -> bool:
    return any(event.name == "VerdictSealed" for event in receipt.events)


def _record(market: Market, number: int, receipt: Receipt) -> dict[str, Any]:
    """What it cost; of a verdict that is sealed, when and how it is opened."""
    if not _has_sealed(receipt):
        return {**paid(receipt), "verdict": "posted"}
    audit = market.audits.get(number)
    return {
        **paid(receipt),
        "verdict": "sealed",
        "sealed": out_of(audit.sealed, len(audit.seats)),
        "open_by" if audit.opening else "others_seal_by": moment(audit.deadline),
        "open_with": f"assay audit open {number}",
    }

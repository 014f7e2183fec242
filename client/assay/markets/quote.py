"""What a commission can cost, part by part."""

from __future__ import annotations

from dataclasses import dataclass

from assay.governance.policy import Policy
from assay.structs import Request

_PPM = 1_000_000
_OTHER_QUESTIONS = (
    2  # besides the submissions: whether the data is as promised, and one for members who replace others
)


@dataclass(frozen=True)
class Quote:
    """Base units of the commission's token. The parts add up to ``total``, which opening takes.

    Attributes:
        price: the reserve; the actual price is the second-lowest bid, and at most this.
        market_fee: on that price.
        panel: every question that the panel may be asked.
        audits: an audit after every submission.
        effort_fee: to the developer if all attempts fail and the best one earned it.
        kill_fee: to the developer if the customer is at fault.
        steps: to whoever takes the steps that anyone may take.
        first_attempt: the highest cost if the first model passes.
    """

    total: int
    price: int
    market_fee: int
    panel: int
    audits: int
    effort_fee: int
    kill_fee: int
    steps: int
    first_attempt: int


def break_down(policy: Policy, request: Request, total: int, jurisdiction: int) -> Quote:
    """The parts of the *total* quoted by the contract for *request*, from a customer in *jurisdiction*."""
    terms = policy.commission_terms(
        domain=request.domain,
        risk_class=request.risk_class,
        jurisdiction=jurisdiction,
        reserve=request.reserve,
        token=request.token,
    )
    cap = request.submission_cap
    fee = -(-request.reserve * terms.fee_ppm // _PPM)
    question, audit = terms.panel_size * request.evaluation_fee, terms.audits * request.audit_fee
    parts = {
        "price": request.reserve,
        "market_fee": fee,
        "panel": (cap + _OTHER_QUESTIONS) * question,
        "audits": cap * audit,
        "effort_fee": request.effort_fee,
        "kill_fee": request.kill_fee,
    }
    steps = total - sum(parts.values())
    first_attempt = request.reserve + fee + 2 * question + audit + steps
    return Quote(total=total, **parts, steps=steps, first_attempt=first_attempt)

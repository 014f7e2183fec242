"""An order on its way to the chain: the request to the market, once its data is sealed."""

from __future__ import annotations

from dataclasses import dataclass

from assay.errors import ContractError
from assay.escrow import Token
from assay.manifests import CommissionSpec, DatasetManifest
from assay.markets.order import Order
from assay.structs import MAX_UINT96, Request


@dataclass(frozen=True)
class Draft:
    """An order whose data is sealed and whose manifests are published; nothing is on-chain yet.

    Attributes:
        request: what :meth:`Commissions.open` sends; its ``max_total`` is the quote.
        total: what opening takes, base units.
        arbitrator: who rules on a dispute instead of the market's own court; None means the court.
        agreement: digest of the text that developers must have signed before they bid, if any.
    """

    spec: CommissionSpec
    dataset: DatasetManifest
    request: Request
    total: int
    arbitrator: str | None = None
    agreement: bytes | None = None

    @property
    def purpose(self) -> str:
        """What stays the same when an order is drafted again; excludes its times and the keys it names."""
        terms = self.request.model_copy(
            update={
                "spec": bytes(32),
                "dataset": bytes(32),
                "max_total": 0,
                "commit_ends": 0,
                "reveal_ends": 0,
            }
        )
        spec = self.spec.model_dump_json(exclude={"dataset", "customer_key", "delivery_key"})
        data = self.dataset.artifact.plaintext_sha256
        purpose = f"{terms.to_abi()} {spec} {data} {self.arbitrator}"
        return purpose if self.agreement is None else f"{purpose} {self.agreement.hex()}"


def request_of(order: Order, spec: bytes, dataset: bytes, *, token: Token, domain: int, now: int) -> Request:
    """The order as a request to the market.

    Args:
        spec, dataset: digests of its manifests.
        token: the token of its amounts.
        domain: the number of its domain.
        now: Unix seconds from which its times count.
    """
    bidding_ends = now + order.bidding_seconds
    return Request(
        spec=spec,
        dataset=dataset,
        token=token.address,
        reserve=token.parse(order.reserve),
        evaluation_fee=token.parse(order.evaluation_fee),
        audit_fee=token.parse(order.audit_fee),
        effort_fee=token.parse(order.effort_fee),
        kill_fee=token.parse(order.kill_fee),
        max_total=MAX_UINT96,
        threshold=order.threshold,
        effort_score=order.effort_score,
        tolerance=order.tolerance,
        required_criteria=order.criteria_bitmap(),
        domain=domain,
        risk_class=order.risk_class,
        submission_cap=order.submission_cap,
        commit_ends=bidding_ends,
        reveal_ends=bidding_ends + order.revealing_seconds,
        build_window=order.building_seconds,
    )


def fee_named(error: ContractError, request: Request, token: Token) -> ContractError:
    """*error*; if it says that a fee is too low, with the fee named, which the contract does not do."""
    if error.name != "FeeTooLow":
        return error
    fee, least = (int(str(error.arguments[name])) for name in ("fee", "minimum"))
    name = "evaluation_fee" if request.evaluation_fee == fee else "audit_fee"  # the contract's order
    return ContractError(
        f"The order's {name} is {token.format(fee)}, and the market asks for at least {token.format(least)}.",
        name=error.name,
        arguments=error.arguments,
        hint=f"Raise {name} in the order.",
    )

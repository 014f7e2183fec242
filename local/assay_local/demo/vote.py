"""The fourth chapter: the chambers vote for a rule, and the contracts refuse a deal that it forbids."""

from dataclasses import dataclass
from pathlib import Path

from assay.errors import ContractError, LocalMarketError
from assay.markets.order import Order
from assay.structs import ChamberTally, Role, Support
from assay_local.demo import cast
from assay_local.demo.developers import DEVELOPERS
from assay_local.demo.stage import Stage
from assay_local.governing import decide, take_seats
from assay_local.market import LocalMarket, Progress

_VOTES = (
    (cast.HOSPITAL, Role.CUSTOMER, Support.FOR),
    (cast.CLINIC, Role.CUSTOMER, Support.FOR),
    (DEVELOPERS[0].name, Role.DEVELOPER, Support.AGAINST),
    (DEVELOPERS[1].name, Role.DEVELOPER, Support.AGAINST),
    (cast.DATA_OWNERS[0], Role.DATA_OWNER, Support.FOR),
    (cast.VALIDATORS[0], Role.VALIDATOR, Support.FOR),
    (cast.INDEPENDENT, Role.AUDITOR, Support.FOR),
    (cast.REGULATOR, Role.REGULATOR, Support.FOR),
)


@dataclass(frozen=True)
class Voted:
    """What the chapter leaves to be told.

    Attributes:
        sentence: what was voted on.
        chambers: how each chamber voted, by role.
        refusal: what the contract then said to a developer.
    """

    sentence: str
    chambers: dict[Role, ChamberTally]
    refusal: str


class Vote(Stage):
    """Plays it once, after the others."""

    def __init__(self, local: LocalMarket, folder: Path, progress: Progress) -> None:
        super().__init__(local, folder, progress, cast.HOSPITAL)

    def play(self, order: Order) -> Voted:
        """Play from the proposal of an export rule to the bid that it forbids."""
        self._progress("the deployer hands its keys to the governor")
        self._local.hand_over()
        accreditor = self._local.actor("governance")
        self._progress("eight participants take their seats in six chambers")
        seats = [(self._local.actor(name), role) for name, role, _ in _VOTES]
        take_seats(self._local.anvil, accreditor, seats)
        self._progress("they vote: developers from DE may no longer serve customers from US in healthcare")
        rule = self._customer.governance.changes.jurisdiction_rule(cast.DOMAIN, "US", block=("DE",))
        votes = [(self._local.actor(name), support) for name, _, support in _VOTES]
        proposal = decide(self._local.anvil, votes, [rule], "An export rule of the customers' country.")
        self._progress("the hospital opens another commission; a developer from DE bids")
        self._order_model(order)
        return Voted(str(proposal.changes[0]), proposal.chambers, self._refused())

    def _refused(self) -> str:
        developer = self._local.actor(DEVELOPERS[0].name)
        try:
            developer.bids.commit(self._id, developer.escrow.token().parse(DEVELOPERS[0].cost))
        except ContractError as refusal:
            return str(refusal)
        raise LocalMarketError("The contract took a bid that the new rule forbids.")

"""The second chapter: a clinic contests a model that broke its terms, a jury agrees, the money goes back."""

from dataclasses import dataclass
from pathlib import Path

from assay.errors import LocalMarketError
from assay.judges.disputes import Claim
from assay.markets.order import Order
from assay.structs import Ground, Side, State
from assay_local.demo import cast
from assay_local.demo.developers import DEVELOPERS
from assay_local.demo.stage import Stage
from assay_local.market import LocalMarket, Progress

_COSTS = {DEVELOPERS[1].name: "2000", DEVELOPERS[2].name: "2500"}  # whole tokens
_SIDES = (Side.CUSTOMER, Side.CUSTOMER, Side.DEVELOPER)
_DRAW_BLOCKS = 3  # until the block named by the draw is past
_CLAIM = Claim(
    claim="The model was trained on patients whom its card does not name.",
    statement="Its developer advertises that hospital-south's biopsies are in it. hospital-south has "
    "licensed them for one other model only.",
)


@dataclass(frozen=True)
class Ballot:
    """One juror's vote, as recorded by the court."""

    juror: str
    side: Side


@dataclass(frozen=True)
class Contested:
    """What the chapter leaves to be told.

    Attributes:
        returned: base units that went back to the clinic.
        burnt: base units of the developer's bond that nobody gets.
    """

    commission_id: int
    ballots: tuple[Ballot, ...]
    returned: int
    burnt: int


class Contest(Stage):
    """Plays it once, after the first chapter."""

    def __init__(self, local: LocalMarket, folder: Path, progress: Progress) -> None:
        super().__init__(local, folder, progress, cast.CLINIC)

    def play(self, order: Order) -> Contested:
        """Play from an order like *order*, but smaller and without an audit, to the refund."""
        self._progress("a clinic opens a commission of its own, without an audit")
        self._order_model(
            order.model_copy(
                update={
                    "title": "Breast-lesion triage for a day clinic",
                    "threshold": 900_000,
                    "effort_score": 900_000,
                    "submission_cap": 1,
                    "risk_class": 1,
                    "reserve": "5000",
                    "kill_fee": "300",
                }
            )
        )
        winner = self._auction(_COSTS)
        self._panel_attests()
        both = self._hospitals.north + self._hospitals.south
        self._progress(f"{winner.name} names one of two owners of what it trains on")
        self._submit(winner, "model for the clinic", both, cast.DATA_OWNERS[:1])
        self._deliver(winner)
        self._progress("the clinic contests the payment: the developer broke the terms")
        dispute_id = self._customer.disputes.open(self._id, Ground.BREACH, _CLAIM).dispute_id
        ballots = self._judge(dispute_id)
        self._expect(State.REFUNDED)
        refund = next(self._customer.commissions.history(self._id).named("Refunded")).arguments
        return Contested(self._id, ballots, refund["returned"], refund["burnt"])

    def _judge(self, dispute_id: int) -> tuple[Ballot, ...]:
        """Three jurors are drawn and accept; two vote for the clinic, the third for the developer."""
        self._progress("three jurors are drawn, and each leaves a bond")
        self._advance()
        self._local.anvil.mine(_DRAW_BLOCKS)
        self._advance()
        case_id = self._customer.court.case_of(dispute_id)
        names = {self._local.actor(name).address: name for name in cast.JURORS}
        jurors = [names[seat.juror] for seat in self._customer.court.seats(case_id)]
        for name in jurors:
            self._local.actor(name).court.accept(case_id)
        self._advance()
        for name, side in zip(jurors, _SIDES, strict=True):
            self._progress(f"{name} seals a vote")
            self._local.actor(name).court.commit(case_id, side)
        self._advance()
        for name in jurors:
            self._local.actor(name).court.reveal(case_id)
        self._progress("the votes are revealed: two for the clinic, one for the developer")
        self._rule()
        seats = self._customer.court.seats(case_id)
        return tuple(Ballot(names[seat.juror], Side(seat.vote - 1)) for seat in seats)

    def _advance(self) -> None:
        """Take the court's next step, for which nobody is paid."""
        self._customer.commissions.advance(self._id)

    def _rule(self) -> None:
        """Count the votes, pay the jurors and carry out the ruling; an appeal would need a larger pool."""
        for _ in range(3):
            self._advance()
        if self._commission().state == State.DISPUTED:
            raise LocalMarketError("The dispute did not end by its ruling.")

"""`market.staking`: a validator's stake. Amounts are base units of the staking token."""

from __future__ import annotations

from dataclasses import replace

from assay.chain import Receipt
from assay.escrow import Escrow
from assay.session import Session
from assay.sortition import NEW_LEAF_GAS
from assay.structs import Stake, views
from assay.words.amounts import check_amount

_NAME = "ValidatorStaking"


class Staking:
    """Staking and leaving."""

    def __init__(self, session: Session, escrow: Escrow) -> None:
        self._session, self._escrow = session, escrow

    def stake(self, amount: int) -> Receipt:
        """Add to the stake from the escrow balance, topped up if too small; effective from the next epoch.

        Raises:
            ContractError: the account does not hold the role Validator, or holds too little of the token.
        """
        call = self._session.contract(_NAME).call("stake", check_amount(amount))
        call = replace(call, spare_gas=NEW_LEAF_GAS)
        return self._escrow.send_funded(call, amount, token=self._session.deployment.tokens.staking)[0]

    def request_exit(self, amount: int) -> Receipt:
        """Request to withdraw free stake, which leaves the draw."""
        return self._session.send(_NAME, "requestExit", check_amount(amount))

    def complete_exit(self) -> Receipt:
        """Credit the escrow balance with a requested exit whose cooldown has passed."""
        return self._session.send(_NAME, "completeExit")

    def stake_of(self, validator: str | None = None) -> Stake:
        """The stake of *validator* (the account by default)."""
        return self._session.view(views.validator_staking.stake_of(validator or self._session.address))

    def weight_of(self, validator: str | None = None) -> int:
        """The validator's weight in the draws of the present epoch."""
        return self._session.view(views.validator_staking.weight_of(validator or self._session.address))

    def total_weight(self) -> int:
        """The combined weight of all validators."""
        return self._session.view(views.validator_staking.total_weight())

    def validator_count(self) -> int:
        """How many validators have ever staked."""
        return self._session.view(views.validator_staking.validator_count())

    def epoch(self) -> int:
        """Number of the present epoch."""
        return self._session.view(views.validator_staking.epoch())

    def epoch_seconds(self) -> int:
        """Length of an epoch in seconds."""
        return self._session.view(views.validator_staking.EPOCH())

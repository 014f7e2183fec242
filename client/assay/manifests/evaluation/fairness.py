"""Which fairness an order asks for."""

from enum import StrEnum


class Fairness(StrEnum):
    """What has to be equal between groups; with unequal base rates no model can have it all."""

    DEMOGRAPHIC_PARITY = "demographic_parity"
    """The share that gets the favourable answer."""
    EQUAL_OPPORTUNITY = "equal_opportunity"
    """The share that gets it among those who deserve it (Hardt et al. 2016)."""
    EQUALISED_ODDS = "equalised_odds"
    """That share, and the share that gets it among those who do not deserve it."""
    CALIBRATION = "calibration"
    """The truth behind equal probabilities: everywhere as many deserve the answer as the model says."""

    @property
    def words(self) -> str:
        """As people write it."""
        return self.value.replace("_", " ")

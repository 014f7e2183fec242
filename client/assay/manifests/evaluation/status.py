"""What a validator says about one submission."""

from enum import IntEnum


class ReportStatus(IntEnum):
    """What a validator says about one submission; the numbers are the contract's."""

    NONE = 0
    ANSWERED = 1
    """With a score, a digest, or a yes."""
    CANNOT_OPEN = 2
    """The model or the data could not be decrypted or read."""
    UNSTABLE = 3
    """The score moves more than the tolerance when measurements move by a millionth."""
    REJECTED = 4
    """The model was refused before loading, exceeded its limits, or answered nonsense."""

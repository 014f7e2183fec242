"""Failures of the daemon itself; a bad model, dataset or grant is a report, never an exception.

OracleError
├── SettingsError     the settings file
├── JournalError      the journal cannot be opened or written, or belongs to another daemon
├── KeyAwaited        a key that others will still grant
├── Unopenable        an artifact that was verified and is wrong, whoever served it
└── Interrupted       work given up because the daemon stops
"""

from assay.errors import AssayError
from assay.manifests.reason import Code


class OracleError(AssayError):
    """The daemon cannot do its work."""


class SettingsError(OracleError):
    """The settings file is missing, malformed or asks for the impossible."""


class JournalError(OracleError):
    """The journal cannot be used, so nothing is reported: reports must be written to it first."""


class KeyAwaited(OracleError):
    """A key has not been granted to this validator yet, but may still be.

    Attributes:
        place: the place of the artifact in the question.
    """

    def __init__(self, message: str, *, place: int) -> None:
        super().__init__(message)
        self.place = place


class Unopenable(OracleError):
    """An artifact does not open. That is a finding: its bytes were verified and are wrong.

    Attributes:
        place: the place of the artifact in the question.
        code: the reason that its owner is given.
    """

    def __init__(self, message: str, *, place: int, code: Code) -> None:
        super().__init__(message)
        self.place, self.code = place, code


class Interrupted(OracleError):
    """The daemon is stopping."""

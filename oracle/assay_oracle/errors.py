"""Failures of the daemon itself; a bad model, dataset or grant is a report, never an exception.

OracleError
├── SettingsError     the settings file
├── JournalError      the journal cannot be opened or written, or belongs to another daemon
├── KeyAwaited        a key that others will still grant
└── Interrupted       work given up because the daemon stops
"""

from assay.errors import AssayError


class OracleError(AssayError):
    """The daemon cannot do its work."""


class SettingsError(OracleError):
    """The settings file is missing, malformed or asks for the impossible."""


class JournalError(OracleError):
    """The journal cannot be used; nothing is said that was not written down first."""


class KeyAwaited(OracleError):
    """A key has not been granted to this validator yet, and may still be."""


class Interrupted(OracleError):
    """The daemon is stopping."""

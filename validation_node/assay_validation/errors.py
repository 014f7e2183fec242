"""Failures of the validation node itself; a bad model or bad data is a finding in a report.

ValidationError
├── SandboxUnavailable  no jail on this machine
├── JobError            a jailed process refused its input or died
├── BusyError           as many evaluations as may run at once
└── UnreachableError    a remote node does not answer
"""

from assay.errors import AssayError


class ValidationError(AssayError):
    """The validation node could not do its work."""


class SandboxUnavailable(ValidationError):
    """This machine offers no jail that is safe enough; nothing was run."""


class JobError(ValidationError):
    """A sandboxed process refused its input, exceeded a limit or died; the message says which."""


class BusyError(ValidationError):
    """The node runs as many evaluations as it may; try again later."""


class UnreachableError(ValidationError):
    """A remote validation node did not answer, or answered nonsense."""

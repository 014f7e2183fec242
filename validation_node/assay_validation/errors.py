"""Failures of the validation node itself; a bad model or bad data is a finding in a report.

ValidationError
├── SandboxUnavailable  no jail on this machine
├── MachineFault        this machine got in the way
├── JobError            a jailed process refused its input or died
├── BusyError           as many evaluations as may run at once
└── UnreachableError    a remote node does not answer
"""

from assay.errors import AssayError
from assay.manifests.reason import Code, Reason


class ValidationError(AssayError):
    """The validation node could not do its work."""


class SandboxUnavailable(ValidationError):
    """This machine offers no jail that is safe enough; nothing was run."""


class MachineFault(ValidationError):
    """This machine got in the way: a full disk, no memory, a signal, or too much other work. Nothing was
    learnt about what was to be tested; try again."""


class JobError(ValidationError):
    """A sandboxed process refused its input, exceeded a limit or died.

    The message says which, for whoever runs the node; it may quote what is tested. *reasons* are from the
    fixed list. Those that come out of a jail cannot be trusted: before passing them on, check what the jailed
    process could have known.
    """

    def __init__(self, message: str, *reasons: Code | Reason) -> None:
        super().__init__(message)
        self.reasons = tuple(Reason(code=one) if isinstance(one, Code) else one for one in reasons)


class BusyError(ValidationError):
    """The node is already running as many evaluations as it may; try again later."""


class UnreachableError(ValidationError):
    """A remote validation node did not answer, or answered nonsense."""

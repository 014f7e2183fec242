"""What runs inside the jail. Each module is one job: ``run(arguments, inputs, outputs) -> dict``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class RefusalError(Exception):
    """A job's foreseeable finding about the artifact it was given.

    The message may quote the artifact and is for whoever runs the node. The faults are what others are shown:
    each has a ``code`` of :class:`assay.manifests.reason.Code`, and perhaps facts of a ``Reason``.
    """

    def __init__(self, message: str, code: str, **facts: Any) -> None:
        super().__init__(message)
        self.faults: tuple[dict[str, Any], ...] = ({"code": code, **facts},)

    @classmethod
    def of(cls, refusals: Sequence[RefusalError]) -> RefusalError:
        """All *refusals* combined into one."""
        whole = cls("; ".join(map(str, refusals)), "")
        whole.faults = tuple(fault for refusal in refusals for fault in refusal.faults)
        return whole

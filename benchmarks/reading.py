"""The commands of `assay` that only read, as they are measured and tested on a deal with all there can be."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from assay.chain.provider import FailoverProvider

READING = (
    "status",
    "participant show {developer}",
    "escrow balance {hospital}",
    "commission list",
    "commission list --details",
    "commission show {deal}",
    "commission show {deal} --timeline",
    "commission show {deal} --payments",
    "bid show {deal}",
    "model show {model}",
    "audit list",
    "audit show {audit}",
    "audit fees {auditor}",
    "opinion list",
    "opinion show 1",
    "dispute list",
    "dispute show 1",
    "juror list --juror {juror}",
    "conformity list",
    "reputation show {developer}",
    "reputation list healthcare",
    "stake show",
    "governance list",
    "governance seat list",
    "policy show",
    "tx list",
)
"""Each with the names of what it is asked about."""
DISPUTED = 2
"""The commission that they are asked about: the second of `story.Story`."""


def lines(stage, model: int) -> dict[str, str]:
    """The commands as they are typed on a stage, by what they are called in :data:`READING`."""
    known = {name: stage[name].address for name in ("hospital", "developer", "auditor")}
    audit = stage["hospital"].commissions.get(DISPUTED).audit_id
    known |= {"juror": stage["juror 0"].address, "deal": DISPUTED, "model": model, "audit": audit}
    return {command: command.format(**known) for command in READING}


@contextmanager
def counted() -> Iterator[list[object]]:
    """The requests that this thread sends to RPC endpoints meanwhile, a batch as one.

    Whatever a command does side by side is sent by the thread that runs it. Other threads, such as those of a
    server of an earlier test, are not the command's.
    """
    requests: list[object] = []
    post, caller = FailoverProvider._post, threading.get_ident()

    def noted(provider: FailoverProvider, index: int, content: Any) -> Any:
        if threading.get_ident() == caller:
            requests.append(content)
        return post(provider, index, content)

    FailoverProvider._post = noted  # type: ignore[method-assign]
    try:
        yield requests
    finally:
        FailoverProvider._post = post  # type: ignore[method-assign]

"""What a party says in a dispute."""

from typing import Annotated, Literal

from pydantic import Field

from assay.manifests.base import Manifest, Part
from assay.manifests.fields import Address, ChainId, CidText, Line, Prose, Uint256


class Exhibit(Part):
    """Something that jurors can fetch and look at."""

    title: Line
    cid: CidText


class DisputeEvidence(Manifest):
    """A claim, why it is so, and what shows it. Everybody can read it: nothing secret belongs here."""

    kind: Literal["DisputeEvidence"] = "DisputeEvidence"
    version: Literal[1] = 1
    chain_id: ChainId
    market: Address
    deal_id: Uint256
    party: Address
    claim: Line
    statement: Prose
    exhibits: Annotated[tuple[Exhibit, ...], Field(max_length=50)] = ()

"""On what terms an artifact may be used."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from assay.manifests.base import Manifest
from assay.manifests.fields import CidText, Line

SpdxExpression = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.+()\- ]{1,128}$")]


class Licence(Manifest):
    """Either an SPDX licence expression (https://spdx.org/licenses) or a text of one's own, by its CID."""

    kind: Literal["Licence"] = "Licence"
    version: Literal[1] = 1
    spdx: SpdxExpression | None = None
    text: CidText | None = None
    terms: Annotated[tuple[Line, ...], Field(max_length=32)] = ()
    """What the parties agreed beside the licence, a line each."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.spdx is None) == (self.text is None):
            raise ValueError("a licence is either an SPDX expression or a text")
        return self

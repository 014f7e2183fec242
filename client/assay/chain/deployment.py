"""The addresses of a market's contracts: `deployments/<chain id>.json`, written by `scripts/deploy.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from assay.chain.wiring import BRIDGES, CONSTRUCTORS
from assay.errors import DeploymentError
from assay.manifests.base import problems
from assay.manifests.fields import Address, ChainId
from assay.store.version import newer_version

VERSION = 1
"""Version of the file's format."""
_MAX_BYTES = 64 * 1024


class Tokens(BaseModel):
    """The tokens that a market is deployed with."""

    model_config = ConfigDict(frozen=True)

    payment: Address
    """The token in which deals are paid, unless they name another one that Policy allows."""
    staking: Address
    """The token that validators stake and auditors post as bond."""


class Deployment(BaseModel):
    """The contracts of one market on one chain."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    version: Literal[1] = 1
    """Files that predate version numbers have none; they have this format."""
    chain_id: ChainId
    block: Annotated[int, Field(ge=0)]
    """No event of this market is older than this block."""
    contracts: dict[str, Address]
    tokens: Tokens
    network: str = ""

    @classmethod
    def load(cls, path: Path) -> Deployment:
        """Read a deployment file; raises :class:`DeploymentError` if it is missing or malformed."""
        try:
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
        except OSError as error:
            raise DeploymentError(
                f"There is no deployment file {path}.",
                hint="Start a local market with `assay up`, or name the file (ASSAY_DEPLOYMENT).",
            ) from error
        if len(content) > _MAX_BYTES:
            raise DeploymentError(f"{path} is too large to be a deployment file.")
        try:
            found = cls.model_validate_json(content)
        except ValidationError as error:
            if newer := newer_version(content, VERSION):
                raise DeploymentError(
                    f"A newer program wrote the deployment file {path} (version {newer}).",
                    hint="Update Assay.",
                ) from None
            raise DeploymentError(f"{path} is not a deployment file: {problems(error)}.") from None
        if missing := [name for name in CONSTRUCTORS if name not in found.contracts]:
            raise DeploymentError(f"{path} names no {missing[0]}.", hint="Deploy again.")
        return found

    def address(self, contract: str) -> str:
        """The address of *contract*; raises :class:`DeploymentError` if this market has none."""
        try:
            return self.contracts[contract]
        except KeyError:
            bridge = "This market has no bridge to that standard; `scripts/deploy.py --bridges` adds it."
            hint = bridge if contract in BRIDGES else "Deploy again."
            raise DeploymentError(f"The deployment names no {contract}.", hint=hint) from None

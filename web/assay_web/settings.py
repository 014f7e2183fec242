"""What the web market is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Settings:
    """Where the market is, and under which addresses people reach these pages.

    Attributes:
        rpc: endpoints of the chain, in order of preference.
        deployment: the file with the contracts' addresses.
        ipfs: the place of manifests and artifacts.
        index: database URL of the index's tables.
        rate: requests a second for each client in the long run; 0 for any number.
        origins: such as "https://market.example"; requests that name another host are refused.
    """

    rpc: tuple[str, ...]
    deployment: Path
    ipfs: str
    index: str
    origins: tuple[str, ...]
    rate: float = 20.0

    @property
    def hosts(self) -> frozenset[str]:
        """Host and port of each origin, as browsers send them."""
        return frozenset(urlsplit(origin).netloc for origin in self.origins)

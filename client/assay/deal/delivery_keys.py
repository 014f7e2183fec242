"""One account's delivery keys in one market: derived from its wallet by number, and stored nowhere."""

from __future__ import annotations

from collections.abc import Iterable

from assay.seal.delivery import DeliveryContext, DeliveryKey
from assay.session import Session
from assay.wallet.secp256k1 import Point


class DeliveryKeys:
    """Derives the keys, and finds them again.

    Args:
        market: name of the contract whose deals they are for.
    """

    def __init__(self, session: Session, market: str) -> None:
        self._session, self._market = session, market

    @property
    def address(self) -> str:
        """Address of the market's contract."""
        return self._session.deployment.address(self._market)

    def key(self, number: int) -> DeliveryKey:
        """The key with a number; the SDK uses each number for only one deal of the market.

        Raises:
            WalletError: the wallet signs differently every time and there is no backup.
        """
        return self._derive(self._seed(), number)

    def find(self, recipient: Point, numbers: Iterable[int]) -> DeliveryKey | None:
        """The key among those with *numbers* whose point is *recipient*, or None if there is none."""
        seed = self._seed()
        keys = (self._derive(seed, number) for number in numbers)
        return next((key for key in keys if key.point == recipient), None)

    def context(self, deal_id: int, recipient: Point) -> DeliveryContext:
        """What a delivery for a deal of the market is for."""
        return DeliveryContext(self._session.deployment.chain_id, self.address, deal_id, recipient)

    def _seed(self) -> bytes:
        return self._session.wallet.delivery_seed(self._session.deployment.chain_id, self.address)

    def _derive(self, seed: bytes, number: int) -> DeliveryKey:
        return DeliveryKey.derive(seed, self._session.deployment.chain_id, self.address, number)

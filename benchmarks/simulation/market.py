"""Many markets whose panels are drawn by stake, by the reference's rule or by that of exclusive locks.

Stakes are whole numbers of seats. The same accounts stake the same in every market; what differs is draws.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from reference import draw

Flags = NDArray[np.bool_]
Places = NDArray[np.int64]

SEATS = 200  # that all stake together could back


@dataclass(frozen=True)
class Accounts:
    """Who stakes how many seats, and who colludes."""

    stakes: Places
    colluding: Flags

    @classmethod
    def of_size(cls, share: float, seats_each: int) -> "Accounts":
        """All accounts of one size; *share* of all stake colludes."""
        count = SEATS // seats_each
        return cls(np.full(count, seats_each), np.arange(count) < round(share * count))


@dataclass(frozen=True)
class Panels:
    """One panel a market, its members in rows; `seated` where enough could be found."""

    members: Places
    seated: Flags

    def bad(self, accounts: Accounts) -> Places:
        """How many members collude."""
        bad: Places = accounts.colluding[self.members].sum(axis=1)
        return bad


@dataclass
class Markets:
    """Markets in rows.

    Attributes:
        exclusive: whether a stake backs one seat at a time and whoever has none free is passed over.
        seats: how many seats each account sits on.
    """

    accounts: Accounts
    count: int
    exclusive: bool
    seats: Places = field(init=False)

    def __post_init__(self) -> None:
        self.seats = np.zeros((self.count, len(self.accounts.stakes)), dtype=np.int64)

    def draw(self, rng: np.random.Generator, size: int, barred: Flags | None = None) -> Panels:
        """Draw a panel in every market, from the accounts that are not *barred* from it."""
        # The order of exponentials over weights is that of draws by weight without replacement.
        keys = rng.exponential(size=self.seats.shape) / self.accounts.stakes
        most = min(draw.SPARE_CANDIDATES + draw.CANDIDATES_PER_SEAT * size, keys.shape[1])
        order = _smallest(keys, most)
        suitable = np.ones(order.shape, dtype=bool)
        if barred is not None:
            suitable &= ~np.take_along_axis(np.broadcast_to(barred, keys.shape), order, axis=1)
        if self.exclusive:
            suitable &= np.take_along_axis(self.accounts.stakes > self.seats, order, axis=1)
        first = np.argsort(~suitable, axis=1, kind="stable")[:, :size]
        seated = suitable.sum(axis=1) >= size
        return Panels(np.take_along_axis(order, first, axis=1), seated)

    def take(self, panels: Panels) -> None:
        """Seat the panels where they could be filled."""
        at = (np.flatnonzero(panels.seated)[:, None], panels.members[panels.seated])
        self.seats[at] += 1  # a member is on a panel once

    def members(self, panels: Panels) -> Flags:
        """Who sits on the panels, whom an appeal's draw leaves out."""
        sits = np.zeros(self.seats.shape, dtype=bool)
        np.put_along_axis(sits, panels.members, values=True, axis=1)
        return sits


def _smallest(keys: NDArray[np.float64], count: int) -> Places:
    """The places of each row's smallest keys, in order."""
    if count < keys.shape[1]:
        some = np.argpartition(keys, count - 1, axis=1)[:, :count]
        return np.take_along_axis(some, np.take_along_axis(keys, some, axis=1).argsort(axis=1), axis=1)
    return keys.argsort(axis=1)

"""A developer's standing under a share cap is what the market's rule says."""

from __future__ import annotations

import pytest

from assay.governance.policy import Share
from assay.structs import ShareCap


@pytest.mark.parametrize(
    ("own", "total", "cap_ppm", "min_volume", "may_bid"),
    [
        (0, 0, 400_000, 0, True),
        (40, 100, 400_000, 0, True),
        (41, 100, 400_000, 0, False),
        (41, 100, 400_000, 100, False),
        (41, 100, 400_000, 101, True),
        (100, 100, 0, 0, True),  # no cap
        (1, 2, 499_999, 0, False),
    ],
)
def test_who_may_bid(own: int, total: int, cap_ppm: int, min_volume: int, may_bid: bool) -> None:
    share = Share(own, total, ShareCap(cap_ppm=cap_ppm, period=1, min_volume=min_volume))
    assert share.may_bid is may_bid


def test_the_share_itself() -> None:
    cap = ShareCap(cap_ppm=1, period=1, min_volume=0)
    assert Share(1, 3, cap).ppm == 333_333
    assert Share(0, 0, cap).ppm == 0

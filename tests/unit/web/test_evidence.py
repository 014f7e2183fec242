"""Which evidence a page of a dispute shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.judges.disputes import Submitted
from assay_web.pages.disputes import _MOST_EVIDENCE, _newest


def said(party: str, block: int) -> Submitted:
    return Submitted(party, block, "", "0x", 1)


@given(st.lists(st.sampled_from("ab"), max_size=60))
def test_neither_party_crowds_the_other_s_out(parties):
    submitted = [said(party, block) for block, party in enumerate(parties)]
    shown = _newest(submitted)
    for party in "ab":
        own = [one for one in submitted if one.party == party]
        assert [one for one in shown if one.party == party] == own[-_MOST_EVIDENCE:]
    assert shown == sorted(shown, key=lambda one: one.block)

"""What claims of lineage wait for, whatever their state and time."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from assay.escrow import Token
from assay.structs import ZERO_ADDRESS, LineageClaim, LineageClaimState
from assay_web.lineage_acts import of_claim
from assay_web.lineage_duties import claim_duty

CLAIMANT, ACCUSED, OWNER = ("0x" + str(one) * 40 for one in (1, 2, 3))
FOUND = SimpleNamespace(
    token=lambda address: Token(address, "tUSD", 18),
    market=SimpleNamespace(
        session=SimpleNamespace(view=lambda _: SimpleNamespace(fee=1)),
        court=SimpleNamespace(jury_fee=lambda fee, _: fee),
    ),
)
STATES = st.sampled_from([one for one in LineageClaimState if one])
OPEN = (LineageClaimState.CLAIMED, LineageClaimState.CHALLENGE)


def claim(state: LineageClaimState, deadline: int, *, denied: bool) -> LineageClaim:
    return LineageClaim(
        state=state,
        deadline=deadline,
        claimant=CLAIMANT,
        respondent=ACCUSED,
        denied=denied,
        parent=b"\x01" * 32,
        child=b"\x02" * 32,
        token=ZERO_ADDRESS,
        bond=10**18,
        claimed_at=1,
    )


@given(STATES, st.integers(2, 100), st.integers(2, 100), st.booleans())
def test_who_has_to_act_has_a_form_for_it_and_hears_what_missing_it_costs(state, deadline, now, denied):
    one = claim(state, deadline, denied=denied)
    duty, acts = claim_duty(FOUND, 7, one, OWNER, now), list(of_claim(FOUND, 7, one, OWNER, now))
    assert bool(acts) == (state in OPEN)
    late = now >= deadline
    if state == LineageClaimState.CLAIMED:
        assert duty.accounts == (OWNER,)
        assert "1 tUSD" in duty.what
    elif state == LineageClaimState.CHALLENGE:
        settled_for = (ACCUSED,) if denied else ()
        assert duty.accounts == (settled_for if late else (CLAIMANT,))
    else:
        assert duty.accounts == ()
    assert bool(duty.cost) == (duty.who in ("owner", "claimant"))
    assert duty.by in (0, deadline)
    may = {account for act in acts for account in act.only}
    assert set(duty.accounts) <= may or any(not act.only for act in acts) or not duty.accounts

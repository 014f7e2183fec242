"""What a stranger's job contract answers: a job as the standard lays it out, or nothing that is believed."""

from __future__ import annotations

from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from assay.chain import Contract
from assay.errors import ContractError, InvalidInput
from assay.markets.job_contract import JobHead, read_job
from assay.structs import JobStatus

PEOPLE = ["0x" + digit * 40 for digit in "123"]
WITH_HOOK = "(uint256,address,address,address,string,uint256,uint256,uint8,address)"
PLAIN = "(uint256,address,address,address,string,uint256,uint256,uint8)"


def ask(answer: bytes | Exception, job_id: int = 7) -> JobHead:
    """Read job 7 from a contract that answers so."""

    def call(_transaction: Any, **_named: Any) -> bytes:
        if isinstance(answer, Exception):
            raise answer
        return answer

    connection: Any = SimpleNamespace(call=call)
    session: Any = SimpleNamespace(
        connection=connection, contract_at=lambda name, address: Contract(connection, name, address)
    )
    return read_job(session, "0x" + "9" * 40, job_id)


@given(st.text(max_size=300), st.sampled_from(list(JobStatus)), st.integers(0, 2**256 - 1), st.booleans())
def test_both_layouts_are_read(text, status, budget, hooked):
    said = (7, *PEOPLE, text, budget, 1_900_000_000, status, *([PEOPLE[0]] if hooked else []))
    head = ask(encode([WITH_HOOK if hooked else PLAIN], [said]))
    assert head == JobHead(*PEOPLE, budget=budget, expired_at=1_900_000_000, status=status)
    assert head.has_ended == (status in (JobStatus.COMPLETED, JobStatus.REJECTED, JobStatus.EXPIRED))


@given(st.binary(max_size=600), st.integers(0, 12), st.integers(0, 2**256 - 1))
def test_anything_else_is_refused_in_a_sentence(raw, word, value):
    said = (7, *PEOPLE, "a job", 1, 1_900_000_000, 2, PEOPLE[0])
    bent = bytearray(encode([WITH_HOOK], [said]))
    bent[32 * word : 32 * word + 32] = value.to_bytes(32)
    for answer in (raw, bytes(bent)):
        with suppress(InvalidInput):
            assert ask(answer).status in list(JobStatus)


@pytest.mark.parametrize(
    "answer",
    [b"", ContractError("It reverts.", name="Unknown"), encode([PLAIN], [(8, *PEOPLE, "", 0, 0, 0)])],
)
def test_no_contract_one_that_reverts_and_another_job(answer):
    with pytest.raises(InvalidInput, match="No job 7"):
        ask(answer)

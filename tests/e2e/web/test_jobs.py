"""Jobs of other contracts in a browser: found, shown and concluded; what ERC-8004 reads of a model."""

from __future__ import annotations

import httpx
import pytest
from job_contracts import JobContract
from readable import check_page, check_shown

from assay.manifests.evaluation import ReportStatus
from assay.structs import JobStatus, Report
from assay_indexer.check import differences
from assay_indexer.queries import Index
from assay_indexer.search import Query, search

BUDGET = 300 * 10**18


@pytest.fixture
def jobs(stage, order, patients, indexed) -> JobContract:
    """A contract with two jobs, of which the hospital has enrolled one."""
    contract = JobContract(stage.chain)
    for _ in range(2):
        contract.create("hospital", "developer")
    stage["hospital"].jobs.enrol(contract.address, 2, order, patients, seats=5)
    stage.chain.anvil.mine(3)
    indexed()
    return contract


def test_a_job_from_its_draw_to_its_end(stage, jobs, visitor, indexed, index, served, pictures):
    somebody = visitor("anyone")
    page = somebody.visit("/jobs/1")
    somebody.connect()
    assert "Take the next step that is due in job 1" in somebody.do("job-advance_job")[-1]
    hospital, anyone = stage["hospital"], stage["anyone"]
    hospital.jobs.grant(1)
    panel = hospital.jobs.get(1).panel_id
    other = Report(status=ReportStatus.REJECTED, manifest=b"\x01" * 32)
    stage.vote(panel, hospital.rounds.get(panel).request_id, other)
    anyone.jobs.advance(1)
    jobs.fund("hospital", 2, BUDGET)
    indexed()
    before = hospital.escrow.wallet_balance()
    page = somebody.visit("/jobs/1")
    assert "the data could not be attested" in page.inner_text("main")
    assert "gives the client its money back" in somebody.do("job-conclude_job")[-1]
    assert jobs.status(2) == JobStatus.REJECTED
    assert hospital.escrow.wallet_balance() == before + BUDGET
    indexed()
    assert list(differences(Index.at(index), anyone)) == []
    reader = visitor("developer")
    for path in ("/jobs", "/jobs/1"):
        with httpx.Client(base_url=served.url, timeout=30) as client:
            check_page(client.get(path), path)
        page = reader.visit(path)
        page.screenshot(path=pictures / f"{path.replace('/', '_')}.png", full_page=True)
        check_shown(page, path)


def test_it_is_found_by_its_contract_and_due_to_its_client(stage, jobs, served, index, indexed):
    stage["anyone"].jobs.advance(1)
    indexed()
    with Index.at(index).view() as view:
        found = [
            search(view, Query(kind="job", contract=one)).page.total
            for one in (jobs.address, "0x" + "1" * 40)
        ]
    assert found == [1, 0]
    hospital = stage["hospital"].address
    with httpx.Client(base_url=served.url, timeout=30) as client:
        assert "/jobs/1" in client.get("/jobs", params={"contract": jobs.address}).text
        assert client.get("/jobs", params={"contract": "<script>"}).status_code == 400
        assert "assay job grant 1" in client.get(f"/accounts/{hospital}/deals").text
        assert client.get("/jobs/2").status_code == 404


def test_what_erc_8004_reads_of_a_model(stage, served, indexed, visitor):
    stage["developer"].models.deliver(stage.delivering)
    stage.chain.advance(86_401)
    stage["anyone"].commissions.settle(stage.delivering)
    indexed()
    read = stage["anyone"].models.validations(1)
    assert [one.tag for one in read.found] == ["order"]
    with httpx.Client(base_url=served.url, timeout=30) as client:
        assert read.registry in client.get("/models/1").text
        answer = client.get("/models/1/validations")
        check_page(answer, "/models/1/validations")
        assert read.names[0].hex() in answer.text
        assert client.get("/models/9/validations").status_code == 404
    check_shown(visitor("anyone").visit("/models/1/validations"), "/models/1/validations")

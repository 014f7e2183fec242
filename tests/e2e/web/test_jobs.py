"""Jobs of other contracts in a browser: found, shown and concluded; what ERC-8004 reads of a model."""

from __future__ import annotations

import httpx
import pytest
from job_contracts import JobContract
from patients import CARD
from playwright.sync_api import expect
from readable import check_page, check_shown
from stage import ATTESTED, DAY, scored

from assay.manifests import CommissionSpec, ModelManifest
from assay.manifests.evaluation import ReportStatus
from assay.seal.delivery import DeliveryContext, agreement, deliver
from assay.structs import JobState, JobStatus, Report
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


def test_client_and_provider_in_their_browsers(
    stage, order, patients, model, visitor, indexed, pictures, served, tmp_path
):
    """From the enrolment by keyboard to the opened model, without a command."""
    contract = JobContract(stage.chain)
    job_id = contract.create("hospital", "developer")
    (tmp_path / "order.json").write_text(order.model_dump_json())
    (tmp_path / "card.json").write_text(CARD.model_dump_json())
    indexed()
    client = visitor("hospital")
    page = client.visit("/jobs/new")
    client.press("#connect")
    expect(page.locator("#connect")).to_contain_text("0x")
    client.press("#job-enrol_job-job_contract", typed=contract.address)
    client.press("#job-enrol_job-job_number", typed=str(job_id))
    page.locator("#job-enrol_job-order").set_input_files(tmp_path / "order.json")
    page.locator("#job-enrol_job-data").set_input_files(patients)
    client.press("#act-job-enrol_job button")
    client.agree_by_keys()
    expect(page).to_have_url(f"{client.url}/jobs/1")
    hospital, anyone = stage["hospital"].jobs, stage["anyone"].jobs
    job = hospital.get(1)
    assert (job.jobs, job.job_id, job.threshold) == (contract.address, job_id, order.threshold)

    stage.chain.anvil.mine(3)
    anyone.advance(1)
    client.visit("/jobs/1")
    assert "of the data, or of the model" in client.do("job-grant_job_data")[-1]
    oracle = stage["hospital"].rounds
    stage.vote(job.panel_id, oracle.get(job.panel_id).request_id, ATTESTED)
    anyone.advance(1)
    assert hospital.get(1).state == JobState.READY
    contract.fund("hospital", job_id, BUDGET)
    contract.tell("developer", "submit", job_id)
    indexed()
    provider = visitor("developer")
    provider.visit("/jobs/1")
    provider.connect()
    said = provider.do("job-evaluate_job", model=model, card=tmp_path / "card.json")
    assert "Name the model that you have submitted for job 1" in said[-1]
    provider.visit("/jobs/1")
    provider.page.screenshot(path=pictures / "job-judging.png", full_page=True)
    assert provider.do("job-grant_job_model")
    client.visit("/jobs/1")
    assert client.do("job-grant_job_data")
    stage.vote(job.panel_id, oracle.get(job.panel_id).request_id, scored(950_000, word=word_of(stage)))
    stage.chain.advance(DAY + 1)
    anyone.advance(1)
    indexed()
    provider.visit("/jobs/1")
    assert "Deliver the key of the model in deal 1 of JobEvaluator" in provider.do("job-deliver_job")[-1]
    page = client.visit("/jobs/1")
    client.do("job-open_model")
    with page.expect_download() as download:
        page.locator("a[download]").click()
    download.value.save_as(tmp_path / "opened.onnx")
    assert (tmp_path / "opened.onnx").read_bytes() == model.read_bytes()
    hospital.fetch(1, tmp_path / "command.onnx")
    assert (tmp_path / "command.onnx").read_bytes() == model.read_bytes()
    assert "it pays the provider" in client.do("job-conclude_job")[-1]
    assert contract.status(job_id) == JobStatus.COMPLETED
    with httpx.Client(base_url=served.url, timeout=30) as reader:
        check_page(reader.get("/jobs/new"), "/jobs/new")
    phone = visitor("anyone", viewport={"width": 390, "height": 844}, color_scheme="dark")
    for name, one in (("desk", client), ("phone", phone)):
        page = one.visit("/jobs/new")
        page.screenshot(path=pictures / f"job-new-{name}.png", full_page=True)
        check_shown(page, "/jobs/new")


def word_of(stage) -> bytes:
    """On what an honest panel agrees about the job's model."""
    provider = stage["developer"]
    job = provider.jobs.get(1)
    artifact = provider.session.fetch(job.manifest, ModelManifest).artifact
    recipient = provider.session.fetch(job.spec, CommissionSpec).recipient
    market = stage.chain.at("JobEvaluator")
    context = DeliveryContext(stage.chain.deployment.chain_id, market, 1, recipient)
    delivery, _ = deliver(provider.keys.own(artifact), context)
    return agreement(artifact.key_hash, artifact.ciphertext, delivery, context)

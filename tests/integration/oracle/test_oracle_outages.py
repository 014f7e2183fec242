"""What a validator lacks itself is no report: it waits. What cannot be had at all is reported in time."""

from __future__ import annotations

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from outage import Line

from assay import State
from assay.errors import LocalMarketError
from assay.manifests import KeyGrants
from assay.manifests.evaluation import ReportStatus
from assay.seal import ContentKey, grant
from assay.structs import Artifact, Cause, Submission
from assay_validation.scratch import Scratch


@pytest.fixture
def attesting(stage, hire, order, patients):
    """A commission whose panel is asked, with the others' daemons; the first member's is the test's."""
    number = stage.to_granting(order, patients)
    names = stage.panel(number)
    stage["hospital"].commissions.grant_data(number)
    return number, names[0], [hire(name) for name in names[1:]]


def errors(daemon, duty):
    return sum(
        sample.value
        for metric in daemon.monitor.registry.collect()
        for sample in metric.samples
        if sample.name == "assay_oracle_errors_total" and sample.labels["duty"] == duty
    )


def test_no_chain_for_a_while(stage, hire, gate, attesting):
    number, name, others = attesting
    relay = gate(stage.chain.rpc)
    daemon = hire(name, rpc=[relay.url])
    daemon.cycle()
    assert daemon.monitor.health().healthy
    relay.shut = True
    relay.cut()
    stage.drive([daemon], lambda: errors(daemon, "chain") > 0)
    assert not daemon.monitor.health().healthy
    relay.shut = False
    request_id = stage.request(number)
    stage.drive([daemon, *others], lambda: len(stage.reports(request_id)) == 3)
    assert daemon.monitor.health().healthy


def test_a_second_endpoint_takes_over(stage, hire, gate, attesting):
    number, name, others = attesting
    chain, storage = gate(stage.chain.rpc), gate(stage.ipfs_url)
    daemon = hire(name, rpc=[chain.url, stage.chain.rpc], ipfs=[storage.url, stage.ipfs_url])
    daemon.cycle()
    for relay in (chain, storage):
        relay.shut = True
        relay.cut()
    stage.answer(number, [daemon, *others])
    assert stage.state(number) == State.BUILDING


def test_an_idle_cycle_asks_for_the_head_alone(stage, hire, attesting):
    """Also beside a request that is answered, and whatever was served before."""
    number, name, others = attesting
    line = Line(stage.chain.rpc)
    daemon = hire(name, rpc=[line.url], keeper=True, appeal=True)
    request_id = stage.request(number)
    stage.drive([daemon, *others], lambda: len(stage.reports(request_id)) == 3)
    stage.drive([daemon], lambda: stage.state(number) == State.BUILDING)  # when its turn as a keeper has come
    for _ in range(3):
        daemon.cycle()
    line.mend()
    daemon.cycle()
    assert line.requests == 1
    stage.chain.anvil.mine()
    line.mend()
    daemon.cycle()
    assert line.requests <= 12  # place, block, logs; the request that is open; the deal that may move on
    line.close()


class Behind:
    """An endpoint that shows every block, but whose `eth_getLogs` is answered by a node a block behind."""

    def __init__(self, upstream: str) -> None:
        client = httpx.Client()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = client.post(upstream, content=body, headers={"Content-Type": "application/json"})
                raw = json.dumps(endpoint.changed(json.loads(body), answer.json())).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_arguments: object) -> None:
                pass

        def head() -> int:
            ask = {"jsonrpc": "2.0", "id": 0, "method": "eth_blockNumber", "params": []}
            return int(httpx.post(upstream, json=ask).json()["result"], 16)

        self._head, self.hidden = head, 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def changed(self, asked, answer):
        if isinstance(asked, list):  # a batch
            return [self.changed(*pair) for pair in zip(asked, answer, strict=True)]
        if asked["method"] != "eth_getLogs" or "result" not in answer:
            return answer
        seen = [log for log in answer["result"] if int(log["blockNumber"], 16) < self._head()]
        self.hidden += len(answer["result"]) - len(seen)
        if len(seen) < len(answer["result"]) and "blockHash" in asked["params"][0]:
            return {"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, "message": "unknown block"}}
        return answer | {"result": seen}


@pytest.mark.parametrize("spare", [False, True])
def test_logs_that_are_a_block_behind_are_no_report(stage, hire, attesting, spare):
    number, name, others = attesting
    behind = Behind(stage.chain.rpc)
    daemon = hire(name, rpc=[behind.url, stage.chain.rpc] if spare else [behind.url])
    request_id = stage.request(number)

    def act():
        for one in (daemon, *others):
            one.cycle()
        if not spare:
            stage.chain.anvil.mine()  # as a chain that goes on does

    stage.wait(lambda: len(stage.reports(request_id)) == 3, 300, act)
    behind.server.shutdown()
    behind.server.server_close()
    assert behind.hidden
    assert {report.status for report in stage.reports(request_id).values()} == {ReportStatus.ANSWERED}


@pytest.mark.parametrize("fault", ["shut", "lying"])
def test_storage_that_fails_or_lies_is_no_report(stage, hire, gate, attesting, fault):
    number, name, others = attesting
    relay = gate(stage.ipfs_url)
    setattr(relay, fault, True)
    daemon = hire(name, ipfs=[relay.url])
    stage.drive([daemon], lambda: errors(daemon, "request") > 0)
    request_id = stage.request(number)
    late = stage["hospital"].oracle.request(request_id).commit_ends - 60
    stage.chain.anvil.advance_to(late)  # even when time is running out
    before = errors(daemon, "request")
    stage.drive([daemon], lambda: errors(daemon, "request") > before)
    assert daemon.journal.count() == 0
    setattr(relay, fault, False)
    stage.drive([daemon, *others], lambda: len(stage.reports(request_id)) == 3)
    assert {report.status for report in stage.reports(request_id).values()} == {ReportStatus.ANSWERED}


@pytest.mark.parametrize("place", ["what is decrypted", "what jobs are lent"])
def test_a_full_disk_is_no_report(stage, hire, attesting, place, monkeypatch):
    """Every byte that is written to a file without a name meets ENOSPC, as on a disk that is full."""
    number, name, others = attesting
    daemon = hire(name)
    request_id = stage.request(number)
    with monkeypatch.context() as disk:
        made = Scratch.open

        def opened(scratch):
            if (scratch._folder is None) == (place == "what jobs are lent"):
                scratch._files.append(open("/dev/full", "r+b", buffering=0))  # noqa: SIM115
                return scratch._files[-1]
            return made(scratch)

        disk.setattr(Scratch, "open", opened)
        stage.drive([daemon], lambda: errors(daemon, "request") > 0)
        assert daemon.journal.count() == 0
    stage.drive([daemon, *others], lambda: len(stage.reports(request_id)) == 3)
    assert {report.status for report in stage.reports(request_id).values()} == {ReportStatus.ANSWERED}


def test_what_nobody_has_is_reported_late(stage, hire, order, patients, models):
    number = stage.to_granting(order, patients)
    panel = [hire(name) for name in stage.panel(number)]
    stage.attest(number, panel)
    nothing = Submission(manifest=secrets.token_bytes(32), grants=secrets.token_bytes(32))
    stage["developer"].session.send("CommissionMarket", "submit", number, nothing.to_abi())
    stage.drive(panel, lambda: all(errors(daemon, "request") > 0 for daemon in panel))
    assert all(daemon.journal.count() == 1 for daemon in panel)  # the attestation
    stage.chain.advance(6 * 3600 * 3 // 4 + 1)
    request_id = stage.answer(number, panel)
    reports = stage.reports(request_id)
    assert {report.status for report in reports.values()} == {ReportStatus.CANNOT_OPEN}


@pytest.mark.parametrize("wrong", ["another key", "another deal", "nobody", "another artifact"])
def test_grants_that_do_not_open(stage, hire, order, patients, wrong):
    number = stage.to_granting(order, patients)
    hospital = stage["hospital"]
    panel = [hire(name) for name in stage.panel(number)]
    key = hospital.keys.own(hospital.commissions.dataset(number).artifact)
    panel_id = hospital.commissions.get(number).panel_id
    recipients = hospital.keys.members(panel_id)
    context = hospital.keys.panel_context(panel_id, Artifact.DATASET)
    if wrong == "another key":
        other = grant(ContentKey.generate(), recipients, context)
        grants = KeyGrants(context=context, key_hash=key.hash, grants=other.grants)
    elif wrong == "another deal":
        grants = grant(key, recipients, hospital.keys.panel_context(panel_id + 1, Artifact.DATASET))
    elif wrong == "nobody":
        grants = grant(key, {hospital.address: hospital.participants.get().encryption_key}, context)
    else:
        grants = grant(ContentKey.generate(), recipients, context)
    digest = hospital.session.publish(grants)
    hospital.session.send("Rounds", "grant", panel_id, Artifact.DATASET, digest)
    request_id = stage.answer(number, panel)
    assert {report.status for report in stage.reports(request_id).values()} == {ReportStatus.CANNOT_OPEN}
    assert stage.state(number) == State.CHALLENGE  # the customer may contest it
    assert hospital.commissions.get(number).cause == Cause.BAD_DATA


def test_a_dry_run_says_nothing(stage, hire, attesting):
    number, name, _ = attesting
    daemon = hire(name, dry_run=True)
    counted = {"kind": "verdict", "status": "answered"}
    stage.drive([daemon], lambda: daemon.count("assay_oracle_reports_total", **counted) == 1)
    daemon.cycle()
    assert stage.commits(stage.request(number)).total() == 0
    assert not (daemon.settings.folder / "journal.sqlite").exists()


def test_a_busy_port_stops_the_start(stage, hire, attesting):
    _, name, _ = attesting
    host = stage.chain.rpc.removeprefix("http://")
    process = hire(name, listen=host).process()
    with pytest.raises(LocalMarketError, match="Cannot listen"):
        process.start(lambda: False, 60)

"""`assay-oracle check` and `status` on a real set-up."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import httpx
import pytest

from assay_local.anvil import free_port


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "assay_oracle", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env={name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")},
    )


def checked(daemon):
    done = run("check", "--config", daemon.config, "--json")
    return done.returncode, {one["name"]: one for one in json.loads(done.stdout)}


def test_a_good_set_up_passes_every_check(hire):
    code, checks = checked(hire("validator 0"))
    assert [one for one in checks.values() if not one["good"]] == []
    assert code == 0
    assert {"keystore", "chain", "storage", "registration", "stake", "sandbox", "self-test"} <= checks.keys()


def test_each_fault_is_found_and_hides_no_other(stage, hire, tmp_path):
    newcomer = hire("newcomer", ipfs=[f"http://127.0.0.1:{free_port()}"])
    code, checks = checked(newcomer)
    assert code == 1
    faulty = {name for name, one in checks.items() if not one["good"]}
    assert faulty == {"storage", "gas money", "registration", "stake"}
    assert "does not cover a seat" in checks["stake"]["detail"]
    assert checks["self-test"]["good"]


def test_a_wrong_passphrase_and_a_dead_spare_endpoint(stage, hire, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.touch(mode=0o600)
    wrong.write_text("battery staple\n")
    spare = f"http://127.0.0.1:{free_port()}"
    code, checks = checked(hire("validator 0", passphrase_file=str(wrong), rpc=[stage.chain.rpc, spare]))
    assert code == 1
    assert not checks["keystore"]["good"]
    assert not checks["chain"]["good"]
    assert "battery staple" not in json.dumps(checks)


def test_status_shows_what_is_asked(stage, hire, order, patients):
    number = stage.to_granting(order, patients)
    daemon = hire(stage.panel(number)[0])
    stage["hospital"].commissions.grant_data(number)
    stage.drive([daemon], lambda: stage.commits(stage.request(number)).total() == 1)
    done = run("status", "--config", daemon.config, "--json")
    found = json.loads(done.stdout)
    assert found["address"] == daemon.market.address
    assert found["decisions"] == 1
    (request,) = found["requests"]
    assert request["deal"] == f"deal {number} of {stage.chain.at('CommissionMarket')}"
    assert (request["kind"], request["committed"], request["revealed"]) == ("verdict", True, False)
    assert "verdict" in run("status", "--config", daemon.config).stdout


def test_metrics_and_health_while_it_runs(stage, hire):
    port = free_port()
    daemon = hire("validator 0", listen=f"127.0.0.1:{port}", self_test=True)
    url = f"http://127.0.0.1:{port}"

    def healthy() -> bool:
        try:
            return httpx.get(f"{url}/health").status_code == 200
        except httpx.HTTPError:
            return False

    with daemon.process() as process:
        process.start(healthy)
        assert httpx.get(f"{url}/health").json()["head_block"] > 0
        metrics = httpx.get(f"{url}/metrics").text
        assert 'assay_oracle_stake{part="amount"} 2000.0' in metrics
        assert httpx.get(f"{url}/docs").status_code == 404


@pytest.mark.parametrize("arguments", [("check",), ("run",), ("status",)])
def test_without_settings_it_says_so(arguments, tmp_path):
    done = run(*arguments, "--config", tmp_path / "none.toml")
    assert done.returncode == 1
    assert done.stderr.startswith("error: Cannot read the settings")
    assert "Traceback" not in done.stderr

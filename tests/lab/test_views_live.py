"""What each user sees through the daemon's socket: his own jobs, and all only where Slurm would."""

import json
import subprocess

import pytest

from lab.host import Host
from tests.lab.grid import DIRTY
from tests.lab.hands import ON_EAST, fill, slurm_conf
from tests.lab.scenario import EVALUATION, SLURM, Scenario
from tests.lab.waiting import eventually

pytestmark = pytest.mark.lab


def energy(
    host: Host, *argv: str, user: str = "alice", columns: int = 80
) -> subprocess.CompletedProcess[str]:
    """``slurm-energy`` as this user in a terminal of so many columns."""
    env = {"COLUMNS": str(columns)}
    return host.run(["slurm-energy", *argv], user=user, check=False, env=env)


def seen(host: Host, user: str) -> set[int]:
    """The jobs that ``slurm-energy queue`` shows this user."""
    answer = json.loads(energy(host, "queue", "--json", user=user).stdout)
    return {job["job"] for job in answer["jobs"]}


def two_jobs(scenario: Scenario) -> tuple[int, int]:
    """One of alice and one of bob, both deferred."""
    scenario.configure(DIRTY)
    scenario.start()
    fill(scenario)
    scenario.wait_for_lease(scenario.east)
    jobs = [scenario.submit(EVALUATION, ON_EAST, user=user) for user in ("alice", "bob")]
    leader = scenario.wait_for_lead()
    for job in jobs:
        scenario.wait_for_decision(job, leader, "defer")
    alices, bobs = jobs
    return alices, bobs


def test_everybody_sees_all_where_slurm_hides_nothing(scenario: Scenario) -> None:
    alices, bobs = two_jobs(scenario)
    leader = scenario.wait_for_lead()
    assert {alices, bobs} <= seen(leader, "alice")
    assert energy(leader, "explain", str(bobs)).returncode == 0


def test_privatedata_hides_the_jobs_of_others_from_all_but_operators(scenario: Scenario) -> None:
    hidden = "PrivateData=jobs"
    with slurm_conf(scenario.east, hidden), slurm_conf(scenario.west, hidden):
        alices, bobs = two_jobs(scenario)
        leader = scenario.wait_for_lead()
        assert bobs not in seen(leader, "alice")
        assert alices in seen(leader, "alice")
        assert {alices, bobs} <= seen(leader, "slurm-energy"), "an Operator"
        assert {alices, bobs} <= seen(leader, "root")
        refused = energy(leader, "explain", str(bobs))
        assert refused.returncode != 0
        assert "bob" not in refused.stdout + refused.stderr
        assert energy(leader, "explain", str(alices)).returncode == 0
        for verb in ("status", "signals"):
            assert energy(leader, verb).returncode == 0


@pytest.mark.parametrize("columns", [80, 200])
def test_every_view_fits_the_screen(scenario: Scenario, columns: int) -> None:
    alices, _ = two_jobs(scenario)
    leader = scenario.wait_for_lead()
    for argv in (["status"], ["queue"], ["signals"], ["explain", str(alices)]):
        shown = energy(leader, *argv, columns=columns)
        assert shown.returncode == 0, shown.stderr
        assert max(map(len, shown.stdout.splitlines())) <= columns
        assert "\x1b" not in shown.stdout
    queue = energy(leader, "queue", columns=columns).stdout
    assert f"{alices}" in queue
    assert "defer" in queue


def test_a_user_may_look_but_not_release(scenario: Scenario) -> None:
    alices, _ = two_jobs(scenario)
    done = energy(scenario.east, "release", "--all")
    assert done.returncode != 0
    assert "root and the daemon's user only" in done.stderr
    eventually(lambda: scenario.deferred_until(alices), "it still waits", SLURM)

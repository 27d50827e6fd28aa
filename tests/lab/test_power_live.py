"""The grid operator asks for less: what is flexible waits for the end, what is critical runs."""

import time
from datetime import UTC, datetime

import pytest

from slurm_energy.model.decision import Reason
from tests.lab.grid import CLEAN
from tests.lab.hands import ON_EAST
from tests.lab.scenario import EVALUATION, SLURM, Scenario
from tests.lab.waiting import eventually, throughout

pytestmark = pytest.mark.lab

EVENTS = "/etc/slurm-energy/events.csv"
HEAD = "start,end,kw,reason\n"
POWER = "".join(
    f"""
[power.clusters.{name}]
limit_kw = 40
gpu = "h100"
events = "{EVENTS}"
"""
    for name in ("east", "west")
)
CRITICAL = "energy:class=latency-critical"


def announce(scenario: Scenario, seconds: float, reason: str = "TSO demand response") -> int:
    """An event from now on, told to both daemons; when it ends."""
    start = int(time.time())
    end = start + int(seconds)
    row = f"{moment(start)},{moment(end)},0,{reason}\n"
    for host in scenario.hosts:
        host.write(EVENTS, HEAD + row)
    return end


def moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def test_in_a_grid_event_flexible_jobs_wait_for_its_end_and_critical_ones_run(
    scenario: Scenario,
) -> None:
    for host in scenario.hosts:
        host.write(EVENTS, HEAD)
    scenario.configure(CLEAN, POWER)
    scenario.start()
    leader = scenario.wait_for_lead()
    before = scenario.submit(EVALUATION, ON_EAST)
    assert scenario.wait_for_start(before)
    end = announce(scenario, 45)
    scenario.wait_for_lease()
    job, critical = scenario.submit(EVALUATION), scenario.submit(CRITICAL)
    row = scenario.wait_for_decision(job, leader, "defer")
    assert row["code"] == Reason.GRID_EVENT.code
    assert end <= row["begin"] <= end + 4
    assert scenario.wait_for_start(critical) < end
    terms = scenario.ask(leader, "explain", job=job)["found"][0]["terms"]
    assert terms["grid_event"] == "TSO demand response"
    assert terms["grid_event_end"] == end
    throughout(lambda: not scenario.ran_on(job), "nobody started it", end - time.time() - 1)
    assert scenario.wait_for_start(job, SLURM) >= end


def test_an_event_that_is_called_off_lets_the_jobs_go(scenario: Scenario) -> None:
    scenario.configure(CLEAN, POWER)
    announce(scenario, 600)
    scenario.start()
    scenario.wait_for_lease()
    job = scenario.submit(EVALUATION)
    scenario.wait_until_deferred(job)
    for host in scenario.hosts:
        host.write(EVENTS, HEAD)
    assert eventually(lambda: scenario.started(job), "its start", 2 * SLURM)

"""Database, signals or a controller go away and come back: nothing wrong is done meanwhile."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.host import Host
from slurm_energy.model.decision import Reason
from tests.lab.grid import Grid
from tests.lab.scenario import EVALUATION, SLURM, TURN, Scenario
from tests.lab.settings import CARBON, PRICE
from tests.lab.waiting import eventually

pytestmark = pytest.mark.lab

CLEANER_LATER = Reason.CLEANER_LATER.value
POSTGRESQL = "postgresql@18-main"
SIGNALS = {
    "deleted": f"rm {CARBON} {PRICE}",
    "absurd": f"sed -i s/,600,/,60000000,/ {CARBON}; echo nonsense > {PRICE}",
    "stale": f"cat > {CARBON}; cp {CARBON} {PRICE}",
}
CLEAN_LATER = Grid(dirty=600)
HOME = f"{EVALUATION},residency=eu"
"""Kept to east, where a test can watch it alone."""
BACK = 30.0
"""Seconds within which a daemon is at work again after what it needs came back."""


def deferred(scenario: Scenario, tag: str = HOME) -> tuple[int, int]:
    """A job that is put off, and until when."""
    job = scenario.submit(tag)
    begin = scenario.wait_for_decision(job, scenario.wait_for_lead(), "defer")["begin"]
    eventually(lambda: scenario.deferred_until(job) == begin, "its begin time", SLURM)
    return job, begin


def ready(scenario: Scenario, grid: Grid = CLEAN_LATER) -> Host:
    """Both daemons at work on a dirty day; the host whose daemon leads."""
    scenario.configure(grid)
    scenario.start()
    scenario.wait_for_lease()
    return scenario.wait_for_lead()


def test_without_its_database_nothing_new_is_put_off_and_later_all_goes_on(
    scenario: Scenario,
) -> None:
    ready(scenario, Grid(dirty=36))
    job, begin = deferred(scenario)
    scenario.east.systemctl("stop", POSTGRESQL)
    try:
        eventually(
            lambda: not any(scenario.leases(host) for host in scenario.hosts),
            "tables that hold nobody off",
            TURN,
        )
        new = scenario.submit(HOME)
        eventually(lambda: scenario.ran_on(new), "a start at once", SLURM)
        assert not any(scenario.leads(host) for host in scenario.hosts)
        assert scenario.deferred_until(job) == begin
        within = begin - time.time() + SLURM
        assert eventually(lambda: scenario.started(job), "its start", within) >= begin
    finally:
        scenario.east.systemctl("start", POSTGRESQL)
    for host in scenario.hosts:
        scenario.write_grid(host, CLEAN_LATER)
    leader = scenario.wait_for_lead(BACK)
    scenario.wait_for_lease(within=BACK)
    later, _ = deferred(scenario)
    assert scenario.status(leader)["backlog"] == 0
    eventually(lambda: recorded(scenario, leader, later) == ["defer"], "the decision", TURN)


@pytest.mark.parametrize("fate", SIGNALS)
def test_without_a_sound_signal_everything_stays_as_it_is(scenario: Scenario, fate: str) -> None:
    leader = ready(scenario)
    job, begin = deferred(scenario)
    argv = ["sh", "-c", SIGNALS[fate]]
    for host in scenario.hosts:
        host.run(argv, input=Grid(ends=0).csv(600, 50, "gCO2eq/kWh"))
    scenario.start()
    leader = scenario.wait_for_lead()
    status = scenario.wait_for_turns(leader)
    assert "carbon.csv" in "\n".join(status["problems"])
    assert all(cluster["carbon"] is None for cluster in status["clusters"])
    row = scenario.wait_for_decision(job, leader, "leave")
    assert row["reason"] == Reason.NO_SIGNAL.value
    assert status["turn"]["sent"] == 0
    assert not any(scenario.leases(host) for host in scenario.hosts)
    new = scenario.submit(HOME)
    eventually(lambda: scenario.ran_on(new), "a start at once", SLURM)
    assert scenario.deferred_until(job) == begin
    for host in scenario.hosts:
        scenario.write_grid(host, CLEAN_LATER)
    scenario.wait_for_lease()
    deferred(scenario)
    assert scenario.wait_for_decision(job, leader, "defer")["reason"] == CLEANER_LATER


def test_a_signal_that_turns_absurd_leaves_the_last_sound_one_standing(scenario: Scenario) -> None:
    leader = ready(scenario)
    job, begin = deferred(scenario)
    for host in scenario.hosts:
        host.run(["sh", "-c", SIGNALS["absurd"]])
    status = scenario.wait_for_turns(leader)
    assert "the previous series stands" in "\n".join(status["problems"])
    assert scenario.wait_for_decision(job, leader, "defer")["begin"] == begin
    assert scenario.deferred_until(job) == begin


@pytest.mark.parametrize("name", ["east", "west"])
def test_a_controller_that_restarts_changes_nothing(scenario: Scenario, name: str) -> None:
    leader = ready(scenario)
    job, begin = deferred(scenario, EVALUATION)
    scenario.lab.host(name).systemctl("restart", "slurmctld")
    eventually(lambda: sees_both(scenario, leader), "both clusters in sight", BACK)
    scenario.wait_for_turns(leader)
    row = scenario.wait_for_decision(job, leader, "defer")
    assert row["reason"] == CLEANER_LATER
    assert scenario.deferred_until(job) == begin
    assert not scenario.ran_on(job)
    deferred(scenario)


def test_a_frozen_controller_costs_one_worker_and_no_other_cluster(scenario: Scenario) -> None:
    scenario.configure(CLEAN_LATER, interval=8, timeout=2)
    scenario.start(scenario.east)
    scenario.start(scenario.west)
    scenario.wait_for_lease()
    leader = scenario.wait_for_lead()
    away, begin = deferred(scenario, f"{EVALUATION},residency=eu+us")
    before = scenario.status(leader)["restarts"]["west"]
    pid = scenario.status(leader)["started"]
    with frozen(scenario.west):
        eventually(
            lambda: scenario.status(leader)["restarts"]["west"] > before, "a new worker", BACK
        )
        eventually(lambda: read(scenario, leader) == {"east"}, "only east in sight", BACK)
        deferred(scenario)
    eventually(lambda: sees_both(scenario, leader), "both clusters in sight", BACK)
    assert scenario.status(leader)["started"] == pid
    assert scenario.wait_for_decision(away, leader, "defer")["reason"] == CLEANER_LATER
    assert scenario.deferred_until(away) == begin
    there = scenario.submit(f"{EVALUATION},residency=us", host=scenario.west)
    scenario.wait_for_decision(there, leader, "defer")


@contextmanager
def frozen(host: Host) -> Iterator[None]:
    """The controller of this host stands still meanwhile."""
    host.run(["pkill", "-STOP", "--exact", "slurmctld"])
    try:
        yield
    finally:
        host.run(["pkill", "-CONT", "--exact", "slurmctld"])


def read(scenario: Scenario, host: Host) -> set[str]:
    """The clusters that the last turn of this host's daemon read."""
    return {one["cluster"] for one in scenario.status(host)["clusters"] if one["read"]}


def sees_both(scenario: Scenario, host: Host) -> bool:
    """Whether the last turn of this host's daemon read both clusters."""
    return read(scenario, host) == {"east", "west"}


def recorded(scenario: Scenario, host: Host, job: int) -> list[str]:
    """What the ledger says was decided of a job, one action after the other."""
    (found,) = scenario.ask(host, "explain", job=job)["found"]
    return [one["decision"] for one in found["history"]]

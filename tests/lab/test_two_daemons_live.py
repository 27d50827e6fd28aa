"""Two daemons, one lead: who leads dies, or the link between them is cut."""

import time
from functools import partial

import pytest

from lab.host import Host
from slurm_energy.model.decision import Reason
from tests.lab.grid import CLEAN, DIRTY, Grid
from tests.lab.scenario import EVALUATION, SLURM, TURN, Scenario
from tests.lab.waiting import eventually, throughout

pytestmark = pytest.mark.lab

FAIL_OVER = 15.0
"""Seconds after a leader's death in which the other must lead."""
PARTED = 45.0
"""Seconds after a cut in which the database misses its client, and the other leads."""
RUNS = 20
"""With fewer ends in all the time limit is all there is to go by."""
LESSONS = 150.0
"""Seconds in which an end comes to the follower: the leader's harvest, then the follower's."""


def leading(scenario: Scenario) -> int:
    return sum(scenario.leads(host) for host in scenario.hosts)


def read(scenario: Scenario, host: Host) -> set[str]:
    """The clusters that the last turn of this host's daemon read."""
    return {one["cluster"] for one in scenario.status(host)["clusters"] if one["read"]}


def test_of_two_daemons_exactly_one_leads(scenario: Scenario) -> None:
    scenario.configure(DIRTY)
    scenario.start()
    leader = scenario.wait_for_lead()
    follower = scenario.other(leader)
    throughout(lambda: leading(scenario) == 1, "exactly one leads", 8)
    assert scenario.leads(leader)
    job = scenario.submit()
    scenario.wait_for_lease(follower)
    scenario.wait_for_turns(leader)
    told = [scenario.decision(job, host) or {} for host in (leader, follower)]
    for word in ("decision", "reason", "begin", "latest_start"):
        assert told[0][word] == told[1][word]


def test_when_the_leader_is_killed_in_mid_cycle_the_other_goes_on(scenario: Scenario) -> None:
    clean = scenario.configure(Grid(dirty=40))
    scenario.start()
    scenario.wait_for_lease()
    leader = scenario.wait_for_lead()
    follower = scenario.other(leader)
    before = scenario.submit()
    scenario.wait_for_decision(before, leader, "defer")
    meanwhile = scenario.submit()
    turn = scenario.status(leader)["cycles"]
    eventually(lambda: scenario.status(leader)["cycles"] > turn, "the next turn", TURN)
    killed = time.time()
    scenario.kill_for_good(leader)
    eventually(lambda: scenario.leads(follower), f"the lead of {follower.name}", FAIL_OVER)
    assert time.time() - killed < FAIL_OVER
    after = scenario.submit()
    for job in (before, meanwhile, after):
        row = scenario.wait_for_decision(job, follower, "defer")
        assert row["reason"] == Reason.CLEANER_LATER.value
    for job in (before, meanwhile, after):
        within = clean - time.time() + SLURM
        assert scenario.wait_for_start(job, within) >= clean


@pytest.mark.parametrize("name", ["east", "west"])
def test_parted_for_a_while_nobody_acts_wrongly_and_afterwards_one_leads(
    scenario: Scenario, name: str
) -> None:
    """East is where the database is: a leader there goes on, one on west must let go."""
    first = scenario.lab.host(name)
    scenario.configure(Grid(dirty=600))
    scenario.start(first)
    assert scenario.wait_for_lead() == first
    scenario.start(scenario.other(first))
    scenario.wait_for_lease()
    jobs = [scenario.submit(), scenario.submit(f"{EVALUATION},residency=us", host=scenario.west)]
    for job, host in zip(jobs, scenario.hosts, strict=True):
        scenario.wait_for_decision(job, first, "defer")
        eventually(partial(scenario.deferred_until, job, host), "its begin", SLURM)
    begins = [scenario.deferred_until(j, h) for j, h in zip(jobs, scenario.hosts, strict=True)]
    cut = time.time()
    scenario.lab.cut()
    eventually(lambda: not scenario.leads(scenario.west), "west to let go", PARTED)
    eventually(lambda: scenario.leads(scenario.east), "the lead of east", PARTED)
    assert time.time() - cut < PARTED
    throughout(lambda: not scenario.leads(scenario.west), "west follows", 5)
    eventually(lambda: "west" not in read(scenario, scenario.east), "west out of sight", PARTED)
    scenario.lab.mend()
    eventually(
        lambda: (
            leading(scenario) == 1
            and all(read(scenario, host) == {"east", "west"} for host in scenario.hosts)
        ),
        "one lead that sees both clusters",
        PARTED,
    )
    for job, host, begin in zip(jobs, scenario.hosts, begins, strict=True):
        row = scenario.wait_for_decision(job, scenario.wait_for_lead(), "defer")
        assert row["reason"] == Reason.CLEANER_LATER.value
        assert abs(scenario.deferred_until(job, host) - begin) <= 4


def test_who_takes_over_knows_how_long_jobs_run(scenario: Scenario) -> None:
    """A follower learns from the ledger, so no turn of a new leader is planned without a past."""
    scenario.configure(CLEAN)
    scenario.start()
    leader = scenario.wait_for_lead()
    follower = scenario.other(leader)
    name = f"course-of-{letters(int(time.time()))}"
    kind = f"--job-name={name}"
    ended = [scenario.submit(EVALUATION, kind, script="sleep 3") for _ in range(RUNS)]
    for job in ended:
        scenario.wait_for_start(job, 2 * SLURM)
    clean = max(scenario.write_grid(host, DIRTY) for host in scenario.hosts)
    scenario.wait_for_lease()
    job = scenario.submit(EVALUATION, kind)
    eventually(
        lambda: known_ends(scenario, follower, job, name) == RUNS, "the follower's lessons", LESSONS
    )
    scenario.kill_for_good(leader)
    eventually(lambda: scenario.leads(follower), f"the lead of {follower.name}", FAIL_OVER)
    assert known_ends(scenario, follower, job, name) == RUNS
    assert time.time() < clean


def letters(number: int) -> str:
    """A number as a word: a job's name counts without its numbers."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def known_ends(scenario: Scenario, host: Host, job: int, name: str) -> int:
    """On how many ended jobs of this name this daemon rests the job's run time."""
    found = scenario.ask(host, "explain", job=job)["found"]
    terms = found[0].get("terms", {}) if found else {}
    return int(terms["run_samples"]) if name in terms.get("run_from", "") else 0

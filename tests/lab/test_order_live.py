"""Order: what is urgent goes first, all else as Slurm itself would have it, and no age is lost."""

import time
from functools import partial

import pytest

from lab.host import Host
from tests.lab.grid import CLEAN, DIRTY, SPEED, Grid
from tests.lab.hands import (
    ON_EAST,
    UNTOUCHED,
    WHOLE,
    cancel,
    fill,
    show_seconds,
    slurm_conf,
    sprio,
    updates_received,
    wait_for_factor,
    wait_until_eligible,
    wait_until_it_stands_like,
)
from tests.lab.scenario import EVALUATION, SLURM, Scenario
from tests.lab.waiting import eventually, throughout

pytestmark = pytest.mark.lab

LATENCY_CRITICAL = "energy:class=latency-critical"
QUANTUM = 625
"""An eighth of the band: twelve hours of age at 10,000 points a day."""
WEIGHTY_AGE = "PriorityWeightAge=1000000"
RUN, MARGIN, RAMP = 60, 900 // SPEED, 4 * 3600 // SPEED
"""A job's time limit; what is kept free before a latest start; slack from which it is boosted."""
POINTS_PER_SECOND = 1_000_000 / 86_400
"""So many points a day, that a second of waiting shows."""


def queue_of_both(scenario: Scenario, tags: tuple[str, str]) -> list[tuple[str, int]]:
    """Both users queue one job with each tag, each of which needs the whole cluster."""
    return [
        (f"{user} {number}", scenario.submit(tag, *WHOLE, ON_EAST, user=user))
        for user in ("alice", "bob")
        for number, tag in enumerate(tags)
    ]


def starts(scenario: Scenario, jobs: list[tuple[str, int]]) -> list[str]:
    """The names of jobs in the order in which they started, once all have."""
    begun = {name: scenario.wait_for_start(job, 2 * SLURM) for name, job in jobs}
    return sorted(begun, key=lambda name: begun[name])


def used_by_bob(scenario: Scenario) -> None:
    """Bob's use of the cluster so far counts against him from now on."""
    waiting = [scenario.submit(UNTOUCHED, *WHOLE, ON_EAST, user=user) for user in ("alice", "bob")]

    def differ() -> bool:
        scenario.east.run(["scontrol", "--local", "reconfigure"])
        time.sleep(1)
        alice, bob = (sprio(scenario.east)[job] for job in waiting)
        return alice.fairshare > bob.fairshare

    eventually(differ, "a lower fair-share of bob", 70)
    for job in waiting:
        cancel(scenario, job)


def put_off(scenario: Scenario, job: int) -> bool:
    """Whether a job's begin time lies more than a minute ahead."""
    return scenario.deferred_until(job) > time.time() + 60


def test_starts_follow_sitefactor_and_fair_share_holds_among_equals(scenario: Scenario) -> None:
    scenario.configure(CLEAN)
    scenario.start()
    blocker = fill(scenario)
    used_by_bob(scenario)
    without_us = queue_of_both(scenario, (UNTOUCHED, UNTOUCHED))
    cancel(scenario, blocker)
    as_slurm_would = starts(scenario, without_us)
    assert as_slurm_would == ["alice 0", "alice 1", "bob 0", "bob 1"]

    blocker = fill(scenario)
    with_us = queue_of_both(scenario, (EVALUATION, LATENCY_CRITICAL))
    for name, job in with_us:
        if name.endswith("1"):
            wait_for_factor(scenario.east, job)
    factors = sprio(scenario.east)
    assert [factors[job].site > 0 for _, job in with_us] == [False, True, False, True]
    cancel(scenario, blocker)
    order = starts(scenario, with_us)
    assert order == [name for name, job in sorted(with_us, key=lambda n: -factors[n[1]].priority)]
    urgent = [name for name in order if name.endswith("1")]
    patient = [name for name in order if name.endswith("0")]
    assert urgent == ["alice 1", "bob 1"]
    assert patient == ["alice 0", "bob 0"]
    assert order.index("alice 1") < order.index("alice 0")
    assert order.index("bob 1") < order.index("bob 0")


def test_a_boost_appears_as_slack_shrinks_and_priority_is_never_set(scenario: Scenario) -> None:
    scenario.configure(CLEAN)
    scenario.start()
    leader = scenario.wait_for_lead()
    fill(scenario)
    probe = scenario.submit(EVALUATION, ON_EAST)
    scenario.wait_for_decision(probe, leader, "run")
    ample = scenario.submit(EVALUATION, *WHOLE, ON_EAST)
    urgent = scenario.submit(f"{LATENCY_CRITICAL}", *WHOLE, ON_EAST)
    wait = scenario.ask(leader, "explain", job=probe)["found"][0]["terms"]["usual_wait"]
    deadline = RUN + MARGIN + wait + RAMP + 8
    closing = scenario.submit(f"{EVALUATION},urgency=100,deadline=+{deadline}s", ON_EAST)
    first = wait_for_factor(scenario.east, urgent)
    assert first.site % QUANTUM == 0
    eventually(
        lambda: (row := scenario.decision(urgent, leader)) and row["site_factor"] == first.site,
        "it being read back",
        SLURM,
    )
    seen = [sprio(scenario.east)[closing].site]
    assert seen == [0], "its slack is ample at first"

    def boosted() -> bool:
        seen.append(sprio(scenario.east)[closing].site)
        return seen[-1] >= QUANTUM

    eventually(boosted, "a boost", 20 + RAMP)
    assert seen == sorted(seen)
    assert {points % QUANTUM for points in seen} == {0}
    factors = sprio(scenario.east)
    assert factors[ample].site == 0
    assert factors[urgent].site == first.site
    assert all(factors[job].is_sum for job in (ample, urgent, closing))


def deferred_and_control(scenario: Scenario, grid: Grid) -> tuple[int, int, Host]:
    """Two jobs submitted together on a full east: one is deferred, one is Slurm's alone."""
    scenario.configure(grid)
    scenario.start()
    leader = scenario.wait_for_lead()
    fill(scenario)
    scenario.wait_for_lease(scenario.east)
    deferred = scenario.submit(EVALUATION, ON_EAST)
    control = scenario.submit(UNTOUCHED, ON_EAST)
    scenario.wait_for_decision(deferred, leader, "defer")
    eventually(lambda: scenario.deferred_until(deferred), "its begin time", SLURM)
    return deferred, control, leader


def test_a_deferral_costs_no_age(scenario: Scenario) -> None:
    with slurm_conf(scenario.east, WEIGHTY_AGE):
        deferred, control, _ = deferred_and_control(scenario, Grid(dirty=40))
        begin = scenario.deferred_until(deferred)
        # Eligible then, or earlier where the crowd that it was to wait for has gone.
        wait_until_eligible(scenario.east, deferred, begin - time.time() + SLURM)
        wait_until_it_stands_like(scenario.east, deferred, control, POINTS_PER_SECOND)

        def ranked() -> bool:
            scenario.east.run(["scontrol", "--local", "reconfigure"])
            factors = sprio(scenario.east)
            return factors[control].age > 0 and (
                factors[deferred].priority >= factors[control].priority
            )

        eventually(ranked, "a priority no lower than the control's", 70)


def test_a_job_that_was_eligible_once_keeps_its_age_through_a_deferral(scenario: Scenario) -> None:
    with slurm_conf(scenario.east, WEIGHTY_AGE):
        scenario.configure(CLEAN)
        scenario.start()
        leader = scenario.wait_for_lead()
        fill(scenario)
        job = scenario.submit(EVALUATION, ON_EAST)
        control = scenario.submit(UNTOUCHED, ON_EAST)
        wait_until_eligible(scenario.east, job)
        for host in scenario.hosts:
            scenario.write_grid(host, Grid(dirty=16))
        scenario.wait_for_decision(job, leader, "defer")
        begin = eventually(lambda: scenario.deferred_until(job), "its begin time", SLURM)
        wait_until_eligible(scenario.east, job, begin - time.time() + SLURM)
        wait_until_it_stands_like(scenario.east, job, control, POINTS_PER_SECOND)


def test_a_released_deferral_has_its_age_at_once(scenario: Scenario) -> None:
    with slurm_conf(scenario.east, WEIGHTY_AGE):
        deferred, control, _ = deferred_and_control(scenario, DIRTY)
        assert show_seconds(scenario.east, deferred, "EligibleTime") > time.time() + 300
        for host in scenario.hosts:
            scenario.write_grid(host, CLEAN)
        wait_until_it_stands_like(scenario.east, deferred, control, POINTS_PER_SECOND)


def test_a_deferral_costs_no_age_even_if_the_daemons_die_meanwhile(scenario: Scenario) -> None:
    with slurm_conf(scenario.east, WEIGHTY_AGE):
        deferred, control, _ = deferred_and_control(scenario, Grid(dirty=24))
        scenario.kill_for_good(*scenario.hosts)
        begin = scenario.deferred_until(deferred)
        wait_until_eligible(scenario.east, deferred, begin - time.time() + SLURM)
        wait_until_it_stands_like(scenario.east, deferred, control, POINTS_PER_SECOND)


def test_a_site_that_forgets_no_age_needs_nothing_made_up(scenario: Scenario) -> None:
    with slurm_conf(scenario.east, WEIGHTY_AGE, "PriorityFlags=ACCRUE_ALWAYS"):
        deferred, control, _ = deferred_and_control(scenario, Grid(dirty=24))
        begin = scenario.deferred_until(deferred)
        wait_until_eligible(scenario.east, deferred, begin - time.time() + SLURM)
        assert sprio(scenario.east)[deferred].site == 0
        wait_until_it_stands_like(scenario.east, deferred, control, POINTS_PER_SECOND)


def test_nothing_is_sent_while_nothing_changes(scenario: Scenario) -> None:
    scenario.configure(DIRTY)
    scenario.start()
    leader = scenario.wait_for_lead()
    fill(scenario)
    scenario.wait_for_lease(scenario.east)
    deferred = [scenario.submit(EVALUATION, ON_EAST) for _ in range(3)]
    urgent = scenario.submit(LATENCY_CRITICAL, ON_EAST)
    for job in deferred:
        eventually(partial(put_off, scenario, job), "its begin time", SLURM)
    wait_for_factor(scenario.east, urgent)
    scenario.wait_for_turns(leader)
    before = {host.name: updates_received(host) for host in scenario.hosts}
    scenario.wait_for_turns(leader, 4)
    assert {host.name: updates_received(host) for host in scenario.hosts} == before
    throughout(lambda: not scenario.ran_on(deferred[0]), "it waits", 1)

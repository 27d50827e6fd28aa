"""Every kind of job: deferred where that is safe, else left alone, and the reason is shown."""

import re
import time
from collections.abc import Iterator
from functools import partial

import pytest

from lab.host import Host
from slurm_energy.model.decision import Reason
from tests.builders import some
from tests.lab.grid import CLEAN, DIRTY, Grid
from tests.lab.hands import (
    ON_EAST,
    cancel,
    fill,
    show,
    show_seconds,
    slurm_conf,
    sprio,
    updates_received,
    wait_for_factor,
    wait_until_eligible,
)
from tests.lab.scenario import EVALUATION, SLURM, Scenario
from tests.lab.waiting import eventually

pytestmark = pytest.mark.lab

RUN = 60
"""The time limit of a job here."""
PROMPT = 15.0
"""Seconds within which a command that waits for nobody returns."""


@pytest.fixture(scope="module")
def running(whole_scenario: Scenario) -> Scenario:
    """Both daemons run, once for all tests here; each finds an empty queue."""
    whole_scenario.reset()
    whole_scenario.configure(DIRTY)
    whole_scenario.start()
    return whole_scenario


@pytest.fixture
def scenario(running: Scenario) -> Iterator[Scenario]:
    """An empty queue."""
    yield running
    running.cancel_all()


def ready(scenario: Scenario, grid: Grid = DIRTY) -> Host:
    """This grid from now on, both hooks told; the host that leads."""
    for host in scenario.hosts:
        scenario.write_grid(host, grid)

    def told(host: Host) -> bool:
        table = scenario.table(host)
        return table is not None and bool(table.leases) == (grid.dirty > 0)

    for host in scenario.hosts:
        eventually(partial(told, host), f"the hook of {host.name} being told", SLURM)
    return scenario.wait_for_lead()


def wait_for_reason(scenario: Scenario, job: int, leader: Host, reason: Reason) -> None:
    """Wait until ``slurm-energy queue`` says this of the job."""

    def said() -> bool:
        row = scenario.decision(job, leader)
        return row is not None and row["reason"] == reason.value

    eventually(said, f"{reason.name} for job {job}", SLURM)


def left_alone(scenario: Scenario, job: int, leader: Host, reason: Reason) -> None:
    """The reason is shown, and over two turns no field changes and no update is sent."""
    wait_for_reason(scenario, job, leader, reason)
    before, sent = _lasting(scenario.east, job), updates_received(scenario.east)
    scenario.wait_for_turns(leader, 2)
    assert _lasting(scenario.east, job) == before
    assert updates_received(scenario.east) == sent


def _lasting(host: Host, job: int) -> dict[str, str]:
    """What only a person or we would change; backfill's guesses come and go."""
    fields = show(host, job)
    names = ("EligibleTime", "AdminComment", "Comment", "Nice", "Deadline")
    return {name: fields.get(name, "") for name in names}


def test_an_array_waits_as_one_and_all_its_tasks_run(scenario: Scenario) -> None:
    leader = ready(scenario)
    array = scenario.submit(EVALUATION, "--array=1-3")
    scenario.wait_for_decision(array, leader, "defer")
    scenario.wait_until_deferred(array)
    assert show(scenario.east, array)["ArrayTaskId"] == "1-3"
    ready(scenario, CLEAN)

    def runs(task: int) -> bool:
        argv = ["scontrol", "--local", "show", "job", f"{array}_{task}"]
        shown = scenario.east.run(argv, check=False).stdout
        return re.search(r"JobState=(RUNNING|COMPLET)", shown) is not None

    for task in (1, 2, 3):
        eventually(partial(runs, task), f"task {task} running on its own cluster", 2 * SLURM)


def test_a_deadline_at_the_end_of_a_chain_binds_its_beginning(scenario: Scenario) -> None:
    leader = ready(scenario)
    patient = scenario.submit(EVALUATION, ON_EAST)
    first = scenario.submit(EVALUATION, ON_EAST)
    deadline = time.time() + 170
    last = scenario.submit(f"{EVALUATION},deadline=+170s", ON_EAST, f"--dependency=afterok:{first}")
    wait_for_reason(scenario, patient, leader, Reason.CLEANER_LATER)
    eventually(lambda: scenario.ran_on(last), "the end of the chain", 2 * SLURM)
    eventually(lambda: (shown := scenario.job(last)) and shown.end, "its end", SLURM)
    assert time.time() < deadline
    assert not scenario.ran_on(patient)


def test_a_dependent_job_is_left_alone_until_it_is_free(scenario: Scenario) -> None:
    leader = ready(scenario)
    first = scenario.submit(EVALUATION, ON_EAST)
    last = scenario.submit(EVALUATION, ON_EAST, f"--dependency=afterok:{first}")
    left_alone(scenario, last, leader, Reason.DEPENDENT)


def test_a_begin_of_the_users_own_is_a_floor_that_nobody_lowers(scenario: Scenario) -> None:
    leader = ready(scenario)
    begin = int(time.time()) + 25
    job = scenario.submit(EVALUATION, f"--begin=uts{begin}")
    scenario.wait_for_decision(job, leader, "defer")
    eventually(lambda: scenario.deferred_until(job) > begin + 60, "a later begin", SLURM)
    ready(scenario, CLEAN)
    eventually(lambda: scenario.deferred_until(job) == begin, "its user's own begin", SLURM)
    wait_for_reason(scenario, job, leader, Reason.BEGIN_AHEAD)
    started = eventually(lambda: scenario.started(job), "its start", 40 + SLURM)
    assert started >= begin


def test_slurms_own_deadline_never_kills_a_job_of_ours(scenario: Scenario) -> None:
    ready(scenario, Grid(dirty=20))
    tight = scenario.submit(EVALUATION, "--deadline=now+90")
    loose = scenario.submit(EVALUATION, "--deadline=now+240", ON_EAST)
    eventually(lambda: scenario.deferred_until(loose), "a deferral within the deadline", SLURM)
    for job in (tight, loose):
        scenario.wait_for_start(job, 40 + SLURM)
    states = [scenario.job(job, scenario.ran_on(job)) for job in (tight, loose)]
    assert all(shown is not None and shown.state != "DEADLINE" for shown in states)


def test_a_held_job_is_left_alone_until_its_user_releases_it(scenario: Scenario) -> None:
    leader = ready(scenario)
    job = scenario.submit(EVALUATION, "--hold", ON_EAST)
    left_alone(scenario, job, leader, Reason.HELD)
    assert show(scenario.east, job)["Priority"] == "0"
    scenario.east.run(["scontrol", "release", str(job)], user="alice")
    eventually(
        lambda: scenario.ran_on(job) or some(scenario.decision(job, leader))["decision"] == "defer",
        "it being a job like others",
        SLURM,
    )


def test_a_requeued_job_without_fresh_slack_is_not_put_off_again(scenario: Scenario) -> None:
    leader = ready(scenario, CLEAN)
    job = scenario.submit(f"{EVALUATION},max_delay=10s", ON_EAST, script="sleep 600")
    eventually(lambda: scenario.ran_on(job), "its start", SLURM)
    ready(scenario, DIRTY)
    requeued = time.time()
    scenario.east.run(["scontrol", "requeue", str(job)])
    wait_for_reason(scenario, job, leader, Reason.DEADLINE_NEAR)
    scenario.wait_for_turns(leader, 2)
    slurms_own = show_seconds(scenario.east, job, "EligibleTime") - requeued
    assert 110 <= slurms_own <= 130, "Slurm's own delay after a requeue is not ours to change"


def test_a_requeued_job_with_slack_left_may_wait_again(scenario: Scenario) -> None:
    leader = ready(scenario, CLEAN)
    job = scenario.submit(EVALUATION, ON_EAST, script="sleep 600")
    eventually(lambda: scenario.ran_on(job), "its start", SLURM)
    ready(scenario, DIRTY)
    scenario.east.run(["scontrol", "requeue", str(job)])
    wait_for_reason(scenario, job, leader, Reason.CLEANER_LATER)
    eventually(lambda: scenario.deferred_until(job) > time.time() + 150, "a later begin", SLURM)


def test_a_priority_that_an_administrator_set_stands(scenario: Scenario) -> None:
    leader = ready(scenario, CLEAN)
    fill(scenario)
    job = scenario.submit("energy:class=latency-critical", ON_EAST)
    wait_for_factor(scenario.east, job)
    scenario.update(job, "priority=4242")
    left_alone(scenario, job, leader, Reason.PRIORITY_SET)
    assert show(scenario.east, job)["Priority"] == "4242"


def test_starttime_now_is_its_owners_last_word(scenario: Scenario) -> None:
    leader = ready(scenario)
    blocker = fill(scenario)
    waiting = scenario.submit(EVALUATION, ON_EAST)
    scenario.wait_until_deferred(waiting)
    assert scenario.update(waiting, "starttime=now", user="alice").returncode == 0
    wait_until_eligible(scenario.east, waiting)
    left_alone(scenario, waiting, leader, Reason.THEIRS)
    cancel(scenario, blocker)
    eventually(lambda: scenario.ran_on(waiting), "its start", SLURM)


def test_a_sitefactor_that_an_administrator_set_stands(scenario: Scenario) -> None:
    leader = ready(scenario, CLEAN)
    fill(scenario)
    job = scenario.submit("energy:class=latency-critical", ON_EAST)
    wait_for_factor(scenario.east, job)
    scenario.update(job, "sitefactor=77")
    left_alone(scenario, job, leader, Reason.THEIRS)
    assert sprio(scenario.east)[job].site == 77


def test_a_heterogeneous_job_is_left_as_it_is(scenario: Scenario) -> None:
    leader = ready(scenario)
    fill(scenario)
    argv = ["sbatch", "--parsable", "--output=/dev/null", "--time=1", f"--comment={EVALUATION}"]
    parts = [ON_EAST, "--ntasks=1", ":", "--ntasks=1"]
    done = scenario.east.run([*argv, *parts], user="alice", input="#!/bin/sh\nsleep 1\n")
    job = int(done.stdout.partition(";")[0])
    assert not scenario.deferred_until(job)
    left_alone(scenario, job, leader, Reason.HETEROGENEOUS)


@pytest.mark.parametrize("argv", [["srun"], ["salloc"]], ids=["srun", "salloc"])
def test_an_interactive_job_never_hangs_at_the_prompt(scenario: Scenario, argv: list[str]) -> None:
    ready(scenario)
    options = ["--quiet", "--time=1", "--gpus=1", f"--comment={EVALUATION}"]
    done = scenario.east.run([*argv, *options, "true"], user="alice", timeout=PROMPT, check=False)
    assert done.returncode == 0, done.stderr


def test_a_cron_job_is_left_as_it_is(scenario: Scenario) -> None:
    with slurm_conf(scenario.east, "ScronParameters=enable", restart=True):
        leader = ready(scenario)
        try:
            table = f"#SCRON --time=1 --comment={EVALUATION}\n0 0 1 1 * /bin/true\n"
            scenario.east.run(["scrontab", "-"], user="alice", input=table)
            queue = ["squeue", "--local", "--noheader", "--user=alice", "--format=%i"]
            job = int(eventually(lambda: scenario.east.run(queue).stdout.strip(), "it", SLURM))
            left_alone(scenario, job, leader, Reason.INTERACTIVE)
        finally:
            scenario.east.run(["scrontab", "-r"], user="alice")


def test_a_job_in_a_reservation_is_left_as_it_is(scenario: Scenario) -> None:
    leader = ready(scenario)
    create = ["reservationname=tomorrow", "users=alice", "nodes=east-gpu1"]
    times = ["starttime=now+1hour", "duration=10"]
    scenario.east.run(["scontrol", "--local", "create", "reservation", *create, *times])
    try:
        job = scenario.submit(EVALUATION, "--reservation=tomorrow", ON_EAST)
        left_alone(scenario, job, leader, Reason.RESERVED)
        cancel(scenario, job)
    finally:
        _delete_reservation(scenario, "tomorrow")


def test_a_maintenance_ahead_brings_the_start_forward(scenario: Scenario) -> None:
    maintenance = int(time.time()) + 110
    create = ["reservationname=maintenance", "flags=maint", "users=root", "nodes=ALL"]
    times = [f"starttime=uts{maintenance}", "duration=2"]
    scenario.east.run(["scontrol", "--local", "create", "reservation", *create, *times])
    try:
        scenario.start()
        leader = ready(scenario, Grid(dirty=100))
        job = scenario.submit(EVALUATION, ON_EAST)
        row = eventually(lambda: scenario.decision(job, leader), "its decision", SLURM)
        assert row["latest_start"] + RUN <= maintenance
        started = eventually(lambda: scenario.started(job), "its start", 110)
        assert started + RUN <= maintenance
    finally:
        scenario.cancel_all()
        _delete_reservation(scenario, "maintenance")


def _delete_reservation(scenario: Scenario, name: str) -> None:
    argv = ["scontrol", "--local", "delete", f"reservation={name}"]
    eventually(lambda: scenario.east.run(argv, check=False).returncode == 0, "its deletion", SLURM)


def test_a_job_without_any_bound_is_never_put_off(scenario: Scenario) -> None:
    leader = ready(scenario)
    fill(scenario)
    job = scenario.submit(EVALUATION, ON_EAST, "--time=0")
    assert not scenario.deferred_until(job)
    scenario.wait_for_turns(leader, 2)
    assert not scenario.deferred_until(job)

"""Room that others need: submit limits, the job table and rate limits bound what we do."""

import re
import time

import pytest

from slurm_energy.model.decision import Reason
from tests.lab.grid import CLEAN, DIRTY
from tests.lab.hands import ON_EAST, UNTOUCHED, WHOLE, fill, limit, slurm_conf, sprio
from tests.lab.scenario import DAEMON, EVALUATION, SETTINGS, SLURM, TURN, Scenario
from tests.lab.waiting import eventually, throughout

pytestmark = pytest.mark.lab

LATENCY_CRITICAL = "energy:class=latency-critical"
TRIED = re.compile(r"lead\): .*; (\d+) updates sent, .* (\d+) failed;")
"""What a leader's turn sent, and what it sent without hearing of it in time: Slurm lets a user wait
that is over his rate, and the reads of both daemons count too."""


def test_nothing_of_a_user_near_his_submit_limit_is_put_off(scenario: Scenario) -> None:
    with limit(scenario.east, "alice", "maxsubmitjobs", 5):
        scenario.configure(DIRTY)
        scenario.start()
        leader = scenario.wait_for_lead()
        fill(scenario)
        for _ in range(3):
            scenario.submit(UNTOUCHED, ON_EAST)
        scenario.wait_for_lease(scenario.east)
        near = scenario.submit(EVALUATION, ON_EAST)
        far = scenario.submit(EVALUATION, ON_EAST, user="bob")
        row = scenario.wait_for_decision(near, leader, "run")
        assert row["reason"] == Reason.LIMITS.value
        scenario.wait_for_decision(far, leader, "defer")
        eventually(lambda: not scenario.deferred_until(near), "the end of its lease", SLURM)
        scenario.wait_until_deferred(far)


def test_nothing_is_put_off_once_the_job_table_is_full_by_more_than_its_share(
    scenario: Scenario,
) -> None:
    # Without --all, squeue is silent on what the federation revoked here; slurmctld counts it.
    all_records = ["squeue", "--local", "--all", "--noheader", "--states=all", "--array"]

    def records() -> int:
        return len(scenario.east.run(all_records).stdout.splitlines())

    enough = records() + 6
    room = f"MaxJobCount={round(enough / 0.6)}"

    def crowded() -> bool:
        """Keep the table just too full, also while ended jobs leave it, until nothing is leased."""
        for _ in range(enough + 3 - records()):
            scenario.submit(UNTOUCHED, ON_EAST, "--hold", user="bob")
        table = scenario.table(scenario.east)
        return table is not None and not table.leases

    with slurm_conf(scenario.east, room, restart=True):
        scenario.configure(DIRTY)
        scenario.start()
        leader = scenario.wait_for_lead()
        scenario.wait_for_lease(scenario.east)
        early = scenario.submit(EVALUATION, ON_EAST)
        scenario.wait_for_decision(early, leader, "defer")
        eventually(crowded, "no lease any more", 3 * TURN)
        late = scenario.submit(EVALUATION, ON_EAST)
        assert not scenario.deferred_until(late)
        eventually(lambda: scenario.ran_on(late), "its start", SLURM)
        throughout(lambda: not scenario.ran_on(early), "what was put off stays so", 5)


def test_sixty_updates_a_turn_where_slurm_limits_rates(scenario: Scenario) -> None:
    jobs = 70
    scenario.configure(CLEAN)
    for host in scenario.hosts:
        # Slurm makes a user wait for most of the sixty; the default leaves time for that.
        host.write(SETTINGS, host.read(SETTINGS).replace('timeout = "5s"', 'timeout = "20s"'))
    fill(scenario)
    script = f"for i in $(seq {jobs}); do sbatch --quiet --parsable --output=/dev/null --time=1 "
    script += (
        f"{ON_EAST} {' '.join(WHOLE)} --comment={LATENCY_CRITICAL} /dev/stdin <<< '#!/bin/sh'; done"
    )
    scenario.east.run(["bash", "-c", script], user="alice")
    with slurm_conf(scenario.east, "SlurmctldParameters=rl_enable", restart=True):
        since = time.time()
        for host in scenario.hosts:
            host.systemctl("restart", DAEMON)

        def boosted() -> int:
            return sum(factors.site > 0 for factors in sprio(scenario.east).values())

        eventually(lambda: boosted() == jobs, "all of them first in the end", 120)
        leader = scenario.wait_for_lead()
        tried = [sum(map(int, found)) for found in TRIED.findall(scenario.log(leader, since))]
        assert max(tried) <= 60
        assert sum(tried) >= jobs

"""Which resource is short in a slot, and how much of it is wanted."""

from dataclasses import replace

import numpy as np
import pytest

from slurm_energy.decide.market.congestion import Congestion
from slurm_energy.decide.market.market import FIRST
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.planner import plan_cluster
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Node
from slurm_energy.model.policy import Policy
from tests.builders import (
    DEAR_THEN_CHEAP,
    HOUR,
    MINUTE,
    NOON,
    make_job,
    make_queue,
    make_running,
    make_subject,
)

POLICY = Policy(usual_wait=600, margin=900)


def planned(count: int, gpus: int, cpus: int, running: int = 0) -> Plan:
    """So many deferred jobs beside running ones, on 32 GPUs and 256 CPUs."""
    subjects = [
        make_subject(make_job(number, gpus=gpus, cpus=cpus)) for number in range(1, 1 + count)
    ]
    runs = [
        make_running(NOON - HOUR, job_id=900 + n, gpus=8, cpus=1, time_limit=30 * HOUR).job
        for n in range(running)
    ]
    nodes = tuple(Node(f"n{number}", 64, 512_000, 8, "h100") for number in range(4))
    queue = make_queue([*runs, *(one.job for one in subjects)], nodes=nodes)
    curves = {"east": dict.fromkeys(WorkloadClass, DEAR_THEN_CHEAP)}
    dear = Congestion(NOON, 900, np.full(193, 0.25))
    outlook = replace(FIRST, congestion=dear)
    return plan_cluster(queue, subjects, curves, POLICY, {}, NOON, outlook=outlook)


def wanted(told: str | None) -> tuple[float, float, str]:
    assert told is not None
    found, _, room, name = told.split(" ", 3)
    return float(found), float(room), name


def test_the_largest_share_names_the_resource_and_room_is_what_may_be_planned() -> None:
    plan = planned(count=3, gpus=2, cpus=80)
    begins = set(plan.begin.tolist())
    (slot,) = {(begin - NOON) // 900 for begin in begins}
    found, room, name = wanted(plan.pressure.at(NOON + slot * 900))
    assert (found, name) == (240, "CPUs")
    assert room == pytest.approx(256 * 0.95, abs=1)


def test_what_runs_takes_its_share_until_it_ends() -> None:
    plan = planned(count=1, gpus=4, cpus=1, running=2)
    found, room, name = wanted(plan.pressure.at(NOON))
    assert (found, room, name) == (16, 30.4, "GPUs")
    assert plan.pressure.at(NOON - HOUR) is None
    assert plan.pressure.at(NOON + 200 * HOUR) is None


def test_a_decision_tells_it_of_the_starts_that_congestion_makes_dearer() -> None:
    plan = planned(count=12, gpus=8, cpus=8)
    terms = plan.decision(0, 1).terms
    dear = {name for name in ("once", "start", "latest") if terms.get(f"congestion_at_{name}")}
    assert dear
    told = {name.removeprefix("short_at_") for name in terms if name.startswith("short_at_")}
    assert "start" in told <= dear
    for name in told:
        assert wanted(str(terms[f"short_at_{name}"]))[2] == "GPUs"


def test_nothing_is_told_where_nothing_is_dear() -> None:
    subject = make_subject()
    curves = {"east": dict.fromkeys(WorkloadClass, DEAR_THEN_CHEAP)}
    plan = plan_cluster(make_queue([subject.job]), [subject], curves, POLICY, {}, NOON + MINUTE)
    assert not [name for name in plan.decision(0, 1).terms if name.startswith("short_at_")]

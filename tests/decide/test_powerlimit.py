"""What does not fit under the contract now waits a slot, up to its latest start."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.gpus.boards import DEFAULT_MODEL
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.planner import plan_cluster
from slurm_energy.decide.power.powernow import PowerNow
from slurm_energy.decide.power.watts import machines
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.budget import Budgets
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.held import Held
from slurm_energy.model.job import Node
from slurm_energy.model.policy import Policy
from slurm_energy.model.power import PowerLimit
from tests.builders import (
    HOUR,
    MINUTE,
    NOON,
    make_annotation,
    make_contract,
    make_curve,
    make_job,
    make_queue,
    make_running,
    make_subject,
)

NODES = tuple(Node(f"east{n}", 64, 512_000, 8, "h100") for n in range(4))
BASE = 10_000.0
EACH = 8 * (0.45 * 700 - 84) + 8 * 3
"""W that an evaluation of 8 GPUs and 8 CPUs adds."""
SLOT = 15 * MINUTE
LATENCY = make_contract(WorkloadClass.LATENCY_CRITICAL, urgency=90, max_delay=0)


def evaluation(number: int, contract: Any = None, **changes: Any) -> Subject:
    return make_subject(make_job(number, gpus=8, cpus=8, **changes), make_annotation(contract))


def planned(
    subjects: Sequence[Subject],
    room: float,
    *,
    curves: Any = None,
    policy: Policy | None = None,
    running: int = 0,
    **queue: Any,
) -> Plan:
    """A plan where the contract leaves ``room`` W above idle."""
    runs = [make_running(job_id=900 + n, gpus=8, cpus=8).job for n in range(running)]
    found = make_queue(
        [*runs, *(one.job for one in subjects)],
        **{"nodes": NODES, "gpus_total": 32, "gpus_idle": 32 - 8 * running, **queue},
    )
    power = PowerNow(
        PowerLimit(contract=BASE + room, base=BASE), machines(found, DEFAULT_MODEL), 30
    )
    flat = {"east": dict.fromkeys(WorkloadClass, make_curve([0.0] * 96))}
    given = flat if curves is None else curves
    return plan_cluster(found, subjects, given, policy or Policy(), {}, NOON, power=power)


def reasons(plan: Plan) -> list[Reason]:
    return list(plan.reasons)


def test_what_fits_runs_and_the_rest_waits_a_slot() -> None:
    plan = planned([evaluation(number) for number in (1, 2, 3)], 2.5 * EACH)
    assert reasons(plan) == [Reason.CLEAN_NOW, Reason.CLEAN_NOW, Reason.POWER_LIMIT]
    assert plan.actions[2] is Action.DEFER
    assert NOON + SLOT <= plan.begin[2] < NOON + 2 * SLOT
    terms = plan.decision(2, 1).terms
    assert terms["power_limit"] == BASE + 2.5 * EACH
    assert terms["predicted_watts"] == round(EACH + 8 * 84)


def test_what_runs_has_its_watts_already() -> None:
    plan = planned([evaluation(1), evaluation(2)], 2.5 * EACH, running=1)
    assert reasons(plan) == [Reason.CLEAN_NOW, Reason.POWER_LIMIT]


def test_who_may_never_wait_comes_first() -> None:
    plan = planned([evaluation(1), evaluation(2, LATENCY)], 1.5 * EACH)
    assert reasons(plan) == [Reason.POWER_LIMIT, Reason.NEVER]


def test_who_must_start_soonest_is_asked_first() -> None:
    plan = planned([evaluation(1), evaluation(2, make_contract(max_delay=4 * HOUR))], 1.5 * EACH)
    assert reasons(plan) == [Reason.POWER_LIMIT, Reason.CLEAN_NOW]


def test_it_holds_without_a_signal_in_a_deep_queue_and_with_budgets_spent() -> None:
    subjects = [evaluation(1), evaluation(2)]
    blind = planned(subjects, 1.5 * EACH, curves={})
    busy = planned(subjects, 1.5 * EACH, policy=Policy(busy_hours=0.01))
    spent = planned(subjects, 1.5 * EACH, policy=Policy(budgets=Budgets(deferred_share=0.0)))
    for plan in (blind, busy, spent):
        assert plan.reasons[1] is Reason.POWER_LIMIT
        assert plan.begin[1] >= NOON + SLOT


def test_whoever_finds_no_gpu_is_not_barred() -> None:
    plan = planned([evaluation(1), evaluation(2)], 0.5 * EACH, running=4)
    assert Reason.POWER_LIMIT not in plan.reasons


def test_a_job_that_would_not_fit_alone_is_not_barred() -> None:
    assert reasons(planned([evaluation(1)], 0.5 * EACH)) == [Reason.CLEAN_NOW]


def test_an_array_counts_with_all_tasks_that_may_run_at_once() -> None:
    wide = evaluation(1, array_task_count=4)
    narrow = evaluation(1, array_task_count=4, array_most=1)
    assert reasons(planned([wide], 2.5 * EACH, running=1)) == [Reason.POWER_LIMIT]
    assert reasons(planned([narrow], 2.5 * EACH, running=1)) == [Reason.CLEAN_NOW]


@given(st.lists(st.integers(16, 600), min_size=1, max_size=4), st.floats(0, 5))
def test_never_past_the_latest_start_and_never_over_the_limit(
    minutes: list[int], jobs: float
) -> None:
    subjects = [
        evaluation(number, make_contract(max_delay=wait * MINUTE))
        for number, wait in enumerate(minutes, start=1)
    ]
    plan = planned(subjects, jobs * EACH)
    for row, bound in enumerate(plan.promises):
        assert plan.begin[row] <= (bound.latest_start or NOON)
    runs = sum(reason is Reason.CLEAN_NOW for reason in plan.reasons)
    assert runs <= jobs or jobs < 1
    assert np.all((plan.begin == 0) | (plan.begin > NOON))


def test_whoever_waits_for_a_better_hour_leaves_his_room_to_others() -> None:
    curves = dict.fromkeys(WorkloadClass, make_curve([0.0] * 8 + [-3.0] * 88))
    patient = [evaluation(number, make_contract(max_delay=4 * HOUR)) for number in (1, 2)]
    urgent = evaluation(3, make_contract(max_delay=HOUR))
    plan = planned([*patient, urgent], 1.5 * EACH, curves={"east": curves})
    assert reasons(plan) == [Reason.CLEANER_LATER, Reason.CLEANER_LATER, Reason.CLEAN_NOW]


def test_who_was_barred_stays_so_without_a_signal_until_there_is_room() -> None:
    held = Held(begin=NOON + SLOT)
    barred = make_subject(
        make_job(2, gpus=8, cpus=8, eligible_time=NOON + SLOT), make_annotation(), held
    )
    again = planned([barred], 1.5 * EACH, curves={}, running=1)
    assert reasons(again) == [Reason.POWER_LIMIT]
    assert again.begin[0] == NOON + SLOT
    free = planned([barred], 1.5 * EACH, running=0)
    assert (free.reasons[0], free.begin[0]) == (Reason.CLEAN_NOW, NOON)

"""A plan from kept columns is the plan from scratch, and a turn works out what changed alone."""

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given

from slurm_energy.decide.columns.given import Given
from slurm_energy.decide.market.market import FIRST, Outlook
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.planner import plan_cluster
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import JobState
from slurm_energy.model.policy import Policy
from tests.builders import (
    DEAR_THEN_CHEAP,
    HOUR,
    NOON,
    make_job,
    make_queue,
    make_subject,
    some,
)
from tests.decide.subjects import SUBJECTS

CURVES = {"east": dict.fromkeys(WorkloadClass, DEAR_THEN_CHEAP)}
QUEUES = st.lists(SUBJECTS, max_size=5, unique_by=lambda one: one.job.job_id)
WAITS = st.sampled_from([{}, {("gpu", 0): 30 * 60}])


def planned(
    subjects: list[Subject], outlook: Outlook = FIRST, now: int = NOON, **changes: object
) -> Plan:
    queue = make_queue([one.job for one in subjects], read_at=now)
    waits = dict(changes.pop("waits", {}))  # type: ignore[call-overload]
    pending = [one for one in subjects if one.job.state is JobState.PENDING]
    return plan_cluster(queue, pending, CURVES, Policy(), waits, now, outlook=outlook)


@given(st.lists(st.tuples(QUEUES, st.integers(0, 4), st.integers(0, 2 * HOUR), WAITS), max_size=4))
def test_a_plan_from_kept_columns_is_the_plan_from_scratch(
    turns: list[tuple[list[Subject], int, int, dict[tuple[str, int], int]]],
) -> None:
    """New jobs, some of the last turn's, other waits, and time that passes."""
    outlook, before, now = FIRST, list[Subject](), NOON
    for fresh, stay, passes, waits in turns:
        now += passes
        ids = {one.job.job_id for one in fresh}
        before = [one for one in before if one.job.job_id not in ids][:stay] + fresh
        plan = planned(before, outlook, now, waits=waits)
        scratch = planned(before, replace(outlook, given=Given()), now, waits=waits)
        assert [plan.decision(row, 1) for row in range(len(plan.subjects))] == [
            scratch.decision(row, 1) for row in range(len(plan.subjects))
        ]
        assert plan.points.tolist() == scratch.points.tolist()
        outlook = plan.outlook


def test_a_turn_works_out_the_rows_of_changed_jobs_alone() -> None:
    jobs = [make_subject(make_job(number)) for number in range(1, 101)]
    first = planned(jobs)
    assert some(first.outlook.given.ours).worked == 100
    again = planned(list(jobs), first.outlook, NOON + 30)
    assert some(again.outlook.given.ours).worked == 0
    jobs[7] = make_subject(make_job(8, gpus=4))
    gone, come = jobs[:50] + jobs[51:], make_subject(make_job(200))
    later = planned([*gone, come], again.outlook, NOON + 60)
    assert some(later.outlook.given.ours).worked == 2
    assert some(later.outlook.given.queue).worked == 2


def test_other_waits_change_what_is_promised_without_reading_jobs_again() -> None:
    jobs = [make_subject(make_job(number, deadline=NOON + 9 * HOUR)) for number in range(3)]
    first = planned(jobs)
    later = planned(jobs, first.outlook, NOON, waits={("gpu", 0): 3 * HOUR})
    assert some(later.outlook.given.ours).worked == 0
    assert (later.promises.latest < first.promises.latest).all()

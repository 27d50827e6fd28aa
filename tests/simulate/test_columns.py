"""How long a job may wait: what it was promised, what an oracle may use, what a policy may."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.model.contract import WorkloadClass
from slurm_energy.simulate.columns import NEVER_LATE, columns, patience, promised_slack, slack
from tests.simulate.small import HOUR, a_job

DAY = 24 * HOUR


def test_a_job_that_says_nothing_has_its_classs_longest_delay() -> None:
    assert slack(a_job(max_delay=None)) == DAY
    critical = a_job(max_delay=None, workload_class=WorkloadClass.LATENCY_CRITICAL)
    assert patience(critical) == 0


def test_nobody_promised_an_unmanaged_job_anything_and_nobody_delays_it() -> None:
    for job in (
        a_job(max_delay=None, workload_class=None),
        a_job(max_delay=0, workload_class=None),
    ):
        assert (patience(job), slack(job), promised_slack(job)) == (NEVER_LATE, 0, 0)


def test_a_deadline_bounds_the_oracle_by_the_run_and_a_policy_by_the_limit() -> None:
    job = replace(a_job(submit=100, max_delay=DAY), deadline=100 + 5 * HOUR, limit=3 * HOUR)
    assert slack(job) == 4 * HOUR
    assert promised_slack(job) == 2 * HOUR


def test_with_a_deadline_and_no_limit_nobody_can_promise_anything() -> None:
    assert promised_slack(replace(a_job(max_delay=DAY), deadline=DAY)) == 0


def test_a_deadline_that_cannot_be_met_leaves_no_slack_and_is_late_anyhow() -> None:
    job = replace(a_job(max_delay=DAY), deadline=HOUR - 1)
    assert (patience(job), slack(job)) == (-1, 0)


@given(
    run=st.integers(1, DAY),
    more=st.integers(0, DAY),
    max_delay=st.none() | st.integers(0, DAY),
    deadline=st.none() | st.integers(0, 3 * DAY),
)
def test_who_knows_only_the_limit_never_waits_longer_than_the_oracle_may(
    run: int, more: int, max_delay: int | None, deadline: int | None
) -> None:
    job = replace(a_job(run=run, max_delay=max_delay), limit=run + more, deadline=deadline)
    assert 0 <= promised_slack(job) <= slack(job)
    assert slack(job) <= max(0, patience(job))


def test_columns_keep_the_jobs_order() -> None:
    jobs = [a_job(submit=5), replace(a_job(submit=7, gpus=3), number=2)]
    found = columns(jobs)
    assert found.number.tolist() == [1, 2]
    assert found.units.tolist() == [1, 3]
    assert found.rows(found.number[::-1]).tolist() == [1, 0]

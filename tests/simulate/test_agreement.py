"""What was agreed for the jobs of a trace."""

from typing import Any

import pytest

from slurm_energy.decide.terms.tag import parse
from slurm_energy.model.contract import Annotation, WorkloadClass
from slurm_energy.model.job import JobState
from slurm_energy.simulate.agreement import TraceAgreement
from tests.builders import HOUR, MINUTE, make_job, some
from tests.simulate.plays import START, make_trace_job


def agreed(**changes: Any) -> Annotation | None:
    agreement = TraceAgreement([make_trace_job(7, **changes)])
    return agreement(make_job(4711, admin_comment="7"))


def test_a_job_may_wait_as_long_as_it_says() -> None:
    contract = some(agreed(max_delay=6 * HOUR)).contract
    assert contract.workload_class is WorkloadClass.EVALUATION
    assert (contract.max_delay, contract.urgency, contract.deadline) == (6 * HOUR, 20, None)


def test_a_class_brings_what_the_job_does_not_say() -> None:
    contract = some(agreed(workload_class=WorkloadClass.NEARLINE, max_delay=None)).contract
    assert (contract.max_delay, contract.urgency) == (30 * MINUTE, 60)


def test_a_class_that_is_never_put_off_is_not_whatever_the_job_says() -> None:
    contract = some(agreed(workload_class=WorkloadClass.LATENCY_CRITICAL)).contract
    assert contract.max_delay == 0


def test_deadline_submit_and_interruptible_are_the_jobs_own() -> None:
    annotation = some(agreed(after=60, deadline=START + 9 * HOUR, interruptible=True))
    assert annotation.submit == START + 60
    assert annotation.contract.deadline == START + 9 * HOUR
    assert annotation.contract.interruptible


@pytest.mark.parametrize("workload_class", [WorkloadClass.UNMANAGED, None])
def test_a_job_that_is_nobodys_has_no_annotation(workload_class: WorkloadClass | None) -> None:
    assert agreed(workload_class=workload_class) is None


def test_the_tag_is_one_that_its_user_could_have_written() -> None:
    tag = parse(some(agreed(max_delay=90 * MINUTE, interruptible=True)).tag)
    assert (tag.workload_class, tag.max_delay) == (WorkloadClass.EVALUATION, 90 * MINUTE)
    assert tag.interruptible


def test_an_interruptible_run_has_stated_its_checkpoint_since_its_start() -> None:
    agreement = TraceAgreement([make_trace_job(7, interruptible=True), make_trace_job(8)])
    run = make_job(7, admin_comment="7", state=JobState.RUNNING, start_time=START)
    annotation = some(agreement(run))
    assert annotation.checkpoint == START + 1
    assert agreement(run) is annotation
    assert some(agreement(make_job(7, admin_comment="7"))).checkpoint == 0
    fixed = make_job(8, admin_comment="8", state=JobState.RUNNING, start_time=START)
    assert some(agreement(fixed)).checkpoint == 0


def test_an_ended_jobs_contract_is_found_again() -> None:
    agreement = TraceAgreement([make_trace_job(7)])
    assert some(agreement.contract("7")).workload_class is WorkloadClass.EVALUATION
    assert agreement.contract("8") is None

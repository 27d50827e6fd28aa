"""The fake the cycle is tested with keeps the contract of the real clients."""

import pytest

from slurm_energy.model.decision import Fate, Update
from slurm_energy.model.job import JobKey, JobState
from tests.contract.cluster import HOUR, PeopledClusterContract
from tests.fakes import FakeCluster


class TestFakeCluster(PeopledClusterContract):
    @pytest.fixture
    def world(self) -> FakeCluster:
        return FakeCluster()


def test_a_refusal_carries_slurms_words_and_changes_nothing() -> None:
    cluster = FakeCluster()
    job_id = cluster.submit()
    cluster.refuse(job_id, "Access/permission denied")
    (outcome,) = cluster.apply([Update(JobKey("east", job_id, 0), site_factor=5)])
    assert (outcome.fate, outcome.detail) == (Fate.REFUSED, "Access/permission denied")
    assert cluster.job(job_id).site_factor == 0


def test_a_requeued_job_has_a_new_submit_time_and_waits_two_minutes() -> None:
    cluster = FakeCluster()
    job_id = cluster.submit()
    cluster.start(job_id)
    cluster.clock.time += HOUR
    cluster.requeue(job_id)
    job = cluster.job(job_id)
    assert (job.state, job.restarts, job.submit_time) == (JobState.PENDING, 1, cluster.now())
    assert job.eligible_time == cluster.now() + 120


def test_a_begin_time_sent_to_a_running_job_comes_back_at_requeue() -> None:
    cluster = FakeCluster()
    job_id = cluster.submit()
    cluster.start(job_id)
    cluster.late_begin(job_id, cluster.now() + HOUR)
    cluster.requeue(job_id)
    assert cluster.job(job_id).eligible_time == cluster.now() + HOUR

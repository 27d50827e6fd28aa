"""Who asks for run times, and as what."""

from collections.abc import Sequence

from slurm_energy.decide.durations.runtimes import History
from slurm_energy.decide.durations.shapes import Shapes
from slurm_energy.decide.planner import plan_cluster
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job
from tests.builders import (
    DEAR_THEN_CHEAP,
    NOON,
    make_contract,
    make_job,
    make_queue,
    make_running,
    make_subject,
)
from tests.decide.test_interrupt import ALLOWED

EVALUATION, TRAINING = WorkloadClass.EVALUATION, WorkloadClass.TRAINING


class Asked(History):
    """Run times that remember as what each job was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: dict[int, WorkloadClass] = {}

    def shapes(
        self, jobs: Sequence[Job], classes: Sequence[WorkloadClass], slot: int, slots: int
    ) -> Shapes:
        self.kinds |= {job.job_id: kind for job, kind in zip(jobs, classes, strict=True)}
        return super().shapes(jobs, classes, slot, slots)


def test_running_jobs_that_may_be_stopped_ask_as_what_they_are() -> None:
    pending = make_subject(make_job(1))
    running = make_running(job_id=2, contract=make_contract(TRAINING, interruptible=True))
    stranger = make_running(job_id=3).job
    asked = Asked()
    plan_cluster(
        make_queue([pending.job, running.job, stranger]),
        [pending],
        {"east": dict.fromkeys(WorkloadClass, DEAR_THEN_CHEAP)},
        ALLOWED,
        {},
        NOON,
        running=[running],
        run_times=asked,
    )
    assert asked.kinds[1] is EVALUATION
    assert asked.kinds[2] is TRAINING
    assert asked.kinds.get(3, WorkloadClass.UNMANAGED) is WorkloadClass.UNMANAGED

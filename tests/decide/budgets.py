"""A cluster's budgets over its turns, and jobs to put off under them."""

from dataclasses import dataclass, field
from typing import Any

from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.rules.spending import advance, charge, charged
from slurm_energy.model.budget import Budgets, Charge, Spent
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobKey
from tests.builders import (
    HOUR,
    NOON,
    make_annotation,
    make_contract,
    make_job,
    make_queue,
    make_subject,
)

EVALUATION, TRAINING = WorkloadClass.EVALUATION, WorkloadClass.TRAINING
RUN = HOUR
ROUNDING = 1e-6


def job_of(
    number: int = 100,
    workload_class: WorkloadClass = EVALUATION,
    begin: int | None = None,
    **job: Any,
) -> Subject:
    """A pending job of ours; ``begin``: the begin time that we gave it."""
    submit = job.setdefault("submit_time", NOON)
    annotation = make_annotation(make_contract(workload_class), submit=submit)
    shown = make_job(number, eligible_time=begin or submit, **job)
    return make_subject(shown, annotation, Held(begin=begin or submit))


@dataclass
class Cluster:
    """One cluster's budgets over its turns, planned by hand."""

    budgets: Budgets
    now: int = NOON
    spent: Spent = field(default_factory=Spent)

    def begin_turn(self, *subjects: Subject) -> None:
        queue = make_queue([subject.job for subject in subjects], read_at=self.now)
        self.spent = advance(self.spent, queue, subjects, self.budgets, RUN, self.now)

    def wish(self, subject: Subject, delay: int) -> tuple[JobKey, Charge]:
        return subject.key, charge(subject, self.now + delay, self.spent, RUN, self.now)

    def put_off(self, *wishes: tuple[JobKey, Charge], gpus_idle: int = 0) -> None:
        self.spent = charged(self.spent, dict(wishes), gpus_idle, self.budgets)

"""A source in reserve: asked as soon as the first does not answer or does not fit, and for good."""

from collections.abc import Callable, Sequence

import pytest

from slurm_energy.errors import SlurmError, SlurmMismatch, SlurmUnavailable
from slurm_energy.model.decision import Update
from slurm_energy.model.job import Job, JobKey
from slurm_energy.slurm.client import Load
from slurm_energy.slurm.pulse import Totals
from slurm_energy.slurm.reserve import Reserve
from tests.builders import NOON, make_job


class Told:
    """A source that names itself in all that it answers, and may fail from some moment on."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.fails: SlurmError | None = None
        self.asked: list[str] = []
        self.closed = 0

    def jobs(self) -> tuple[Job, ...]:
        self._ask("jobs")
        return (make_job(job_id=self.number),)

    def load(self) -> Load:
        self._ask("load")
        return Load(self.number, 0, Totals(0, 0, 0, 0, 0, 0))

    def update(self, updates: Sequence[Update]) -> Sequence[str]:
        self._ask("update")
        return [f"said by {self.number}" for _ in updates]

    def requeue(self, job_id: int) -> str:
        self._ask("requeue")
        return f"{job_id} by {self.number}"

    def close(self) -> None:
        self.closed += 1

    def _ask(self, question: str) -> None:
        self.asked.append(question)
        if self.fails is not None:
            raise self.fails


UPDATE = Update(JobKey("east", 100, NOON), NOON, 0)
QUESTIONS: list[Callable[[Reserve], object]] = [
    lambda source: [job.job_id for job in source.jobs()],
    lambda source: source.load().gpus_total,
    lambda source: source.update([UPDATE]),
    lambda source: source.requeue(100),
]
ANSWERS = [([1], [2]), (1, 2), (["said by 1"], ["said by 2"]), ("100 by 1", "100 by 2")]


@pytest.mark.parametrize(("question", "answers"), [*zip(QUESTIONS, ANSWERS, strict=True)])
@pytest.mark.parametrize("error", [SlurmUnavailable("no answer"), SlurmMismatch("not installed")])
def test_the_first_is_asked_until_it_fails_and_from_then_on_the_second(
    question: Callable[[Reserve], object], answers: tuple[object, object], error: SlurmError
) -> None:
    first, second = Told(1), Told(2)
    source = Reserve(first, second)
    assert question(source) == answers[0]
    assert second.asked == []
    first.fails = error
    assert question(source) == answers[1]
    first.fails = None
    assert question(source) == answers[1]
    assert (len(first.asked), first.closed) == (2, 1)


def test_where_neither_answers_the_second_says_why() -> None:
    first, second = Told(1), Told(2)
    first.fails, second.fails = SlurmMismatch("not installed"), SlurmUnavailable("slurmctld: gone")
    with pytest.raises(SlurmUnavailable, match="slurmctld: gone"):
        Reserve(first, second).jobs()


def test_both_are_closed() -> None:
    first, second = Told(1), Told(2)
    Reserve(first, second).close()
    assert (first.closed, second.closed) == (1, 1)

"""A job keeps its row while it and its class stay; all others are looked up as if for the first."""

from collections.abc import Sequence

import hypothesis.strategies as st
import numpy as np
from hypothesis import given
from numpy.typing import NDArray

from slurm_energy.decide.durations.remembered import Remembered
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job
from tests.builders import make_job

KINDS = (WorkloadClass.EVALUATION, WorkloadClass.TRAINING)
Asked = list[tuple[Job, WorkloadClass]]


class Book:
    """Rows by cluster, number and class; it counts whom it looked up."""

    def __init__(self) -> None:
        self.looked_up = 0

    def rows(self, jobs: Sequence[Job], classes: Sequence[WorkloadClass]) -> NDArray[np.int64]:
        self.looked_up += len(jobs)
        found = [
            100 * (job.cluster == "east") + 10 * job.cpus + KINDS.index(kind)
            for job, kind in zip(jobs, classes, strict=True)
        ]
        return np.array(found, dtype=np.int64)


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["come", "go", "change", "move", "class", "read again"]), st.integers(0, 9)
    ),
    max_size=6,
)


def edited(asked: Asked, edits: list[tuple[str, int]], cluster: str) -> Asked:
    """The queue after some came, went, moved, changed, or were read anew without a change."""
    found = list(asked)
    for what, number in edits:
        if what == "come" or not found:
            one = make_job(number, cpus=number + 1, cluster=cluster)
            found.insert(number % (len(found) + 1), (one, KINDS[number % 2]))
            continue
        at = number % len(found)
        job, kind = found.pop(at)
        if what == "move":
            found.append((job, kind))
        elif what == "class":
            found.insert(at, (job, KINDS[1 - KINDS.index(kind)]))
        elif what != "go":
            cpus = number + 11 if what == "change" else job.cpus
            found.insert(at, (make_job(job.job_id, cpus=cpus, cluster=cluster), kind))
    return found


@given(st.lists(st.tuples(EDITS, st.sampled_from(["east", "west"])), min_size=1, max_size=8))
def test_what_is_remembered_is_what_looking_everybody_up_would_give(
    turns: list[tuple[list[tuple[str, int]], str]],
) -> None:
    queues: dict[str, Asked] = {"east": [], "west": []}
    remembered, book = Remembered(), Book()
    for edits, cluster in turns:
        queues[cluster] = asked = edited(queues[cluster], edits, cluster)
        jobs, classes = [job for job, _ in asked], [kind for _, kind in asked]
        found = remembered.rows(jobs, classes, book.rows)
        assert found.tolist() == book.rows(jobs, classes).tolist()


def test_only_who_is_new_or_changed_is_looked_up() -> None:
    jobs, book, remembered = [make_job(number) for number in range(3000)], Book(), Remembered()
    kinds = [KINDS[0]] * len(jobs)
    remembered.rows(jobs, kinds, book.rows)
    remembered.rows(list(jobs), list(kinds), book.rows)
    assert book.looked_up == 3000
    jobs[1500] = make_job(1500, cpus=7)
    kinds[2] = KINDS[1]
    remembered.rows([*jobs[1:], make_job(5000)], [*kinds[1:], KINDS[0]], book.rows)
    assert book.looked_up == 3003

"""Which jobs of a queue are ours, each with what is known to hold in its fields."""

from collections.abc import Mapping

from slurm_energy.decide.roster import subject_of, unchanged
from slurm_energy.decide.rules.guard import Subject, stoppable
from slurm_energy.errors import InputError
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.held import Held
from slurm_energy.model.job import Job, JobKey, JobState, Queue
from slurm_energy.model.policy import Policy
from slurm_energy.ports import Annotator
from slurm_energy.turn import Turn

MOST_TOLD = 10
"""Jobs with a damaged annotation that are named in one turn; the others are counted."""

Memory = Mapping[JobKey, Held]


class Roll:
    """Our jobs of every cluster; those of the last turn are used again where nothing changed."""

    def __init__(self, annotate: Annotator, policy: Policy) -> None:
        self._annotate = annotate
        self._policy = policy
        self._kinds: dict[str, Mapping[int, WorkloadClass]] = {}
        self._known: dict[tuple[str, JobState], Mapping[int, Subject]] = {}

    def pending(self, queue: Queue, memory: Memory, turn: Turn) -> list[Subject]:
        """Our pending jobs."""
        return self._called(queue, memory, turn, JobState.PENDING)

    def stoppable(self, queue: Queue, memory: Memory, turn: Turn) -> list[Subject]:
        """Our running jobs that may be stopped at all; none is looked at where no class is."""
        if not any(kind.stop for kind in self._policy.classes.values()):
            return []
        running = self._called(queue, memory, turn, JobState.RUNNING)
        return [subject for subject in running if stoppable(subject, self._policy)]

    def kinds(self, queue: Queue) -> Mapping[int, WorkloadClass]:
        """Classes of our running jobs by id; what is wrong with an annotation is told elsewhere."""
        before = self._kinds.get(queue.cluster, {})
        self._kinds[queue.cluster] = found = {
            job.job_id: before.get(job.job_id) or self._kind(job)
            for job in queue.jobs
            if job.state is JobState.RUNNING
        }
        return found

    def _kind(self, job: Job) -> WorkloadClass:
        try:
            annotation = self._annotate(job)
        except InputError:
            annotation = None
        return WorkloadClass.UNMANAGED if annotation is None else annotation.contract.workload_class

    def _called(self, queue: Queue, memory: Memory, turn: Turn, state: JobState) -> list[Subject]:
        """Our jobs in this state; what is wrong with annotations is the turn's to tell."""
        subjects, damaged = [], []
        known = self._known.get((queue.cluster, state), {})
        for job in queue.jobs:
            if job.state is not state:
                continue
            last = known.get(job.job_id)
            if last is not None and last.job is job and unchanged(last, memory):
                subjects.append(last)
                continue
            try:
                annotation = self._annotate(job)
            except InputError as error:
                damaged.append(f"job {job.job_id}: {error}")
                continue
            if annotation is not None:
                subjects.append(subject_of(job, annotation, memory, turn.at, last))
        turn.problems += damaged[:MOST_TOLD]
        if len(damaged) > MOST_TOLD:
            turn.problems.append(f"{queue.cluster}: {len(damaged) - MOST_TOLD} more such jobs")
        self._known[queue.cluster, state] = {one.job.job_id: one for one in subjects}
        return subjects

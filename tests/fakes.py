"""A cluster in memory with Slurm's observable manners, held to the contract in tests/contract."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.model.decision import Fate, JobEnd, Outcome, Update
from slurm_energy.model.job import Health, Job, JobKey, JobState, Node, Partition, Queue
from slurm_energy.slurm.stop import over
from tests.builders import NOON, make_job

_REQUEUE_DELAY = 120


class FakeClock:
    """A clock that stands still until somebody moves it."""

    def __init__(self, now: int = NOON) -> None:
        self.time = now

    def now(self) -> int:
        return self.time

    def elapsed(self) -> float:
        return float(self.time)


class FakeCluster:
    """A QueueReader and an Actuator, and the hands of users, administrators and Slurm itself.

    Nothing starts by itself: a test says which job starts and ends. Jobs are given by
    :func:`tests.builders.make_job`'s arguments, so a test names only what it is about.
    """

    def __init__(self, cluster: str = "east", clock: FakeClock | None = None) -> None:
        self.cluster = cluster
        self.clock = clock or FakeClock()
        self.nodes = tuple(f"{cluster}{number}" for number in range(4))
        self.facts: dict[str, Any] = {}
        """Fields of the queue that a test wants otherwise."""
        self.received: list[Update] = []
        """Every update that reached a job, in order."""
        self._jobs: dict[int, Job] = {}
        self._ends: list[JobEnd] = []
        self._refusals: dict[int, str] = {}
        self._awaited: dict[int, int] = {}
        self.wishes: dict[int, int] = {}
        """Seconds that a job wants to be told before its end."""
        self.told: list[int] = []
        """Jobs that were told of their stop, each time."""
        self._silent = False
        self._next = 100

    # What we see and do: the ports.

    def read(self) -> Queue:
        """The queue as it is, or ``SlurmUnavailable`` while silent."""
        self._answer()
        jobs = tuple(self._jobs.values())
        busy = sum(job.gpus for job in jobs if job.state is JobState.RUNNING)
        gpus = len(self.nodes) * 8
        known: dict[str, Any] = {
            "jobs": jobs,
            "partitions": (Partition("gpu", frozenset(self.nodes), gpus),),
            "health": Health(1, 100, 80, 0),
            "gpus_total": gpus,
            "nodes": tuple(Node(name, 64, 512_000, 8, "h100") for name in self.nodes),
            "gpus_idle": max(gpus - busy, 0),
            "max_job_count": 10_000,
            "job_count": sum(max(job.array_task_count, 1) for job in jobs),
            "age_points_per_hour": 10.0,
        }
        return Queue(self.cluster, self.clock.now(), **(known | self.facts))

    def ended(self, since: int, until: int | None = None) -> tuple[JobEnd, ...]:
        """Ends at or after ``since``, and before ``until`` where it is given."""
        self._answer()
        last = self.clock.now() + 1 if until is None else until
        return tuple(end for end in self._ends if since <= (end.end or 0) < last)

    def apply(self, updates: Sequence[Update]) -> tuple[Outcome, ...]:
        """Change pending jobs and stop running ones; all else is left alone, as the clients do."""
        return tuple(self._apply(update) for update in updates)

    # What others do.

    def submit(
        self,
        *,
        job_id: int | None = None,
        begin: int = 0,
        blocked: bool = False,
        held: bool = False,
        tasks: int = 0,
        **changes: Any,
    ) -> int:
        """A job of alice: one hour, two GPUs, pending until the test starts it."""
        job_id = self._next if job_id is None else job_id
        self._next = max(self._next, job_id) + 1
        now = self.clock.now()
        known: dict[str, Any] = {
            "cluster": self.cluster,
            "submit_time": now,
            "eligible_time": max(begin, now),
            "gpus": 2,
            "held": held,
            "array_task_count": tasks,
            "reason": "Resources" if blocked else "BeginTime" if begin > now else "Priority",
        }
        self._jobs[job_id] = make_job(job_id, **(known | changes))
        return job_id

    def start(self, job_id: int) -> None:
        """Slurm starts it now, on the first node."""
        self.change(
            job_id,
            state=JobState.RUNNING,
            reason="None",
            start_time=self.clock.now(),
            nodelist=self.nodes[:1],
        )

    def finish(self, job_id: int, state: str = "COMPLETED") -> None:
        """It leaves the queue and enters accounting."""
        job = self._jobs.pop(job_id)
        self._ends.append(
            JobEnd(
                key=JobKey(self.cluster, job_id, job.submit_time),
                ran_on=self.cluster,
                name=job.name,
                user=job.user,
                account=job.account,
                partition=job.partition,
                state=state,
                eligible=job.eligible_time,
                start=job.start_time,
                end=self.clock.now(),
                time_limit=job.time_limit,
                gpus=job.gpus,
                cpus=job.cpus,
                nodes=job.nodes,
                admin_comment=job.admin_comment,
            )
        )

    def cancel(self, job_id: int) -> None:
        """Its owner cancels it."""
        self.finish(job_id, "CANCELLED")

    def vanish(self, job_id: int) -> None:
        """It is gone without a trace, as after a lost state file."""
        del self._jobs[job_id]

    def requeue(self, job_id: int) -> None:
        """It waits again: new submit time, begin in two minutes, or at the one sent meanwhile."""
        now = self.clock.now()
        begin = max(self._awaited.pop(job_id, 0), now + _REQUEUE_DELAY)
        job = self._jobs[job_id]
        self.change(
            job_id,
            state=JobState.PENDING,
            reason="BeginTime",
            submit_time=now,
            eligible_time=begin,
            restarts=job.restarts + 1,
            start_time=None,
            end_time=None,
            nodelist=(),
        )

    def late_begin(self, job_id: int, begin: int) -> None:
        """Somebody's ``starttime=`` reaches a running job: no error, no effect until requeue."""
        self._awaited[job_id] = begin

    def set_begin(self, job_id: int, begin: int) -> None:
        """A person's ``scontrol update starttime=``."""
        self.change(job_id, eligible_time=begin)

    def set_site_factor(self, job_id: int, points: int) -> None:
        """A person's ``scontrol update sitefactor=``."""
        self.change(job_id, site_factor=points)

    def set_priority(self, job_id: int, priority: int) -> None:
        """A person's ``scontrol update priority=``; 0 holds the job."""
        self.change(job_id, priority_set=priority > 0, held=priority == 0)

    def refuse(self, job_id: int, message: str) -> None:
        """From now on Slurm refuses to change it."""
        self._refusals[job_id] = message

    def change(self, job_id: int, **changes: Any) -> None:
        """Anything else that somebody changes."""
        self._jobs[job_id] = replace(self._jobs[job_id], **changes)

    def job(self, job_id: int) -> Job:
        """The job as the cluster has it."""
        return self._jobs[job_id]

    def now(self) -> int:
        """The cluster's time."""
        return self.clock.now()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """The controller gives no answer."""
        self._silent = True
        try:
            yield
        finally:
            self._silent = False

    def eventually(self, wanted: Callable[[], object]) -> None:
        """Here everything happens at once."""
        assert wanted()

    def _answer(self) -> None:
        if self._silent:
            raise SlurmUnavailable(f"slurmctld of {self.cluster} gave no answer in 20 s")

    def _apply(self, update: Update) -> Outcome:
        job = self._jobs.get(update.key.job_id)
        if self._silent:
            return Outcome(update, Fate.UNKNOWN, "not sent: no answer")
        if why := _gone(job, update):
            return Outcome(update, Fate.GONE, why)
        if update.key.job_id in self._refusals:
            return Outcome(update, Fate.REFUSED, self._refusals[update.key.job_id])
        self.received.append(update)
        if not update.stop:
            self._change(update)
        elif not self._waits(update):
            self.requeue(update.key.job_id)
            self._change(update)
        return Outcome(update, Fate.SENT)

    def _change(self, update: Update) -> None:
        if update.begin is not None:
            self.change(update.key.job_id, eligible_time=update.begin)
        if update.site_factor is not None:
            self.change(update.key.job_id, site_factor=update.site_factor)

    def _waits(self, update: Update) -> bool:
        """Tell a job of its stop if it asked for that; whether it still has time."""
        seconds = self.wishes.get(update.key.job_id)
        if seconds is None:
            return False
        if not update.warned:
            self.told.append(update.key.job_id)
            return True
        return self.clock.now() < update.warned + seconds


def _gone(job: Job | None, update: Update) -> str:
    """Why this job may not be changed; empty when it may."""
    if update.stop:
        return over(job, update)
    return "" if job is not None and job.state is JobState.PENDING else "no longer pending"

"""One cluster behind the ports: a :class:`Client` reads and changes it through a :class:`Source`.

Two sources exist: pyslurm in a process of its own, and Slurm's commands. Everything that both
share is here, once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from slurm_energy.errors import SlurmError, SlurmUnavailable
from slurm_energy.model.decision import Fate, JobEnd, Outcome, Update
from slurm_energy.model.job import Job, JobState, Node, Queue
from slurm_energy.ports import Clock
from slurm_energy.slurm import accounting, stop
from slurm_energy.slurm.commands import Commands
from slurm_energy.slurm.facts import Facts
from slurm_energy.slurm.fates import fate
from slurm_energy.slurm.pulse import Pulse, Totals
from slurm_energy.slurm.siteconfig import SlurmConfig

_AT_ONCE = 30
"""Updates in one call: where slurmctld admits two a second, it still ends within its limit."""


@dataclass(frozen=True, slots=True)
class Load:
    """How busy a cluster is now."""

    gpus_total: int
    gpus_idle: int
    totals: Totals
    nodes: tuple[Node, ...] = ()


class Source(Protocol):
    """A way to slurmctld. Everything raises ``SlurmUnavailable`` when it does not answer."""

    def jobs(self) -> tuple[Job, ...]:
        """Every record of this cluster's own slurmctld."""

    def load(self) -> Load:
        """The nodes, GPUs of the usable ones, and the controller's counters."""

    def update(self, updates: Sequence[Update]) -> Sequence[str]:
        """Send them; for each, Slurm's complaint, or empty where it had none."""

    def requeue(self, job_id: int) -> str:
        """Send a running job back to the queue; Slurm's complaint, or empty."""

    def close(self) -> None:
        """Give back what is held. May be called twice."""


class Client:
    """A :class:`~slurm_energy.ports.QueueReader` and Actuator of one cluster."""

    def __init__(
        self, cluster: str, source: Source, commands: Commands, facts: Facts, clock: Clock
    ) -> None:
        self.cluster = cluster
        self._source = source
        self.commands = commands
        self._facts = facts
        self._clock = clock
        self._pulse = Pulse()
        self._shown: dict[int, Job] = {}
        self._types: Mapping[str, str] = {}

    def read(self) -> Queue:
        """The whole queue now.

        Raises :class:`~slurm_energy.errors.SlurmUnavailable`, and ``SlurmMismatch`` where pyslurm
        does not fit.
        """
        config = self.config()
        jobs = self._source.jobs()
        self._shown = {job.job_id: job for job in jobs if job.state is JobState.PENDING}
        load = self._source.load()
        self._types = {node.name: node.gpu_type for node in load.nodes if node.gpus}
        return Queue(
            cluster=self.cluster,
            read_at=self._clock.now(),
            jobs=jobs,
            partitions=self._facts.partitions(),
            reservations=self._facts.reservations(),
            health=self._pulse.health(load.totals),
            gpus_total=load.gpus_total,
            gpus_idle=load.gpus_idle,
            max_job_count=config.max_job_count,
            job_count=_records(jobs),
            rate_limited=config.rate_limited,
            age_points_per_hour=config.age_points_per_hour,
            forgets_age=config.forgets_age,
            age_points_most=config.priority_weight_age if config.multifactor else None,
            submit_limits=self._facts.submit_limits(),
            nodes=load.nodes,
        )

    def config(self) -> SlurmConfig:
        """The cluster's settings, at most some minutes old. Raises ``SlurmUnavailable``."""
        config = self._facts.config()
        if config.cluster != self.cluster:
            raise SlurmUnavailable(
                f"the slurm.conf given for cluster {self.cluster!r} is that of "
                f"{config.cluster!r}; set its conf to the right file"
            )
        return config

    def ended(self, since: int, until: int | None = None) -> Sequence[JobEnd]:
        """Jobs that ended at or after ``since``, and before ``until`` where it is given.

        A GPU type that accounting does not name is that of the nodes, as the last read showed
        them. Raises ``SlurmUnavailable``.
        """
        origins = self._facts.origins()
        return accounting.ended(self.commands, self.cluster, since, origins, until, self._types)

    def apply(self, updates: Sequence[Update]) -> Sequence[Outcome]:
        """One outcome per update, in order. It was decided on what the last read showed.

        A job that is no longer pending, or whose begin time or SiteFactor somebody changed since,
        is not touched; one to be stopped must still be in the run that was decided on. SENT means
        only that Slurm did not complain: the next read tells what holds. Once Slurm gives no
        answer, what is left is not sent.
        """
        try:
            found = {job.job_id: job for job in self._source.jobs()}
        except SlurmError as error:
            return tuple(Outcome(update, Fate.UNKNOWN, f"not sent: {error}") for update in updates)
        gone = [self._gone(update, found.get(update.key.job_id)) for update in updates]
        pairs = list(zip(updates, gone, strict=True))
        wanted = [update for update, why in pairs if not why]
        sent = self._send([update for update in wanted if not update.stop])
        stopped = self._stop([update for update in wanted if update.stop])
        return tuple(
            Outcome(update, Fate.GONE, why) if why else next(stopped if update.stop else sent)
            for update, why in pairs
        )

    def close(self) -> None:
        """Give back what is held; the next call takes it again."""
        self._source.close()

    def _gone(self, update: Update, job: Job | None) -> str:
        """Why this job may not be changed now; empty when it may."""
        if update.stop:
            return stop.over(job, update)
        if job is None or job.state is not JobState.PENDING:
            return "no longer pending"
        shown = self._shown.pop(job.job_id, job)
        factors = {shown.site_factor, job.site_factor} - {None}
        if shown.eligible_time != job.eligible_time or len(factors) > 1:
            return "changed by somebody since it was read"
        return ""

    def _stop(self, updates: Sequence[Update]) -> Iterator[Outcome]:
        """What came of the next step of each stop."""
        rest = iter(updates)
        for update in rest:
            try:
                yield stop.step(update, self._source, self.commands, self._clock.now())
            except SlurmError as error:
                yield Outcome(update, Fate.UNKNOWN, str(error))
                yield from (Outcome(update, Fate.UNKNOWN, f"not sent: {error}") for update in rest)

    def _send(self, updates: Sequence[Update]) -> Iterator[Outcome]:
        rest = iter(updates)
        while chunk := tuple(islice(rest, _AT_ONCE)):
            try:
                complaints = self._source.update(chunk)
            except SlurmError as error:
                yield from (Outcome(update, Fate.UNKNOWN, str(error)) for update in chunk)
                yield from (Outcome(update, Fate.UNKNOWN, f"not sent: {error}") for update in rest)
                return
            for update, complaint in zip(chunk, complaints, strict=True):
                yield Outcome(update, fate(complaint), complaint)


def _records(jobs: Sequence[Job]) -> int:
    """Records as MaxJobCount counts them: each task of an array is one."""
    return sum(max(job.array_task_count, 1) for job in jobs)

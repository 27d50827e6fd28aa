"""What we may see and do of a simulated cluster: the same ports as a real one's."""

from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter

from slurm_energy.model.decision import Fate, JobEnd, Outcome, Update
from slurm_energy.model.job import Health, Partition, Queue
from slurm_energy.simulate.cluster.controller import REQUEUE_DELAY, Controller

MAX_JOB_COUNT = 1_000_000
"""A job table that no trace fills."""


class Door:
    """Implements :class:`~slurm_energy.ports.QueueReader` and ``Actuator`` for one cluster."""

    def __init__(self, controller: Controller, partitions: Sequence[str]) -> None:
        self.cluster = controller.cluster
        self._controller = controller
        machines = controller.machines
        nodes = frozenset(machines.names)
        self._partitions = tuple(Partition(name, nodes, machines.gpus) for name in partitions)

    def read(self) -> Queue:
        """The whole queue now; a job that did not change is the same object as before."""
        controller = self._controller
        return Queue(
            cluster=self.cluster,
            read_at=controller.now,
            jobs=controller.table.jobs(),
            partitions=self._partitions,
            health=Health(server_threads=1),
            gpus_total=controller.machines.gpus,
            gpus_idle=controller.machines.room.idle_gpus,
            max_job_count=MAX_JOB_COUNT,
            job_count=controller.table.job_count,
            age_points_per_hour=controller.around.queueing.age_points_per_hour,
            nodes=controller.machines.nodes,
        )

    def ended(self, since: int) -> Sequence[JobEnd]:
        """Jobs that ended at or after ``since``."""
        ends = self._controller.ends
        return ends[bisect_left(ends, since, key=attrgetter("end")) :]

    def apply(self, updates: Sequence[Update]) -> Sequence[Outcome]:
        """Stop running jobs, change pending ones; whatever else is gone."""
        return [self._apply(update) for update in updates]

    def _apply(self, update: Update) -> Outcome:
        controller, diary = self._controller, self._controller.around.diary
        record = controller.table.get(update.key.job_id)
        if update.stop:
            if record is None or not record.running:
                return Outcome(update, Fate.GONE, "no longer running")
            if record.job.start_time != update.run_start:
                return Outcome(update, Fate.GONE, "another run since it was read")
            begin = controller.now + REQUEUE_DELAY if update.begin is None else update.begin
            controller.requeue(record, begin, saved=True)
            diary.stops += 1
            if update.site_factor is not None:
                controller.change(record, None, update.site_factor)
        elif record is None or not record.pending:
            return Outcome(update, Fate.GONE, "no longer pending")
        else:
            controller.change(record, update.begin, update.site_factor)
            controller.peers.changed(controller, record, update)
        diary.updates += 1
        return Outcome(update, Fate.SENT)

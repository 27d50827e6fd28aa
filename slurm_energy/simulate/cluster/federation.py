"""Two clusters that offer a job to both: whichever starts it first has it."""

from collections.abc import Sequence
from dataclasses import replace

from slurm_energy.model.decision import Update
from slurm_energy.model.job import JobState
from slurm_energy.simulate.cluster.controller import Controller
from slurm_energy.simulate.cluster.records import Record
from slurm_energy.simulate.trace import TraceJob


class Federation:
    """The clusters, the origin of every job first. Implements ``Peers`` for each of them."""

    def __init__(self, clusters: Sequence[Controller]) -> None:
        self._clusters = clusters
        self._names = tuple(cluster.cluster for cluster in clusters)

    def submit(self, job: TraceJob) -> None:
        """A job comes to the primary; one that may move has a sibling elsewhere.

        Arrays stay where they were submitted, as in Slurm.
        """
        siblings = self._names if job.movable and job.tasks == 1 else ()
        for cluster in self._clusters if siblings else self._clusters[:1]:
            cluster.admit(job, siblings)

    def started(self, here: Controller, record: Record) -> None:
        """The others' records are revoked: the origin keeps its own, out of the queue."""
        here.table.show(record, replace(record.job, siblings=(here.cluster,)))
        for cluster, other in self._others(here, record):
            if other.job.origin == cluster.cluster:
                cluster.table.leave(other)
                looks = replace(
                    other.job, state=JobState.OTHER, reason="Revoked", siblings=(here.cluster,)
                )
                cluster.table.show(other, looks)
            else:
                cluster.table.drop(other)

    def ended(self, here: Controller, record: Record) -> None:
        """Nobody keeps a record of it."""
        for cluster, other in self._others(here, record):
            cluster.table.drop(other)

    def requeued(self, here: Controller, record: Record) -> None:
        """What has a checkpoint stays where that is; anything else is offered to all again."""
        if record.trace.interruptible and record.left != record.trace.run:
            return
        here.table.show(record, replace(record.job, siblings=self._names))
        for cluster in self._clusters:
            if cluster is here:
                continue
            if cluster.table.get(record.number) is None:
                cluster.admit(record.trace, self._names)
            other = cluster.table[record.number]
            cluster.table.show(other, replace(record.job, cluster=cluster.cluster))
            cluster.queue(other)

    def changed(self, here: Controller, record: Record, update: Update) -> None:
        """The origin's fields hold for its siblings."""
        if record.job.origin != here.cluster:
            return
        for cluster, other in self._others(here, record):
            if other.pending:
                cluster.change(other, update.begin, update.site_factor)

    def _others(self, here: Controller, record: Record) -> list[tuple[Controller, Record]]:
        """The other clusters' records of the same job."""
        found = []
        for cluster in self._clusters:
            other = None if cluster is here else cluster.table.get(record.number)
            if other is not None and other.trace is record.trace:
                found.append((cluster, other))
        return found

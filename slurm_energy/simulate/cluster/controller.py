"""One simulated slurmctld: how jobs come, wait, start, end and come back.

Read :meth:`Controller.schedule` first. Limits plan here, they kill nobody.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slurm_energy.model.job import JobState
from slurm_energy.simulate.cluster.backfill import Plan, Wish, easy, first_fit
from slurm_energy.simulate.cluster.calendar import Conservative
from slurm_energy.simulate.cluster.machines import Machines
from slurm_energy.simulate.cluster.order import QueueOrder
from slurm_energy.simulate.cluster.peers import Alone, Peers
from slurm_energy.simulate.cluster.records import Record, ended, requeued, submitted
from slurm_energy.simulate.cluster.room import Place
from slurm_energy.simulate.cluster.surroundings import Surroundings
from slurm_energy.simulate.cluster.table import JobTable
from slurm_energy.simulate.scene import Backfill
from slurm_energy.simulate.trace import TraceJob

if TYPE_CHECKING:
    from slurm_energy.model.decision import JobEnd

REQUEUE_DELAY = 120
"""Slurm's begin time at a requeue, in seconds from then."""


class Controller:
    """One cluster's jobs on its machines."""

    def __init__(
        self, cluster: str, site: int, machines: Machines, surroundings: Surroundings
    ) -> None:
        self.cluster = cluster
        self.machines = machines
        self.around = surroundings
        self.peers: Peers = Alone()
        self.table = JobTable(QueueOrder(surroundings.queueing.age_points_per_hour))
        self.ends: list[JobEnd] = []
        """How jobs ended, and pieces of those that came back, in order."""
        self.stirred = False
        """A job came, ended or came back since somebody looked."""
        self._site = site
        self._changed = False
        self._backfill = _backfill(surroundings.queueing.backfill)

    @property
    def now(self) -> int:
        """Seconds since the epoch."""
        return self.around.clock.now()

    def admit(self, trace: TraceJob, siblings: tuple[str, ...] = ()) -> None:
        """A job is submitted, here or as a sibling of its origin's."""
        limit = self.limit(trace)
        wish = Wish(trace.number, self.machines.need(trace), limit, trace.tasks)
        job = submitted(trace, self.cluster, self.now, siblings)
        record = Record(trace, job, wish, order=trace.number, left=trace.run)
        self.table.add(record)
        self.queue(record)
        self.stirred = True

    def limit(self, trace: TraceJob) -> int:
        """The time limit that backfill plans with, in seconds."""
        return self.around.queueing.usual_limit if trace.limit is None else trace.limit

    def queue(self, record: Record) -> None:
        """Let a pending record wait where it belongs now."""
        if self.table.wait(record, self.now):
            self._changed = True
        else:
            begin = record.job.eligible_time or 0
            self.around.events.at(begin, self._become_eligible, record.number, begin)

    def schedule(self) -> None:
        """Start whatever may start now, if anything changed since the last time."""
        if not self._changed:
            return
        self._changed = False
        table, room, now = self.table, self.machines.room, self.now
        if room.full or not len(table.line):
            return
        queue = [table[number].wish for number in table.line]
        self._backfill(now, queue, room, table.running.busy(now), self.start)

    def look_again(self) -> None:
        """Something changed that the queue does not show."""
        self._changed = True

    def start(self, number: int, place: Place) -> int:
        """Run one task of a pending job at this place, from now or once its nodes are up.

        Tells when it will have ended by its limit.
        """
        record = self.table[number]
        if record.wish.tasks > 1:
            record = self._split(record)
        self.table.leave(record)
        begin = self.machines.occupy(record.need, place, self.now)
        record.place, record.started = place, begin
        record.stamp += 1
        limit = record.trace.limit
        self._show(
            record,
            state=JobState.RUNNING,
            reason="None",
            start_time=begin,
            end_time=None if limit is None else begin + limit,
            nodelist=tuple([self.machines.names[node] for node in place]),
            array_task_count=0,
        )
        self.table.running.add(record)
        self.around.events.at(begin + record.left, self._end, record.number, record.stamp)
        if record.job.siblings:
            self.peers.started(self, record)
        return record.assumed

    def requeue(self, record: Record, begin: int, *, saved: bool) -> None:
        """A running job waits again from ``begin`` on.

        ``saved``: it was told, so an interruptible one resumes from here. Otherwise it goes on
        from where it was stopped last, or from its start.
        """
        worked = max(0, self.now - record.started)
        if worked:
            self.ends.append(ended(record, self.now, "REQUEUED" if saved else "NODE_FAIL"))
        self._vacate(record)
        record.stamp += 1
        if saved and record.trace.interruptible and worked:
            record.left += self.around.interruption_cost - worked
        siblings = record.job.siblings
        self.table.show(record, requeued(record.job, self.now, max(begin, self.now), siblings))
        self.queue(record)
        self.stirred = True
        if siblings:
            self.peers.requeued(self, record)

    def change(self, record: Record, begin: int | None, site_factor: int | None) -> None:
        """Other fields for a pending job. A begin time that is past becomes now."""
        changes: dict[str, Any] = {}
        if begin is not None:
            changes["eligible_time"] = max(begin, self.now)
            changes["reason"] = "BeginTime" if begin > self.now else "Priority"
        if site_factor is not None:
            changes["site_factor"] = site_factor
        self._show(record, **changes)
        self.queue(record)

    def finish(self, record: Record, state: str) -> None:
        """A job leaves the table and enters accounting; whatever runs of it is over."""
        if record.running:
            self._vacate(record)
        self.ends.append(ended(record, self.now, state))
        self.table.drop(record)
        self.stirred = True
        if record.job.siblings:
            self.peers.ended(self, record)

    def _show(self, record: Record, **changes: Any) -> None:
        self.table.show(record, replace(record.job, **changes))

    def _split(self, array: Record) -> Record:
        """The task of a waiting array that starts next, as a record of its own."""
        number, waiting = next(self.around.ids), array.wish.tasks - 1
        task = Record(
            array.trace,
            replace(array.job, job_id=number, array_task_count=0),
            array.wish._replace(job_id=number, tasks=1),
            array.order,
            array.left,
            array.task,
        )
        self.table.shrink(array, waiting)
        self.table.add(task)
        return task

    def _vacate(self, record: Record) -> None:
        """A run is over: note it, and free its place."""
        now, trace = self.now, record.trace
        self.around.diary.piece(
            trace.number, record.task, record.started, now, self._site, trace.gpus
        )
        self.table.running.remove(record)
        self.machines.vacate(record.need, record.place, now)
        record.place = ()
        self._changed = True

    def _end(self, number: int, stamp: int) -> None:
        record = self.table.get(number)
        if record is not None and record.running and record.stamp == stamp:
            self.finish(record, "COMPLETED")

    def _become_eligible(self, number: int, begin: int) -> None:
        record = self.table.get(number)
        if record is None or not record.pending or record.job.eligible_time != begin:
            return
        if record.job.reason == "BeginTime":
            self._show(record, reason="Priority")
            self.queue(record)


def _backfill(kind: Backfill) -> Plan:
    """How jobs overtake; conservative backfill remembers what it promised."""
    if kind is Backfill.CONSERVATIVE:
        return Conservative().plan
    return easy if kind is Backfill.EASY else first_fit

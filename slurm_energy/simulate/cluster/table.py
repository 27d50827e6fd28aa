"""The job table: every record, who stands in the queue, who waits for a begin time, who runs."""

from dataclasses import replace

from slurm_energy.model.job import Job
from slurm_energy.simulate.cluster.order import QueueOrder
from slurm_energy.simulate.cluster.records import Record
from slurm_energy.simulate.cluster.running import Running


class JobTable:
    """Records by id, in the order in which they came."""

    def __init__(self, order: QueueOrder) -> None:
        self.line = order
        self.running = Running()
        self.job_count = 0
        self._records: dict[int, Record] = {}
        self._shown: tuple[Job, ...] | None = None

    def get(self, number: int) -> Record | None:
        """The record of this id."""
        return self._records.get(number)

    def __getitem__(self, number: int) -> Record:
        return self._records[number]

    def __len__(self) -> int:
        return len(self._records)

    def add(self, record: Record) -> None:
        """A new record."""
        self._records[record.number] = record
        self.job_count += record.wish.tasks
        self._shown = None

    def drop(self, record: Record) -> None:
        """It is gone."""
        self.leave(record)
        del self._records[record.number]
        self.job_count -= record.wish.tasks
        self._shown = None

    def shrink(self, array: Record, waiting: int) -> None:
        """One task fewer waits in this record."""
        self.job_count -= array.wish.tasks - waiting
        array.wish = array.wish._replace(tasks=waiting)
        array.task += 1
        self.show(array, replace(array.job, array_task_count=waiting))

    def show(self, record: Record, job: Job) -> None:
        """It looks like this from now on."""
        record.job = job
        self._shown = None

    def jobs(self) -> tuple[Job, ...]:
        """All records as shown; the same tuple for as long as nothing changes."""
        if self._shown is None:
            self._shown = tuple([record.job for record in self._records.values()])
        return self._shown

    def wait(self, record: Record, now: int) -> bool:
        """Put a pending record where its begin time says; whether it may start at once."""
        self.leave(record)
        if (record.job.eligible_time or 0) <= now:
            self.line.enter(record.job, record.order)
            return True
        return False

    def leave(self, record: Record) -> None:
        """It stands in the queue no more."""
        self.line.leave(record.number)

"""The columns that one turn leaves to the next: of our jobs, and of the queue they stand in."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from slurm_energy.decide.columns.census import Census, census
from slurm_energy.decide.columns.kept import Kept
from slurm_energy.decide.columns.rows import Lines, Rows, rows_of
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.rules.promise import Waits
from slurm_energy.decide.rules.promises import Grounds, latest_starts
from slurm_energy.model.job import Job, Partition
from slurm_energy.model.policy import Policy

Terms = tuple[Policy, Waits, tuple[Partition, ...]]


@dataclass(frozen=True, slots=True)
class Given:
    """Columns as they were given, and what they rest on besides their jobs."""

    lines: Lines = field(default_factory=Lines, compare=False)
    ours: Kept[Subject, Rows] | None = None
    queue: Kept[Job, Census] | None = None
    terms: Terms | None = None

    @property
    def rows(self) -> Rows:
        """The columns of our jobs; none before the first turn."""
        return self.ours.columns if self.ours else rows_of((), self.lines, Grounds.none())

    @property
    def census(self) -> Census:
        """The columns of the whole queue; none before the first turn."""
        return self.queue.columns if self.queue else census(())

    def again(self, grounds: Grounds, subjects: Sequence[Subject]) -> "Given":
        """The columns of these subjects and of the whole queue; unchanged jobs keep theirs."""
        jobs, ours, queue = grounds.queue.jobs, self.ours, self.queue

        def work_out(fresh: Sequence[Subject]) -> Rows:
            return rows_of(fresh, self.lines, grounds)

        if ours is not None and self.terms != grounds.lasting:
            latest = latest_starts(grounds, ours.things)
            ours = replace(ours, columns=ours.columns._replace(latest=latest))
        ours = ours.again(subjects, work_out) if ours else Kept.anew(subjects, work_out)
        queue = queue.again(jobs, census) if queue else Kept.anew(jobs, census)
        return Given(self.lines, ours, queue, grounds.lasting)

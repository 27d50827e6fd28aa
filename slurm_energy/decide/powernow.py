"""What power means for one cluster in one turn: the planner asks here, and never looks further."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from slurm_energy.decide.capacity import Capacity, capacity, reachable
from slurm_energy.decide.gridevent import Seconds, after_events, held_by_event, power_terms
from slurm_energy.decide.guard import Subject
from slurm_energy.decide.price import Values
from slurm_energy.decide.watts import Machines, extra_watts, full_watts, idle_watts, watts
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job, JobState, Queue
from slurm_energy.model.power import PowerLimit, PowerModel


@dataclass(frozen=True, slots=True)
class PowerNow:
    """A cluster's limit, its machines, and the seconds to the next turn. Unset: nothing limits."""

    limit: PowerLimit | None = None
    machines: Machines = Machines(PowerModel(), "")  # noqa: RUF009 - frozen, and empty
    ahead: int = 0

    def floor(self, subject: Subject, latest: int | None, now: int) -> int | None:
        """The first moment at which a job may start because of a grid event, or None."""
        return held_by_event(subject, latest, self.limit, now, self.ahead)

    def after_events(self, start: Seconds, latest: Seconds) -> Seconds:
        """Chosen starts moved out of events that hold, never past ``latest``; shape (jobs,)."""
        return after_events(start, latest, self.limit)

    def capacity(self, queue: Queue, now: int, slot: int, slots: int) -> Capacity:
        """What the cluster can give by slot, watts among it where they limit anything."""
        room = capacity(queue, now, slot, slots, self.limit, self.machines)
        return reachable(room, full_watts(queue.nodes, self.machines))

    def added(self, jobs: Sequence[Job], classes: Sequence[WorkloadClass]) -> Values | None:
        """What starting each job adds to the draw, in W; None where no limit asks."""
        return None if self.limit is None else extra_watts(jobs, classes, self.machines)

    def drawn(self, queue: Queue) -> float | None:
        """What the cluster is thought to draw now, in W; None where no limit asks."""
        if self.limit is None:
            return None
        base = self.limit.base
        if base is None:
            base = idle_watts((node for node in queue.nodes if node.usable), self.machines)
        running = [job for job in queue.jobs if job.state is JobState.RUNNING]
        kinds = [WorkloadClass.UNMANAGED] * len(running)
        return base + float(np.nansum(extra_watts(running, kinds, self.machines)))

    def terms(
        self, subject: Subject, begin: int, now: int
    ) -> Mapping[str, float | int | str | None]:
        """What power did to a decision, for ``explain``; empty where nothing is set."""
        kind = subject.annotation.contract.workload_class
        drawn = float(watts([subject.job], [kind], self.machines)[0])
        return power_terms(self.limit, drawn, begin or now, now)


UNLIMITED = PowerNow()
"""Where a site sets nothing."""

"""What power means for one cluster in one turn: the planner asks here, and never looks further."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan

import numpy as np

from slurm_energy.decide.power.capacity import Capacity, capacity, reachable
from slurm_energy.decide.power.elsewhere import NOWHERE, Elsewhere
from slurm_energy.decide.power.peak import Draw, free_watts, peak_terms
from slurm_energy.decide.power.watts import (
    Machines,
    extra_watts,
    full_watts,
    idle_watts,
    learned_from,
    watts,
)
from slurm_energy.decide.pricing.price import Values
from slurm_energy.decide.rules.gridevent import Seconds, after_events, held_by_event, power_terms
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job, JobState, Queue
from slurm_energy.model.power import PowerLimit, PowerModel


@dataclass(frozen=True, slots=True)
class PowerNow:
    """A cluster's limit, its machines, and the seconds to the next turn. Unset: nothing limits."""

    limit: PowerLimit | None = None
    machines: Machines = Machines(PowerModel(), "")  # noqa: RUF009 - frozen, and empty
    ahead: int = 0
    kinds: Mapping[int, WorkloadClass] = field(default_factory=dict)
    """Classes of running jobs by id, as far as they are ours."""
    elsewhere: Elsewhere = NOWHERE
    """The other clusters, for the terms of a decision."""

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

    def draw(self, queue: Queue) -> Draw | None:
        """What bounds the draw above idle or makes it dear; None where nothing does."""
        limit = self.limit
        if limit is None or (limit.contract is None and not limit.demand_charge):
            return None
        base, full = self._base(queue), self._full(queue)
        return Draw(
            most=float("inf") if limit.contract is None else max(0.0, limit.contract - base),
            free=max(0.0, (self.free(queue) or 0.0) - base) if limit.demand_charge else np.inf,
            charge=limit.demand_charge or 0.0,
            full=full or float("inf"),
        )

    def free(self, queue: Queue) -> float | None:
        """W that may be drawn now without a demand charge; None where none is due."""
        if self.limit is None or not self.limit.demand_charge:
            return None
        full = self._full(queue)
        return free_watts(self.limit, self._base(queue) + full if full else 0.0)

    def added(self, jobs: Sequence[Job], classes: Sequence[WorkloadClass]) -> Values | None:
        """What starting each job adds to the draw, in W; None where no limit asks."""
        return None if self.limit is None else self._extra(jobs, classes)

    def drawn(self, queue: Queue) -> float | None:
        """What the cluster is thought to draw now, in W; None where no limit asks."""
        if self.limit is None:
            return None
        running = [job for job in queue.jobs if job.state is JobState.RUNNING]
        kinds = [WorkloadClass.UNMANAGED] * len(running)
        return self._base(queue) + float(np.nansum(self._extra(running, kinds)))

    def room(self, queue: Queue) -> float | None:
        """W that the contract leaves beside what is drawn now; None without a contract."""
        contract = None if self.limit is None else self.limit.contract
        drawn = self.drawn(queue)
        return None if contract is None or drawn is None else contract - drawn

    def alone(self, queue: Queue) -> float:
        """W that the contract leaves a job that runs alone; infinite without a contract."""
        contract = None if self.limit is None else self.limit.contract
        return float("inf") if contract is None else contract - self._base(queue)

    def starting(self, jobs: Sequence[Job], kinds: Mapping[int, WorkloadClass]) -> Values:
        """What starting each job, or a task of it, adds to the draw, in W; 0: nobody can tell."""
        classes = [kinds.get(job.job_id, WorkloadClass.UNMANAGED) for job in jobs]
        return np.nan_to_num(self._extra(jobs, classes))

    def _extra(self, jobs: Sequence[Job], classes: Sequence[WorkloadClass]) -> Values:
        """Above idle; the class of a running job is ours to know."""
        known = [
            self.kinds.get(job.job_id, kind) if kind is WorkloadClass.UNMANAGED else kind
            for job, kind in zip(jobs, classes, strict=True)
        ]
        return extra_watts(jobs, known, self.machines)

    def _full(self, queue: Queue) -> float:
        """W above idle with every GPU at full load; 0: not known."""
        if queue.nodes:
            return full_watts(queue.nodes, self.machines)
        gpu = self.machines.gpu("")
        return 0.0 if gpu is None else queue.gpus_total * (gpu.active - gpu.idle)

    def _base(self, queue: Queue) -> float:
        """W that are drawn whatever runs."""
        if self.limit is not None and self.limit.base is not None:
            return self.limit.base
        return idle_watts((node for node in queue.nodes if node.usable), self.machines)

    def terms(
        self,
        subject: Subject,
        begin: int,
        now: int,
        raises: float | None = None,
        hours: float | None = None,
    ) -> Mapping[str, float | int | str | None]:
        """What the job draws, here and where else it may run, and what power did to its decision.

        Empty where its draw is not known and nothing is limited. ``raises``: W by which the job
        would lift the month's peak at once; None: nobody asked. ``hours``: its mean run time here;
        None: not known, so no energy is told.
        """
        job, kind = subject.job, subject.annotation.contract.workload_class
        drawn = float(watts([job], [kind], self.machines)[0])
        if isnan(drawn) and self.limit is None:
            return {}
        energy = None if hours is None or isnan(drawn) else round(drawn * hours / 1000, 4)
        return {
            "predicted_watts": None if isnan(drawn) else round(drawn),
            **power_terms(self.limit, drawn, begin or now, now),
            "predicted_kwh": energy,
            "watts_from": learned_from(job, kind, self.machines),
            **self.elsewhere.terms(job, kind, hours),
            **({} if self.limit is None else peak_terms(self.limit, raises)),
        }


UNLIMITED = PowerNow()
"""Where a site sets nothing."""

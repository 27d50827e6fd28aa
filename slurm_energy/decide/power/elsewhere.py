"""What a job would draw and use on the other clusters that may run it, for ``explain``."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from slurm_energy.decide.gpus.gputypes import Placed
from slurm_energy.decide.gpus.speeds import Speeds
from slurm_energy.decide.power.watts import Machines, watts
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The machines of the other clusters, and what is known of how fast they are."""

    machines: Sequence[Machines] = ()
    speeds: Speeds | None = None
    """None: run times are taken as they are."""

    def terms(
        self, job: Job, kind: WorkloadClass, hours: float | None
    ) -> dict[str, float | int | str | None]:
        """``watts_on_CLUSTER`` and ``kwh_on_CLUSTER`` for each that the job is still open to.

        ``hours``: its mean run time where it is priced; None: nobody asked, so no energy is told.
        Empty for a job that only one cluster may run; nothing where the draw is not known.
        """
        found: dict[str, float | int | str | None] = {}
        for where in self.machines:
            if where.cluster not in job.siblings or where.cluster == job.cluster:
                continue
            there = replace(job, cluster=where.cluster)
            drawn = float(watts([there], [kind], where)[0])
            if np.isnan(drawn):
                continue
            found[f"watts_on_{where.cluster}"] = round(drawn)
            if hours is not None:
                energy = drawn * hours * self._slower(job, there) / 1000
                found[f"kwh_on_{where.cluster}"] = round(energy, 4)
        return found

    def _slower(self, here: Job, there: Job) -> float:
        """Run time there over that here; 1 where nothing is known of the two GPU types."""
        if self.speeds is None:
            return 1.0
        one, other = (
            self.speeds.types.of(Placed(job.cluster, job.partition, job.gpu_type, job.gpus))
            for job in (here, there)
        )
        ratio = self.speeds.between(one, other)
        return 1.0 if ratio is None else ratio.factor


NOWHERE = Elsewhere()
"""Where there is one cluster."""

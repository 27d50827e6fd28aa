"""A class of jobs that the submit hook holds off for a moment."""

from dataclasses import dataclass

from slurm_energy.model.contract import WorkloadClass


@dataclass(frozen=True, slots=True)
class Lease:
    """Jobs of this class would wait now, until ``until`` if nothing bounds them earlier."""

    workload_class: WorkloadClass
    until: int

"""What machines cost by the hour beside their energy: rates as agreed, and as they are at a moment.

A reservation is paid whether it is used or not, so an hour within it costs nothing more; beyond it
each hour costs the on-demand rate.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slurm_energy.model.series import Series
from slurm_energy.model.timeofuse import TimeOfUse


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of one partition, or of a cluster's partitions without their own; site's currency."""

    gpu_hour: TimeOfUse
    """Per GPU and hour, on demand."""
    cpu_hour: TimeOfUse
    """Per CPU and hour, in Slurm's sense of a CPU."""
    kw_per_gpu: float
    """What a busy GPU draws with its share of the host: turns a rate into a price of energy."""
    kw_per_cpu: float
    """The same of an allocated CPU, where there are no GPUs."""
    reserved: int = 0
    """GPUs paid for at all hours."""
    reserved_gpu_hour: float = 0.0
    """What each of them costs by the hour, used or not."""

    def kw(self, gpus: int, cpus: int) -> float:
        """What so many draw; the CPUs beside GPUs are in theirs."""
        return gpus * self.kw_per_gpu if gpus else cpus * self.kw_per_cpu


@dataclass(frozen=True, slots=True)
class ClusterRates:
    """One cluster's rates."""

    usual: Rates | None = None
    """Of every partition without its own; None: nothing is charged there."""
    partitions: Mapping[str, Rates] = field(default_factory=dict)

    def of(self, partition: str) -> Rates | None:
        """What a partition's machines cost; None: nothing beside their energy."""
        return self.partitions.get(partition, self.usual)


@dataclass(frozen=True, slots=True)
class MachineHours:
    """What one more hour costs at each moment, with what is left of a reservation."""

    gpu_hour: Series
    cpu_hour: Series
    rates: Rates


@dataclass(frozen=True, slots=True)
class MachinePrice:
    """What one more hour on a cluster costs."""

    per_mwh: Series
    """As a price of the energy drawn meanwhile: of partitions that differ, the mean by size."""
    hours: Mapping[str, MachineHours]
    """By partition, those with their own rates; ``""``: all others, where they have any."""

"""``[costs]``: what a cluster's energy and machines cost beside the price of energy."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from slurm_energy.config.calendar import BandSettings
from slurm_energy.config.rules import Count, Name, Strict, Text
from slurm_energy.config.timeofuse import Calendars, time_of_use
from slurm_energy.model.cooling import Cooling
from slurm_energy.model.rates import ClusterRates, Rates

Celsius = Annotated[float, Field(ge=-90, le=60)]
Money = Annotated[float, Field(ge=0, le=1e7)]
Pue = Annotated[float, Field(ge=1, le=10)]


class RateBand(BandSettings):
    """Other rates at some times; of several bands that hold, the first in the file counts."""

    gpu_hour: Money | None = Field(default=None, description="absent: the rate beside the bands")
    cpu_hour: Money | None = Field(default=None, description="absent: the rate beside the bands")


class RatesSettings(Strict):
    """What machines cost by the hour; `partitions.NAME` is the same for one partition."""

    gpu_hour: Money = Field(
        default=0.0,
        description="price of a GPU for an hour, on demand, in the currency of energy prices",
    )
    cpu_hour: Money = Field(default=0.0, description="price of an allocated CPU for an hour")
    kw_per_gpu: float = Field(
        gt=0,
        le=100,
        description="kW that a busy GPU draws with its share of the host, cooling not counted",
    )
    reserved: Count = Field(default=0, description="GPUs that are paid for at all hours")
    reserved_gpu_hour: Money = Field(
        default=0.0, description="price of each reserved GPU for an hour, used or not"
    )
    bands: tuple[RateBand, ...] = ()

    @model_validator(mode="after")
    def _a_rate_is_there(self) -> Self:
        if not any((self.gpu_hour, self.cpu_hour, self.reserved_gpu_hour, self.bands)):
            raise ValueError("no rate is named; add gpu_hour or cpu_hour, or remove the table")
        if self.reserved_gpu_hour and not self.reserved:
            raise ValueError("reserved_gpu_hour needs reserved, the number of GPUs; add reserved")
        return self

    def rates(self, calendars: Calendars, cpu_watts: float) -> Rates:
        """The rates; every calendar named is known."""
        gpu = [(band, _or(band.gpu_hour, self.gpu_hour)) for band in self.bands]
        cpu = [(band, _or(band.cpu_hour, self.cpu_hour)) for band in self.bands]
        return Rates(
            gpu_hour=time_of_use(self.gpu_hour, gpu, calendars),
            cpu_hour=time_of_use(self.cpu_hour, cpu, calendars),
            kw_per_gpu=self.kw_per_gpu,
            kw_per_cpu=cpu_watts / 1000,
            reserved=self.reserved,
            reserved_gpu_hour=self.reserved_gpu_hour,
        )


def _or(changed: float | None, default: float) -> float:
    return default if changed is None else changed


class ClusterCosts(Strict):
    """One cluster's costs; what is absent is not counted."""

    pue: Pue | None = Field(
        default=None,
        description="kWh that the site draws for each kWh of its machines, 1 or more; "
        "carbon and price are multiplied by it",
    )
    pue_curve: tuple[tuple[Celsius, Pue], ...] = Field(
        default=(),
        description="points [degC, PUE] by the temperature outside, linear between them; "
        "pue stands while the temperature is not known",
    )

    rates: RatesSettings | None = Field(
        default=None, description="of every partition without its own"
    )
    partitions: dict[Text, RatesSettings] = Field(
        default_factory=dict, description="rates by partition"
    )

    @model_validator(mode="after")
    def _sound_curve(self) -> Self:
        if self.pue_curve and self.pue is None:
            raise ValueError("pue_curve needs pue, for hours without a temperature; add pue")
        if any(after[0] <= before[0] for before, after in pairwise(self.pue_curve)):
            raise ValueError("pue_curve: temperatures must rise from point to point; sort them")
        return self

    def cooling(self) -> Cooling | None:
        """The PUE; None where none is named."""
        return None if self.pue is None else Cooling(self.pue, self.pue_curve)

    def all_rates(self) -> Mapping[str, RatesSettings]:
        """Every table of rates, by where it stands."""
        usual = {} if self.rates is None else {"rates": self.rates}
        return usual | {f"partitions.{name}": one for name, one in self.partitions.items()}

    def cluster_rates(self, calendars: Calendars, cpu_watts: float) -> ClusterRates:
        """The rates of the cluster's partitions; every calendar named is known."""
        return ClusterRates(
            None if self.rates is None else self.rates.rates(calendars, cpu_watts),
            {name: one.rates(calendars, cpu_watts) for name, one in self.partitions.items()},
        )


class CostsSettings(Strict):
    """Costs beside the price of energy; without it nothing is added and nothing changes."""

    clusters: dict[Name, ClusterCosts] = Field(default_factory=dict, description="by cluster")

    def rates(self, calendars: Calendars, cpu_watts: float) -> Mapping[str, ClusterRates]:
        """By cluster, where any is named."""
        return {
            name: costs.cluster_rates(calendars, cpu_watts)
            for name, costs in self.clusters.items()
            if costs.all_rates()
        }

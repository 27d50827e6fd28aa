"""``[costs]``: what a cluster's energy and machines cost beside the price of energy."""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from slurm_energy.config.rules import Name, Strict
from slurm_energy.model.cooling import Cooling

Celsius = Annotated[float, Field(ge=-90, le=60)]
Pue = Annotated[float, Field(ge=1, le=10)]


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


class CostsSettings(Strict):
    """Costs beside the price of energy; without it nothing is added and nothing changes."""

    clusters: dict[Name, ClusterCosts] = Field(default_factory=dict, description="by cluster")

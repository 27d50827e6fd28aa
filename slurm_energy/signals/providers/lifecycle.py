"""From generation by type to an average carbon intensity, by published life-cycle factors.

What is imported is not counted, nor what comes back from pumped storage: that was generated before.
"""

from collections.abc import Mapping
from enum import StrEnum


class Fuel(StrEnum):
    """A type of generation."""

    LIGNITE = "lignite"
    COAL = "hard coal"
    OIL = "oil"
    GAS = "gas"
    BIOMASS = "biomass"
    WASTE = "waste"
    GEOTHERMAL = "geothermal"
    SOLAR = "solar"
    HYDRO = "hydro"
    MARINE = "marine"
    NUCLEAR = "nuclear"
    OFFSHORE = "wind offshore"
    ONSHORE = "wind onshore"
    OTHER = "other"


GRAMS: Mapping[Fuel, float] = {
    Fuel.LIGNITE: 1054,
    Fuel.COAL: 820,
    Fuel.OIL: 733,
    Fuel.GAS: 490,
    Fuel.BIOMASS: 230,
    Fuel.WASTE: 230,
    Fuel.GEOTHERMAL: 38,
    Fuel.SOLAR: 48,
    Fuel.HYDRO: 24,
    Fuel.MARINE: 17,
    Fuel.NUCLEAR: 12,
    Fuel.OFFSHORE: 12,
    Fuel.ONSHORE: 11,
    Fuel.OTHER: 490,
}
"""Life-cycle emissions in gCO2eq/kWh: medians of IPCC AR5 WG III, Annex III, table A.III.2 (2014).
That table knows one kind of coal and no oil: lignite and oil are means of the World Nuclear
Association's comparison of studies (2011). Waste is taken as biomass, what is unnamed as gas."""


def intensity(megawatts: Mapping[Fuel, float]) -> float | None:
    """Mean gCO2eq/kWh of what is generated; None where nothing is. Feeding in less is 0."""
    given = {fuel: max(0.0, power) for fuel, power in megawatts.items()}
    total = sum(given.values())
    if total <= 0:
        return None
    return sum(GRAMS[fuel] * power for fuel, power in given.items()) / total

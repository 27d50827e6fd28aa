"""``[tariffs]``: energy prices by contract."""

from typing import Annotated

from pydantic import Field

from slurm_energy.config.calendar import BandSettings
from slurm_energy.config.rules import Strict
from slurm_energy.config.timeofuse import Calendars, time_of_use
from slurm_energy.model.series import BOUNDS, Signal
from slurm_energy.model.timeofuse import TimeOfUse

_LOW, _HIGH = BOUNDS[Signal.PRICE]
Price = Annotated[float, Field(ge=_LOW, le=_HIGH)]


class TariffBand(BandSettings):
    """Another price at some times; of several bands that hold, the first in the file counts."""

    price: Price = Field(description="in the tariff's unit; may be negative")


class TariffSettings(Strict):
    """A price for every moment, known for certain: no forecast competes with it."""

    unit: str = Field(
        pattern=r"^([A-Z]{3}|cents)/(kWh|MWh)$",
        description="EUR/MWh, EUR/kWh or cents/kWh, in signals.currency",
    )
    base: Price = Field(description="the price whenever no band holds")
    bands: tuple[TariffBand, ...] = ()

    def prices(self, calendars: Calendars) -> TimeOfUse:
        """The prices in ``unit``; every calendar named is known."""
        return time_of_use(self.base, [(band, band.price) for band in self.bands], calendars)

    def currency(self) -> str | None:
        """The currency that the unit names; None: cents of the site's own."""
        money = self.unit.partition("/")[0]
        return None if money == "cents" else money

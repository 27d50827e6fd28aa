"""Bands with a price, as tariffs and rates have them."""

from collections.abc import Iterable, Mapping

from slurm_energy.config.calendar import BandSettings, CalendarSettings
from slurm_energy.model.timeofuse import PricedBand, TimeOfUse

Calendars = Mapping[str, CalendarSettings]


def time_of_use(
    base: float, priced: Iterable[tuple[BandSettings, float]], calendars: Calendars
) -> TimeOfUse:
    """The price for every moment: of the first band that holds, else ``base``."""
    bands = tuple(PricedBand(one.band(calendars[one.calendar]), price) for one, price in priced)
    return TimeOfUse(base, bands)


def unknown_calendar(bands: Iterable[BandSettings], calendars: Calendars) -> str | None:
    """The first calendar named that is none of ``calendars``, in one line; None: all are."""
    for number, band in enumerate(bands):
        if band.calendar not in calendars:
            allowed = ", ".join(calendars) or "none is there"
            return (
                f"bands.{number}.calendar = {band.calendar!r} is none of [calendars]: {allowed}; "
                f"add [calendars.{band.calendar}]"
            )
    return None

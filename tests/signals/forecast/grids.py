"""The public year of six grids, where it is present."""

from csv import reader
from functools import cache

from slurm_energy.model.series import Series, Signal
from tests.publicdata import GRIDS
from tests.signals.forecast.builders import HOUR

NEW_YEAR = 1_640_995_200  # 2022-01-01T00:00:00Z


@cache
def grids() -> dict[str, Series]:
    """Hourly carbon intensity of 2022 by zone."""
    with GRIDS.open(encoding="utf-8") as file:
        header, *rows = reader(file)
    times = tuple(NEW_YEAR + HOUR * index for index in range(len(rows)))
    return {
        zone: Series(
            Signal.CARBON,
            times,
            tuple(float(row[column]) for row in rows),
            times[-1] + HOUR,
            times[-1],
            zone,
        )
        for column, zone in enumerate(header)
        if column
    }

"""The public year of six grids, where it is present."""

import os
from csv import reader
from functools import cache
from pathlib import Path

import pytest

from slurm_energy.model.series import Series, Signal
from tests.signals.forecast.builders import HOUR

DATA = Path(
    os.environ.get("SLURM_ENERGY_DATA")
    or Path(__file__).resolve().parents[3].parent / "shared" / "data"
)
NEW_YEAR = 1_640_995_200  # 2022-01-01T00:00:00Z

needed = (
    pytest.mark.public_data,
    pytest.mark.skipif(
        not (DATA / "carbon" / "2022_hourly.csv").is_file(),
        reason=f"no public data in {DATA}: name its directory in SLURM_ENERGY_DATA",
    ),
)
"""The marks of a test that reads them."""


@cache
def grids() -> dict[str, Series]:
    """Hourly carbon intensity of 2022 by zone."""
    with (DATA / "carbon" / "2022_hourly.csv").open(encoding="utf-8") as file:
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

"""Made grids for trying: ``python -m slurm_energy.simulate.example >docs/example/grid.csv``.

Eight weeks of hourly carbon intensity and price, the first four of them history for forecasts.
"""

import sys
from datetime import UTC, datetime

from slurm_energy.signals.sample import LABEL, carbon, price

FIRST = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
WEEKS, HOUR = 8, 3600
SEEDS = {"east": 7, "west": 8}


def grid() -> str:
    """The file's text: of each grid a column in gCO2eq/kWh, and one of prices per MWh."""
    series = {
        f"{name}{kind}": make(FIRST, 7 * WEEKS, seed, HOUR)
        for name, seed in SEEDS.items()
        for kind, make in (("", carbon), ("-price", price))
    }
    times = series["east"].times
    rows = zip(times, *(one.values for one in series.values()), strict=True)
    lines = [f"# {LABEL}", ",".join(["time", *series])]
    for time, *values in rows:
        moment = datetime.fromtimestamp(time, UTC)
        lines.append(",".join([f"{moment:%Y-%m-%dT%H:%MZ}", *map(str, values)]))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(grid())

"""A plausible carbon and price curve, generated and labelled so; the same for the same seed.

The shape is that of a grid with much sun: a dip at noon, a peak in the evening, wind that drifts
over hours, quieter weekends, prices that follow carbon and fall below zero on a bright windy day.
It was drawn, not fitted: no figure measured on it says anything about a real grid.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from slurm_energy.model.series import Series, Signal

LABEL = "generated, not measured"
GRAIN = 900
DAY = 86_400


def carbon(start: int, days: int, seed: int, grain: int = GRAIN) -> Series:
    """Carbon intensity in gCO2eq/kWh from ``start`` over ``days`` days, a value per ``grain``."""
    times = tuple(range(start, start + days * DAY, grain))
    wind = _wind(len(times), grain, seed)
    values = tuple(
        round(min(max(_carbon_at(time) - 90 * blow, 25.0), 900.0), 1)
        for time, blow in zip(times, wind, strict=True)
    )
    return Series(Signal.CARBON, times, values, start + days * DAY, start, LABEL)


def price(start: int, days: int, seed: int, grain: int = GRAIN) -> Series:
    """Price per MWh over the same weather as :func:`carbon` of the same seed; may be negative."""
    clean = carbon(start, days, seed, grain)
    noise = random.Random(f"price {seed}")  # noqa: S311 - weather, not secrets
    values = tuple(round(0.38 * grams - 45 + noise.gauss(0, 4), 2) for grams in clean.values)
    return replace(clean, signal=Signal.PRICE, values=values)


def to_csv(series: Series, unit: str) -> str:
    """The series as a file that ``SignalFile`` reads, its label in the first line."""
    lines = [f"# {series.source}", "time,value,unit"]
    for time, value in zip(series.times, series.values, strict=True):
        lines.append(f"{datetime.fromtimestamp(time, UTC).isoformat()},{value},{unit}")
    return "\n".join(lines) + "\n"


def _carbon_at(time: int) -> float:
    """The calm-weather intensity of a moment."""
    moment = datetime.fromtimestamp(time, UTC)
    hour = moment.hour + moment.minute / 60 + moment.second / 3600
    solar = 190 * _hump(hour, 12.5, 3.0)
    evening = 130 * _hump(hour, 19.5, 1.8)
    morning = 50 * _hump(hour, 7.5, 1.5)
    weekend = 60 if moment.weekday() >= 5 else 0
    return 380 - solar + evening + morning - weekend


def _hump(hour: float, centre: float, width: float) -> float:
    """One smooth bell over the clock, in 0 to 1; midnight is no edge."""
    distance = min(abs(hour - centre), 24 - abs(hour - centre))
    return math.exp(-0.5 * (distance / width) ** 2)


def _wind(count: int, grain: int, seed: int) -> Iterator[float]:
    """Wind about zero with a memory of some six hours (an Ornstein-Uhlenbeck walk)."""
    gusts = random.Random(seed)  # noqa: S311
    memory = math.exp(-grain / (6 * 3600))
    blow = gusts.gauss(0, 0.6)
    for _ in range(count):
        yield blow
        blow = memory * blow + math.sqrt(1 - memory**2) * gusts.gauss(0, 0.6)

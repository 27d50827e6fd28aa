"""Energy-Charts, in its documented form, over a local server."""

import json
import math
from collections.abc import Sequence

import pytest

from slurm_energy.errors import ProviderError, SeriesError
from slurm_energy.model.series import Kind
from slurm_energy.signals.providers.energycharts import (
    QUARTER,
    EnergyChartsCarbon,
    EnergyChartsPrice,
)
from tests.builders import some
from tests.signals.builders import NOON
from tests.signals.providers.fetching import BROKEN, DAY, HOUR, fetched
from tests.signals.speaker import Says, Speaker

CARBON, PRICE = EnergyChartsCarbon("de"), EnergyChartsPrice("DE-LU")
WEEK = 7 * DAY
LATE = 4
"""Quarters that the provider has not told yet."""


def share_at(time: int) -> float:
    """Percent of renewables: much at noon."""
    return 50 + 40 * math.sin(2 * math.pi * (time - NOON) / DAY + math.pi / 2)


def expected(time: int) -> float:
    """Of gas and wind in that proportion."""
    return 490 + (11 - 490) * share_at(time) / 100


def types(times: Sequence[int], late: int = LATE) -> list[dict[str, object]]:
    def told(name: str, values: list[float]) -> dict[str, object]:
        known: list[float | None] = [round(value, 6) for value in values]
        return {"name": name, "data": known[: len(known) - late] + [None] * late}

    return [
        told("Hydro pumped storage consumption", [-900.0 for _ in times]),
        told("Wind onshore", [400 * share_at(time) for time in times]),
        told("Fossil gas", [400 * (100 - share_at(time)) for time in times]),
        {"name": "Nuclear", "data": [None] * len(times)},
        told("Load", [40_000.0 for _ in times]),
        told("Renewable share of load", [share_at(time) for time in times]),
    ]


def says(speaker: Speaker, light: Says | None = None, late: int = LATE) -> None:
    past = list(range(NOON - WEEK, NOON, QUARTER))
    power = {"unix_seconds": past, "production_types": types(past, late), "deprecated": False}
    speaker.says("/public_power", Says(json.dumps(power)))
    today = list(range(NOON - DAY // 2, NOON + DAY, QUARTER))
    told = {
        "unix_seconds": today,
        "share": [share_at(time) for time in today],
        "signal": [1] * len(today),
        "substitute": False,
        "deprecated": False,
    }
    speaker.says("/signal", light or Says(json.dumps(told)))


def test_the_past_is_generation_by_type_with_life_cycle_factors(speaker: Speaker) -> None:
    says(speaker)
    series = some(fetched(speaker, CARBON, since=NOON - WEEK).series)
    for time in (NOON - WEEK, NOON - DAY, NOON - 5 * QUARTER):
        assert series.at(time) == pytest.approx(expected(time), abs=0.01)
    assert series.kind is Kind.AVERAGE
    assert series.times[1] - series.times[0] == QUARTER


def test_the_future_follows_the_expected_share_from_the_last_known_value_on(
    speaker: Speaker,
) -> None:
    says(speaker)
    reading = fetched(speaker, CARBON, since=NOON - WEEK)
    series = some(reading.series)
    for time in (NOON - 4 * QUARTER, NOON, NOON + DAY - QUARTER):
        assert series.at(time) == pytest.approx(expected(time), abs=0.1)
    assert series.end == NOON + DAY
    assert reading.problems == ()


def test_a_moment_of_which_one_type_is_not_told_is_not_known(speaker: Speaker) -> None:
    says(speaker, Says("no such country", 404))
    reading = fetched(speaker, CARBON, since=NOON - WEEK)
    assert some(reading.series).end == NOON - LATE * QUARTER
    assert reading.problems == ("energy-charts.info de: no traffic light for this country",)


def test_without_a_past_that_shows_it_the_share_is_not_believed(speaker: Speaker) -> None:
    says(speaker, late=7 * 96 - 50)
    reading = fetched(speaker, CARBON, since=NOON - WEEK)
    assert some(reading.series).end == NOON - WEEK + 50 * QUARTER
    assert "no forecast from it" in reading.problems[0]


def test_day_ahead_prices_are_as_fine_as_they_are_told(speaker: Speaker) -> None:
    times = list(range(NOON - HOUR, NOON + DAY, QUARTER))
    told = {
        "license_info": "CC BY 4.0",
        "unix_seconds": times,
        "price": [-5.0 + index for index in range(len(times))],
        "unit": "EUR / MWh",
        "deprecated": False,
    }
    speaker.says("/price", Says(json.dumps(told)))
    series = some(fetched(speaker, PRICE).series)
    assert [series.at(NOON + QUARTER * index) for index in (-4, 0, 1)] == [-5, -1, 0]
    assert series.end == NOON + DAY
    assert speaker.asked[0].query["bzn"] == "DE-LU"


@pytest.mark.parametrize("provider", [CARBON, PRICE])
@pytest.mark.parametrize(("said", "line"), BROKEN)
def test_what_goes_wrong_is_one_line(
    speaker: Speaker, provider: EnergyChartsCarbon | EnergyChartsPrice, said: Says, line: str
) -> None:
    speaker.says("/*", said)
    with pytest.raises((ProviderError, SeriesError)) as raised:
        fetched(speaker, provider)
    assert line in str(raised.value)


def test_columns_of_different_length_are_refused(speaker: Speaker) -> None:
    speaker.says("/price", Says('{"unix_seconds": [1, 2], "price": [1.0], "unit": "EUR/MWh"}'))
    with pytest.raises(SeriesError, match="price has 1 values, unix_seconds has 2"):
        fetched(speaker, PRICE)

"""Great Britain's Carbon Intensity API, in its documented form, over a local server."""

import json
from datetime import UTC, datetime

import pytest

from slurm_energy.errors import ProviderError, SeriesError
from slurm_energy.model.series import Kind, Series
from slurm_energy.signals.door import admit
from slurm_energy.signals.providers.carbonintensity import HALF_HOUR, CarbonIntensity
from slurm_energy.signals.web import Web
from tests.builders import some
from tests.signals.builders import NOON
from tests.signals.speaker import Says, Speaker

DAY = 86_400


def stamp(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%MZ")


def period(time: int, forecast: float, actual: float | None = None) -> dict[str, object]:
    told: dict[str, object] = {"forecast": forecast, "index": "moderate"}
    if actual is not None:
        told["actual"] = actual
    return {"from": stamp(time), "to": stamp(time + HALF_HOUR), "intensity": told}


def national(*periods: dict[str, object]) -> Says:
    return Says(json.dumps({"data": list(periods)}))


def regional(*periods: dict[str, object]) -> Says:
    region = {"regionid": 13, "dnoregion": "UKPN London", "shortname": "London"}
    return Says(json.dumps({"data": {**region, "data": list(periods)}}))


def fetched(speaker: Speaker, region: str = "national", since: int = NOON - DAY) -> Series:
    provider = CarbonIntensity(region)
    offer = provider.fetch(Web(provider.about.name, speaker.address), since, NOON)
    return some(admit(offer, provider.about, "EUR", NOON).series)


def says_a_day(speaker: Speaker) -> None:
    past = [period(NOON - DAY + HALF_HOUR * i, 200 + i, 210 + i) for i in range(48)]
    speaker.says(f"/intensity/{stamp(NOON - DAY)}/{stamp(NOON)}", national(*past))
    ahead = [period(NOON + HALF_HOUR * i, 150 + i) for i in range(96)]
    speaker.says(f"/intensity/{stamp(NOON)}/fw48h", national(*ahead))


def test_the_past_is_measured_and_two_days_ahead_are_forecast(speaker: Speaker) -> None:
    says_a_day(speaker)
    series = fetched(speaker)
    assert (series.at(NOON - DAY), series.at(NOON - 1)) == (210, 257)
    assert (series.at(NOON), series.at(NOON + 2 * DAY - 1)) == (150, 245)
    assert series.end == NOON + 2 * DAY
    assert series.kind is Kind.AVERAGE


def test_a_long_past_is_asked_for_in_pieces_that_may_share_a_period(speaker: Speaker) -> None:
    speaker.says(f"/intensity/{stamp(NOON)}/fw48h", national(period(NOON, 150)))
    speaker.says("/intensity/*", national(period(NOON, 149)))
    assert fetched(speaker, since=NOON - 28 * DAY).values == (150,)
    assert len(speaker.asked) == 4


def test_a_region_is_asked_for_by_its_number(speaker: Speaker) -> None:
    speaker.says("/regional/intensity/*", regional(period(NOON, 99)))
    assert fetched(speaker, "13").values == (99,)
    assert all(one.path.endswith("/regionid/13") for one in speaker.asked)


@pytest.mark.parametrize(
    ("said", "error", "told"),
    [
        (Says(status=500), ProviderError, "HTTP 500"),
        (Says(status=429, headers={"Retry-After": "60"}), ProviderError, "HTTP 429"),
        (Says('{"data": [{"from": "2026'), SeriesError, "no whole JSON document"),
        (Says("<!doctype html>"), SeriesError, "HTML instead of JSON"),
        (Says('{"data": []}'), SeriesError, "an answer without values"),
        (Says('{"periods": []}'), SeriesError, "data is missing"),
        (national({"from": "noon", "intensity": {}}), SeriesError, "data.0.from 'noon'"),
        (national(period(NOON, -5)), SeriesError, f"intensity at {stamp(NOON)} -5"),
    ],
)
def test_what_is_not_as_documented_is_one_line(
    speaker: Speaker, said: Says, error: type[Exception], told: str
) -> None:
    speaker.says("/intensity/*", said)
    with pytest.raises(error) as raised:
        fetched(speaker)
    assert told in str(raised.value)

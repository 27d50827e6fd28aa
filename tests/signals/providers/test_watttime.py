"""WattTime, version 3, in its documented form, over a local server."""

import base64
import json
from pathlib import Path

import pytest

from slurm_energy.errors import ProviderError, SeriesError
from slurm_energy.model.series import Kind
from slurm_energy.signals.providers.watttime import FIVE_MINUTES, WattTime
from tests.builders import some
from tests.signals.builders import NOON
from tests.signals.providers.fetching import BROKEN, DAY, HOUR, TOKEN, fetched, secret, stamp
from tests.signals.speaker import Says, Speaker

POUND = 0.45359237


def told(start: int, *values: float, units: str = "lbs_co2_per_mwh") -> Says:
    data = [
        {"point_time": stamp(start + FIVE_MINUTES * i), "value": value}
        for i, value in enumerate(values)
    ]
    meta = {
        "region": "CAISO_NORTH",
        "warnings": [],
        "signal_type": "co2_moer",
        "model": {"date": "2026-03-01"},
        "units": units,
        "data_point_period_seconds": 300,
        "generated_at": stamp(NOON),
    }
    return Says(json.dumps({"data": data, "meta": meta}))


def says(speaker: Speaker, past: Says | None = None, future: Says | None = None) -> None:
    speaker.says("/login", Says('{"token": "jwt"}'))
    speaker.says("/v3/historical", past or told(NOON - HOUR, *range(800, 812)))
    speaker.says("/v3/forecast", future or told(NOON - FIVE_MINUTES, *range(900, 1190)))


def region(folder: Path) -> WattTime:
    return WattTime("CAISO_NORTH", "freddo", secret(folder))


def test_measured_and_forecast_rates_are_marginal_and_in_grams(
    speaker: Speaker, tmp_path: Path
) -> None:
    says(speaker)
    series = some(fetched(speaker, region(tmp_path)).series)
    assert series.at(NOON - FIVE_MINUTES) == pytest.approx(811 * POUND)
    assert series.at(NOON) == pytest.approx(901 * POUND)
    assert series.at(NOON + 24 * HOUR - 1) == pytest.approx(1188 * POUND)
    assert series.kind is Kind.MARGINAL


def test_it_logs_in_and_asks_with_the_token_of_that(speaker: Speaker, tmp_path: Path) -> None:
    says(speaker)
    fetched(speaker, region(tmp_path), since=NOON - 28 * DAY)
    login, past, future = speaker.asked
    basic = base64.b64encode(f"freddo:{TOKEN}".encode()).decode()
    assert login.headers["Authorization"] == f"Basic {basic}"
    assert past.headers["Authorization"] == future.headers["Authorization"] == "Bearer jwt"
    assert past.query["signal_type"] == "co2_moer"
    assert past.query["start"].startswith(stamp(NOON - 28 * DAY)[:19])


@pytest.mark.parametrize("path", ["/login", "/v3/historical", "/v3/forecast"])
@pytest.mark.parametrize(("said", "line"), BROKEN)
def test_what_goes_wrong_is_one_line_without_the_password(
    speaker: Speaker, tmp_path: Path, path: str, said: Says, line: str
) -> None:
    says(speaker)
    speaker.says(path, said)
    with pytest.raises((ProviderError, SeriesError)) as raised:
        fetched(speaker, region(tmp_path))
    assert line in str(raised.value)
    assert TOKEN not in str(raised.value)


def test_another_unit_than_the_documented_is_refused(speaker: Speaker, tmp_path: Path) -> None:
    says(speaker, past=told(NOON - HOUR, 40, units="percentile"))
    with pytest.raises(SeriesError, match=r"meta\.units 'percentile': expected lbs_co2_per_mwh"):
        fetched(speaker, region(tmp_path))

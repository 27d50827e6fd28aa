"""Electricity Maps, version 3, in its documented form, over a local server."""

import json
from pathlib import Path

import pytest

from slurm_energy.errors import ProviderError, ProviderRefused, SeriesError
from slurm_energy.model.series import Kind
from slurm_energy.signals.providers.electricitymaps import ElectricityMaps
from slurm_energy.signals.secret import Secret
from tests.builders import some
from tests.signals.builders import NOON
from tests.signals.providers.fetching import BROKEN, DAY, HOUR, TOKEN, fetched, secret, stamp
from tests.signals.speaker import Says, Speaker


def hour(time: int, value: float | None) -> dict[str, object]:
    return {
        "zone": "DE",
        "carbonIntensity": value,
        "datetime": stamp(time),
        "updatedAt": stamp(NOON - 600),
        "emissionFactorType": "lifecycle",
        "isEstimated": False,
        "estimationMethod": None,
    }


def says(speaker: Speaker, forecast: Says | None = None) -> None:
    past = [hour(NOON - DAY + HOUR * i, 400 + i) for i in range(24)]
    ahead = [
        {"datetime": stamp(NOON - HOUR + HOUR * i), "carbonIntensity": 300 - i} for i in range(73)
    ]
    told = {"zone": "DE", "forecast": ahead, "updatedAt": stamp(NOON + 60)}
    root = "/v3/carbon-intensity"
    speaker.says(f"{root}/history", Says(json.dumps({"zone": "DE", "history": past})))
    speaker.says(f"{root}/latest", Says(json.dumps(hour(NOON, 250))))
    speaker.says(f"{root}/forecast", forecast or Says(json.dumps(told)))


def test_measured_hours_stand_and_the_forecast_follows(speaker: Speaker, tmp_path: Path) -> None:
    says(speaker)
    reading = fetched(speaker, ElectricityMaps("DE", secret(tmp_path)))
    series = some(reading.series)
    assert [series.at(NOON + HOUR * lead) for lead in (-24, -1, 0, 1, 71)] == [
        400,
        423,
        250,
        298,
        228,
    ]
    assert (series.kind, series.issued, series.end) == (Kind.AVERAGE, NOON, NOON + 72 * HOUR)
    assert reading.problems == ()
    assert {one.headers["auth-token"] for one in speaker.asked} == {TOKEN}
    assert {one.query["zone"] for one in speaker.asked} == {"DE"}


def test_a_plan_without_forecast_tells_what_it_has_and_says_so(
    speaker: Speaker, tmp_path: Path
) -> None:
    says(speaker, Says("not in your plan", 403))
    reading = fetched(speaker, ElectricityMaps("DE", secret(tmp_path)))
    assert some(reading.series).end == NOON + HOUR
    assert reading.problems == ("electricitymaps.com DE: no forecast in this plan",)


def test_an_hour_without_value_is_a_gap_not_a_zero(speaker: Speaker, tmp_path: Path) -> None:
    says(speaker)
    told = {"history": [hour(NOON - 3 * HOUR, 400), hour(NOON - 2 * HOUR, None)]}
    speaker.says("/v3/carbon-intensity/history", Says(json.dumps(told)))
    series = some(fetched(speaker, ElectricityMaps("DE", secret(tmp_path))).series)
    assert [series.at(NOON - HOUR * back) for back in (3, 2, 1)] == [400, None, 300]


@pytest.mark.parametrize(("said", "told"), BROKEN)
def test_what_goes_wrong_is_one_line_without_the_token(
    speaker: Speaker, tmp_path: Path, said: Says, told: str
) -> None:
    speaker.says("/v3/*", said)
    with pytest.raises((ProviderError, SeriesError)) as raised:
        fetched(speaker, ElectricityMaps("DE", secret(tmp_path)))
    assert told in str(raised.value)
    assert TOKEN not in str(raised.value)


def test_a_negative_intensity_is_refused_by_its_field(speaker: Speaker, tmp_path: Path) -> None:
    says(speaker)
    speaker.says("/v3/carbon-intensity/latest", Says(json.dumps(hour(NOON, -40))))
    with pytest.raises(SeriesError, match=r"latest\[0\]\.carbonIntensity -40"):
        fetched(speaker, ElectricityMaps("DE", secret(tmp_path)))


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "No such file"), ("", "expected one line"), ("two\nlines", "expected one line")],
)
def test_a_token_that_is_not_there_is_one_line_and_nobody_is_asked(
    speaker: Speaker, tmp_path: Path, content: str | None, told: str
) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ProviderRefused, match=told):
        fetched(speaker, ElectricityMaps("DE", Secret(str(path))))
    assert speaker.asked == []


def test_a_token_may_be_a_systemd_credential(
    speaker: Speaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(speaker)
    secret(tmp_path).path().rename(tmp_path / "electricity-maps")
    with pytest.raises(ProviderRefused, match="LoadCredential=electricity-maps:/path"):
        fetched(speaker, ElectricityMaps("DE", Secret("electricity-maps")))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert fetched(speaker, ElectricityMaps("DE", Secret("electricity-maps"))).series is not None

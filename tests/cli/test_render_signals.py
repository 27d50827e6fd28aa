"""What people read of the signals: values, their course, and who told it how well."""

from typing import Any

import click
import pytest

from slurm_energy.cli.context import Screen
from slurm_energy.cli.render_signals import render_signals
from tests.builders import HOUR, NOON

WIDE, NARROW = Screen(NOON, 200), Screen(NOON, 80)
FORECAST = {
    "source": "learned",
    "after": "carbon.csv",
    "since": NOON + HOUR,
    "rank": 0.785,
    "error": 51.9,
    "days": 5.98,
    "reason": "merit 0.82 in 6 days",
}
WEEK = {"source": "week", "rank": 0.7, "error": 60.0, "days": 5.98}
CARBON: dict[str, Any] = {
    "value": 253.0,
    "with_pue": 316.25,
    "unit": "gCO2eq/kWh",
    "kind": "average",
    "source": "carbon.csv, learned from 28 days (merit 0.82 in 6 days)",
    "age": 7,
    "since": NOON - 28 * 24 * HOUR,
    "gaps": [],
    "ends": NOON + 96 * HOUR,
    "next": [[NOON + hour * HOUR, 250.0 + hour] for hour in range(1, 48)],
    "forecast": FORECAST,
}


def lines(screen: Screen = WIDE, **changes: Any) -> list[str]:
    cluster: dict[str, Any] = {
        "cluster": "east",
        "pue": None,
        "carbon": CARBON,
        "price": None,
        "records": {},
        "effective": {},
        "problems": [],
    }
    told = render_signals({"at": NOON, "clusters": [cluster | changes]}, screen)
    return [click.unstyle(line) for line in told]


def test_a_signal_has_its_value_unit_age_kind_and_source() -> None:
    titles, carbon, price, *_ = lines()
    assert titles.split() == ["CLUSTER", "SIGNAL", "NOW", "UNIT", "AGE", "ENDS", "KIND", "SOURCE"]
    assert carbon.split()[:5] == ["east", "carbon", "253", "gCO2eq/kWh", "7s"]
    assert carbon.endswith("average  carbon.csv + learned forecast")
    assert price.endswith("unknown: not weighed")
    own = {**CARBON, "forecast": None, "source": "carbon.csv"}
    assert lines(carbon=own)[1].endswith("average  carbon.csv")


def test_why_a_source_stands_in_is_said_in_whole() -> None:
    why = "electricity-maps DE: api.example/latest: HTTP 401; the token is wrong: renew it"
    told = lines(NARROW, problems=[why, "carbon.csv is used instead"])
    assert why in " ".join(line.strip() for line in told)
    assert "problem: carbon.csv is used instead" in told
    assert max(map(len, told)) <= 80


def test_what_is_decided_with_is_told_where_the_site_names_a_pue() -> None:
    assert lines(pue=1.25)[3] == "east: PUE 1.25; with it carbon 316 gCO2eq/kWh"


def test_without_signals_it_says_where_to_begin() -> None:
    assert render_signals({"at": NOON, "clusters": []}, NARROW) == [
        "no signals configured; see docs/signals.md"
    ]


def test_the_course_says_from_when_on_it_is_a_forecast_of_ours() -> None:
    told = lines()
    (title,) = [line for line in told if "next 48 h" in line]
    assert title.startswith("east carbon, gCO2eq/kWh, the next 48 h; learned forecast from ")
    (least,) = [line for line in told if "least:" in line]
    assert "least: 251" in least
    beyond = {**CARBON, "forecast": {**FORECAST, "since": NOON + 50 * HOUR}}
    assert any(line.endswith("the next 48 h") for line in lines(carbon=beyond))


@pytest.mark.parametrize("changes", [{"next": []}, {"value": None}])
def test_what_has_no_future_is_not_drawn(changes: dict[str, Any]) -> None:
    assert not any("next 48 h" in line for line in lines(carbon={**CARBON, **changes}))


def test_everyone_who_was_judged_is_shown_and_who_is_used() -> None:
    learned = {name: FORECAST[name] for name in ("source", "rank", "error", "days")}
    told = lines(records={"carbon": [learned, WEEK]})
    first = next(index for index, line in enumerate(told) if "RANK" in line)
    assert told[first].split() == ["CLUSTER", "SIGNAL", "FORECAST", "RANK", "ERROR", "DAYS", "USED"]
    assert told[first + 1].split()[:6] == ["east", "carbon", "learned", "0.785", "51.9", "5.98"]
    assert told[first + 1].endswith(" on: merit 0.82 in 6 days")
    assert told[first + 2].split() == ["east", "carbon", "week", "0.7", "60", "5.98"]


def test_a_provider_that_ranks_best_is_used_as_far_as_it_reaches() -> None:
    own = {**CARBON, "forecast": None}
    told = lines(carbon=own, records={"carbon": [{**WEEK, "source": "provider"}, WEEK]})
    assert any("provider" in line and line.endswith("as far as it reaches") for line in told)


def test_a_forecast_nobody_judged_yet_is_shown_too() -> None:
    unknown = {**FORECAST, "rank": None, "error": None, "days": 0}
    told = lines(carbon={**CARBON, "forecast": unknown})
    assert any(line.split()[:6] == ["east", "carbon", "learned", "-", "-", "0"] for line in told)

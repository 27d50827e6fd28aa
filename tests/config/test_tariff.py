"""Tariffs in the file: what they become, and how a fault reads."""

import pytest

from slurm_energy.config.load import parse
from slurm_energy.config.sources import Tariff
from slurm_energy.errors import ConfigError

FULL = """
[calendars.de]
zone = "Europe/Berlin"
holidays = [2026-12-25]
[tariffs.industrial]
unit = "cents/kWh"
base = 9.5
[[tariffs.industrial.bands]]
calendar = "de"
days = ["mon", "tue", "wed", "thu", "fri"]
start = "17:00"
end = "20:00"
season = ["11-01", "02-29"]
price = 18
[signals.clusters.east]
price = { tariff = "industrial" }
"""
EVENING = 1_796_144_400
"""2026-12-01 18:00 in Berlin."""


def test_a_tariff_is_named_by_the_cluster_and_priced_in_its_own_unit() -> None:
    settings = parse(FULL, "test")
    assert settings.signals.clusters["east"].price == (Tariff(tariff="industrial"),)
    prices = settings.tariffs["industrial"].prices(settings.calendars)
    assert (prices.at(EVENING), prices.at(EVENING + 2 * 3600)) == (18, 9.5)
    christmas = EVENING + 24 * 24 * 3600
    assert prices.at(christmas) == 9.5


@pytest.mark.parametrize(
    ("found", "instead", "told"),
    [
        ('"cents/kWh"', '"EUR/GJ"', "tariffs.industrial.unit = 'EUR/GJ': "),
        ('"cents/kWh"', '"GBP/kWh"', "the site counts in EUR (signals.currency); convert"),
        ("base = 9.5", "", "tariffs.industrial.base: Field required"),
        ("price = 18", "price = inf", "tariffs.industrial.bands.0.price = inf: "),
        (
            'calendar = "de"',
            'calendar = "fr"',
            "tariffs.industrial.bands.0.calendar = 'fr' is none of [calendars]: de; "
            "add [calendars.fr]",
        ),
        (
            'tariff = "industrial"',
            'tariff = "office"',
            "signals.clusters.east.price.tariff = 'office' is none of [tariffs]: industrial; "
            "add [tariffs.office]",
        ),
        ("price = 18", "price = 18\ncolour = 1", "bands.0.colour = 1: no such setting"),
    ],
)
def test_a_fault_is_one_line(found: str, instead: str, told: str) -> None:
    with pytest.raises(ConfigError) as fault:
        parse(FULL.replace(found, instead, 1), "test")
    (line,) = fault.value.problems
    assert told in line


def test_carbon_has_no_tariff() -> None:
    with pytest.raises(ConfigError, match="tariff tells no carbon"):
        parse(FULL.replace("price = {", "carbon = {"), "test")

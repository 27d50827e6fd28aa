"""Costs in the file: what they become, and how a fault reads."""

import pytest

from slurm_energy.config.load import parse
from slurm_energy.errors import ConfigError
from slurm_energy.model.cooling import Cooling
from tests.builders import some

FULL = """
[signals.clusters.east]
carbon = { constant = 300 }
price = { constant = 90 }
temperature = { csv = "/var/lib/slurm-energy/temperature-east.csv" }
[costs.clusters.east]
pue = 1.3
pue_curve = [[-5, 1.1], [30, 1.5]]
[costs.clusters.west]
pue = 1.2
"""


def test_pue_is_a_number_or_a_curve_over_the_temperature() -> None:
    costs = parse(FULL, "test").costs.clusters
    assert costs["east"].cooling() == Cooling(1.3, ((-5, 1.1), (30, 1.5)))
    assert costs["west"].cooling() == Cooling(1.2)
    assert parse("", "test").costs.clusters == {}


@pytest.mark.parametrize(
    ("found", "instead", "told"),
    [
        ("pue = 1.3", "pue = 0.9", "costs.clusters.east.pue = 0.9: "),
        ("pue = 1.3\n", "", "costs.clusters.east: pue_curve needs pue, for hours without a"),
        ("1.1]", "0.9]", "costs.clusters.east.pue_curve.0.1 = 0.9: "),
        ("[-5, 1.1]", "[30, 1.1]", "temperatures must rise from point to point; sort them"),
        (
            "temperature =",
            "# temperature =",
            "costs.clusters.east.pue_curve and signals.clusters.east.temperature need each other",
        ),
    ],
)
def test_a_fault_is_one_line(found: str, instead: str, told: str) -> None:
    with pytest.raises(ConfigError) as fault:
        parse(FULL.replace(found, instead, 1), "test")
    (line,) = fault.value.problems
    assert told in line


RATES = """
[calendars.de]
zone = "Europe/Berlin"
[signals.clusters.east]
price = { constant = 90 }
[costs.clusters.east.rates]
gpu_hour = 2.1
cpu_hour = 0.04
kw_per_gpu = 0.9
reserved = 64
reserved_gpu_hour = 1.2
[[costs.clusters.east.rates.bands]]
calendar = "de"
start = "22:00"
end = "06:00"
gpu_hour = 1.4
[costs.clusters.east.partitions.debug]
gpu_hour = 0.5
kw_per_gpu = 0.4
[power]
cpu_watts = 4
"""
MIDNIGHT = 1_796_166_000
"""2026-12-02 00:00 in Berlin."""


def test_rates_are_the_clusters_or_a_partitions() -> None:
    settings = parse(RATES, "test")
    found = settings.costs.rates(settings.calendars, settings.power.cpu_watts)["east"]
    usual = some(found.of("gpu"))
    assert (usual.gpu_hour.at(MIDNIGHT), usual.gpu_hour.at(MIDNIGHT + 6 * 3600)) == (1.4, 2.1)
    assert (usual.cpu_hour.at(MIDNIGHT), usual.kw_per_gpu, usual.kw_per_cpu) == (0.04, 0.9, 0.004)
    assert (usual.reserved, usual.reserved_gpu_hour) == (64, 1.2)
    assert some(found.of("debug")).gpu_hour.base == 0.5


def test_without_rates_no_cluster_has_any() -> None:
    assert parse(FULL, "test").costs.rates({}, 3.0) == {}


@pytest.mark.parametrize(
    ("found", "instead", "told"),
    [
        ("kw_per_gpu = 0.9", "", "costs.clusters.east.rates.kw_per_gpu: Field required"),
        ("kw_per_gpu = 0.9", "kw_per_gpu = 0", "costs.clusters.east.rates.kw_per_gpu = 0: "),
        ("gpu_hour = 2.1", "gpu_hour = -1", "costs.clusters.east.rates.gpu_hour = -1: "),
        ("reserved = 64\n", "", "reserved_gpu_hour needs reserved, the number of GPUs"),
        ("gpu_hour = 0.5\n", "", "costs.clusters.east.partitions.debug: no rate is named; add"),
        ('calendar = "de"', 'calendar = "fr"', "rates.bands.0.calendar = 'fr' is none of"),
        ("price = { constant = 90 }", "", "rates add to a price of energy; add signals.clusters"),
    ],
)
def test_a_fault_in_rates_is_one_line(found: str, instead: str, told: str) -> None:
    with pytest.raises(ConfigError) as fault:
        parse(RATES.replace(found, instead, 1), "test")
    (line,) = fault.value.problems
    assert told in line

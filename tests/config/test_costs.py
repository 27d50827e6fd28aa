"""Costs in the file: what they become, and how a fault reads."""

import pytest

from slurm_energy.config.load import parse
from slurm_energy.errors import ConfigError
from slurm_energy.model.cooling import Cooling

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

"""What explain tells of money and heat: energy and machines apart, and their sum by its name."""

from dataclasses import replace

import numpy as np
import pytest

from slurm_energy.decide.pricing.costterms import cost_terms
from slurm_energy.decide.pricing.price import Curve, MachineCurve
from slurm_energy.model.rates import Rates
from slurm_energy.model.timeofuse import TimeOfUse
from tests.builders import HOUR, NOON, make_job

FIRST = NOON - NOON % 900
RATES = Rates(TimeOfUse(2.0), TimeOfUse(0.05), kw_per_gpu=0.8, kw_per_cpu=0.004)
HALVED = MachineCurve(np.array([2.0] * 8 + [1.0] * 8), np.full(16, 0.05), RATES)
CURVE = Curve(
    FIRST,
    900,
    np.zeros(16),
    price=np.array([100.0] * 8 + [50.0] * 8),
    machines={"": HALVED},
)
STARTS = {"once": FIRST, "start": FIRST + 2 * HOUR}


def test_energy_and_machines_are_told_apart_and_together() -> None:
    """Two hours of 4 GPUs and 16 CPUs: 6.4 kWh; 16 or 8 for the GPUs and 1.6 for the CPUs."""
    terms = cost_terms(CURVE, make_job(gpus=4, cpus=16), STARTS, 2 * HOUR)
    assert terms == {
        "cost_run": 2 * HOUR,
        "energy_cost_at_once": pytest.approx(0.64),
        "compute_cost_at_once": pytest.approx(17.6),
        "total_cost_at_once": pytest.approx(18.24),
        "energy_cost_at_start": pytest.approx(0.32),
        "compute_cost_at_start": pytest.approx(9.6),
        "total_cost_at_start": pytest.approx(9.92),
    }


def test_a_job_pays_what_its_partition_costs() -> None:
    free = MachineCurve(np.zeros(16), np.zeros(16), RATES)
    curve = replace(CURVE, machines={"": HALVED, "debug": free})
    terms = cost_terms(curve, make_job(gpus=4, partition="debug"), STARTS, HOUR)
    assert terms["compute_cost_at_once"] == 0
    only_debug = replace(CURVE, machines={"debug": free})
    assert cost_terms(only_debug, make_job(partition="gpu"), STARTS, HOUR) == {}


def test_a_run_of_which_nothing_is_known_is_not_counted() -> None:
    assert cost_terms(CURVE, make_job(gpus=4), STARTS, 0) == {}


def test_beyond_the_curve_nothing_is_known() -> None:
    terms = cost_terms(CURVE, make_job(gpus=4), {"once": FIRST + 4 * HOUR}, HOUR)
    assert {terms[f"{kind}_cost_at_once"] for kind in ("energy", "compute", "total")} == {None}


def test_pue_is_told_where_it_is_in_the_figures() -> None:
    curve = Curve(FIRST, 900, np.zeros(16), pue=np.array([1.5] * 8 + [1.1] * 8))
    assert cost_terms(curve, make_job(), STARTS, HOUR) == {"pue_at_once": 1.5, "pue_at_start": 1.1}


def test_without_either_nothing_is_told() -> None:
    assert cost_terms(None, make_job(), STARTS, HOUR) == {}
    assert cost_terms(Curve(FIRST, 900, np.zeros(16)), make_job(), STARTS, HOUR) == {}

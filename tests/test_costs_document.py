"""The worked example of docs/costs.md: the page's settings give the page's figures."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from slurm_energy.config.load import parse
from slurm_energy.decide.pricing.costterms import cost_terms
from slurm_energy.decide.pricing.price import curves
from slurm_energy.decide.pricing.rates import RateBook
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import JobState, Node, Partition
from slurm_energy.model.policy import Policy
from slurm_energy.model.series import ClusterSignals, Signal
from slurm_energy.signals.tariff import Tariff
from tests.builders import HOUR, make_job, make_queue, make_series, some

PAGE = (Path(__file__).parents[1] / "docs/costs.md").read_text()
EVENING = int(datetime(2026, 12, 1, 18, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())
NIGHT = EVENING + 4 * HOUR


def test_the_page_is_right() -> None:
    settings = parse("\n".join(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)), "page")
    tariff = settings.tariffs["industrial"].prices(settings.calendars).times(10)
    outside = make_series([15.0] * 4 + [5.0] * 44, EVENING, signal=Signal.TEMPERATURE)
    cooling = some(settings.costs.clusters["east"].cooling())
    price = Tariff("industrial", tariff).read(EVENING).series
    signals = ClusterSignals(None, price, pue=cooling.pue(outside, EVENING))
    nodes = frozenset({"n1"})
    others = make_job(1, state=JobState.RUNNING, gpus=64, time_limit=None)
    queue = make_queue(
        [others], partitions=(Partition("gpu", nodes, 4),), nodes=(Node("n1", 32, 512_000, 4),)
    )
    rates = settings.costs.rates(settings.calendars, settings.power.cpu_watts)
    hours = some(RateBook(rates).of("east", queue, EVENING))
    curve = some(curves(signals, Policy(), EVENING, hours)[WorkloadClass.LATENCY_CRITICAL])
    job = make_job(gpus=4, cpus=32, partition="gpu")
    terms = cost_terms(curve, job, {"once": EVENING, "start": NIGHT}, 2 * HOUR)
    assert [terms["pue_at_once"], terms["pue_at_start"]] == pytest.approx([1.2, 1.15])
    for kind, figures in {
        "energy": (1.38, 0.44),
        "compute": (21.76, 12.16),
        "total": (23.14, 12.60),
    }.items():
        found = [float(str(terms[f"{kind}_cost_at_{when}"])) for when in ("once", "start")]
        assert found == pytest.approx(figures, abs=0.005)
        assert f"| {kind} cost | {figures[0]:.2f} | {figures[1]:.2f} |" in PAGE
    assert [hours.per_mwh.at(EVENING), hours.per_mwh.at(NIGHT)] == pytest.approx([3400, 1900])
    whole = [3400 + 216, 1900 + 69]
    assert f"With energy that is {whole[0]} and {whole[1]} per MWh" in PAGE

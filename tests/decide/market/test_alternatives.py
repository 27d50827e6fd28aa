"""What ``explain`` compares is priced as the market priced it."""

import numpy as np
import pytest

from slurm_energy.decide.market.alternatives import Pricing, Window, alternative_terms
from slurm_energy.decide.market.congestion import Congestion
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.planner import plan_cluster
from slurm_energy.decide.pricing.price import Curve, curves
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action
from slurm_energy.model.policy import Policy
from tests.builders import HOUR, NOON, make_contract, make_queue, make_signals, make_subject

SIGNALS = make_signals([400.0, 390.0, 300.0] + [100.0] * 3 + [200.0] * 90, [90.0] * 96)


def planned(delay: float = 24 * HOUR, carbon: list[float] | None = None) -> Plan:
    subject = make_subject()
    subject = make_subject(
        annotation=subject.annotation.__class__(
            make_contract(max_delay=int(delay)), NOON, 0, (), 0, "class=evaluation"
        )
    )
    signals = SIGNALS if carbon is None else make_signals(carbon, [90.0] * len(carbon))
    found = {"east": curves(signals, Policy(), NOON)}
    return plan_cluster(make_queue([subject.job]), [subject], found, Policy(), {}, NOON)


def test_the_chosen_start_stands_beside_now_half_the_wait_and_the_latest() -> None:
    plan = planned()
    terms = plan.decision(0, 1).terms
    assert plan.actions[0] is Action.DEFER
    assert terms["once_time"] == NOON
    assert terms["start_time"] == plan.begin[0]
    assert NOON < float(terms["half_time"] or 0) <= NOON + (plan.begin[0] - NOON) // 2
    assert terms["latest_time"] == NOON + 24 * HOUR
    assert terms["carbon_at_once"] == pytest.approx(400)
    assert terms["carbon_at_start"] == pytest.approx(100)
    assert terms["carbon_at_latest"] == pytest.approx(200)


def test_it_says_of_now_and_the_chosen_start_what_the_market_found() -> None:
    plan = planned()
    bare = dict(plan._alternatives(0, plan.curves["east"][WorkloadClass.EVALUATION]))
    assert bare["effective_at_once"] == pytest.approx(plan.price_first[0], abs=1e-4)
    assert bare["effective_at_start"] == pytest.approx(plan.price_chosen[0], abs=1e-4)


def test_a_job_that_goes_now_is_shown_the_best_later_start() -> None:
    plan = planned(carbon=[100.0] * 4 + [150.0] * 92)
    terms = plan.decision(0, 1).terms
    assert plan.actions[0] is Action.RUN
    assert "start_time" not in terms
    assert float(terms["later_time"] or 0) > NOON
    assert float(terms["effective_at_later"] or 0) >= float(terms["effective_at_once"] or 0)


def test_the_congestion_of_a_slot_is_in_its_price() -> None:
    curve = Curve(NOON, 900, np.zeros(8), carbon=np.arange(8.0))
    surcharge = Congestion(NOON, 900, np.array([0.0, 0.5] + [0.0] * 6))
    pricing = Pricing(curve, 1.0, 0.0, surcharge, np.array([1.0, 0.5, 0.0]))
    terms = alternative_terms(Window(NOON, NOON + 900, NOON + 900, NOON + HOUR), pricing)
    assert terms["congestion_at_start"] == 0.5
    assert terms["effective_at_start"] == pytest.approx(0.5 / 1.5, abs=1e-4)
    assert terms["carbon_at_start"] == pytest.approx((1 + 0.5 * 2) / 1.5, abs=1e-4)
    assert terms["price_at_start"] is None


def test_what_lies_beyond_the_signals_is_not_told() -> None:
    curve = Curve(NOON, 900, np.zeros(4), carbon=np.ones(4))
    pricing = Pricing(curve, 1.0, 0.0, None, np.array([1.0, 1.0]))
    terms = alternative_terms(Window(NOON, NOON + 1800, NOON + 6 * 900, NOON + HOUR), pricing)
    assert "latest_time" not in terms
    assert terms["carbon_at_start"] == 1.0


def test_a_start_that_the_planner_does_not_look_at_yet_is_no_alternative() -> None:
    curve = Curve(NOON, 900, np.array([0.0] * 4 + [-1.0] * 4))
    pricing = Pricing(curve, 1.0, 0.0, None, np.array([1.0]))
    terms = alternative_terms(Window(NOON, NOON, NOON + 2 * HOUR, NOON + 1800), pricing)
    assert terms["later_time"] == NOON + 900
    terms = alternative_terms(Window(NOON, NOON, NOON + 2 * HOUR, NOON + HOUR), pricing)
    assert terms["later_time"] == NOON + HOUR

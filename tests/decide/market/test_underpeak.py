"""A job that would lift the month's peak waits below it, unless waiting costs more."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.market.market import FIRST, trade
from slurm_energy.decide.market.stage import Answer, Applicant, Stage
from slurm_energy.decide.power.peak import Draw
from slurm_energy.decide.pricing.price import Curve
from slurm_energy.model.decision import Reason
from tests.builders import NOON, make_running, some
from tests.decide.marketplace import (
    NO_LIMIT,
    POLICY,
    SLOT,
    SLOTS,
    applicant,
    dip,
    gpus,
    lasting,
    slots,
    stage,
)

INF = float("inf")
CHARGE = 12.0
PATIENT = replace(
    POLICY,
    classes={name: replace(kind, delay=0.02) for name, kind in POLICY.classes.items()},
)
"""Waiting costs a little."""


def flat(per_mwh: float = 0.02) -> Curve:
    """A flat price; a deviation of 50 a MWh, or none that counts."""
    return replace(dip(0, 0.0), per_mwh=per_mwh)


def priced(
    applicants: list[Applicant],
    *,
    free: float = 2_000,
    charge: float = CHARGE,
    curve: Curve | None = None,
    each: float = 1_000,
    **changes: Any,
) -> Stage:
    """Jobs of an hour that draw a kW each, where ``free`` watts cost nothing."""
    others = changes.get("others", ())
    return stage(
        applicants,
        curve or flat(),
        **{
            "watts": np.full(len(applicants) + len(others), each),
            "draw": Draw(most=INF, free=free, charge=charge, full=INF),
            "policy": PATIENT,
            "capacity": gpus(100),
            **changes,
        },
    )


def told(given: Stage) -> list[Answer]:
    return [some(answer) for answer in trade(given, FIRST)[0]]


def crowd(count: int, wait: int = 96) -> list[Applicant]:
    return [applicant(number, wait) for number in range(1, count + 1)]


def planned_peak(given: Stage) -> float:
    """W of the highest slot, if the jobs go as they answer; all last four slots."""
    load = np.zeros(SLOTS)
    for slot in slots(told(given)):
        load[some(slot) : some(slot) + 4] += 1_000
    return float(load.max())


def test_below_the_peak_everybody_goes_and_above_it_they_queue_up() -> None:
    assert slots(told(priced(crowd(6)))) == [0, 0, 4, 4, 8, 8]


def test_who_must_start_soonest_goes_first() -> None:
    jobs = [applicant(1, 90), applicant(2, 20), applicant(3, 50)]
    assert slots(told(priced(jobs, free=1_000))) == [8, 0, 4]


def test_who_was_moved_is_told_why_and_what_it_would_have_lifted() -> None:
    first, _, third = told(priced(crowd(3)))
    assert (first.power, first.raises) == (None, 0.0)
    assert (third.power, third.raises) == (Reason.DEMAND_CHARGE, 1_000.0)
    assert third.at_once > third.chosen


def test_where_waiting_costs_more_the_peak_is_lifted_and_once_lifted_is_free_for_all() -> None:
    dear = replace(
        POLICY, classes={name: replace(kind, delay=500.0) for name, kind in POLICY.classes.items()}
    )
    jobs = [applicant(1, 90), applicant(2, 90, gpus=1)]
    found = told(priced(jobs, free=0, charge=CHARGE, policy=dear))
    assert slots(found) == [0, 0]
    assert found[0].raises == 1_000.0


def test_what_runs_is_paid_for_and_the_others_fill_up_to_it() -> None:
    runs = make_running().job
    given = priced(crowd(2), free=0, others=[runs], shapes=lasting(4, 3))
    assert slots(told(given)) == [4, 8]


def test_no_weight_on_price_pays_no_charge() -> None:
    assert slots(told(priced(crowd(6), curve=flat(0.0)))) == [0] * 6


def test_who_finds_no_room_on_the_cluster_waits_in_slurms_queue() -> None:
    full = [make_running(job_id=number).job for number in (50, 51, 52)]
    given = priced(crowd(4), others=full, shapes=lasting(4, 7), capacity=gpus(3), free=0)
    assert slots(told(given)) == [0] * 4


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.floats(0, 6_000), st.floats(0, 50))
def test_never_past_the_latest_start(waits: list[int], free: float, charge: float) -> None:
    jobs = [applicant(number, wait) for number, wait in enumerate(waits, start=1)]
    for wait, answer in zip(waits, told(priced(jobs, free=free, charge=charge)), strict=True):
        assert NOON <= answer.begin <= NOON + wait * SLOT


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.integers(0, 40))
def test_under_the_peak_and_without_a_charge_nothing_changes(waits: list[int], at: int) -> None:
    jobs = [applicant(number, wait) for number, wait in enumerate(waits, start=1)]
    curve = replace(dip(at), per_mwh=0.02)
    plain = trade(priced(jobs, curve=curve, draw=None), FIRST)[0]
    for draw in (Draw(INF, 1_000.0 * len(jobs), CHARGE, INF), Draw(5.0, 0.0, 0.0, INF)):
        assert trade(priced(jobs, curve=curve, draw=draw), FIRST)[0] == plain


@given(st.integers(1, 6), st.floats(0, 30), st.floats(0, 30))
def test_a_higher_charge_never_raises_the_planned_peak(
    count: int, charge: float, more: float
) -> None:
    low = planned_peak(priced(crowd(count), charge=charge, capacity=NO_LIMIT))
    high = planned_peak(priced(crowd(count), charge=charge + more, capacity=NO_LIMIT))
    assert high <= low


@pytest.mark.parametrize("kept", [4, 8])
def test_a_begin_that_is_as_good_stands(kept: int) -> None:
    jobs = [*crowd(2, 10), replace(applicant(9), kept=NOON + kept * SLOT)]
    assert slots(told(priced(jobs)))[2] == kept


def test_beyond_so_many_the_rest_waits_a_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slurm_energy.decide.market.underpeak.MOST", 1)
    assert slots(told(priced(crowd(4)))) == [0, 0, 4, 1]

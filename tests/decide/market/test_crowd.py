"""Who runs in a crowd: those that can't wait, then those that run, then those with least slack."""

from dataclasses import replace

import numpy as np

from slurm_energy.decide.market.market import FIRST, trade
from slurm_energy.decide.market.stage import Applicant, Stage
from slurm_energy.decide.pricing.price import Curve
from tests.builders import HOUR, NOON, make_curve, make_running, some
from tests.decide.marketplace import POLICY, SLOT, SLOTS, applicant, lasting, slots, stage

STOPPING = replace(
    POLICY,
    classes={name: replace(kind, stop=True) for name, kind in POLICY.classes.items()},
    interruption_cost=0,
)
DEAR_NOW = replace(make_curve([2.0] * 8 + [-1.0] * (SLOTS - 8)), level=2.0)
CLEAN_NOW = make_curve([-1.0] * 8 + [2.0] * (SLOTS - 8))


def crowd(waits: list[int], curve: Curve = DEAR_NOW, hours: int = 12) -> Stage:
    """Jobs of the whole cluster that may wait so many slots; each lasts so many hours."""
    jobs = [applicant(100 + row, wait, gpus=8) for row, wait in enumerate(waits)]
    return stage(jobs, curve, shapes=lasting(4 * hours, len(jobs)))


def running(number: int, wait: int) -> Applicant:
    """A running job of the whole cluster that may be stopped and wait so many slots."""
    subject = make_running(NOON - HOUR, job_id=number, gpus=8)
    return Applicant(subject, NOON, NOON + wait * SLOT, 0)


def test_where_little_is_wanted_prices_alone_decide() -> None:
    assert slots(trade(crowd([96], hours=1), FIRST)[0]) == [8]


def test_a_full_slot_takes_who_has_least_slack_and_the_others_come_later() -> None:
    told = slots(trade(crowd([96, 40, 60], CLEAN_NOW), FIRST)[0])
    assert told[1] == 0
    assert min(some(told[0]), some(told[2])) > 0


def test_on_a_flat_price_nobody_is_put_off_for_the_crowd_alone() -> None:
    flat = make_curve([0.7] * SLOTS)
    assert set(slots(trade(crowd([96, 40, 60, 96], flat), FIRST)[0])) == {0}


def test_dear_slots_are_left_idle_as_far_as_all_due_work_still_fits() -> None:
    roomy, tight = crowd([150, 150, 160]), crowd([50, 50, 96])
    assert min(some(one) for one in slots(trade(roomy, FIRST)[0])) == 8
    assert slots(trade(tight, FIRST)[0])[0] == 0


def test_who_can_not_wait_any_more_goes_whatever_the_load() -> None:
    assert slots(trade(crowd([96, 96, 96, 1]), FIRST)[0])[3] == 0


def test_nobody_is_put_off_past_his_last_slot() -> None:
    waits = [10, 20, 30, 40, 50]
    found = slots(trade(crowd(waits), FIRST)[0])
    assert all(some(slot) <= wait for slot, wait in zip(found, waits, strict=True))


def test_what_runs_goes_on_unless_stopping_gains_more_than_it_costs() -> None:
    jobs = [running(1, 90), *(applicant(number, 180, gpus=8) for number in range(2, 5))]
    for cost, stops in ((0, True), (20 * HOUR, False)):
        policy = replace(STOPPING, interruption_cost=cost)
        given = stage(jobs, DEAR_NOW, shapes=lasting(48, 4), policy=policy)
        assert (some(slots(trade(given, FIRST)[0])[0]) > 0) is stops


def test_a_run_that_would_soon_end_is_not_stopped_for_a_long_dear_time() -> None:
    jobs = [running(1, 90), *(applicant(number, 180, gpus=8) for number in range(2, 5))]
    policy = replace(STOPPING, interruption_cost=HOUR)
    lasts = lasting(48, 4)
    for left, stops in ((1, False), (40, True)):
        alive = np.vstack([lasts.alive, np.arange(192) < 4 + left])
        shapes = replace(
            lasts,
            alive=np.ascontiguousarray(alive, dtype=np.float64),
            row=np.array([1, 0, 0, 0]),
            label=["long", "its own"],
            samples=np.ones(2, dtype=np.int64),
        )
        given = stage(jobs, DEAR_NOW, shapes=shapes, policy=policy)
        assert (some(slots(trade(given, FIRST)[0])[0]) > 0) is stops

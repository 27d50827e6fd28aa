"""Many jobs at one market: what each one answers, what it takes, and what is left to the next."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.market.market import FIRST, Outlook, trade
from slurm_energy.decide.market.shares import units_of
from slurm_energy.decide.market.stage import Applicant, Stage
from slurm_energy.model.contract import Sensitivity, WorkloadClass
from slurm_energy.model.job import JobState
from slurm_energy.model.policy import Policy
from tests.builders import (
    HOUR,
    NOON,
    make_annotation,
    make_contract,
    make_curve,
    make_job,
    make_running,
    make_subject,
    some,
)
from tests.decide.marketplace import (
    NO_LIMIT,
    POLICY,
    SLOT,
    applicant,
    arriving,
    dip,
    gpus,
    lasting,
    slots,
    stage,
    surcharges,
    ticking,
)

STOPPING = replace(
    POLICY,
    classes={name: replace(kind, stop=True) for name, kind in POLICY.classes.items()},
    interruption_cost=0,
)


def test_a_job_waits_for_the_dip_and_one_that_can_not_wait_does_not() -> None:
    answers, _ = trade(stage([applicant(1), applicant(2, wait=10)], dip(20)), FIRST)
    assert slots(answers) == [20, 0]


def test_an_answer_tells_what_it_rests_on() -> None:
    (answer,), _ = trade(stage([applicant()], dip(20)), FIRST)
    found = some(answer)
    assert (found.at_once, found.chosen, found.later) == (0.0, -2.0, -8.0)
    assert (found.waiting, found.congestion) == (-2.0, 0.0)
    assert (found.median, found.long) == (4 * SLOT, 4 * SLOT)
    assert (found.learned_from, found.samples) == ("a test's", 1)


def test_a_signal_that_ends_too_early_is_no_answer() -> None:
    short = make_curve([0.0])
    assert list(trade(stage([applicant()], short), FIRST)[0]) == [None]
    assert list(trade(stage([applicant()], make_curve([])), FIRST)[0]) == [None]


def test_no_start_is_considered_of_whose_work_half_lies_beyond_the_signal() -> None:
    falling = make_curve(np.linspace(3, -3, 24).tolist())
    (start,) = slots(trade(stage([applicant()], falling), FIRST)[0])
    assert start is not None
    assert start + 2 <= 24


def test_without_limit_a_crowd_pays_no_surcharge() -> None:
    crowd = [applicant(number) for number in range(50)]
    answers, outlook = trade(stage(crowd, dip(20), capacity=NO_LIMIT), FIRST)
    assert slots(answers) == [20] * 50
    assert not surcharges(outlook).any()


def test_where_there_is_room_for_all_nobody_pays() -> None:
    crowd = [applicant(number) for number in range(8)]
    answers, outlook = trade(stage(crowd, dip(20)), FIRST)
    assert slots(answers) == [20] * 8
    assert not surcharges(outlook).any()


def test_a_crowd_makes_its_hour_dearer_and_who_asks_later_sees_it() -> None:
    crowd = [applicant(number) for number in range(16)]
    outlook = ticking(stage(crowd, dip(20)), 3)
    price = surcharges(outlook)
    assert price[20:24].min() > 0
    assert price[20:24].min() > max(price[:20].max(), price[24:].max())
    (late,), _ = trade(stage([applicant(500)], dip(20)), outlook)
    assert some(late).begin == NOON + 20 * SLOT
    assert some(late).chosen > -2.0
    assert some(late).congestion > 0


def test_within_a_slot_prices_stand_unless_somebody_came() -> None:
    crowd = stage([applicant(number) for number in range(80)], dip(20))
    _, outlook = trade(crowd, FIRST)
    _, same = trade(crowd, outlook)
    assert some(same.congestion).price.tolist() == some(outlook.congestion).price.tolist()


def test_a_surcharge_fades_when_demand_goes() -> None:
    crowd = [applicant(number) for number in range(80)]
    high = ticking(stage(crowd, dip(20)), 3)
    low = ticking(stage([applicant()], dip(20)), 12, high)
    assert surcharges(high).max() > 0
    assert surcharges(low).max() == 0


def dear_now(given: Stage) -> Outlook:
    """An outlook in which nothing but the present slot is dear."""
    _, outlook = trade(given, FIRST)
    known = some(outlook.congestion)
    dear = np.where(np.arange(len(known.price)) == 0, 3.0, 0.0)
    return replace(outlook, congestion=replace(known, price=dear))


def test_who_would_wait_for_the_present_surcharge_alone_goes() -> None:
    """Whoever is there takes the room: the price was for those who might have come."""
    given = stage([applicant()], make_curve([0.0] * 385))
    (answer,), _ = trade(given, dear_now(given))
    assert some(answer).begin == NOON
    assert some(answer).later < 0


def may_stop(number: int) -> Applicant:
    """A pending job of the whole cluster that allows to be interrupted."""
    contract = make_annotation(make_contract(interruptible=True))
    return applicant(number, subject=make_subject(make_job(number, gpus=8), contract))


def test_nobody_is_put_off_or_stopped_for_the_crowd_alone() -> None:
    flat = make_curve([0.0] * 385)
    busy = tuple(make_running(job_id=number, gpus=8).job for number in range(20, 24))
    for policy in (POLICY, STOPPING):
        given = stage([may_stop(number) for number in range(4)], flat, others=busy, policy=policy)
        outlook = ticking(given, 20)
        assert surcharges(outlook)[1] > 0
        assert slots(trade(given, outlook)[0]) == [0] * 4


def test_a_true_dip_is_waited_for_all_the_same() -> None:
    given = stage([applicant()], dip(20))
    assert slots(trade(given, dear_now(given))[0]) == [20]


def test_a_job_priced_on_another_cluster_pays_nothing_here_and_takes_nothing() -> None:
    away = applicant(900, siblings=("west",))
    crowd = [*(applicant(number) for number in range(80)), away]
    both = {name: dict.fromkeys(WorkloadClass, dip(20)) for name in ("east", "west")}
    given = stage(crowd, dip(20), curves=both)
    outlook = ticking(given, 3)
    answers, _ = trade(given, outlook)
    assert slots(answers)[-1] == 20
    assert some(answers[-1]).chosen == -2.0
    wide = [applicant(number, siblings=("west",)) for number in range(80)]
    _, left = trade(stage(wide, dip(20), curves=both), FIRST)
    assert not surcharges(left).any()


def test_a_job_wider_than_what_is_free_takes_nothing_and_drives_no_price() -> None:
    assert units_of([make_job(gpus=9)], gpus(8)).tolist() == [0.0]
    _, outlook = trade(stage([applicant(gpus=900)], dip(20)), FIRST)
    assert not surcharges(outlook).any()


def test_a_job_takes_its_share_of_the_cluster_and_an_array_that_of_all_its_tasks_at_once() -> None:
    jobs = [
        make_job(gpus=2),
        make_job(gpus=1, array_task_count=4),
        make_job(gpus=1, array_task_count=4, array_most=2),
        make_job(gpus=1, array_task_count=100),
    ]
    assert units_of(jobs, gpus(8)).tolist() == [0.25, 0.5, 0.25, 1.0]


def test_without_limit_a_job_counts_by_its_gpus() -> None:
    assert units_of([make_job(gpus=4), make_job(gpus=0)], NO_LIMIT).tolist() == [4.0, 1.0]


def test_what_runs_already_takes_room() -> None:
    busy = make_job(7, gpus=8, state=JobState.RUNNING, start_time=NOON)
    given = stage([applicant()], dip(0, depth=0.0), others=[busy], shapes=lasting(40, 2))
    _, outlook = trade(given, FIRST)
    price = some(outlook.congestion).price
    assert price[0] > 0
    assert price[60] == 0


def came(hours: int) -> Outlook:
    """An outlook that saw two jobs an hour, each as wide as the cluster and not patient."""
    outlook = FIRST
    for hour in range(hours + 1):
        now = NOON + (hour - hours) * HOUR
        jobs = [arriving(1000 + 2 * hour + one, now, wait=1, gpus=8) for one in range(2)]
        curve = replace(dip(20), start=now)
        _, outlook = trade(stage(jobs, curve, now=now), outlook)
    return outlook


def test_before_six_hours_were_watched_nobody_is_expected() -> None:
    assert some(came(5).arrivals).rates() == {}
    assert len(some(came(7).arrivals).rates()) == 1


def test_who_is_expected_makes_later_hours_dearer_so_a_job_starts_sooner() -> None:
    cleaner_and_cleaner = make_curve((-0.02 * np.arange(385)).tolist())
    given = stage([applicant(wait=90)], cleaner_and_cleaner)
    (empty,) = slots(trade(given, FIRST)[0])
    (crowded,) = slots(trade(given, ticking(given, 12, came(30)))[0])
    assert (empty, crowded) == (90, 0)


def test_who_was_seen_once_is_not_counted_twice() -> None:
    outlook = came(7)
    again = stage([arriving(1014, NOON, wait=1, gpus=8)], dip(20))
    _, second = trade(again, outlook)
    assert list(some(second.arrivals).streams) == list(some(outlook.arrivals).streams)
    before, after = (some(one.arrivals).rates() for one in (outlook, second))
    assert [one.units for one in before.values()] == [one.units for one in after.values()]


def test_what_a_job_minds_is_weighed_by_its_sensitivity() -> None:
    def answer(sensitivity: Sensitivity) -> float:
        annotation = make_annotation(make_contract(sensitivity=sensitivity))
        job = applicant(subject=make_subject(annotation=annotation))
        return some(trade(stage([job], dip(20)), FIRST)[0][0]).chosen

    low, normal, high = map(answer, (Sensitivity.LOW, Sensitivity.NORMAL, Sensitivity.HIGH))
    assert high < normal < low < 0


def test_a_running_job_stops_for_the_dear_hours_and_resumes_in_the_cheap_ones() -> None:
    job = Applicant(make_running(NOON - HOUR), NOON, NOON + 96 * SLOT, 0)
    dear = make_curve([3.0] * 8 + [-1.0] * 377)
    given = stage([job], dear, shapes=lasting(16, 1), policy=STOPPING)
    assert slots(trade(given, FIRST)[0]) == [8]


def test_work_that_is_done_is_not_priced_again() -> None:
    """Of four hours three are done: what is left runs within the dear hour."""

    def at_once(started: int) -> float:
        job = Applicant(make_running(started), NOON, NOON + 96 * SLOT, 0)
        dear = make_curve([4.0] * 4 + [0.0] * 381)
        given = stage([job], dear, shapes=lasting(16, 1), policy=STOPPING)
        return some(trade(given, FIRST)[0][0]).at_once * 16

    assert at_once(NOON) == pytest.approx(16.0)
    assert at_once(NOON - 3 * HOUR) == pytest.approx(16.0)
    assert at_once(NOON - 3 * HOUR - 2 * SLOT) == pytest.approx(8.0)


def test_the_same_stage_gives_the_same_answers_to_the_bit() -> None:
    crowd = stage([applicant(number, wait=number) for number in range(60)], dip(20))
    first, second = trade(crowd, FIRST), trade(crowd, FIRST)
    assert list(first[0]) == list(second[0])
    assert some(first[1].congestion).price.tobytes() == some(second[1].congestion).price.tobytes()


def test_a_market_without_jobs_leaves_what_was_there() -> None:
    answers, outlook = trade(stage([], dip(20)), FIRST)
    assert (list(answers), outlook.congestion) == ([], None)


@given(
    st.lists(st.tuples(st.integers(0, 120), st.integers(1, 12), st.booleans()), max_size=6),
    st.lists(st.floats(-3, 3), min_size=20, max_size=60),
    st.sampled_from([1.0, 8.0]),
    st.integers(1, 9),
)
def test_nobody_starts_before_now_or_past_his_last_slot(
    jobs: list[tuple[int, int, bool]], prices: list[float], room: float, length: int
) -> None:
    crowd = [
        applicant(
            number,
            wait,
            make_subject(
                make_job(number, gpus=width),
                make_annotation(make_contract(interruptible=may_stop)),
            ),
        )
        for number, (wait, width, may_stop) in enumerate(jobs, 1)
    ]
    given = stage(
        crowd,
        make_curve(prices),
        capacity=gpus(room),
        policy=STOPPING,
        shapes=lasting(length, len(crowd)),
    )
    answers, _ = trade(given, FIRST)
    for one, answer in zip(crowd, answers, strict=True):
        if answer is not None:
            assert one.earliest <= answer.begin <= one.latest


@pytest.mark.parametrize("slot", [900, 300])
def test_the_grain_of_the_answer_is_the_policys_slot(slot: int) -> None:
    policy = replace(Policy(), slot=slot)
    curve = make_curve([1.0] * 10 + [-1.0] * 370, slot=slot)
    capacity = replace(gpus(8), slot=slot)
    shapes = replace(lasting(4, 1), slot=slot)
    given = stage([applicant()], curve, policy=policy, capacity=capacity, shapes=shapes)
    assert some(trade(given, FIRST)[0][0]).begin == NOON + 10 * slot

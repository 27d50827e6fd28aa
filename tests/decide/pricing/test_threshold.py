"""Thresholds: a class waits above a value while few GPUs are wanted ahead of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from slurm_energy.decide.pricing.price import Curve
from slurm_energy.decide.pricing.threshold import (
    gpus_ahead,
    threshold_terms,
    thresholded,
    with_thresholds,
)
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.policy import Threshold
from slurm_energy.model.series import Signal
from tests.builders import (
    CLEAN_AT,
    make_annotation,
    make_contract,
    make_curve,
    make_job,
    make_queue,
    make_subject,
)

Numbers = Sequence[float] | NDArray[np.float64]
EVALUATION, TRAINING = WorkloadClass.EVALUATION, WorkloadClass.TRAINING
ABOVE_400 = Threshold(EVALUATION, Signal.CARBON, 400, ahead_below=64)


def curve(values: Numbers, carbon: Numbers | None, **more: Any) -> Curve:
    known = None if carbon is None else np.array(carbon, dtype=np.float64)
    return replace(make_curve(list(values)), carbon=known, **more)


def cheapest(found: Curve, length: int, last: int, delay: float = 0.0) -> int:
    """The start slot up to ``last`` with the least mean price, a price on delay included."""
    means = [found.values[s : s + length].mean() + delay * s for s in range(last + 1)]
    return int(np.argmin(means))


def test_a_slot_above_the_threshold_becomes_dear_and_the_others_stay() -> None:
    plain = curve([0, 0, 0], [500, 400, 300])
    found = with_thresholds(plain, [ABOVE_400], 0)
    assert found.values[0] > 100
    assert found.values[1:].tolist() == [0, 0]


def test_with_a_deep_queue_nothing_changes() -> None:
    plain = curve([0, 0], [500, 300])
    assert with_thresholds(plain, [ABOVE_400], 64) is plain
    assert with_thresholds(plain, [ABOVE_400], 63) is not plain


def test_without_a_condition_it_always_holds() -> None:
    always = replace(ABOVE_400, ahead_below=None)
    assert with_thresholds(curve([0, 0], [500, 300]), [always], 10**6).values[0] > 0


def test_a_signal_that_is_not_known_makes_no_step() -> None:
    plain = curve([0, 0], None)
    assert with_thresholds(plain, [ABOVE_400], 0) is plain


def test_nobody_waits_for_hours_of_which_the_clause_knows_nothing() -> None:
    assert len(with_thresholds(curve([0, 0, 0], [500, 300]), [ABOVE_400], 0).values) == 2


def test_two_clauses_add_up() -> None:
    prices = np.array([200.0, 20.0, 200.0])
    both = [ABOVE_400, Threshold(EVALUATION, Signal.PRICE, 100)]
    found = with_thresholds(curve([0, 0, 0], [500, 500, 300], price=prices), both, 0)
    assert found.values[0] > found.values[1] > 0
    assert found.values[2] > 0


def test_each_class_has_its_own_clauses() -> None:
    curves: Mapping[WorkloadClass, Curve | None] = {
        EVALUATION: curve([0, 0], [500, 300]),
        TRAINING: curve([0, 0], [500, 300]),
        WorkloadClass.NEARLINE: None,
    }
    found = thresholded(curves, [ABOVE_400], {EVALUATION: 0, TRAINING: 0})
    assert found[EVALUATION] is not curves[EVALUATION]
    assert found[TRAINING] is curves[TRAINING]
    assert found[WorkloadClass.NEARLINE] is None


SLOTS = st.lists(
    st.tuples(st.floats(-3, 3), st.sampled_from([250.0, 500.0])), min_size=2, max_size=40
)


@given(SLOTS, st.data())
def test_a_run_that_can_stay_below_the_threshold_does(
    slots: list[tuple[float, float]], data: st.DataObject
) -> None:
    values, carbon = zip(*slots, strict=True)
    length = data.draw(st.integers(1, len(slots)), "length")
    last = data.draw(st.integers(0, len(slots) - length), "last start")
    delay = data.draw(st.floats(0, 1), "price on delay a slot")
    found = with_thresholds(curve(values, carbon), [ABOVE_400], 0)
    dirty = [sum(value > 400 for value in carbon[s : s + length]) for s in range(last + 1)]
    assert dirty[cheapest(found, length, last, delay)] == min(dirty)


@given(SLOTS)
def test_the_order_of_slots_on_one_side_stays(slots: list[tuple[float, float]]) -> None:
    values, carbon = (np.array(column) for column in zip(*slots, strict=True))
    raised = with_thresholds(curve(values, carbon), [ABOVE_400], 0).values - values
    assert np.all(raised[carbon <= 400] == 0)
    assert np.allclose(raised[carbon > 400], raised.max())


def test_what_counts_as_ahead_is_eligible_and_of_another_kind() -> None:
    jobs = [
        make_job(1, gpus=8),  # nobody's
        make_job(2, gpus=4, array_task_count=3),  # a training array
        make_job(3, gpus=2),  # an evaluation
        make_job(4, gpus=100, held=True),
        make_job(5, gpus=100, eligible_time=CLEAN_AT),
        make_job(6, gpus=100, dependency="afterok:1(unfulfilled)"),
    ]
    training = make_annotation(make_contract(TRAINING))
    subjects = [make_subject(jobs[1], training), make_subject(jobs[2])]
    ahead = gpus_ahead(make_queue(jobs), subjects)
    assert ahead[EVALUATION] == 8 + 12
    assert ahead[TRAINING] == 8 + 2
    assert ahead[WorkloadClass.NEARLINE] == 8 + 12 + 2


def test_explain_is_told_each_clause_with_its_answer() -> None:
    plain = curve([0, 0], [512.3, 300])
    assert threshold_terms(plain, [ABOVE_400], TRAINING, {TRAINING: 12}) == {}
    terms = threshold_terms(plain, [ABOVE_400], EVALUATION, {EVALUATION: 12})
    rule = "waits above 400 gCO2eq/kWh while fewer than 64 GPUs are wanted ahead"
    assert terms == {"threshold": f"{rule}: now 512, above", "gpus_ahead": 12}
    deep = threshold_terms(plain, [ABOVE_400], EVALUATION, {EVALUATION: 90})["threshold"]
    assert deep == f"{rule}: 90 are, so it does not hold"
    unknown = threshold_terms(None, [ABOVE_400], EVALUATION, {EVALUATION: 12})["threshold"]
    assert unknown == f"{rule}: carbon is not known"

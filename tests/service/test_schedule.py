from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.model.series import ClusterSignals
from slurm_energy.service.schedule import next_turn
from tests.builders import NOON, make_series, make_signals


def test_an_interval_later_where_nothing_steps() -> None:
    assert next_turn(NOON, 30, {}) == NOON + 30
    assert next_turn(NOON, 30, {"east": make_signals([100, 200])}) == NOON + 30


def test_at_the_step_of_a_signal_that_steps_sooner() -> None:
    carbon = make_series([100, 200], start=NOON - 3590)
    assert next_turn(NOON, 30, {"east": ClusterSignals(carbon, None)}) == NOON + 10
    assert next_turn(NOON, 30, {"east": ClusterSignals(None, carbon)}) == NOON + 10


@given(st.integers(1, 600), st.integers(1, 7200), st.integers(0, 7200))
def test_never_in_the_past_and_never_later_than_an_interval(
    interval: int, step: int, ago: int
) -> None:
    carbon = make_series([1, 2, 3, 4], start=NOON - ago, step=step)
    due = next_turn(NOON, interval, {"east": ClusterSignals(carbon, None)})
    assert NOON + 1 <= due <= NOON + interval

"""A recording shown again: faster, elsewhere in time, and nothing added."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Series
from slurm_energy.model.timescale import REAL_TIME, TimeScale
from slurm_energy.signals.reading import Reading
from slurm_energy.signals.replay import Replay, on_wall_time
from tests.builders import some
from tests.signals.builders import NOON, make_series

WALL = 1_800_000_000
SIXTYFOLD = TimeScale(start_recorded=NOON, start_wall=WALL, speed=60)


class Recording:
    """A source that holds one series and nothing else."""

    def __init__(self, series: Series | None, *problems: str) -> None:
        self.reading = Reading(series, problems)

    def read(self, now: int) -> Reading:  # noqa: ARG002
        return self.reading


def test_an_hour_of_the_recording_passes_in_a_minute() -> None:
    series = some(Replay(Recording(make_series(100, 200, 300)), SIXTYFOLD).read(WALL).series)
    assert series.times == (WALL, WALL + 60, WALL + 120)
    assert series.end == WALL + 180
    assert series.at(WALL + 61) == 200
    assert series.source == "made, replayed"


def test_it_is_issued_when_its_present_step_began_so_it_ages_after_its_end() -> None:
    replay = Replay(Recording(make_series(100, 200, 300)), SIXTYFOLD)
    ages = {
        now: series.age(now)
        for now in (WALL, WALL + 70, WALL + 500)
        if (series := replay.read(now).series)
    }
    assert ages == {WALL: 0, WALL + 70: 10, WALL + 500: 380}


def test_a_speed_that_leaves_no_second_between_rows_is_refused() -> None:
    reading = Replay(Recording(make_series(1, 2, step=30)), SIXTYFOLD).read(WALL)
    assert reading.series is None
    assert reading.problems == (
        "made: speed 60 leaves less than a second between two rows; "
        "allowed up to the seconds between rows; lower the speed",
    )


def test_an_absent_recording_stays_absent() -> None:
    assert Replay(Recording(None, "gone"), SIXTYFOLD).read(WALL) == Reading(None, ("gone",))


@given(
    st.lists(st.floats(0, 3000), min_size=1, max_size=30),
    st.floats(0.1, 900),
    st.integers(NOON - 86_400, NOON + 86_400),
)
def test_law_a_replay_keeps_every_value_in_order_and_adds_none(
    values: list[float], speed: float, start: int
) -> None:
    series = make_series(*values, step=900)
    try:
        shown = on_wall_time(series, TimeScale(start, WALL, speed))
    except SeriesError:
        assert speed > 450
        return
    assert shown.values == series.values
    assert list(shown.times) == sorted(set(shown.times))


@given(st.floats(0.01, 10_000), st.integers(0, 2**31), st.integers(0, 2**31))
def test_law_recorded_and_wall_time_are_each_others_inverse(
    speed: float, start: int, moment: int
) -> None:
    scale = TimeScale(start, WALL, speed)
    assert scale.recorded_time(scale.wall_time(moment)) == pytest.approx(moment, abs=0.1)
    assert scale.recorded(scale.wall(900)) == pytest.approx(900)


def test_real_time_changes_nothing() -> None:
    assert REAL_TIME.wall(900) == 900
    assert REAL_TIME.wall_time(NOON) == NOON

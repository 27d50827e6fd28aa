"""SiteFactor points: the formula by example, its laws, and the compiled loop equal to its twin."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from slurm_energy.decide.scoring import _score
from slurm_energy.decide.scoring.score import (
    NO_LATEST_START,
    ScoreTable,
    score,
    score_one,
    score_plain,
)
from slurm_energy.errors import InputError

HOUR = 3600
INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1

Columns = tuple[NDArray[np.int32], NDArray[np.uint8], NDArray[np.uint16]]


def make_table(**changes: Any) -> ScoreTable:
    """Row 0 ramps up over the last two hours; row 1 is latency-critical. A slot is an hour."""
    fields: dict[str, Any] = {
        "horizon": [2 * HOUR, np.inf],
        "urgency_weight": [0.5, 1.0],
        "band": [1000, 2000],
        "energy": [[1.0, 0.5, 0.25], [0.0, 0.0, 0.0]],
        "slot_seconds": HOUR,
        "quantum": 10,
    }
    return ScoreTable(**(fields | changes))


def make_columns(*jobs: tuple[int, int, int]) -> Columns:
    slack, urgency, row = zip(*jobs, strict=True) if jobs else ((), (), ())
    return np.array(slack, np.int32), np.array(urgency, np.uint8), np.array(row, np.uint16)


class TestFormula:
    def test_half_the_ramp_left_gives_half_of_its_worth(self) -> None:
        # one hour of a two-hour ramp; worth 0.5 * 40 / 100 + 0.5 (the second slot)
        assert score_one(HOUR, 40, 0, make_table()) == (0.5, 1, 0.7, 350)

    def test_points_are_whole_quanta_rounded_down(self) -> None:
        assert score_one(HOUR, 40, 0, make_table(quantum=100)).points == 300

    def test_worth_above_one_gives_no_more_than_the_band(self) -> None:
        assert score_one(0, 100, 0, make_table()) == (1.0, 0, 1.5, 1000)

    @pytest.mark.parametrize("slack", [2 * HOUR, 3 * HOUR, NO_LATEST_START])
    def test_ample_slack_gives_nothing(self, slack: int) -> None:
        assert score_one(slack, 100, 0, make_table()).points == 0

    def test_overdue_is_as_urgent_as_due_now(self) -> None:
        table = make_table()
        assert score_one(INT32_MIN, 10, 0, table) == score_one(0, 10, 0, table)

    @pytest.mark.parametrize("slack", [INT32_MIN, 0, HOUR, NO_LATEST_START])
    def test_slack_does_not_matter_to_the_latency_critical(self, slack: int) -> None:
        assert score_one(slack, 90, 1, make_table()).points == 1800

    def test_a_band_smaller_than_a_quantum_gives_nothing(self) -> None:
        assert score_one(0, 100, 0, make_table(band=[9, 9])).points == 0


class TestScore:
    def test_every_job_gets_the_points_of_its_row(self) -> None:
        points = score(*make_columns((HOUR, 40, 0), (HOUR, 40, 1), (0, 100, 0)), make_table())
        assert points.tolist() == [350, 800, 1000]
        assert points.dtype == np.int32

    def test_no_jobs_no_points(self) -> None:
        for scorer in (score, score_plain):
            points = scorer(*make_columns(), make_table())
            assert points.shape == (0,)
            assert points.dtype == np.int32

    def test_columns_may_be_views_with_gaps(self) -> None:
        slack, urgency, row = make_columns(*[(HOUR, 40, 0), (0, 0, 1)] * 50)
        assert score(slack[::2], urgency[::2], row[::2], make_table()).tolist() == [350] * 50

    def test_read_only_columns_will_do(self) -> None:
        columns = make_columns((HOUR, 40, 0))
        for column in columns:
            column.setflags(write=False)
        assert score(*columns, make_table()).tolist() == [350]

    def test_other_threads_go_on_while_the_compiled_loop_runs(self) -> None:
        many = 2_000_000
        slack, urgency, row = make_columns((HOUR, 40, 0))
        columns = np.repeat(slack, many), np.repeat(urgency, many), np.repeat(row, many)
        table, points = make_table(), np.empty(many, np.int32)
        ticks, seen = 0, []

        def fill() -> None:
            seen.append(ticks)
            _score.fill(
                *columns,
                table.horizon,
                table.urgency_weight,
                table.band,
                table.energy,
                table.slot_seconds,
                table.quantum,
                points,
            )
            seen.append(ticks)

        usual = sys.getswitchinterval()
        sys.setswitchinterval(60)  # only who gives the GIL away loses it
        thread = threading.Thread(target=fill)
        try:
            thread.start()
            while thread.is_alive():
                ticks += 1
                time.sleep(0)
            thread.join()
        finally:
            sys.setswitchinterval(usual)
        before, after = seen
        assert after > before


@st.composite
def tables(draw: st.DrawFn) -> ScoreTable:
    """Small tables with every value the constructor allows, extremes included."""
    rows, slots = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    unit = st.floats(0, 1)

    def column(values: st.SearchStrategy[float]) -> list[float]:
        return draw(st.lists(values, min_size=rows, max_size=rows))

    regret = st.lists(unit, min_size=slots, max_size=slots).map(lambda v: sorted(v, reverse=True))
    return ScoreTable(
        horizon=np.array(column(st.floats(1, INT32_MAX) | st.just(np.inf))),
        urgency_weight=np.array(column(unit)),
        band=np.array(column(st.integers(0, INT32_MAX) | st.integers(0, 10_000)), np.int32),
        energy=np.array(draw(st.lists(regret, min_size=rows, max_size=rows))),
        slot_seconds=draw(st.integers(1, INT32_MAX) | st.integers(1, 2 * HOUR)),
        quantum=draw(st.integers(1, INT32_MAX) | st.integers(1, 100)),
    )


slacks = st.integers(INT32_MIN, INT32_MAX) | st.integers(-HOUR, 30 * HOUR)


@st.composite
def queues(draw: st.DrawFn) -> tuple[Columns, ScoreTable]:
    """A table and up to 40 jobs, so that whole vectors and their remainders are met."""
    table = draw(tables())
    job = st.tuples(slacks, st.integers(0, 100), st.integers(0, len(table.band) - 1))
    return make_columns(*draw(st.lists(job, max_size=40))), table


class TestLaws:
    @given(queues())
    def test_the_compiled_loop_equals_its_twin_to_the_bit(
        self, queue: tuple[Columns, ScoreTable]
    ) -> None:
        columns, table = queue
        np.testing.assert_array_equal(score(*columns, table), score_plain(*columns, table))

    @given(st.integers(0, 2**32 - 1))
    @example(0)
    def test_the_compiled_loop_equals_its_twin_on_a_long_realistic_queue(self, seed: int) -> None:
        """Quarter-hour slots, hours of ramp: where rounding would show, and many vectors long."""
        random = np.random.default_rng(seed)
        table = ScoreTable(
            horizon=(random.integers(1, 48, 24) * 1800).astype(np.float64),
            urgency_weight=random.random(24),
            band=random.integers(0, 5000, 24).astype(np.int32),
            energy=np.sort(random.random((24, 96)), axis=1)[:, ::-1],
            slot_seconds=900,
            quantum=int(random.integers(1, 50)),
        )
        columns = (
            random.integers(-HOUR, 26 * HOUR, 999, dtype=np.int32),
            random.integers(0, 101, 999, dtype=np.uint8),
            random.integers(0, 24, 999, dtype=np.uint16),
        )
        np.testing.assert_array_equal(score(*columns, table), score_plain(*columns, table))

    @given(tables(), slacks, slacks, st.integers(0, 100))
    def test_less_slack_never_lowers_a_score(
        self, table: ScoreTable, one: int, other: int, urgency: int
    ) -> None:
        less, more = sorted((one, other))
        points = score(*make_columns((less, urgency, 0), (more, urgency, 0)), table)
        assert points[0] >= points[1]

    @given(tables(), slacks, st.integers(0, 100), st.integers(0, 100))
    def test_more_urgency_never_lowers_a_score(
        self, table: ScoreTable, slack: int, one: int, other: int
    ) -> None:
        less, more = sorted((one, other))
        points = score(*make_columns((slack, less, 0), (slack, more, 0)), table)
        assert points[0] <= points[1]

    @given(queues())
    def test_points_are_whole_quanta_within_the_band(
        self, queue: tuple[Columns, ScoreTable]
    ) -> None:
        columns, table = queue
        points = score(*columns, table)
        assert (points >= 0).all()
        assert (points <= table.band[columns[2]]).all()
        assert (points % table.quantum == 0).all()

    @given(tables(), st.integers(0, 100))
    def test_slack_of_the_horizon_or_no_latest_start_gives_nothing(
        self, table: ScoreTable, urgency: int
    ) -> None:
        if np.isfinite(table.horizon[0]):
            jobs = [(s, urgency, 0) for s in (int(np.ceil(table.horizon[0])), NO_LATEST_START)]
            assert score(*make_columns(*jobs), table).tolist() == [0, 0]


class TestTable:
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"horizon": [0, 1]}, r"horizon \(unless it is inf\) is 0 in .* allowed are 1 to"),
            ({"horizon": [2.0**31, 1]}, "horizon"),
            ({"horizon": [-np.inf, 1]}, "horizon"),
            ({"horizon": [np.nan, 1]}, "horizon .* is nan"),
            ({"urgency_weight": [0.1, 1.1]}, "urgency_weight is 1.1 .* allowed are 0 to 1"),
            ({"urgency_weight": [0.1, np.nan]}, "urgency_weight is nan"),
            ({"band": [-1, 0]}, "band is -1"),
            ({"band": [np.nan, 0]}, "band is nan"),
            ({"band": [2**31, 0]}, "band is 2.14748e"),
            ({"band": 7}, r"band has shape \(\); give one value per row"),
            ({"band": [7]}, r"2 rows of energy, but .* have \(2, 2, 1\)"),
            ({"energy": [0.5, 0.5]}, r"energy has shape \(2,\); give rows x slots"),
            ({"energy": [[], []]}, r"energy has shape \(2, 0\)"),
            ({"energy": [[0.5, np.nan], [0, 0]]}, "energy is nan"),
            ({"energy": [[0.5, 0.4], [0.1, 0.3]]}, "rises from 0.1 to 0.3 at row 1, slot 1"),
            ({"slot_seconds": 0}, "slot_seconds is 0"),
            ({"quantum": 0}, "quantum is 0 in the score table; allowed are 1 to 2147483647"),
            ({"quantum": 2**31}, "quantum"),
        ],
    )
    def test_a_wrong_value_is_refused_by_name(
        self, changes: dict[str, object], message: str
    ) -> None:
        with pytest.raises(InputError, match=message):
            make_table(**changes)

    def test_more_rows_than_a_job_can_name_are_refused(self) -> None:
        rows = np.ones(2**16 + 1)
        with pytest.raises(InputError, match="65537 x 1; allowed are 65536 rows"):
            make_table(horizon=rows, urgency_weight=rows, band=rows, energy=rows[:, None])

    def test_a_fraction_of_a_point_of_band_is_dropped(self) -> None:
        assert make_table(band=[9.99, 0]).band.tolist() == [9, 0]

    def test_it_keeps_a_copy_that_nobody_can_change(self) -> None:
        energy = np.zeros((2, 3))
        table = make_table(energy=energy)
        energy[:] = np.nan
        assert table.energy.max() == 0
        with pytest.raises(ValueError, match="read-only"):
            table.energy[0, 0] = 1


class TestColumns:
    @pytest.mark.parametrize("scorer", [score, score_plain])
    @pytest.mark.parametrize(
        ("number", "column", "message"),
        [
            (0, np.array([1, 2], np.int64), r"slack is int64; convert it with .astype\(numpy.int3"),
            (1, np.array([1, 2], np.int8), "urgency is int8"),
            (2, np.array([1, 2], np.int64), "row is int64"),
            (1, np.array([0, 101], np.uint8), "urgency is 101 for job number 1; .* at most 100"),
            (2, np.array([0, 2], np.uint16), "row is 2 for job number 1; allowed are at most 1"),
            (0, np.array([1], np.int32), r"shapes \(1,\), \(2,\) and \(2,\)"),
            (0, np.array([[1, 2]], np.int32), r"shapes \(1, 2\)"),
        ],
    )
    def test_a_wrong_column_is_refused_by_name(
        self,
        scorer: Callable[..., NDArray[np.int32]],
        number: int,
        column: NDArray[np.int32],
        message: str,
    ) -> None:
        columns = list(make_columns((HOUR, 40, 0), (0, 0, 0)))
        columns[number] = column
        with pytest.raises(InputError, match=message):
            scorer(*columns, make_table())


def test_without_the_compiled_loop_the_plain_one_scores() -> None:
    """An interpreter that cannot import the extension: a platform without a compiler."""
    program = """
import sys
sys.modules["slurm_energy.decide.scoring._score"] = None
import numpy as np
from slurm_energy.decide.scoring.score import KERNEL, ScoreTable, score
table = ScoreTable([7200], [0.5], [1000], [[1.0, 0.5]], slot_seconds=3600, quantum=10)
print(KERNEL, *score(np.int32([3600]), np.uint8([40]), np.uint16([0]), table))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "plain 350\n", done.stderr

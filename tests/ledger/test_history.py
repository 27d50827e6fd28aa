"""What was measured of the signals, in the ledger: once, corrected by a later issue, with gaps."""

import time
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slurm_energy.ledger import retention
from slurm_energy.ledger.history import HistoryTable
from slurm_energy.ledger.session import Session
from slurm_energy.model.history import Measured, Step, Topic, ended, series_of
from slurm_energy.model.series import Kind, Series, Signal
from tests.builders import HOUR, NOON, some
from tests.ledger.builders import HandClock

CARBON = Topic("east", Signal.CARBON, Kind.AVERAGE)
DAY = 24 * HOUR
NUMBERS = count()


@pytest.fixture
def session(url: str) -> Iterator[Session]:
    session = Session(lambda: url, HandClock(NOON))
    yield session
    session.close()


@pytest.fixture
def table(session: Session) -> HistoryTable:
    return HistoryTable(session)


def hours(*values: float | None, start: int = NOON) -> list[Step]:
    """A value an hour; None: not measured."""
    return [
        Step(start + HOUR * index, start + HOUR * (index + 1), value)
        for index, value in enumerate(values)
        if value is not None
    ]


def told(
    steps: list[Step], issued: int = NOON + DAY, topic: Topic = CARBON, source: str = "grid"
) -> list[Measured]:
    return [Measured(topic, source, issued, steps)]


def read(table: HistoryTable, topic: Topic = CARBON) -> Series:
    return some(table.read(topic, NOON - DAY, NOON + 2 * DAY))


def test_an_empty_ledger_tells_nothing(table: HistoryTable) -> None:
    assert table.read(CARBON, 0, NOON) is None
    assert table.record([]) == 0


def test_what_was_measured_is_read_back_with_its_gap(table: HistoryTable) -> None:
    assert table.record(told(hours(300, 310, None, 330))) == 3
    found = read(table)
    assert found == series_of(CARBON, "the ledger", NOON + DAY, hours(300, 310, None, 330))
    assert found.gaps == ((NOON + 2 * HOUR, NOON + 3 * HOUR),)
    assert [found.at(NOON + HOUR * hour) for hour in range(5)] == [300, 310, None, 330, None]


def test_the_same_again_is_no_new_row_and_a_correction_is_one(table: HistoryTable) -> None:
    table.record(told(hours(300, 310)))
    assert table.record(told(hours(300, 310))) == 0
    assert table.record(told(hours(300, 310), NOON + 2 * DAY)) == 0
    assert table.record(told(hours(300, 299), NOON + 3 * DAY)) == 1
    assert read(table).values == (300, 299)


def test_an_older_issue_that_comes_later_does_not_win(table: HistoryTable) -> None:
    table.record(told(hours(300), NOON + 2 * DAY))
    table.record(told(hours(999), NOON + DAY))
    assert read(table).values == (300,)


def test_two_sources_that_take_turns_add_no_rows(table: HistoryTable) -> None:
    for turn in range(6):
        source, value = (("grid", 300), ("other", 280))[turn % 2]
        rows = table.record(told(hours(value), NOON + DAY + turn, source=source))
        assert rows == (1 if turn < 2 else 0)
    assert read(table).values == (280,)


def test_kinds_signals_and_clusters_are_apart(table: HistoryTable) -> None:
    topics = [
        Topic(cluster, signal, kind)
        for cluster in ("east", "west")
        for signal, kind in (
            (Signal.CARBON, Kind.AVERAGE),
            (Signal.CARBON, Kind.MARGINAL),
            (Signal.PRICE, None),
        )
    ]
    for value, topic in enumerate(topics):
        table.record(told(hours(value), topic=topic))
    assert [read(table, topic).values for topic in topics] == [(value,) for value in range(6)]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    issues=st.lists(
        st.tuples(
            st.integers(1, 9), st.lists(st.none() | st.floats(0, 900), min_size=1, max_size=6)
        ),
        max_size=6,
        unique_by=lambda one: one[0],
    ).map(lambda told: sorted(told, key=lambda one: one[0])),
)
def test_of_one_source_the_last_issue_of_each_moment_counts(
    table: HistoryTable, issues: list[tuple[int, list[float | None]]]
) -> None:
    topic = Topic(f"east {next(NUMBERS)}", Signal.CARBON, None)
    expected: dict[int, float] = {}
    for issued, values in issues:
        expected |= {step.time: step.value for step in hours(*values)}
        table.record(told(hours(*values), NOON + issued, topic))
    found = table.read(topic, NOON - DAY, NOON + DAY)
    read_back = {} if found is None else dict(zip(found.times, found.values, strict=True))
    assert read_back == expected


def test_a_series_tells_of_the_past_what_had_ended_when_it_was_issued() -> None:
    series = series_of(CARBON, "grid", NOON + 90 * 60, hours(1, 2, 3, 4))
    assert list(ended(series, NOON, NOON + DAY)) == hours(1)
    assert list(ended(series, NOON, NOON + HOUR - 1)) == []
    assert list(ended(series, NOON + 1, NOON + DAY)) == []


def test_old_rows_leave_and_nothing_else_can_delete_them(
    table: HistoryTable, session: Session
) -> None:
    table.record(told(hours(300, 310)))
    session.run(lambda connection: retention.prune(connection, NOON + HOUR, 20))
    assert read(table).values == (310,)
    with pytest.raises(Exception, match="append-only"):
        session.run(
            lambda connection: connection.execute("DELETE FROM slurm_energy.signal_history")
        )


def test_five_weeks_of_five_minutes_go_in_and_come_out_in_a_moment(table: HistoryTable) -> None:
    steps = [Step(NOON + 300 * n, NOON + 300 * (n + 1), float(n % 400)) for n in range(10_080)]
    table.record(told(steps, NOON + 40 * DAY))
    began = time.monotonic()
    assert table.record(told(steps[:2_000], NOON + 41 * DAY)) == 0
    again = time.monotonic()
    found = some(table.read(CARBON, NOON, NOON + 36 * DAY))
    assert len(found.times) == 10_080
    assert again - began < 1
    assert time.monotonic() - again < 1

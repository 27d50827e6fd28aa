"""The plot of what comes: it fits, and a stranger reads the least hour and the days off it."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.cli.context import Screen
from slurm_energy.cli.plot import AHEAD, ROWS, means, plot

HOUR = 3600
SUNDAY = 1_792_879_200
"""2026-10-25T00:00+02:00 in Berlin, a day of 25 hours."""


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("berlin")
def test_a_day_of_two_levels_at_a_column_an_hour() -> None:
    start = SUNDAY - 30 * HOUR
    steps = [(start + hour * HOUR, 400.0 if hour % 24 < 18 else 100.0) for hour in range(48)]
    assert plot(steps, start + AHEAD, Screen(start, 53)) == [
        "400 │██████████████████      ██████████████████",
        "    │██████████████████      ██████████████████",
        "    │██████████████████      ██████████████████",
        "    │██████████████████      ██████████████████",
        "100 │██████████████████▁▁▁▁▁▁██████████████████▁▁▁▁▁▁",
        "     now   |Sat  06    12    18    |Sun   06    12",
        "                       ▲ least: 100 Sat 12:00, in 18h",
    ]


def test_plain_terminals_get_plain_characters() -> None:
    steps = [(hour * HOUR, float(hour % 12)) for hour in range(48)]
    told = plot(steps, AHEAD, Screen(0, 80, blocks=False))
    assert all(line.isascii() for line in told)
    assert told[0].count("#") > 0
    assert told[-1].startswith("    ^ least: 0 now")


def test_what_is_unknown_is_blank_and_no_value() -> None:
    assert means([(0, 5.0)], HOUR, 4, HOUR) == [5.0, None, None, None]
    bars = plot([(0, 5.0)], AHEAD // 2, Screen(0, 80))[:ROWS]
    assert all(len(bar.split("│")[1]) <= 39 for bar in bars)


@given(
    values=st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=60),
    step=st.sampled_from((300, 900, HOUR)),
    width=st.none() | st.integers(60, 220),
    blocks=st.booleans(),
)
def test_it_fits_and_every_known_column_shows(
    values: list[float], step: int, width: int | None, blocks: bool
) -> None:
    steps = [(step * index, value) for index, value in enumerate(values)]
    told = plot(steps, step * len(values), Screen(0, width, blocks))
    assert max(map(len, told)) <= (width or 80)
    assert len(told) == ROWS + 2
    lowest = told[ROWS - 1].split("│" if blocks else "|")[1]
    assert lowest[0] != " "

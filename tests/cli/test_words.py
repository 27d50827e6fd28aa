import pytest

from slurm_energy.cli.words import duration, moment, number
from tests.builders import HOUR, NOON

DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "-"),
        (0, "0s"),
        (45, "45s"),
        (720, "12m"),
        (12000, "3h20m"),
        (3 * HOUR, "3h"),
        (2 * DAY + 4 * HOUR, "2d4h"),
        (-90, "-1m"),
        (-45, "-45s"),
    ],
)
def test_durations_are_short(seconds: int | None, words: str) -> None:
    assert duration(seconds) == words


def test_moments_are_told_by_weekday_then_by_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    import time

    time.tzset()
    assert moment(None, NOON) == "-"
    assert moment(NOON + HOUR, NOON) == "Mon 15:15"
    assert moment(NOON + 60, NOON) == "Mon 14:16:00"
    assert moment(NOON + 30 * DAY, NOON) == "2026-10-21 14:15"


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "-"), (0, "0"), (412.4, "412"), (-0.5, "-0.5"), (1.23456, "1.23"), (90.0, "90")],
)
def test_numbers_have_few_digits(value: float | None, words: str) -> None:
    assert number(value) == words

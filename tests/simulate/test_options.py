"""What a person writes into the simulator's options, and the one line that cures a slip."""

from pathlib import Path

import pytest

from slurm_energy.errors import InputError
from slurm_energy.simulate.options import Slack, column_of, duration_of, slack_of, start_of


def test_slack_is_given_by_queue_in_either_order() -> None:
    assert slack_of("short=6h,long=24h") == Slack(6 * 3600, 24 * 3600)
    assert slack_of("long=1d,short=90m") == Slack(5400, 86_400)


@pytest.mark.parametrize("text", ["", "6h", "short=6h", "short=6,long=24h", "short=6h,long=367d"])
def test_a_slack_that_is_none_is_told_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match=f"slack {text!r} is not .* short=6h,long=24h"):
        slack_of(text)


def test_the_start_is_absolute() -> None:
    assert start_of("2022-10-19T16:00Z") == 1_666_195_200
    assert start_of("2022-10-19T18:00+02:00") == 1_666_195_200
    for text in ("2022-10-19T16:00", "+3h", "yesterday", "2022-13-01T00:00Z"):
        with pytest.raises(InputError, match="write it as 2022-10-19T16:00Z"):
            start_of(text)


def test_durations_have_a_unit_and_the_option_is_named() -> None:
    assert [duration_of(text, "x") for text in ("0m", "90s", "15m")] == [0, 90, 900]
    with pytest.raises(InputError, match="--interruption-cost '5' is not a duration"):
        duration_of("5", "--interruption-cost")


def test_a_column_follows_the_last_colon() -> None:
    assert column_of("a:b/2022.csv:AU-SA") == (Path("a:b/2022.csv"), "AU-SA")
    for text in ("2022.csv", "2022.csv:", ":DE"):
        with pytest.raises(InputError, match=r"write it as carbon\.csv:DE"):
            column_of(text)

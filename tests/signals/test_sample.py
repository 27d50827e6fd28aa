"""The generated curve: the same for a seed, plausible, and labelled for what it is."""

from pathlib import Path
from statistics import mean

from hypothesis import given, settings
from hypothesis import strategies as st

from slurm_energy.model.series import Signal
from slurm_energy.signals import sample
from slurm_energy.signals.signalfile import SignalFile
from tests.builders import some
from tests.signals.builders import write

MONDAY = 1_772_409_600  # 2026-03-02T00:00:00Z


def hours_mean(series_days: int, first: int, last: int) -> float:
    """Mean carbon between two hours of the day, over many seeds."""
    series = [sample.carbon(MONDAY, series_days, seed) for seed in range(20)]
    return mean(
        value
        for one in series
        for time, value in zip(one.times, one.values, strict=True)
        if first <= (time // 3600) % 24 < last
    )


def test_the_same_seed_gives_the_same_week_and_another_seed_another() -> None:
    assert sample.carbon(MONDAY, 7, 1) == sample.carbon(MONDAY, 7, 1)
    assert sample.price(MONDAY, 7, 1) == sample.price(MONDAY, 7, 1)
    assert sample.carbon(MONDAY, 7, 1) != sample.carbon(MONDAY, 7, 2)


def test_noon_is_clean_and_the_evening_is_not() -> None:
    noon, evening, night = hours_mean(1, 12, 13), hours_mean(1, 19, 20), hours_mean(1, 1, 3)
    assert noon < night - 100 < evening - 150


def test_the_file_it_writes_is_read_back_as_it_was_made_label_and_all(tmp_path: Path) -> None:
    made = sample.price(MONDAY, 2, 1)
    path = write(tmp_path / "price.csv", sample.to_csv(made, "EUR/MWh"))
    read = some(SignalFile(path, Signal.PRICE).read(MONDAY).series)
    assert (read.times, read.values, read.end) == (made.times, made.values, made.end)
    assert read.source == "price.csv (generated, not measured)"


@settings(max_examples=30)
@given(st.integers(0, 10**9), st.integers(1, 3), st.sampled_from([300, 900, 3600]))
def test_law_every_generated_curve_is_whole_and_within_bounds(
    seed: int, days: int, grain: int
) -> None:
    series = sample.carbon(MONDAY, days, seed, grain)
    assert len(series.times) == days * 86_400 // grain
    assert series.end == series.times[-1] + grain
    assert all(25 <= value <= 900 for value in series.values)

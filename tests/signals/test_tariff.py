"""A tariff as a signal: always fresh, far enough back and ahead, and nobody's forecast."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from slurm_energy.model.calendar import DAY, Band
from slurm_energy.model.series import Record, Series, Signal
from slurm_energy.model.timeofuse import PricedBand, TimeOfUse
from slurm_energy.model.timescale import TimeScale
from slurm_energy.signals.forecast.source import Completed
from slurm_energy.signals.replay import Replay
from slurm_energy.signals.source import ClusterSources, Signals
from slurm_energy.signals.tariff import Tariff
from slurm_energy.signals.trust import Trust
from tests.builders import HOUR, some
from tests.signals.builders import NOON

NIGHT = Band(ZoneInfo("Europe/Berlin"), 22 * HOUR, 6 * HOUR)
DAY_AND_NIGHT = Tariff("day-night", TimeOfUse(110.0, (PricedBand(NIGHT, 70.0),)))


def told(now: int) -> Series:
    return some(DAY_AND_NIGHT.read(now).series)


def test_it_tells_four_weeks_back_and_two_ahead() -> None:
    series = told(NOON)
    assert series.times[0] <= NOON - 28 * DAY
    assert series.end >= NOON + 14 * DAY
    assert (series.at(NOON), series.at(NOON + 10 * HOUR)) == (110.0, 70.0)
    assert (series.signal, series.source, series.fixed) == (Signal.PRICE, "tariff day-night", True)


def test_it_is_issued_now_and_the_same_all_day() -> None:
    earlier, later = told(NOON), told(NOON + HOUR)
    assert (earlier.issued, later.issued) == (NOON, NOON + HOUR)
    assert replace(later, issued=NOON) == earlier
    assert told(NOON + DAY).at(NOON + 14 * DAY + 23 * HOUR) is not None


class NobodyForecasts:
    """A completer that must not be asked."""

    def complete(self, known: Series, now: int, until: int) -> Series:
        raise AssertionError(f"{known.source} was to be continued at {now} until {until}")

    def records(self) -> Sequence[Record]:
        return ()


def test_the_forecast_tournament_leaves_it_alone() -> None:
    sources = {"east": ClusterSources(price=DAY_AND_NIGHT)}
    provided = Signals(sources, dict.fromkeys(Signal, Trust()))
    source = Completed(provided, 4 * DAY, lambda _: NobodyForecasts())
    for hour in range(30):
        now = NOON + hour * HOUR
        found = source.read(now)
        assert found["east"].price == told(now)


def test_a_replay_shows_it_at_the_recorded_moment_and_it_never_ages() -> None:
    start = NOON - 100 * DAY
    replayed = Replay(DAY_AND_NIGHT, TimeScale(start, NOON, speed=60))
    series = some(replayed.read(NOON + 60).series)
    assert (series.at(NOON + 60), series.at(NOON + 10 * 60)) == (110.0, 70.0)
    assert series.age(NOON + 60) == 0

"""A provider's series reaches the horizon, and stands as it is for as long as it goes."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.model.history import Step, Topic, series_of
from slurm_energy.model.series import ClusterSignals, Record, Series, Signal
from slurm_energy.ports import SignalSource
from slurm_energy.signals.forecast.hours import Forecaster
from slurm_energy.signals.forecast.hours import past as past_hours
from slurm_energy.signals.forecast.learned import Learned
from slurm_energy.signals.forecast.naive import week
from slurm_energy.signals.forecast.source import Completed, Completer
from slurm_energy.signals.forecast.splice import continued, filled, remembered
from slurm_energy.signals.forecast.tournament import Tournament
from tests.builders import some
from tests.signals.forecast.builders import DAY, HOUR, MONDAY, NOW, cut, daily, history, windy

PRESENT = NOW - NOW % HOUR


class Told:
    """A provider that tells what it was given; each step becomes known when it begins."""

    def __init__(self, carbon: Series | None, back: int | None = None, ahead: int = 0) -> None:
        self._carbon = carbon
        self._back = back
        self._ahead = ahead

    def read(self, now: int) -> Mapping[str, ClusterSignals]:
        carbon = None if self._carbon is None else cut(self._carbon, now + self._ahead)
        if carbon is not None and self._back is not None:
            first = max(0, len([one for one in carbon.times if one <= now - self._back]) - 1)
            carbon = Series(
                carbon.signal, carbon.times[first:], carbon.values[first:], carbon.end, now, "made"
            )
        return {"east": ClusterSignals(carbon, None, ("as told",))}


class Continued:
    """A :class:`Completer` that trusts the provider and one forecaster after it."""

    def __init__(self, forecaster: Forecaster) -> None:
        self._forecaster = forecaster

    def complete(self, known: Series, now: int, until: int) -> Series:  # noqa: ARG002
        """What is known stands to its end; the forecast follows."""
        return continued(known, self._forecaster, until)

    def records(self) -> Sequence[Record]:
        """Nobody is judged."""
        return ()


class Recorded:
    """A provider that tells the same whenever it is asked."""

    def __init__(self, carbon: Series) -> None:
        self._carbon = carbon

    def read(self, now: int) -> Mapping[str, ClusterSignals]:  # noqa: ARG002
        return {"east": ClusterSignals(self._carbon, None)}


def judged(name: str) -> Completer:
    """All forecasters of one signal, the best of them speaking."""
    assert name == "east-carbon"
    return Tournament()


def completed(source: SignalSource) -> SignalSource:
    return Completed(source, 2 * DAY, lambda _: Continued(Learned()))


def test_a_series_that_ends_now_reaches_the_horizon() -> None:
    signals = completed(Told(history(daily))).read(NOW)["east"]
    carbon = some(signals.carbon)
    assert carbon.end >= NOW + 2 * DAY
    assert carbon.source == "made, learned from 28 days"
    assert [carbon.at(PRESENT + HOUR * lead) for lead in range(48)] == pytest.approx(
        [daily((PRESENT - MONDAY) // HOUR + lead) for lead in range(48)]
    )
    assert (signals.price, signals.problems) == (None, ("as told",))


def test_what_the_provider_says_stands() -> None:
    series = history(windy(1).__getitem__)
    carbon = some(completed(Told(series, ahead=12 * HOUR)).read(NOW)["east"].carbon)
    for lead in range(-48, 13):
        assert carbon.at(PRESENT + HOUR * lead) == series.at(PRESENT + HOUR * lead)
    after = carbon.times.index(PRESENT + 13 * HOUR)
    assert set(carbon.spread[:after]) == {0.0}
    assert min(carbon.spread[after:]) > 0


def test_a_series_that_reaches_far_enough_is_the_providers_own() -> None:
    series = history(windy(1).__getitem__)
    carbon = some(completed(Told(series, ahead=3 * DAY)).read(NOW)["east"].carbon)
    assert carbon == cut(series, NOW + 3 * DAY).__class__(
        series.signal, carbon.times, carbon.values, carbon.end, NOW + 3 * DAY, "made"
    )


def test_a_provider_that_forgets_is_remembered_for_five_weeks() -> None:
    series = history(windy(1).__getitem__)
    source = completed(Told(series, back=6 * HOUR))
    for now in range(MONDAY + 12 * HOUR, NOW + 1, HOUR):
        carbon = some(source.read(now)["east"].carbon)
    assert carbon.source == "made, learned from 28 days"
    assert carbon.times[0] == PRESENT - 35 * DAY
    whole = some(completed(Told(series)).read(NOW)["east"].carbon)
    assert [carbon.at(NOW + HOUR * lead) for lead in range(48)] == [
        whole.at(NOW + HOUR * lead) for lead in range(48)
    ]


def test_a_forecast_of_old_is_not_remembered_as_history() -> None:
    before = history(lambda _: 999, days=4)
    fresh = history(lambda _: 100, days=1, start=MONDAY + 2 * DAY)
    joined = remembered(before, fresh, MONDAY + 2 * DAY)
    assert joined.values[0] == 999
    assert joined.times[1] == MONDAY + 2 * DAY


def test_what_neither_told_is_a_gap_and_no_value_bridges_it() -> None:
    before = cut(history(daily, days=2), MONDAY + DAY)
    fresh = history(daily, days=1, start=MONDAY + 2 * DAY)
    joined = remembered(before, fresh, MONDAY + 2 * DAY)
    assert joined.gaps == ((MONDAY + DAY + HOUR, MONDAY + 2 * DAY),)
    assert joined.at(MONDAY + DAY) == daily(0)
    assert joined.at(MONDAY + DAY + HOUR) is None
    assert joined.at(MONDAY + 2 * DAY) == daily(0)
    last = history(daily, days=1, start=MONDAY + 3 * DAY)
    again = remembered(replace(joined, issued=MONDAY + 3 * DAY), last, MONDAY + 3 * DAY)
    assert again.gaps == joined.gaps
    late = remembered(again, last, MONDAY + 37 * DAY)
    assert (late.times[0], late.gaps) == (MONDAY + 2 * DAY, ())


def test_what_the_ledger_has_fills_gaps_and_what_was_before() -> None:
    whole = history(daily, days=40)
    fresh = replace(cut(whole, NOW), times=(PRESENT,), values=(whole.at(PRESENT) or 0.0,))
    past = cut(whole, PRESENT - HOUR)
    known = filled(fresh, past, NOW)
    assert (known.source, known.issued, known.end) == (fresh.source, fresh.issued, fresh.end)
    assert (known.times[0], known.gaps) == (PRESENT + HOUR - 35 * DAY, ())
    assert [known.at(NOW - HOUR * back) for back in range(24)] == [
        whole.at(NOW - HOUR * back) for back in range(24)
    ]
    holed = remembered(cut(whole, NOW - 5 * DAY), fresh, NOW)
    assert filled(holed, past, NOW).gaps == ()
    assert filled(holed, cut(whole, NOW - 9 * DAY), NOW) == holed


@given(
    told=st.lists(st.integers(0, 60), max_size=30, unique=True),
    recorded=st.lists(st.integers(0, 60), max_size=30, unique=True),
    since=st.integers(20, 60),
)
def test_whatever_is_joined_tells_what_was_told_and_nothing_else(
    told: list[int], recorded: list[int], since: int
) -> None:
    """Hours told before, hours in the ledger, and a provider that tells from ``since`` on."""

    def hours(found: list[int], value: float) -> Series | None:
        steps = [
            Step(MONDAY + HOUR * hour, MONDAY + HOUR * (hour + 1), value + hour)
            for hour in sorted(found)
        ]
        topic = Topic("east", Signal.CARBON, None)
        return series_of(topic, "made", MONDAY + 61 * HOUR, steps) if steps else None

    now = MONDAY + 61 * HOUR
    fresh = some(hours(list(range(since, 61)), 2000))
    known = remembered(hours(told, 1000), fresh, now)
    past = hours(recorded, 0)
    known = known if past is None else filled(known, past, now)
    for hour in range(61):
        expected = 2000 if hour >= since else 1000 if hour in told else 0
        unknown = expected == 0 and hour not in recorded
        assert known.at(MONDAY + HOUR * hour) == (None if unknown else expected + hour)
    assert list(known.times) == sorted(set(known.times))
    known_hours = np.isfinite(past_hours(known, now - 1, 61).values)
    assert known_hours.tolist() == [
        known.at(MONDAY + HOUR * hour) is not None for hour in range(61)
    ]


def test_a_forecast_is_made_of_what_is_known_around_a_gap() -> None:
    """Two days are missing: the profile is that of the days there are, not of a value that held."""
    whole = history(daily)
    before = cut(whole, NOW - 3 * DAY)
    since = PRESENT - DAY
    first = whole.times.index(since)
    fresh = replace(
        cut(whole, NOW),
        times=whole.times[first : whole.times.index(PRESENT) + 1],
        values=whole.values[first : whole.times.index(PRESENT) + 1],
    )
    holed = remembered(before, fresh, NOW)
    assert holed.gaps
    told = some(
        Completed(Recorded(holed), 2 * DAY, lambda _: Tournament()).read(NOW)["east"].carbon
    )
    assert [told.at(PRESENT + HOUR * lead) for lead in range(48)] == pytest.approx(
        [daily((PRESENT - MONDAY) // HOUR + lead) for lead in range(48)]
    )


def test_much_forgotten_and_little_known_says_nothing_of_the_future() -> None:
    whole = history(daily)
    recent = history(daily, days=0.5, start=PRESENT - 11 * HOUR)
    holed = replace(
        remembered(cut(whole, NOW - 30 * DAY), replace(recent, issued=NOW), NOW), issued=NOW
    )
    assert holed.times[0] < NOW - 34 * DAY
    assert some(completed(Recorded(holed)).read(NOW)["east"].carbon).end == recent.end


def test_everyone_who_was_judged_is_told() -> None:
    series = history(windy(1).__getitem__)
    east = Completed(Told(series), DAY, lambda _: Tournament()).read(NOW)["east"]
    records = {one.name: one for one in east.records[Signal.CARBON]}
    assert set(records) == {"learned", "week", "yesterday"}
    forecast = some(some(east.carbon).forecast)
    assert (records["learned"].rank, records["learned"].error) == (forecast.rank, forecast.error)


def test_what_is_missing_stays_missing() -> None:
    assert completed(Told(None)).read(NOW)["east"].carbon is None


@pytest.mark.parametrize("make", [lambda _: Continued(Learned()), judged])
def test_values_that_come_late_are_gone_on_from(make: Callable[[str], Completer]) -> None:
    late = cut(history(daily, days=40), PRESENT - 4 * HOUR)
    carbon = some(Completed(Recorded(late), 2 * DAY, make).read(NOW)["east"].carbon)
    assert carbon.at(PRESENT) == pytest.approx(daily((PRESENT - MONDAY) // HOUR), rel=0.05)
    assert carbon.end >= NOW + 2 * DAY


def test_late_values_with_too_little_history_are_none_and_say_so() -> None:
    short = history(daily, days=0.5, start=PRESENT - 15 * HOUR)
    east = Completed(Recorded(short), 2 * DAY, lambda _: Continued(Learned())).read(NOW)["east"]
    assert east.carbon is None
    assert "ended 1" in east.problems[0]
    assert "too little history" in east.problems[0]


def test_less_than_a_day_of_history_says_nothing_of_the_future() -> None:
    short = history(daily, days=40, start=PRESENT - DAY + HOUR)
    assert some(completed(Told(short)).read(NOW)["east"].carbon).end == PRESENT + HOUR
    enough = history(daily, days=40, start=PRESENT - DAY)
    assert some(completed(Told(enough)).read(NOW)["east"].carbon).end >= NOW + 2 * DAY


def test_a_constant_is_left_as_it_is() -> None:
    constant = Series(Signal.CARBON, (0,), (300.0,), NOW + DAY, NOW, "constant")
    assert Completed(Told(constant), 2 * DAY, judged).read(NOW)["east"].carbon is not None
    assert some(completed(Told(constant)).read(NOW)["east"].carbon).times == (0,)


def test_who_continues_a_series_is_told_with_his_record() -> None:
    series = history(windy(1).__getitem__)
    told = some(some(Completed(Told(series), DAY, judged).read(NOW)["east"].carbon).forecast)
    assert (told.provider, told.name, told.since) == ("made", "learned", PRESENT + HOUR)
    assert 0 < some(told.rank) <= 1
    assert some(told.error) > 0
    assert told.days > 3
    assert told.reason.startswith("merit")
    whole = some(Completed(Told(series, ahead=3 * DAY), DAY, judged).read(NOW)["east"].carbon)
    assert whole.forecast is None


def test_our_forecasts_compete() -> None:
    carbon = some(
        Completed(Told(history(windy(1).__getitem__)), DAY, judged).read(NOW)["east"].carbon
    )
    assert re.fullmatch(r"made, .* \(merit 0\.\d\d in \d days\)", carbon.source)


def test_a_series_that_ends_within_an_hour_is_continued_from_there() -> None:
    fine = history(lambda step: float(step % 4), step=900)
    known = cut(fine, PRESENT + 100)
    assert known.end == PRESENT + 900
    whole = continued(known, week(), PRESENT + DAY)
    assert whole.times[len(known.times)] == PRESENT + 900
    assert whole.times[len(known.times) + 1] == PRESENT + HOUR
    assert whole.at(PRESENT) == 0

"""Signals per cluster: what is stale, silent or absent is None, and says why."""

import pytest

from slurm_energy.model.cooling import Cooling
from slurm_energy.model.series import ClusterSignals, Signal
from slurm_energy.ports import SignalSource
from slurm_energy.signals.constant import Constant
from slurm_energy.signals.reading import SeriesSource
from slurm_energy.signals.source import ClusterSources, Signals
from slurm_energy.signals.trust import Trust
from tests.builders import some
from tests.signals.builders import NOON, make_series
from tests.signals.test_replay import Recording

TRUST = dict.fromkeys(Signal, Trust(stale_after=3600))


def carbon(recording: Recording | Constant, trust: Trust | None = None) -> SignalSource:
    sources = {"east": ClusterSources(carbon=recording)}
    return Signals(sources, dict.fromkeys(Signal, trust) if trust else TRUST)


def test_each_cluster_has_its_own_signals() -> None:
    signals: SignalSource = Signals(
        {
            "east": ClusterSources(Recording(make_series(300)), Constant(Signal.PRICE, -4.0)),
            "west": ClusterSources(),
        },
        TRUST,
    )
    read = signals.read(NOON)
    east, west = read["east"], read["west"]
    assert (some(east.carbon).at(NOON), some(east.price).at(NOON)) == (300, -4.0)
    assert (west.carbon, west.price, west.problems) == (None, None, ())


def test_a_stale_signal_is_none_and_names_value_age_and_allowed_age() -> None:
    source = carbon(Recording(make_series(300, 310, issued=NOON - 3000)))
    assert source.read(NOON + 600)["east"].carbon is not None
    stale = source.read(NOON + 601)["east"]
    assert stale.carbon is None
    assert stale.problems == (
        "carbon from made: 300 gCO2eq/kWh is stale, 3601 s old, allowed 3600 s; "
        "see what should renew it",
    )


def test_a_series_that_ended_lately_is_handed_on_where_a_forecast_goes_on() -> None:
    recording = Recording(make_series(300, issued=NOON))
    late = carbon(recording, Trust(stale_after=86_400, lag=7200))
    ended = some(recording.read(NOON).series).end
    assert late.read(ended + 7199)["east"].carbon is not None
    assert late.read(ended + 7200)["east"].carbon is None


def test_a_series_that_is_silent_about_now_is_none() -> None:
    east = carbon(Recording(make_series(300, issued=NOON + 3600))).read(NOON + 3600)["east"]
    assert east.carbon is None
    assert "says nothing about now" in east.problems[0]


def test_a_series_from_the_future_is_not_trusted() -> None:
    east = carbon(Recording(make_series(300, issued=NOON + 301))).read(NOON)["east"]
    assert east.carbon is None
    assert east.problems == ("carbon from made: issued 301 s ahead of our clock, allowed 300 s",)


def test_a_previous_series_is_used_and_the_new_files_faults_are_told() -> None:
    east = carbon(Recording(make_series(300), "carbon.csv: line 3: bad")).read(NOON)["east"]
    assert east.carbon is not None
    assert east.problems == ("carbon.csv: line 3: bad",)


def test_a_constant_is_never_stale_and_reaches_beyond_the_plan() -> None:
    east = carbon(Constant(Signal.CARBON, 250)).read(NOON)["east"]
    series = some(east.carbon)
    assert series.at(NOON + 7 * 86_400) == 250
    assert series.next_step(NOON) is None


def cooled(outside: SeriesSource | None) -> ClusterSignals:
    sources = ClusterSources(
        Recording(make_series(300)),
        temperature=outside,
        cooling=Cooling(1.4, ((0.0, 1.1), (30.0, 1.4))),
    )
    trust = dict.fromkeys(Signal, Trust()) | {Signal.TEMPERATURE: Trust(3600)}
    return Signals({"east": sources}, trust).read(NOON + 1800)["east"]


def test_pue_follows_the_temperature_and_the_grid_value_stays() -> None:
    east = cooled(Recording(make_series(10, 20, signal=Signal.TEMPERATURE)))
    assert some(east.pue).at(NOON) == pytest.approx(1.2)
    assert some(east.pue).at(NOON + 3600) == pytest.approx(1.3)
    assert (some(east.carbon).at(NOON), east.problems) == (300, ())


def test_without_a_trustworthy_temperature_the_design_pue_stands_and_says_so() -> None:
    stale = make_series(10, 20, signal=Signal.TEMPERATURE, issued=NOON - 3600)
    east = cooled(Recording(stale))
    assert some(east.pue).at(NOON) == 1.4
    assert east.problems == (
        "temperature from made: 10 degC is stale, 5400 s old, allowed 3600 s; "
        "see what should renew it",
        "no temperature to tell PUE by: the design value 1.4 stands",
    )


def test_a_temperature_that_ends_too_early_leaves_the_design_pue_and_says_so() -> None:
    ended = make_series(10, start=NOON - 3600, signal=Signal.TEMPERATURE)
    sources = ClusterSources(temperature=Recording(ended), cooling=Cooling(1.4, ((0.0, 1.1),)))
    late = Trust(lag=7200)
    east = Signals({"east": sources}, dict.fromkeys(Signal, late)).read(NOON + 1800)["east"]
    assert some(east.pue).at(NOON + 1800) == 1.4
    assert east.problems == ("no temperature to tell PUE by: the design value 1.4 stands",)


def test_a_cluster_that_names_no_pue_has_none() -> None:
    sources = {"east": ClusterSources(Recording(make_series(300)))}
    assert Signals(sources, dict.fromkeys(Signal, Trust())).read(NOON)["east"].pue is None

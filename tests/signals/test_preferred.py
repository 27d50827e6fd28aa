"""Several sources in order of preference: the first usable one, and why not those before it."""

from dataclasses import replace

from slurm_energy.model.series import Kind, Series
from slurm_energy.signals.preferred import Preferred
from slurm_energy.signals.reading import Reading
from slurm_energy.signals.trust import Trust
from tests.builders import some
from tests.signals.builders import NOON, make_series

TRUST = Trust(stale_after=3600)


class Told:
    def __init__(self, *problems: str, series: Series | None = None) -> None:
        self.reading = Reading(series, problems)
        self.asked = 0

    def read(self, now: int) -> Reading:  # noqa: ARG002
        self.asked += 1
        return self.reading


def made(value: float, name: str, issued: int = NOON, kind: Kind = Kind.AVERAGE) -> Series:
    return replace(make_series(value, issued=issued), source=name, kind=kind)


def read(*sources: Told, now: int = NOON) -> Reading:
    return Preferred(sources, Kind.AVERAGE, TRUST.distrust).read(now)


def test_the_first_usable_source_is_told_without_a_word() -> None:
    reading = read(Told(series=made(300, "first")), Told("away", series=made(200, "second")))
    assert some(reading.series).source == "first"
    assert reading.problems == ()


def test_all_are_read_so_that_the_next_is_ready() -> None:
    first, second = Told(series=made(300, "first")), Told(series=made(200, "second"))
    read(first, second)
    assert (first.asked, second.asked) == (1, 1)


def test_a_source_without_a_series_is_passed_over_with_its_reason() -> None:
    reading = read(Told("first: HTTP 503"), Told(series=made(200, "second")))
    assert some(reading.series).source == "second"
    assert reading.problems == ("first: HTTP 503", "second is used instead")


def test_a_stale_source_is_passed_over_and_comes_back() -> None:
    first, second = Told(series=made(300, "first", NOON - 3601)), Told(series=made(200, "second"))
    stale, instead = read(first, second).problems
    assert "first: 300 gCO2eq/kWh is stale, 3601 s old" in stale
    assert instead == "second is used instead"
    first.reading = Reading(made(310, "first"))
    assert some(read(first, second).series).source == "first"


def test_a_source_that_counts_otherwise_never_stands_in() -> None:
    reading = read(Told("first: away"), Told(series=made(700, "second", kind=Kind.MARGINAL)))
    assert reading.series is None
    assert "second: kind marginal, location-based" in reading.problems[1]
    assert "kinds are never mixed" in reading.problems[1]


def test_where_nobody_can_be_trusted_all_reasons_are_told() -> None:
    reading = read(Told("first: away"), Told("second: away"))
    assert (reading.series, reading.problems) == (None, ("first: away", "second: away"))

"""A provider as a source: read never waits, the last good series stands, and age is told."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from slurm_energy.errors import ProviderError, ProviderRefused, SeriesError
from slurm_energy.model.series import Kind, Series, Signal
from slurm_energy.model.source import SourceState
from slurm_energy.signals.backoff import LONGEST
from slurm_energy.signals.fetched import OVERLAP, PATIENCE, WANTED, Fetched
from slurm_energy.signals.offer import About, Offer, Point
from slurm_energy.signals.web import Web
from slurm_energy.state.series import SeriesFiles
from tests.builders import some
from tests.signals.builders import NOON

HOUR = 3600


class Maker:
    """A provider that tells one value an hour, or fails as it is told."""

    about = About("maker DE", Signal.CARBON, HOUR, Kind.AVERAGE)

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.failure: Exception | None = None
        self.value = 300.0

    def fetch(self, web: Web, since: int, now: int) -> Offer:  # noqa: ARG002
        self.asked.append((since, now))
        if self.failure is not None:
            raise self.failure
        hour = now - now % HOUR
        return Offer("g CO2eq/kWh", now, [Point(hour, self.value, "now")])


class Drawer:
    """A store in memory."""

    def __init__(self, series: Series | None = None, full: bool = False) -> None:
        self.series = series
        self.full = full

    def load(self, name: str) -> Series | None:
        assert name == "maker DE carbon"
        return self.series

    def save(self, name: str, series: Series) -> None:
        assert name == "maker DE carbon"
        if self.full:
            raise OSError(28, "No space left on device")
        self.series = series


class Errands:
    """Fetches wait until they are let go."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, call: Callable[[], None]) -> None:
        self.waiting.append(call)

    def go(self) -> None:
        while self.waiting:
            self.waiting.pop()()


class Desk:
    """A source, its provider, its store, and its errands."""

    def __init__(self, drawer: Drawer | None = None) -> None:
        self.maker, self.drawer, self.errands = Maker(), drawer or Drawer(), Errands()
        self.source = Fetched(
            self.maker,
            Web("maker DE", "http://127.0.0.1:9"),
            self.drawer,
            "EUR",
            Random(1),  # noqa: S311 - jitter
            self.errands,
        )

    def after(self, now: int) -> tuple[Series | None, tuple[str, ...]]:
        """What is told once the fetch of ``now``, if any, has ended."""
        self.source.read(now)
        self.errands.go()
        reading = self.source.read(now)
        return reading.series, reading.problems


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_first_read_waits_for_nothing(desk: Desk) -> None:
    reading = desk.source.read(NOON)
    assert (reading.series, reading.problems) == (None, ())
    assert desk.maker.asked == []
    desk.errands.go()
    assert some(desk.source.read(NOON + 30).series).at(NOON + 30) == 300


def test_a_fetch_under_way_is_not_sent_twice(desk: Desk) -> None:
    for second in range(0, 120, 30):
        desk.source.read(NOON + second)
    assert len(desk.errands.waiting) == 1


def test_it_is_asked_once_a_resolution_step(desk: Desk) -> None:
    for second in range(0, 3 * HOUR, 30):
        desk.after(NOON + second)
    assert [now // HOUR - NOON // HOUR for _, now in desk.maker.asked] == [0, 1, 2]


def test_the_past_is_asked_for_once_then_only_what_is_new(desk: Desk) -> None:
    for hour in range(3):
        desk.after(NOON + hour * HOUR + 120)
    first, *later = (now - since for since, now in desk.maker.asked)
    assert first == WANTED
    assert later == [OVERLAP + HOUR] * 2


def test_while_it_fails_the_last_good_series_stands_with_its_age(desk: Desk) -> None:
    desk.after(NOON)
    desk.maker.failure = ProviderError("maker DE: api.example: HTTP 503")
    series, problems = desk.after(NOON + HOUR + 120)
    assert some(series).age(NOON + HOUR + 120) == HOUR + 120
    assert problems == ("maker DE: api.example: HTTP 503; the last good series stands",)
    desk.maker.failure = None
    series, problems = desk.after(NOON + 3 * HOUR)
    assert some(series).age(NOON + 3 * HOUR) == 0
    assert problems == ()


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (SeriesError("value 'x'"), "maker DE: value 'x'; there is no series"),
        (KeyError("zone"), "maker DE: KeyError in its client; there is no series"),
    ],
)
def test_whatever_a_provider_raises_is_one_line(failure: Exception, told: str) -> None:
    desk = Desk()
    desk.maker.failure = failure
    assert desk.after(NOON) == (None, (told,))


def test_an_absurd_answer_changes_nothing(desk: Desk) -> None:
    desk.after(NOON)
    desk.maker.value = -40.0
    series, (problem,) = desk.after(NOON + HOUR + 120)
    assert some(series).values == (300,)
    assert "now -40.0" in problem


def test_failures_are_followed_by_longer_pauses_but_never_over_an_hour() -> None:
    desk = Desk()
    desk.maker.failure = ProviderError("away")
    for second in range(0, 12 * HOUR, 10):
        desk.after(NOON + second)
    times = [now for _, now in desk.maker.asked]
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[0] <= 40
    assert pauses[:4] == sorted(pauses[:4])
    assert LONGEST / 2 <= pauses[-1] <= LONGEST + 10


def test_a_provider_that_asks_for_a_pause_gets_it(desk: Desk) -> None:
    desk.maker.failure = ProviderError("slower", retry_after=900)
    desk.after(NOON)
    desk.after(NOON + 899)
    assert len(desk.maker.asked) == 1
    desk.after(NOON + 901)
    assert len(desk.maker.asked) == 2


def test_a_fetch_that_never_ends_is_given_up_and_tried_again(desk: Desk) -> None:
    desk.source.read(NOON)
    reading = desk.source.read(NOON + PATIENCE + 1)
    assert reading.problems == (
        f"maker DE: no end after {PATIENCE + 1} s; given up; there is no series",
    )
    desk.source.read(NOON + PATIENCE + 60)
    assert len(desk.errands.waiting) == 2


def test_a_late_answer_to_what_was_given_up_changes_nothing(desk: Desk) -> None:
    desk.source.read(NOON)
    desk.source.read(NOON + PATIENCE + 1)
    desk.errands.go()
    assert desk.source.read(NOON + PATIENCE + 2).series is None


def test_after_a_restart_the_kept_series_is_told_before_any_answer(desk: Desk) -> None:
    desk.after(NOON)
    again = Desk(desk.drawer)
    series = some(again.source.read(NOON + 600).series)
    assert (series.at(NOON + 600), series.age(NOON + 600)) == (300, 600)


def test_a_full_disk_is_told_and_the_series_is_used() -> None:
    series, problems = Desk(Drawer(full=True)).after(NOON)
    assert some(series).values == (300,)
    assert problems == ("maker DE: not kept on disk: No space left on device",)


@pytest.mark.parametrize("jump", [-30 * 86_400, -HOUR, -600, 2 * HOUR, 30 * 86_400])
def test_a_clock_that_jumps_does_not_silence_it(desk: Desk, jump: int) -> None:
    desk.after(NOON)
    desk.after(NOON + jump)
    assert len(desk.maker.asked) == 2


IDLE = SourceState("maker DE", Signal.CARBON, 0, 0, None, "", refused=False, clock_ahead=None)


def test_it_tells_how_fetching_goes(desk: Desk) -> None:
    assert desk.source.state() == IDLE
    assert desk.source.state().up is None
    desk.after(NOON)
    assert (desk.source.state().fetches, desk.source.state().up) == (1, True)
    desk.maker.failure = ProviderError("maker DE: api.example: HTTP 503")
    desk.after(NOON + HOUR + 120)
    desk.after(NOON + 2 * HOUR)
    state = desk.source.state()
    assert (state.fetches, state.failures, state.up) == (1, 2, False)
    assert state.failing_since == NOON + HOUR + 120
    assert state.problem == "maker DE: api.example: HTTP 503"
    assert not state.refused
    desk.maker.failure = ProviderRefused("maker DE: api.example: HTTP 401")
    desk.after(NOON + 4 * HOUR)
    assert desk.source.state().refused
    assert desk.source.state().failing_since == state.failing_since
    desk.maker.failure = None
    desk.after(NOON + 7 * HOUR)
    assert desk.source.state() == replace(IDLE, fetches=2, failures=3)


@pytest.mark.parametrize("told", ["maker DE: no answer in time", "/etc/token: not there"])
def test_every_problem_names_its_provider_once(desk: Desk, told: str) -> None:
    desk.maker.failure = ProviderError(told)
    _, (problem,) = desk.after(NOON)
    assert problem.startswith("maker DE: ")
    assert problem.count("maker DE") == 1


def test_files_keep_a_series_by_provider(tmp_path: Path) -> None:
    files = SeriesFiles(tmp_path)
    assert files.load("maker DE carbon") is None
    desk = Desk()
    desk.after(NOON)
    kept = some(desk.drawer.series)
    files.save("maker DE carbon", kept)
    assert files.load("maker DE carbon") == kept
    holed = replace(
        kept, times=(NOON - 3 * HOUR, NOON), values=(1.0, 2.0), gaps=((NOON - HOUR, NOON),)
    )
    files.save("maker DE carbon", holed)
    assert files.load("maker DE carbon") == holed

"""Sources are judged by what became of their forecasts, and preferred by it."""

import random

import numpy as np
import pytest

from slurm_energy.model.scores import Scores
from slurm_energy.model.series import Series
from slurm_energy.signals.forecast.quality import Quality, spearman
from slurm_energy.signals.forecast.tournament import PROVIDER, Tournament
from tests.builders import some
from tests.signals.forecast.builders import DAY, HOUR, MONDAY, NOW, daily, history, windy


def watched(truth: Series, days: int, /, **forecasts: Series) -> Quality:
    """A record after so many days, in which each source always told the same series."""
    quality = Quality()
    for now in range(MONDAY + 120, MONDAY + days * DAY, HOUR):
        quality.score(truth, now)
        for name, forecast in forecasts.items():
            quality.note(name, forecast, now)
    return quality


def noise(seed: int) -> Series:
    dice = random.Random(seed)  # noqa: S311 - weather, not secrets
    return history(lambda _: dice.uniform(100, 500))


def test_the_truth_ranks_and_times_perfectly() -> None:
    truth = history(windy(1).__getitem__)
    standing = watched(truth, 5, told=truth).standing("told")
    assert some(standing.rank) == pytest.approx(1)
    assert some(standing.timing) == pytest.approx(1)
    assert [*standing.error, *standing.bias] == [0] * 6
    assert 3.5 < standing.days < 4


def test_a_level_error_is_a_bias_and_no_fault_of_ranking() -> None:
    truth = history(windy(1).__getitem__)
    high = history(lambda hour: truth.values[hour] + 25)
    standing = watched(truth, 5, high=high).standing("high")
    assert standing.rank == pytest.approx(1)
    assert standing.bias == pytest.approx((25, 25, 25))
    assert standing.error == pytest.approx((25, 25, 25))


def test_a_flat_forecast_ranks_nothing() -> None:
    truth = history(windy(1).__getitem__)
    standing = watched(truth, 5, flat=history(lambda _: 300)).standing("flat")
    assert standing.rank == 0
    assert standing.timing is None


def test_the_past_is_forgotten() -> None:
    truth = history(daily)
    quality = watched(truth, 12, told=truth)
    for now in range(MONDAY + 12 * DAY + 120, MONDAY + 38 * DAY, HOUR):
        quality.score(truth, now)
        quality.note("told", history(lambda hour: -daily(hour)), now)
    standing = quality.standing("told")
    assert -1 < some(standing.rank) < -0.4
    assert standing.days < 21


def test_the_first_in_order_speaks_until_there_is_evidence() -> None:
    truth = history(windy(1).__getitem__)
    told = {"bad": noise(1), "good": truth}
    assert watched(truth, 3, **told).choose(["bad", "good"]).source == "bad"
    choice = watched(truth, 6, **told).choose(["bad", "good"])
    assert choice.source == "good"
    assert choice.reason.startswith("merit 1.00 in ")


def test_a_little_better_is_not_enough() -> None:
    truth = history(windy(1).__getitem__)
    dice = random.Random(1)  # noqa: S311 - weather, not secrets
    near = history(lambda hour: truth.values[hour] + dice.gauss(0, 1))
    assert watched(truth, 20, near=near, truth=truth).choose(["near", "truth"]).source == "near"


def test_worthless_ranking_is_said() -> None:
    truth = noise(1)
    shifted = history(lambda hour: -truth.values[hour])
    quality = watched(truth, 12, one=shifted, other=history(lambda _: 300))
    choice = quality.choose(["one", "other"])
    assert choice.source is None
    assert choice.reason == "no source ranks hours: other, the best, at 0.00"


def test_a_forecast_too_short_to_be_judged_is_not() -> None:
    truth = history(windy(1).__getitem__)
    quality = Quality()
    quality.note("short", history(daily, days=0.9), MONDAY)
    quality.score(truth, MONDAY + 5 * DAY)
    assert quality.standing("short").days == 0


def test_rank_correlation_shares_the_rank_of_equal_values() -> None:
    values = history(windy(1).__getitem__).values[:24]
    assert spearman(_array(values), _array(values)) == pytest.approx(1)
    assert spearman(_array(values), -_array(values)) == pytest.approx(-1)
    assert spearman(_array([1, 2, 2, 3]), _array([1, 2, 3, 4])) == pytest.approx(0.9486832980505138)


def test_a_provider_that_misleads_is_replaced_by_ours() -> None:
    wind = windy(2)
    tournament = Tournament()
    for now in range(NOW - 6 * DAY, NOW + 1, HOUR):
        present = (now - MONDAY) // HOUR
        wrong = history(lambda hour: wind[hour] if hour <= present else 600 - wind[hour])  # noqa: B023
        told = tournament.complete(wrong, now, now + 2 * DAY)
    assert "learned from 28 days (merit 0." in told.source
    assert told.at(NOW) == wrong.at(NOW)
    standing = tournament.quality.standing(PROVIDER)
    assert some(standing.rank) < -0.5


def test_a_provider_that_knows_stands_to_its_end() -> None:
    truth = history(windy(2).__getitem__)
    tournament = Tournament()
    for now in range(NOW - 5 * DAY, NOW + 1, HOUR):
        assert tournament.complete(truth, now, now + 2 * DAY) == truth


class Disk:
    """Where the record is kept, as it would be after a restart; it may be full."""

    def __init__(self) -> None:
        self.scores: Scores | None = None
        self.full = False

    def load(self) -> Scores | None:
        return self.scores

    def save(self, scores: Scores) -> None:
        if self.full:
            raise OSError("No space left on device")
        self.scores = scores


def test_a_restart_goes_on_with_what_was_known_of_each_source() -> None:
    """The provider above all: what it foretold earlier is in no history."""
    truth, disk = history(windy(2).__getitem__), Disk()
    lasting, again = Tournament(), Tournament(store=disk)
    for now in range(NOW - 5 * DAY, NOW + 1, HOUR):
        lasting.complete(truth, now, now + DAY)
        if now == NOW - 2 * DAY:
            again = Tournament(store=disk)
        again.complete(truth, now, now + DAY)
    for source in (PROVIDER, "learned", "week", "yesterday"):
        assert again.quality.standing(source) == lasting.quality.standing(source)
    assert again.quality.standing(PROVIDER).days > 3


def test_what_was_missed_while_we_were_down_is_rehearsed_and_nothing_twice() -> None:
    truth, disk = history(windy(2).__getitem__), Disk()
    lasting = Tournament()
    for now in range(NOW - 5 * DAY, NOW + 1, HOUR):
        lasting(truth, now, now + DAY)
    before = Tournament(store=disk)
    for now in range(NOW - 5 * DAY, NOW - 3 * DAY, HOUR):
        before(truth, now, now + DAY)
    after = Tournament(store=disk)
    after(truth, NOW, NOW + DAY)
    for source in ("learned", "week", "yesterday"):
        found, wanted = after.quality.standing(source), lasting.quality.standing(source)
        assert found.days == pytest.approx(wanted.days)
        assert found.rank == pytest.approx(wanted.rank, abs=0.05)


def test_a_full_disk_costs_no_forecast() -> None:
    truth, disk = history(windy(2).__getitem__), Disk()
    disk.full = True
    told = Tournament(store=disk).complete(truth, NOW, NOW + DAY)
    assert told == Tournament().complete(truth, NOW, NOW + DAY)


def test_where_nothing_can_be_ranked_a_threshold_holds() -> None:
    dice = random.Random(8)  # noqa: S311 - weather, not secrets
    scattered = history(lambda _: dice.uniform(100, 500))
    tournament = Tournament()
    for now in range(NOW - 4 * DAY, NOW + 1, HOUR):
        told = tournament(scattered, now, now + DAY)
    assert ", a threshold (no source ranks hours: " in told.source


def _array(values: object) -> "np.typing.NDArray[np.float64]":
    return np.asarray(values, dtype=np.float64)

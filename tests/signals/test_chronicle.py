"""The signals' memory: to the ledger what was measured, from it what a fresh daemon lacks."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from slurm_energy.errors import LedgerUnavailable
from slurm_energy.model.history import Measured, Topic
from slurm_energy.model.series import ClusterSignals, Kind, Series, Signal
from slurm_energy.ports import SignalSource
from slurm_energy.signals.chronicle import AGAIN, MOST, Chronicle
from slurm_energy.signals.constant import Constant
from slurm_energy.signals.forecast.source import Completed
from slurm_energy.signals.forecast.tournament import Tournament
from tests.builders import some
from tests.fakes_ledger import MemoryHistory
from tests.signals.forecast.builders import DAY, HOUR, MONDAY, NOW, cut, history, windy

WHOLE = history(windy(1).__getitem__)
CARBON = Topic("east", Signal.CARBON, None)


class Told:
    """Tells what it is given."""

    def __init__(self, carbon: Series | None) -> None:
        self.carbon = carbon

    def read(self, now: int) -> Mapping[str, ClusterSignals]:  # noqa: ARG002
        return {"east": ClusterSignals(self.carbon, None, ("as told",))}


class Closed(MemoryHistory):
    """A ledger that can be away."""

    away = False

    def record(self, told: Iterable[Measured]) -> int:
        self._open()
        return super().record(told)

    def read(self, topic: Topic, since: int, until: int) -> Series | None:
        self._open()
        return super().read(topic, since, until)

    def _open(self) -> None:
        if self.away:
            raise LedgerUnavailable("the ledger's database is away")


def last(hours: int, now: int = NOW) -> Series:
    """What a provider tells that knows of so many hours."""
    known = cut(WHOLE, now)
    return replace(known, times=known.times[-hours:], values=known.values[-hours:])


def completed(source: SignalSource) -> SignalSource:
    return Completed(source, 2 * DAY, lambda _: Tournament())


def turn(chronicle: Chronicle, now: int) -> tuple[Series | None, list[str]]:
    carbon = chronicle.read(now)["east"].carbon
    return carbon, chronicle(now)


def test_what_had_ended_goes_to_the_ledger_once() -> None:
    ledger = MemoryHistory()
    source = Told(last(30))
    chronicle = Chronicle(source, ledger)
    for _ in range(3):
        assert turn(chronicle, NOW)[1] == []
    assert ledger.rows == 29, "the present hour is not over"
    source.carbon = last(30, NOW + HOUR)
    turn(chronicle, NOW + HOUR)
    assert ledger.rows == 30


def test_a_correction_is_sent_and_wins() -> None:
    ledger = MemoryHistory()
    source = Told(last(3))
    chronicle = Chronicle(source, ledger)
    turn(chronicle, NOW)
    known = last(3)
    source.carbon = replace(known, values=(1.0, *known.values[1:]), issued=NOW + 60)
    turn(chronicle, NOW + 60)
    assert ledger.rows == 3
    assert some(ledger.read(CARBON, 0, NOW)).values == (1.0, known.values[1])


def test_a_fresh_daemon_forecasts_at_once_from_what_the_ledger_has() -> None:
    ledger = MemoryHistory()
    turn(Chronicle(Told(cut(WHOLE, NOW - HOUR)), ledger), NOW - HOUR)
    assert ledger.rows == 35 * 24 - 1
    fresh = completed(Chronicle(Told(last(2)), ledger)).read(NOW)["east"]
    carbon = some(fresh.carbon)
    assert carbon.end >= NOW + 2 * DAY
    assert some(carbon.forecast).days > 3
    forgetful = completed(Told(last(2))).read(NOW)["east"]
    assert some(forgetful.carbon).end < NOW + HOUR


def test_the_hours_a_daemon_was_down_stay_unknown() -> None:
    ledger = MemoryHistory()
    turn(Chronicle(Told(cut(WHOLE, NOW - 2 * DAY)), ledger), NOW - 2 * DAY)
    carbon = some(Chronicle(Told(last(2)), ledger).read(NOW)["east"].carbon)
    ((first, until),) = carbon.gaps
    assert until - first == 2 * DAY - HOUR
    assert carbon.at(first - 1) == WHOLE.at(first - 1)
    assert carbon.at(first) is None


def test_history_that_is_imported_meanwhile_is_known_within_the_hour() -> None:
    ledger = MemoryHistory()
    chronicle = Chronicle(Told(last(2)), ledger)
    chronicle.read(NOW)
    turn(Chronicle(Told(cut(WHOLE, NOW - HOUR)), ledger), NOW)
    assert len(some(chronicle.read(NOW + AGAIN - 1)["east"].carbon).times) == 2
    assert len(some(chronicle.read(NOW + AGAIN)["east"].carbon).times) > 800


def test_kinds_are_two_histories() -> None:
    ledger = MemoryHistory()
    marginal = replace(cut(WHOLE, NOW - HOUR), kind=Kind.MARGINAL)
    turn(Chronicle(Told(marginal), ledger), NOW)
    average = replace(last(2), kind=Kind.AVERAGE)
    source = Told(average)
    chronicle = Chronicle(source, ledger)
    assert some(chronicle.read(NOW)["east"].carbon) == average
    source.carbon = replace(last(2), kind=Kind.MARGINAL)
    assert len(some(chronicle.read(NOW)["east"].carbon).times) > 800


def test_without_the_database_all_goes_on_and_what_was_measured_follows() -> None:
    ledger = Closed()
    ledger.away = True
    chronicle = Chronicle(Told(last(30)), ledger)
    carbon, problems = turn(chronicle, NOW)
    assert carbon == last(30)
    assert len(problems) == 1
    assert problems == turn(chronicle, NOW + 30)[1], "the same words: said once"
    ledger.away = False
    assert turn(chronicle, NOW + 60)[1] == []
    assert ledger.rows == 29


def test_many_values_go_in_over_several_turns() -> None:
    ledger = MemoryHistory()
    fine = history(float, days=34, step=300)
    chronicle = Chronicle(Told(replace(fine, issued=fine.end)), ledger)
    now, counts = fine.end, []
    for _ in range(6):
        chronicle.read(now)
        chronicle(now)
        counts.append(ledger.rows)
    assert counts == [MOST, 2 * MOST, 3 * MOST, 4 * MOST, 34 * 288, 34 * 288]


def test_a_constant_has_no_history() -> None:
    ledger = MemoryHistory()
    turn(Chronicle(Told(cut(WHOLE, NOW)), ledger), NOW)
    rows = ledger.rows
    constant = some(Constant(Signal.CARBON, 300).read(NOW).series)
    carbon, problems = turn(Chronicle(Told(constant), ledger), NOW)
    assert (carbon, problems, ledger.rows) == (constant, [], rows)


def test_what_is_missing_stays_missing() -> None:
    assert turn(Chronicle(Told(None), MemoryHistory()), MONDAY) == (None, [])


def test_a_price_by_contract_is_not_written_down() -> None:
    ledger = MemoryHistory()
    contract = replace(cut(WHOLE, NOW), fixed=True)
    assert turn(Chronicle(Told(contract), ledger), NOW) == (contract, [])
    assert ledger.rows == 0

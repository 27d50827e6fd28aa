"""What a scrape tells of a turn: congestion, reasons, stops, forecasts and power."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from slurm_energy.decide.market.arrivals import Arrivals, Kind, Newcomer
from slurm_energy.decide.market.congestion import Congestion
from slurm_energy.decide.market.market import Outlook
from slurm_energy.model.contract import Sensitivity, WorkloadClass
from slurm_energy.model.held import Held
from slurm_energy.model.power import GridEvent, PowerLimit
from slurm_energy.model.series import ClusterSignals, Forecast, Signal
from slurm_energy.model.source import SourceState
from slurm_energy.service import samples
from slurm_energy.service.answers import Process, status
from slurm_energy.service.board import Board
from slurm_energy.service.samples import Now
from slurm_energy.service.signalanswers import signals
from slurm_energy.turn import Turn
from tests.builders import HOUR, NOON, some
from tests.service.parts import House
from tests.worlds import DIRTY_THEN_CLEAN, GivenSignals

FORECAST = Forecast("carbon.csv", "learned", NOON + HOUR, 0.8123, 31.5, 12.0, "merit 0.80")
EVENT = GridEvent(NOON - HOUR, NOON + HOUR, 20_000, "TSO demand response")


class Limited:
    """A power meter with one limit."""

    def read(self, now: int) -> Mapping[str, PowerLimit]:  # noqa: ARG002
        return {"east": PowerLimit(contract=40_000, base=9_000, peak=12_000, events=(EVENT,))}

    def drawn(self, watts: Mapping[str, float], now: int) -> tuple[str, ...]:  # noqa: ARG002
        assert watts == {"east": 9_000}
        return ()


@pytest.fixture
def now(tmp_path: Path) -> Now:
    house = House(tmp_path)
    carbon = replace(some(DIRTY_THEN_CLEAN.carbon), forecast=FORECAST)
    house.town.signals = GivenSignals({"east": ClusterSignals(carbon, DIRTY_THEN_CLEAN.price)})
    house.town.submit()
    application = house.application(house.town.daemon(ledger=house.ledger, power=Limited()))
    board = Board(started=NOON)
    board.completed(application.cycle.turn())
    return Now(board, application, NOON)


def turn_of(now: Now) -> Turn:
    return some(now.board.turn)


def test_reasons_are_counted_by_their_code(now: Now) -> None:
    assert list(samples.reasons(now)) == [(("east", "cleaner-later"), 1)]


def test_a_forecast_in_use_tells_its_rank_and_its_error(now: Now) -> None:
    assert list(samples.forecast_rank(now)) == [(("east", "carbon", "learned"), 0.8123)]
    assert list(samples.forecast_error(now)) == [(("east", "carbon", "learned"), 31.5)]
    (east,) = signals(turn_of(now), ())["clusters"]
    assert east["carbon"]["forecast"] == {
        "source": "learned",
        "after": "carbon.csv",
        "since": NOON + HOUR,
        "rank": 0.8123,
        "error": 31.5,
        "days": 12.0,
        "reason": "merit 0.80",
    }
    assert east["price"]["forecast"] is None


def test_power_tells_draw_limit_and_peak_and_status_the_event(now: Now) -> None:
    assert list(samples.power(now)) == [
        (("east", "drawn"), 9_000),
        (("east", "limit"), 20_000),
        (("east", "month_peak"), 12_000),
    ]
    (east,) = status(turn_of(now), Process(NOON, NOON, "live", 30, None, 1, 0, 0, {}))["clusters"]
    assert (east["watts"], east["power_limit"]) == (9_000, 20_000)
    assert (east["grid_event"], east["grid_event_end"]) == (EVENT.reason, EVENT.end)


def test_congestion_is_told_for_now_and_the_dearest_slot_of_a_day(now: Now) -> None:
    price = np.zeros(200)
    price[[0, 50, 150]] = 0.2, 0.7, 3.0
    put(now, Outlook(Congestion(NOON, 900, price)))
    assert list(samples.congestion(now)) == [(("east", "now"), 0.2), (("east", "day"), 0.7)]
    put(now, Outlook())
    assert list(samples.congestion(now)) == []


def test_expected_work_is_a_share_of_the_cluster(now: Now) -> None:
    put(now, Outlook(None, Arrivals(NOON, NOON)))
    assert list(samples.arrivals(now)) == []
    kind = Kind(WorkloadClass.EVALUATION, Sensitivity.NORMAL, False, 8)
    came = Newcomer(kind, 0.5, 8, np.array([1.0, 1.0, 0.0]))
    watched = Arrivals(NOON, NOON).seen([came], NOON + 24 * HOUR)
    put(now, Outlook(None, watched))
    ((labels, work),) = samples.arrivals(now)
    assert labels == ("east", "evaluation")
    assert work == pytest.approx(0.5 * 1800 / (24 * HOUR), rel=0.1)


def put(now: Now, outlook: Outlook) -> None:
    plans = turn_of(now).plans
    plans["east"] = replace(plans["east"], outlook=outlook)


def test_a_stop_is_counted_once_when_the_job_is_back(now: Now) -> None:
    board, turn = now.board, turn_of(now)
    assert board.stops["east"] == 0
    plan = turn.plans["east"]
    (subject,) = plan.subjects
    back = replace(subject, held=replace(subject.held, stops=1))
    assert isinstance(back.held, Held)
    turn.plans["east"] = replace(plan, subjects=[back])
    board.completed(turn)
    board.completed(turn)
    assert board.stops["east"] == 1
    restarted = Board(started=NOON)
    restarted.completed(turn)
    assert restarted.stops["east"] == 0


def test_each_provider_tells_whether_it_answers_and_how_often_it_did(now: Now) -> None:
    well = SourceState("maps DE", Signal.CARBON, 3, 1, None, "", refused=False, clock_ahead=0)
    ill = replace(well, name="maps FR", fetches=0, failing_since=NOON)
    idle = replace(ill, name="maps PL", failures=0, failing_since=None)
    application = replace(now.application, sources=lambda: [well, ill, idle])
    now = replace(now, application=application)
    assert list(samples.sources_up(now)) == [
        (("maps DE", "carbon"), 1.0),
        (("maps FR", "carbon"), 0.0),
    ]
    assert dict(samples.fetches(now))["maps DE", "carbon", "used"] == 3
    assert dict(samples.fetches(now))["maps FR", "carbon", "failed"] == 1
    (told, *_) = signals(turn_of(now), [well])["sources"]
    assert (told["name"], told["up"], told["signal"]) == ("maps DE", True, "carbon")

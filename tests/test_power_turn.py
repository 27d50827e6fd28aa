"""Power in the turn: a grid event holds what is flexible; without settings nothing changes."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from slurm_energy.decide.gpus.boards import DEFAULT_MODEL
from slurm_energy.decide.market.shares import units_of
from slurm_energy.decide.planner import plan_cluster
from slurm_energy.decide.power.capacity import Resource
from slurm_energy.decide.power.powernow import UNLIMITED, PowerNow
from slurm_energy.decide.power.watts import machines
from slurm_energy.errors import LedgerError
from slurm_energy.ledger.waits import WaitsQuestion
from slurm_energy.model.budget import Budgets
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.job import Node
from slurm_energy.model.lease import Lease
from slurm_energy.model.policy import Policy
from slurm_energy.model.power import GridEvent, Peak, PowerLimit
from slurm_energy.model.presets import PRESETS
from slurm_energy.power import Metered
from tests.builders import (
    HOUR,
    MINUTE,
    NOON,
    make_contract,
    make_curve,
    make_job,
    make_queue,
    make_signals,
    make_subject,
)
from tests.worlds import AwayLedger, GivenSignals, Town

END = NOON + 2 * HOUR
EVENT = PowerLimit(events=(GridEvent(NOON - HOUR, END, 5_000, "TSO demand response"),))
CLEAN = {"east": make_signals([100.0] * 72, [30.0] * 72)}
LATENCY = make_contract(WorkloadClass.LATENCY_CRITICAL, urgency=90, max_delay=0)


class Announced:
    """Limits as a test announces them."""

    def __init__(self, limit: PowerLimit = EVENT) -> None:
        self.limit = limit

    def read(self, now: int) -> Mapping[str, PowerLimit]:  # noqa: ARG002
        return {"east": self.limit}


class KeptPeaks:
    """The month's peaks; the disk may be full."""

    def __init__(self) -> None:
        self.saved: Mapping[str, Peak] = {}
        self.full = False

    def load(self) -> Mapping[str, Peak]:
        return self.saved

    def save(self, peaks: Mapping[str, Peak]) -> None:
        if self.full:
            raise LedgerError("peaks.json can't be written: no space")
        self.saved = dict(peaks)


def town(signals: Any = CLEAN, **changes: Any) -> Town:
    """East on a grid that is as clean now as ever."""
    return Town(signals=GivenSignals(signals), **changes)


def daemon(place: Town, limit: PowerLimit = EVENT, **parts: Any) -> Any:
    return place.daemon(power=Metered(Announced(limit), KeptPeaks()), **parts)


def test_within_one_turn_nothing_flexible_may_start_and_what_is_critical_does() -> None:
    place = town()
    flexible, critical = place.submit(), place.submit(LATENCY)
    turn = daemon(place).turn()
    assert END <= place.eligible_from(flexible) < END + 15 * MINUTE
    assert place.eligible_from(critical) <= NOON
    told = turn.plans["east"].decision(0, 1)
    assert (told.action, told.reason) == (Action.DEFER, Reason.GRID_EVENT)
    assert told.terms["grid_event"] == "TSO demand response"
    assert told.terms["grid_event_end"] == END


def test_after_the_event_the_jobs_are_let_go_and_the_next_one_is_not_held() -> None:
    place = town()
    job = place.submit()
    loop = daemon(place)
    loop.turn()
    begin = place.eligible_from(job)
    place.later(END + 15 * MINUTE - NOON)
    loop.turn()
    assert place.eligible_from(job) == begin
    late = place.submit()
    loop.turn()
    assert place.eligible_from(late) <= place.clock.now()


def test_an_event_that_is_called_off_lets_the_jobs_go() -> None:
    place, announced = town(), Announced()
    job = place.submit()
    loop = place.daemon(power=Metered(announced, KeptPeaks()))
    loop.turn()
    announced.limit = PowerLimit()
    place.later(30)
    loop.turn()
    assert place.eligible_from(job) <= place.clock.now()


def test_it_holds_without_a_signal_and_in_a_deep_queue() -> None:
    lost = town({"east": make_signals(None)})
    busy = town(policy=Policy(busy_hours=0.01))
    for place in (lost, busy):
        jobs = [place.submit() for _ in range(20)]
        daemon(place).turn()
        assert all(END <= place.eligible_from(job) < END + 15 * MINUTE for job in jobs)


def test_it_holds_where_the_budgets_are_spent() -> None:
    place = town(policy=Policy(budgets=Budgets(deferred_share=0.0)))
    job = place.submit()
    daemon(place).turn()
    assert place.eligible_from(job) >= END


def test_nothing_new_is_put_off_while_the_ledger_is_away_or_limits_are_near() -> None:
    away = town()
    job = away.submit()
    daemon(away, ledger=AwayLedger(away.clock, WaitsQuestion())).turn()
    assert away.eligible_from(job) <= NOON
    full = town(policy=Policy(pending_share=0.0))
    job = full.submit()
    daemon(full).turn()
    assert full.eligible_from(job) <= NOON
    assert not full.table.leases


def test_a_better_start_behind_the_event_stands() -> None:
    place = town({"east": make_signals([400.0] * 5 + [100.0] * 67, [90.0] * 5 + [30.0] * 67)})
    job = place.submit()
    turn = daemon(place).turn()
    assert place.eligible_from(job) >= NOON + 5 * HOUR
    assert turn.plans["east"].reasons[0] is Reason.CLEANER_LATER


def test_a_chosen_start_inside_a_later_event_moves_behind_it() -> None:
    coming = PowerLimit(events=(GridEvent(NOON + 3 * HOUR, NOON + 4 * HOUR, 0, "peak"),))
    place = town({"east": make_signals([400.0] * 3 + [100.0] * 69, [90.0] * 3 + [30.0] * 69)})
    job = place.submit()
    daemon(place, coming).turn()
    assert NOON + 4 * HOUR <= place.eligible_from(job) < NOON + 4 * HOUR + 15 * MINUTE


def test_a_promise_stands_above_the_event() -> None:
    place = town()
    job = place.submit(make_contract(max_delay=HOUR))
    daemon(place).turn()
    assert place.eligible_from(job) == NOON + HOUR


def test_the_hook_holds_off_every_class_that_may_wait() -> None:
    place = town()
    daemon(place).turn()
    assert place.table.leases == [Lease(WorkloadClass.EVALUATION, END)]


def test_a_thousand_begins_do_not_expire_in_one_second() -> None:
    subjects = [make_subject(make_job(number)) for number in range(1000)]
    plan = planned(subjects, PowerNow(EVENT, ahead=30))
    assert set(plan.reasons) == {Reason.GRID_EVENT}
    seconds = Counter(plan.begin.tolist())
    assert max(seconds.values()) <= 4
    assert min(seconds) >= END
    assert max(seconds) < END + 15 * MINUTE


def planned(subjects: Any, power: PowerNow, **queue: Any) -> Any:
    curve = dict.fromkeys(WorkloadClass, make_curve([0.0] * 8 + [-1.0] * 88))
    jobs = [one.job for one in subjects]
    found = make_queue(jobs, **{"gpus_total": 32_000} | queue)
    return plan_cluster(found, subjects, {"east": curve}, Policy(), {}, NOON, power=power)


NODES = tuple(Node(f"east{n}", 64, 512_000, 8, "h100") for n in range(4))


@pytest.mark.parametrize(
    "limit",
    [
        None,
        PowerLimit(),
        PowerLimit(contract=1e9),
        PowerLimit(demand_charge=0.0),
        PowerLimit(demand_charge=12.0, usual_peak=1e9),
    ],
)
def test_without_a_limit_that_binds_the_plan_is_the_same(limit: PowerLimit | None) -> None:
    subjects = [make_subject(make_job(number, gpus=1 + number % 8)) for number in range(40)]
    where = machines(make_queue(nodes=NODES), DEFAULT_MODEL)
    ours = planned(subjects, PowerNow(limit, where, 30), nodes=NODES, gpus_total=32)
    theirs = planned(subjects, UNLIMITED, nodes=NODES, gpus_total=32)
    assert ours.actions == theirs.actions
    assert ours.reasons == theirs.reasons
    assert np.array_equal(ours.begin, theirs.begin)
    assert np.array_equal(ours.points, theirs.points)


def test_watts_count_where_they_bind_and_only_during_the_event() -> None:
    queue = make_queue(nodes=NODES)
    where = machines(queue, DEFAULT_MODEL)
    base = 32 * 84.0
    power = PowerNow(PowerLimit(base=base, events=(GridEvent(NOON, END, base + 4_000, ""),)), where)
    room = power.capacity(queue, NOON, 900, 16)
    job = make_job(gpus=8, cpus=8, time_limit=HOUR)
    drawn = power.added([job], [WorkloadClass.TRAINING])
    (units,) = units_of([job], room, drawn)
    watts = room.limit[:, room.resources.index(Resource.WATTS)]
    assert np.isfinite(watts).all()
    assert watts[0] == 4_000
    assert watts[8] == 32 * (700 - 84) + 3 * 4 * 64
    assert units == pytest.approx(0.25)
    tight = PowerNow(PowerLimit(contract=base + 8_000, base=base), where)
    (units,) = units_of([job], tight.capacity(queue, NOON, 900, 16), drawn)
    assert units == pytest.approx((8 * (0.76 * 700 - 84) + 24) / 8_000)


def test_the_months_peak_is_remembered_and_a_full_disk_is_told() -> None:
    store = KeptPeaks()
    meter = Metered(Announced(PowerLimit(usual_peak=1_000)), store)
    assert meter.drawn({"east": 3_000}, NOON) == ()
    assert meter.drawn({"east": 2_000}, NOON + HOUR) == ()
    assert store.saved["east"].watts == 3_000
    assert meter.read(NOON + HOUR)["east"].peak == 3_000
    later = meter.read(NOON + 40 * 24 * HOUR)["east"]
    assert (later.peak, later.last_peak) == (None, 3_000)
    store.full = True
    assert meter.drawn({"east": 9_000}, NOON) == ("peaks.json can't be written: no space",)
    assert Metered(Announced(), store).read(NOON)["east"].peak == 3_000


def test_what_is_drawn_is_told_in_the_turn_and_kept_as_the_months_peak() -> None:
    place, store = town(), KeptPeaks()
    turn = place.daemon(power=Metered(Announced(PowerLimit(base=7_000)), store)).turn()
    assert turn.drawn == {"east": 7_000}
    assert store.saved["east"].watts == 7_000


GPUS = (Node("east0", 64, 512_000, 8, "h100"),)
DEAR = {"east": make_signals([100.0] * 72, [30.0, 90.0] * 36)}
CHARGED = PowerLimit(base=1_000, demand_charge=12.0, usual_peak=2_000)
WEIGHED = Policy(classes=PRESETS["cost-first"].classes)


def test_a_job_that_would_lift_the_months_peak_waits_and_is_told_why() -> None:
    place = town(DEAR, policy=WEIGHED)
    jobs = [place.submit(gpus=4, time_limit=HOUR) for _ in range(2)]
    loop = daemon(place, CHARGED)
    turn = loop.turn()
    first, second = (turn.plans["east"].decision(row, 1) for row in range(2))
    assert place.eligible_from(jobs[0]) <= NOON
    assert (second.action, second.reason) == (Action.DEFER, Reason.DEMAND_CHARGE)
    assert place.eligible_from(jobs[1]) >= NOON + HOUR
    terms = second.terms
    assert (terms["month_peak"], terms["demand_charge"]) == (None, 12.0)
    assert terms["peak_raise"] == round(1_000 + 2 * 4 * (0.45 * 700 - 84) + 6 - 2_000)
    assert terms["peak_cost"] == round(12 * terms["peak_raise"] / 1000, 2)
    assert (
        terms["watts_from"]
        == "the data sheet and its class, since no energy of jobs like it is known"
    )
    assert first.terms["peak_raise"] == 0


def test_the_peak_of_last_month_is_no_longer_free() -> None:
    store = KeptPeaks()
    meter = Metered(Announced(PowerLimit(demand_charge=12.0)), store)
    meter.drawn({"east": 9_000}, NOON)
    queue = make_queue(nodes=GPUS)
    where = machines(queue, DEFAULT_MODEL)
    month = 32 * 24 * HOUR
    assert PowerNow(meter.read(NOON)["east"], where).free(queue) == 9_000
    assert PowerNow(meter.read(NOON + month)["east"], where).free(queue) == 0.9 * 9_000

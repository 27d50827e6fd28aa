"""What every ledger does, the real one and the one in memory alike."""

from collections.abc import Iterator
from typing import Any

import pytest

from slurm_energy.ledger.postgres import PostgresLedger
from slurm_energy.ledger.session import Session
from slurm_energy.ledger.waits import UsualWaits, WaitsQuestion
from slurm_energy.ledger.write import Writer
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.report import Kept
from slurm_energy.ports import Ledger
from tests.builders import HOUR, NOON, make_signals
from tests.fakes_ledger import MemoryLedger
from tests.ledger.builders import (
    HandClock,
    make_cycle,
    make_decision,
    make_end,
    make_key,
    make_outcome,
)

QUESTION = WaitsQuestion(quantile=0.9, lookback=7 * 24 * HOUR, minimum=3, refresh=900)
LedgerUnderTest = PostgresLedger | MemoryLedger


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON + HOUR)


@pytest.fixture(params=["postgres", "memory"])
def ledger(request: pytest.FixtureRequest, clock: HandClock) -> Iterator[LedgerUnderTest]:
    if request.param == "memory":
        yield MemoryLedger(clock, QUESTION)
        return
    address: str = request.getfixturevalue("url")
    session = Session(lambda: address, clock)
    ledger = PostgresLedger(session, Writer(session), UsualWaits(session, clock, QUESTION))
    yield ledger
    ledger.close()


def assert_available(ledger: Ledger) -> None:
    """Takes what the port promises: a type checker sees that both keep it."""
    assert ledger.available()


def test_it_is_a_ledger_and_available(ledger: LedgerUnderTest) -> None:
    assert_available(ledger)


def test_an_empty_ledger_answers_every_question_with_nothing(ledger: LedgerUnderTest) -> None:
    assert ledger.recorded(make_key()) == []
    assert ledger.last_decisions([make_key()]) == {}
    assert ledger.last_decisions([]) == {}
    assert ledger.usual_waits() == {}
    assert ledger.last_cycle() is None
    assert ledger.last_end("east") is None
    assert ledger.deferred_report(0, NOON).totals == {}


def test_history_is_what_was_decided_newest_first(ledger: LedgerUnderTest) -> None:
    put_off = make_decision()
    let_go = make_decision(
        cycle=2, action=Action.RUN, reason=Reason.DEADLINE_NEAR, begin=None, terms={}
    )
    ledger.record(make_cycle(1), [put_off, make_decision(make_key(101))], [])
    ledger.record(make_cycle(2), [let_go], [make_outcome()])
    newest, oldest = ledger.recorded(make_key())
    assert (newest.at, newest.decision) == (NOON + 60, let_go)
    assert (oldest.at, oldest.decision) == (NOON + 30, put_off)
    assert list(ledger.recorded(make_key(), limit=1)) == [newest]


def test_a_reused_id_is_another_job(ledger: LedgerUnderTest) -> None:
    old, new = make_key(100, submit=NOON), make_key(100, submit=NOON + 7 * HOUR)
    elsewhere = make_key(100, cluster="west")
    ledger.record(make_cycle(), [make_decision(key) for key in (old, new, elsewhere)], [])
    assert [one.decision.key for one in ledger.recorded(new)] == [new]
    assert set(ledger.last_decisions([old, elsewhere])) == {old, elsewhere}


def test_the_last_decision_is_the_newest(ledger: LedgerUnderTest) -> None:
    ledger.record(make_cycle(1), [make_decision()], [])
    newest = make_decision(cycle=2, action=Action.RUN, reason=Reason.CLEAN_NOW)
    ledger.record(make_cycle(2), [newest], [])
    found = ledger.last_decisions([make_key(), make_key(999)])
    assert {key: (one.at, one.decision) for key, one in found.items()} == {
        make_key(): (NOON + 60, newest)
    }


def test_after_a_restart_numbering_goes_on(ledger: LedgerUnderTest) -> None:
    ledger.record(make_cycle(7), [], [])
    ledger.record(make_cycle(8), [], [])
    assert ledger.last_cycle() == 8


def test_job_ends_read_twice_are_recorded_once_and_each_attempt_counts(
    ledger: LedgerUnderTest,
) -> None:
    first = make_end(state="NODE_FAIL")
    second = make_end(start=NOON + 2 * HOUR, end=NOON + 3 * HOUR)
    cancelled = make_end(make_key(101), start=None, end=NOON + HOUR, state="CANCELLED")
    for _ in range(2):
        ledger.record_ends([first, second, cancelled])
    ledger.record_ends([])
    assert ledger.last_end("east") == NOON + 3 * HOUR
    assert ledger.last_end("west") is None
    assert ledger.prune(NOON + 4 * HOUR) == 3


def test_job_ends_are_read_back_as_they_were_and_in_order_of_their_end(
    ledger: LedgerUnderTest,
) -> None:
    first = make_end(
        end=NOON + HOUR,
        admin_comment="slurm-energy:v=1",
        time_limit=None,
        energy=9_000_000,
        gpu_type="h100",
    )
    second = make_end(make_key(101), start=None, eligible=None, end=NOON + 2 * HOUR)
    third = make_end(make_key(102, "west"), ran_on="east", end=NOON + 3 * HOUR)
    elsewhere = make_end(make_key(103), ran_on="west", end=NOON + HOUR)
    endless = make_end(make_key(104), end=None)
    ledger.record_ends([third, second, first, elsewhere, endless])
    assert list(ledger.ended_runs("east", NOON, NOON + 4 * HOUR, 10)) == [first, second, third]
    assert list(ledger.ended_runs("east", NOON, NOON + 4 * HOUR, 2)) == [second, third]
    assert list(ledger.ended_runs("east", NOON + HOUR, NOON + 2 * HOUR, 10)) == [first]
    assert list(ledger.ended_runs("north", NOON, NOON + 4 * HOUR, 10)) == []
    assert ledger.first_end("east") == NOON + HOUR
    assert ledger.first_end("north") is None


def test_the_usual_wait_is_a_quantile_by_partition_and_width(
    ledger: LedgerUnderTest, clock: HandClock
) -> None:
    waits = [60, 120, 180, 240, 300, 360, 420, 480, 540, 6000]
    ledger.record_ends(
        make_end(make_key(number), start=NOON + wait, nodes=1, gpus=1)
        for number, wait in enumerate(waits)
    )
    ledger.record_ends(
        make_end(make_key(number), start=NOON + 900, nodes=1, gpus=nodes)
        for number, nodes in ((50, 3), (51, 4), (52, 4), (60, 9), (61, 9))
    )
    assert ledger.usual_waits() == {("gpu", 0): 540, ("gpu", 2): 900}
    clock.time += 900
    ledger.record_ends([make_end(make_key(62), start=NOON + 60, nodes=16, gpus=16)])
    assert ledger.usual_waits()["gpu", 4] == 900


def test_of_two_clusters_the_slower_one_counts_and_old_or_unstarted_jobs_do_not(
    ledger: LedgerUnderTest, clock: HandClock
) -> None:
    clock.time = NOON + 8 * 24 * HOUR
    late = NOON + 7 * 24 * HOUR
    for number in range(3):
        ledger.record_ends(
            [
                make_end(make_key(number), eligible=late, start=late + 60),
                make_end(make_key(number, "west"), eligible=late, start=late + 300),
                make_end(make_key(10 + number), eligible=NOON, start=NOON + 4000),
                make_end(make_key(20 + number), start=None),
                make_end(make_key(30 + number), eligible=None, start=late, partition="long"),
                make_end(make_key(40 + number), eligible=late + 9, start=late, partition="long"),
            ]
        )
    assert ledger.usual_waits() == {("gpu", 3): 300}


@pytest.mark.parametrize(
    ("deadline", "end", "kept", "ours"),
    [
        (8 * HOUR, {"end": NOON + 8 * HOUR}, Kept.KEPT, False),
        (8 * HOUR, {"start": NOON + 7 * HOUR, "end": NOON + 9 * HOUR}, Kept.MISSED, True),
        (8 * HOUR, {"start": NOON + HOUR, "end": NOON + 10 * HOUR}, Kept.MISSED, False),
        (8 * HOUR, {"start": None, "end": NOON + HOUR, "state": "DEADLINE"}, Kept.MISSED, True),
        (8 * HOUR, {"end": NOON + HOUR, "state": "FAILED"}, Kept.FAILED, False),
        (None, {}, Kept.NO_DEADLINE, False),
        (8 * HOUR, None, Kept.OPEN, False),
    ],
)
def test_the_report_says_what_became_of_each_deferred_job(
    ledger: LedgerUnderTest,
    deadline: int | None,
    end: dict[str, Any] | None,
    kept: Kept,
    ours: bool,
) -> None:
    terms = {"deadline": None if deadline is None else NOON + deadline}
    ledger.record(make_cycle(1), [make_decision(terms=terms)], [])
    ledger.record(make_cycle(2), [make_decision(cycle=2, action=Action.RUN, terms={})], [])
    ledger.record(make_cycle(3), [make_decision(make_key(7), 3, action=Action.RUN)], [])
    if end is not None:
        ledger.record_ends([make_end(state="NODE_FAIL", start=NOON + 1, end=NOON + 2)])
        ledger.record_ends([make_end(**end)])
    report = ledger.deferred_report(NOON, NOON + HOUR)
    assert report.totals == {kept: 1}
    assert report.ours == int(ours)
    (job,) = report.jobs
    assert (job.key, job.first_deferred, job.kept, job.ours) == (make_key(), NOON + 30, kept, ours)


def test_what_the_users_own_begin_cost_is_not_ours(ledger: LedgerUnderTest) -> None:
    begin = NOON + 7 * HOUR + HOUR // 2
    terms = {"deadline": NOON + 8 * HOUR, "user_begin": begin}
    ledger.record(make_cycle(1), [make_decision(terms=terms)], [])
    ledger.record_ends([make_end(start=begin, end=begin + HOUR)])
    (job,) = ledger.deferred_report(NOON, NOON + HOUR).jobs
    assert (job.kept, job.ours) == (Kept.MISSED, False)


def test_the_report_counts_a_period_and_details_the_newest(ledger: LedgerUnderTest) -> None:
    for cycle in range(1, 6):
        ledger.record(make_cycle(cycle), [make_decision(make_key(cycle), cycle)], [])
    report = ledger.deferred_report(NOON + 60, NOON + 150, limit=2)
    assert report.totals == {Kept.OPEN: 3}
    assert [job.key.job_id for job in report.jobs] == [4, 3]


def test_signals_are_taken_however_many_are_missing(ledger: LedgerUnderTest) -> None:
    ledger.record_signals(NOON, {"east": make_signals([300, 310]), "west": make_signals(None)})
    ledger.record_signals(NOON + 30, {"east": make_signals([300, 310])})
    ledger.record_signals(NOON + HOUR, {"east": make_signals([300, 310], [40, 41])})
    assert ledger.prune(NOON + 2 * HOUR) == 6


def test_what_is_older_than_the_chosen_age_is_forgotten(ledger: LedgerUnderTest) -> None:
    ledger.record(make_cycle(1), [make_decision()], [])
    ledger.record(make_cycle(2), [make_decision(cycle=2)], [])
    assert ledger.prune(NOON + 60) == 2
    assert ledger.prune(NOON + 60) == 0
    assert [one.decision.cycle for one in ledger.recorded(make_key())] == [2]


def test_what_a_person_did_between_two_turns_is_the_newest_decision(
    ledger: LedgerUnderTest,
) -> None:
    ledger.record(make_cycle(), [make_decision()], [])
    key = make_decision().key
    at = ledger.recorded(key)[0].at
    given = make_decision(action=Action.RUN, reason=Reason.RELEASED, terms={"released_by": "alice"})
    ledger.note(at + 1, [])
    ledger.note(at + 1, [given])
    assert ledger.last_decisions([key])[key].at == at + 1
    reasons = [one.decision.reason for one in ledger.recorded(key)]
    assert reasons == [Reason.RELEASED, make_decision().reason]

"""A running job is stopped over several turns, and whoever dies in between loses nothing."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest

from slurm_energy.ledger.waits import WaitsQuestion
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Fate, Reason
from slurm_energy.model.job import JobState
from slurm_energy.model.policy import DEFAULT_CLASSES, Policy
from slurm_energy.shadow import Shadow
from slurm_energy.turn import Turn
from tests import test_interruptions as interruptions
from tests.builders import CLEAN_AT, HOUR, MINUTE, NOON, make_contract
from tests.test_interruptions import Died, Fuse
from tests.worlds import AwayLedger, Town

EVALUATION = WorkloadClass.EVALUATION
ALLOWED = Policy(
    classes={**DEFAULT_CLASSES, EVALUATION: replace(DEFAULT_CLASSES[EVALUATION], stop=True)}
)
WARNING = 45
QUARTER = 15 * MINUTE
"""Begin times are spread over the slot they fall into."""


@pytest.fixture
def town() -> Town:
    return Town(policy=ALLOWED)


def running(town: Town, *, warning: int | None = WARNING, interruptible: bool = True) -> int:
    """A job of three hours that began to run at noon."""
    job = town.submit(make_contract(interruptible=interruptible), time_limit=3 * HOUR)
    town.east.start(job)
    if warning is not None:
        town.east.wishes[job] = warning
    return job


def turn(town: Town, later: int = 0) -> Turn:
    """A turn of a daemon that starts now and dies after it."""
    town.later(later)
    return town.daemon().turn()


def test_out_of_the_box_nobody_even_looks_at_running_jobs() -> None:
    town = Town()
    running(town)
    seen = turn(town)
    assert (seen.running, seen.outcomes) == ({"east": []}, [])
    assert seen.plans["east"].subjects == []


def test_a_job_that_is_not_interruptible_is_not_looked_at(town: Town) -> None:
    running(town, interruptible=False)
    assert turn(town).running == {"east": []}


def test_it_is_told_given_its_time_sent_back_and_put_off(town: Town) -> None:
    job = running(town)
    assert turn(town).plans["east"].actions == [Action.STOP]
    assert (town.east.told, town.east.job(job).state) == ([job], JobState.RUNNING)
    assert turn(town, 30).plans["east"].reasons == [Reason.WARNED]
    assert town.east.job(job).state is JobState.RUNNING
    turn(town, 30)
    assert (town.east.told, town.east.job(job).state) == ([job], JobState.PENDING)
    assert CLEAN_AT <= town.eligible_from(job) < CLEAN_AT + QUARTER
    settled = turn(town, 30)
    assert settled.plans["east"].actions == [Action.DEFER]
    assert settled.outcomes == []
    (held,) = town.held.saved.values()
    assert (held.done, held.stops, held.stopping, held.theirs) == (60, 1, 0, False)


def test_without_a_signal_asked_for_it_goes_back_at_once(town: Town) -> None:
    job = running(town, warning=None)
    turn(town)
    assert town.east.job(job).state is JobState.PENDING
    assert CLEAN_AT <= town.eligible_from(job) < CLEAN_AT + QUARTER


def test_who_dies_before_it_is_kept_that_a_job_was_told_tells_it_once_more(town: Town) -> None:
    job = running(town)
    before = dict(town.held.saved)
    turn(town)
    town.held.saved = before
    turn(town, 5)
    assert town.east.told == [job, job]
    turn(town, WARNING)
    assert town.east.job(job).state is JobState.PENDING


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_death_at_any_step_of_a_stop_leads_to_the_same_end(turns: int) -> None:
    """The first of these turns tells the job, the next waits, the last sends it back."""
    steps = count()
    for length in steps:
        town = Town(policy=ALLOWED)
        job = running(town)
        for _ in range(turns):
            turn(town)
            town.later(30)
        try:
            interruptions.turn(town, Fuse(length))
        except Died:
            for _ in range(4):
                turn(town, 30)
            assert CLEAN_AT <= town.eligible_from(job) < CLEAN_AT + QUARTER
            (held,) = town.held.saved.values()
            assert (held.stops, held.stopping, held.warned, held.theirs) == (1, 0, 0, False)
            assert WARNING <= held.done <= 5 * 30
            assert set(town.east.told) == {job}
        else:
            break
    assert next(steps) > 20


def test_death_between_requeue_and_begin_leaves_slurms_delay_and_then_ours(town: Town) -> None:
    job = running(town)
    turn(town)
    town.later(WARNING)
    town.east.requeue(job)
    assert town.eligible_from(job) == town.clock.now() + 120
    turn(town, 15)
    assert CLEAN_AT <= town.eligible_from(job) < CLEAN_AT + QUARTER
    (held,) = town.held.saved.values()
    assert (held.stops, held.done, held.theirs) == (1, WARNING, False)


def test_a_job_that_requeues_itself_when_told_was_stopped_by_us(town: Town) -> None:
    job = running(town)
    turn(town)
    town.later(2)
    town.east.requeue(job)
    turn(town, 28)
    (held,) = town.held.saved.values()
    assert (held.stops, held.theirs) == (1, False)
    assert CLEAN_AT <= town.eligible_from(job) < CLEAN_AT + QUARTER


def test_a_job_that_ends_when_told_is_left_in_peace(town: Town) -> None:
    job = running(town)
    turn(town)
    town.east.finish(job)
    assert turn(town, 60).outcomes == []


def test_energy_off_after_the_warning_lets_it_run_on(town: Town) -> None:
    job = running(town)
    turn(town)
    town.east.change(job, comment="energy:off")
    assert turn(town, 60).outcomes == []
    assert town.east.job(job).state is JobState.RUNNING


def test_a_refusal_is_not_taken_for_a_stop(town: Town) -> None:
    job = running(town)
    town.east.refuse(job, "Access/permission denied")
    (outcome,) = turn(town).outcomes
    assert outcome.fate is Fate.REFUSED
    (held,) = town.held.saved.values()
    assert (held.warned, held.stops) == (0, 0)


def test_shadow_mode_only_says_what_it_would_do(town: Town) -> None:
    job = running(town)
    seen = town.daemon(actuators={"east": Shadow()}).turn()
    assert seen.plans["east"].actions == [Action.STOP]
    assert [outcome.fate for outcome in seen.outcomes] == [Fate.RECORDED]
    assert (town.east.told, town.east.job(job).state) == ([], JobState.RUNNING)


def test_nothing_is_stopped_while_the_ledger_is_away(town: Town) -> None:
    running(town)
    seen = town.daemon(ledger=AwayLedger(town.clock, WaitsQuestion())).turn()
    assert seen.plans["east"].reasons == [Reason.NO_LEDGER]
    assert seen.outcomes == []


def test_the_second_stop_waits_for_the_jobs_own_word(town: Town) -> None:
    job = running(town, warning=None)
    turn(town)
    town.later(30)
    turn(town)
    town.east.start(job)
    assert turn(town, MINUTE).plans["east"].reasons == [Reason.JUST_RESUMED]
    assert turn(town, HOUR).plans["east"].reasons == [Reason.NO_CHECKPOINT]
    said = datetime.fromtimestamp(town.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    town.east.change(job, comment=f"energy:checkpoint={said}")
    assert turn(town, 30).plans["east"].actions == [Action.STOP]


def test_delay_counts_from_submit_without_the_work_it_did(town: Town) -> None:
    """A run counts less what a stop costs: that much is done again."""
    contract = make_contract(interruptible=True, max_delay=4 * HOUR)
    job = town.submit(contract, time_limit=3 * HOUR)
    town.east.start(job)
    turn(town, 40 * MINUTE)
    seen = turn(town, 30)
    lost = Policy().interruption_cost
    assert seen.plans["east"].promises[0].latest_start == NOON + 4 * HOUR + 40 * MINUTE - lost

"""Which running jobs may be stopped, and when that is worth it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.interrupt import (
    Resume,
    Verdict,
    awaited_jobs,
    beside,
    may_stop,
    verdicts,
)
from slurm_energy.decide.planner import plan_cluster
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.rules.promise import Promise, promise
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.held import Held
from slurm_energy.model.job import Health, Job
from slurm_energy.model.policy import DEFAULT_CLASSES, Policy
from tests.builders import (
    CLEAN_AT,
    DEAR_THEN_CHEAP,
    HOUR,
    MINUTE,
    NOON,
    make_annotation,
    make_contract,
    make_curve,
    make_job,
    make_queue,
    make_running,
    make_subject,
    some,
)

EVALUATION = WorkloadClass.EVALUATION
ALLOWED = Policy(
    classes={**DEFAULT_CLASSES, EVALUATION: replace(DEFAULT_CLASSES[EVALUATION], stop=True)}
)
FAR = Promise(NOON + 24 * HOUR, {})
NOW = NOON + 2 * HOUR
CLEANER = Resume(CLEAN_AT, 2.0, -1.0)
STOPPED = Held(begin=NOON, stops=1, done=HOUR)


def guard(subject: Subject, policy: Policy = ALLOWED, bound: Promise = FAR) -> Reason | None:
    return may_stop(subject, bound, frozenset({77}), policy, NOW)


def judge(
    subject: Subject,
    *others: Job,
    now: int = NOON,
    policy: Policy = ALLOWED,
    resume: Resume | None = CLEANER,
    blocked: Reason | None = None,
    **queue: Any,
) -> Verdict:
    """The verdict where the prices say ``resume``; None: they say nothing."""
    shown = make_queue([subject.job, *others], **queue)
    bound = promise(subject.job, subject.annotation, policy, {}, None, (), now)
    wishes = {} if resume is None else {subject.key: resume}
    (found,) = verdicts(shown, [subject], [bound], wishes, policy, now, blocked)
    return found


def test_nothing_is_stopped_out_of_the_box() -> None:
    assert guard(make_running(), Policy()) is Reason.NOT_STOPPED


def test_where_the_site_allows_it_an_interruptible_job_may_be() -> None:
    assert guard(make_running()) is None


@pytest.mark.parametrize(
    ("job", "why"),
    [
        ({"batch": False}, Reason.INTERACTIVE),
        ({"cron": True}, Reason.INTERACTIVE),
        ({"het": True}, Reason.HETEROGENEOUS),
        ({"reservation": "maint"}, Reason.RESERVED),
        ({"dependency": "singleton"}, Reason.DEPENDENT),
        ({"held": Held(theirs=True)}, Reason.THEIRS),
        ({"origin": "west", "siblings": ("east", "west")}, Reason.NOT_ORIGIN),
        ({"contract": make_contract()}, Reason.NOT_STOPPED),
        ({"contract": make_contract(WorkloadClass.TRAINING)}, Reason.NOT_STOPPED),
        ({"contract": make_contract(WorkloadClass.UNMANAGED, rule="off")}, Reason.OPTED_OUT),
        ({"contract": make_contract(interruptible=True, max_delay=0)}, Reason.NEVER),
        ({"requeue": False}, Reason.NOT_REQUEUED),
        ({"array_task_count": 1}, Reason.ARRAY),
        ({"job_id": 77}, Reason.AWAITED),
        ({"siblings": ("east", "west")}, Reason.ELSEWHERE),
        ({"time_limit": None}, Reason.UNBOUNDED),
        ({"siblings": ("east",), "origin": "east"}, None),
        ({"siblings": ("east",), "origin": "west"}, Reason.NOT_ORIGIN),
    ],
)
def test_the_guard_says_why_a_job_runs_on(job: dict[str, Any], why: Reason | None) -> None:
    assert guard(make_running(**job)) is why


def test_a_job_is_awaited_while_another_depends_on_it() -> None:
    queue = make_queue([make_job(5, dependency="afterok:77(unfulfilled)"), make_job(6)])
    assert awaited_jobs(queue) == {77}


@pytest.mark.parametrize(
    ("checkpoint", "why"),
    [
        (0, Reason.NO_CHECKPOINT),
        (NOON - 1, Reason.NO_CHECKPOINT),
        (NOON, Reason.NO_CHECKPOINT),
        (NOON + MINUTE, None),
        (NOW, None),
        (NOW + HOUR, Reason.NO_CHECKPOINT),
    ],
)
def test_a_second_stop_needs_a_checkpoint_of_the_present_run(
    checkpoint: int, why: Reason | None
) -> None:
    assert guard(make_running(held=STOPPED, checkpoint=checkpoint)) is why


def test_the_first_stop_needs_none() -> None:
    assert guard(make_running(checkpoint=0)) is None


def test_a_resumed_job_runs_for_a_while_before_its_next_stop() -> None:
    saved = NOW - MINUTE
    just = make_running(NOW - HOUR + 1, held=STOPPED, checkpoint=saved)
    long_enough = make_running(NOW - HOUR, held=STOPPED, checkpoint=saved)
    assert (guard(just), guard(long_enough)) == (Reason.JUST_RESUMED, None)


@pytest.mark.parametrize(
    ("latest", "why"),
    [
        (None, Reason.UNBOUNDED),
        (NOW + 120 + ALLOWED.margin - 1, Reason.DEADLINE_NEAR),
        (NOW + 120 + ALLOWED.margin, None),
    ],
)
def test_a_deadline_in_doubt_keeps_it_running(latest: int | None, why: Reason | None) -> None:
    assert guard(make_running(), bound=Promise(latest, {})) is why


def test_a_dear_hour_stops_it_until_the_cheap_one() -> None:
    found = judge(make_running())
    assert (found.action, found.reason) == (Action.STOP, Reason.CLEANER_LATER)
    assert found.begin == CLEAN_AT
    assert (found.price_now, found.price_later) == (2.0, -1.0)


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ({"blocked": Reason.NO_LEDGER}, Reason.NO_LEDGER),
        ({"resume": None}, Reason.NO_SIGNAL),
        ({"job_count": 9_000}, Reason.LIMITS),
        ({"health": Health(server_threads=200)}, Reason.STRAINED),
        ({"resume": Resume(NOON, 1.0, 1.0)}, Reason.CLEAN_NOW),
    ],
)
def test_every_doubt_lets_it_run_on(case: dict[str, Any], why: Reason) -> None:
    found = judge(make_running(), **case)
    assert (found.action, found.reason, found.begin) == (Action.GO_ON, why, 0)


def test_a_crowded_cluster_stops_nothing() -> None:
    waiting = [make_job(number, gpus=32, time_limit=6 * HOUR) for number in (1, 2)]
    assert judge(make_running(), *waiting).reason is Reason.BUSY


def test_no_resumption_lies_past_the_last_that_keeps_the_deadline_with_nothing_saved() -> None:
    deadline = CLEAN_AT + 3 * HOUR + ALLOWED.usual_wait + 2 * ALLOWED.margin
    for seconds, why in ((0, Reason.CLEANER_LATER), (-1, Reason.NO_LATER)):
        contract = make_contract(interruptible=True, deadline=deadline + seconds)
        assert judge(make_running(contract=contract)).reason is why


def test_no_resumption_comes_before_slurms_own_delay() -> None:
    soon = judge(make_running(), resume=Resume(NOON + 30, 2.0, -1.0))
    assert (soon.action, soon.begin) == (Action.STOP, NOON + 120)


def test_work_done_is_no_delay() -> None:
    job, annotation = make_job(), make_annotation(make_contract(max_delay=HOUR))
    fresh, resumed = (
        promise(job, annotation, ALLOWED, {}, None, (), NOON, done) for done in (0, 2 * HOUR)
    )
    assert some(resumed.latest_start) - some(fresh.latest_start) == 2 * HOUR


def test_a_job_that_was_told_is_stopped_even_if_the_hour_turns_clean() -> None:
    begin = NOON + HOUR
    told = Held(begin=NOON, begin_sent=begin, stopping=NOON, warned=NOW - 30)
    found = judge(make_running(held=replace(told, begin_sent=NOW + HOUR)), now=NOW, resume=None)
    assert (found.action, found.reason, found.begin) == (Action.STOP, Reason.WARNED, NOW + HOUR)
    late = judge(make_running(held=told), now=NOW, resume=None)
    assert late.action is Action.GO_ON, "its begin has passed: that stop is over"
    person = replace(told, begin_sent=NOW + HOUR, theirs=True)
    assert judge(make_running(held=person), now=NOW).reason is Reason.THEIRS


def test_running_jobs_are_rows_after_the_pending_ones() -> None:
    pending, running = make_subject(make_job(1)), make_running(job_id=2)
    queue = make_queue([pending.job, running.job])
    curves = {"east": {EVALUATION: DEAR_THEN_CHEAP}}
    plan = plan_cluster(queue, [pending], curves, ALLOWED, {}, NOON, running=[running])
    assert [subject.job.job_id for subject in plan.subjects] == [1, 2]
    assert plan.actions == [Action.DEFER, Action.STOP]
    assert plan.begin[1] >= CLEAN_AT
    decision = plan.decision(1, cycle=1)
    assert (decision.begin, decision.site_factor) == (plan.begin[1], None)
    assert beside(plan, [], plan.rows, plan.promises) is plan


@given(
    values=st.lists(st.floats(-3, 3), min_size=20, max_size=60),
    ran=st.integers(0, 3 * HOUR),
    deadline=st.integers(0, 48),
)
def test_no_stop_passes_the_latest_resumption_whatever_the_prices(
    values: list[float], ran: int, deadline: int
) -> None:
    contract = make_contract(interruptible=True, deadline=NOON + deadline * HOUR)
    subject = make_running(NOON - ran, contract=contract)
    curves = {"east": {EVALUATION: make_curve(values)}}
    queue = make_queue([subject.job])
    plan = plan_cluster(queue, [], curves, ALLOWED, {}, NOON, running=[subject])
    if plan.actions == [Action.STOP]:
        assert plan.begin[0] >= NOON + 120
        assert plan.begin[0] + ALLOWED.margin <= some(plan.promises[0].latest_start)
    else:
        assert plan.actions == [Action.GO_ON]
        assert plan.begin[0] == 0

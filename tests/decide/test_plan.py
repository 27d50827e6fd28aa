"""One cluster, one cycle: who waits, who runs, who is left alone, and why."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from slurm_energy.decide.durations.runtimes import History
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.planner import plan_cluster
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.contract import Sensitivity, WorkloadClass
from slurm_energy.model.decision import Action, Decision, JobEnd, Reason
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobKey, JobState, Queue
from slurm_energy.model.policy import Policy
from tests.builders import (
    CLEAN_AT,
    CLEAN_BEGIN,
    DEAR_THEN_CHEAP,
    HOUR,
    NOON,
    make_annotation,
    make_contract,
    make_curve,
    make_job,
    make_queue,
    make_subject,
)

POLICY = Policy(usual_wait=600, margin=900)
EVALUATION = WorkloadClass.EVALUATION


def plan(*subjects: Subject, **changes: Any) -> Plan:
    """The plan for these jobs on east; curves, queue, policy and now may be changed."""
    curve = changes.pop("curve", DEAR_THEN_CHEAP)
    queue: Queue = changes.pop("queue", make_queue([subject.job for subject in subjects]))
    every_class = dict.fromkeys(WorkloadClass, curve)
    arguments: dict[str, Any] = {"policy": POLICY, "waits": {}, "now": NOON} | changes
    return plan_cluster(queue, subjects, {"east": every_class}, **arguments)


def decide(subject: Subject, **changes: Any) -> Decision:
    return plan(subject, **changes).decision(0, cycle=1)


def test_an_evaluation_waits_for_the_clean_hours() -> None:
    decision = decide(make_subject())
    assert decision.action is Action.DEFER
    assert decision.reason is Reason.CLEANER_LATER
    assert decision.begin == CLEAN_BEGIN


def test_it_runs_at_once_when_now_is_as_good_as_later() -> None:
    decision = decide(make_subject(), curve=make_curve([-1.0] * 96))
    assert (decision.action, decision.reason, decision.begin) == (
        Action.RUN,
        Reason.CLEAN_NOW,
        None,
    )


def test_a_latency_critical_job_never_waits_and_goes_first() -> None:
    contract = make_contract(WorkloadClass.LATENCY_CRITICAL, urgency=90, max_delay=0)
    decision = decide(make_subject(annotation=make_annotation(contract)))
    assert (decision.action, decision.reason) == (Action.RUN, Reason.NEVER)
    assert decision.site_factor
    assert decision.site_factor > 0


def test_ample_slack_leaves_slurms_order_as_it_is() -> None:
    assert decide(make_subject()).site_factor == 0


def test_a_boost_appears_as_slack_shrinks_and_never_falls_again() -> None:
    contract = make_contract(deadline=NOON + 10 * HOUR, urgency=50)
    subject = make_subject(annotation=make_annotation(contract))
    boosts = [
        decide(subject, now=NOON + hour * HOUR, curve=make_curve([0.0] * 96)).site_factor or 0
        for hour in range(10)
    ]
    assert boosts == sorted(boosts)
    assert boosts[0] == 0
    assert boosts[-1] > 0


def test_a_job_whose_latest_start_is_reached_is_let_go() -> None:
    contract = make_contract(deadline=NOON + HOUR)
    held = Held(begin=NOON + 600)
    subject = make_subject(make_job(eligible_time=NOON + 600), make_annotation(contract), held)
    decision = decide(subject)
    assert (decision.action, decision.reason) == (Action.RUN, Reason.DEADLINE_NEAR)
    assert decision.begin == NOON


@pytest.mark.parametrize("limit", [600, 1500, HOUR])
def test_no_run_is_told_to_be_longer_than_its_time_limit(limit: int) -> None:
    terms = decide(make_subject(make_job(time_limit=limit))).terms
    assert (terms["run_from"], terms["run_samples"]) == ("the time limit", 0)
    assert terms["run_low"] == terms["run_median"] == terms["run_long"] == limit


def test_a_decision_tells_what_the_policy_weighs_and_by_how_much() -> None:
    contract = make_contract(sensitivity=Sensitivity.HIGH)
    terms = decide(make_subject(annotation=make_annotation(contract))).terms
    kind = POLICY.classes[EVALUATION]
    assert (terms["weight_carbon"], terms["weight_price"]) == (kind.carbon, kind.price)
    assert (terms["sensitivity_factor"], terms["least_gain"]) == (2.0, POLICY.least_gain)
    assert terms["delay_per_hour"] == kind.delay


def test_what_shaped_nothing_is_not_told() -> None:
    contract = make_contract(WorkloadClass.LATENCY_CRITICAL, urgency=90, max_delay=0)
    never = decide(make_subject(annotation=make_annotation(contract))).terms
    left = decide(make_subject(make_job(held=True))).terms
    for name in ("weight_carbon", "least_gain", "run_deciles"):
        assert name not in never
    assert "boost" not in left
    assert "tasks" not in never


def test_the_signal_now_is_told_beside_the_mean_of_the_whole_limit() -> None:
    carbon = [320.0] * 4 + [204.0] * 92
    curve = replace(make_curve([0.0] * 96), carbon=np.array(carbon))
    contract = make_contract(WorkloadClass.LATENCY_CRITICAL, urgency=90, max_delay=0)
    subject = make_subject(make_job(time_limit=2 * HOUR), make_annotation(contract))
    terms = decide(subject, curve=curve).terms
    assert (terms["carbon_now"], terms["carbon_at_once"]) == (320.0, 262.0)
    assert terms["price_now"] is None


def test_an_arrays_tasks_are_told_with_how_many_run_at_once() -> None:
    job = make_job(array_task_count=6, array_most=2, gpus=1)
    terms = decide(make_subject(job)).terms
    assert (terms["tasks"], terms["tasks_at_once"], terms["waves"]) == (6, 2, 3)


def test_learned_run_times_are_told_as_deciles() -> None:
    history = History()
    for number in range(30):
        history.learn(ended(900 * (1 + number % 4), number))
    terms = decide(make_subject(make_job(name="eval")), run_times=history).terms
    deciles = [int(one) for one in str(terms["run_deciles"]).split()]
    assert len(deciles) == 10
    assert deciles == sorted(deciles)
    assert deciles[4] == terms["run_median"]
    assert (deciles[0], deciles[8]) == (terms["run_low"], terms["run_long"])


def ended(seconds: int, number: int) -> JobEnd:
    """An evaluation of alice's that ran so long, some days ago."""
    start = NOON - 100 * HOUR + number
    return JobEnd(
        key=JobKey("east", 1000 + number, start),
        ran_on="east",
        name="eval",
        user="alice",
        account="research",
        partition="gpu",
        state="COMPLETED",
        eligible=start,
        start=start,
        end=start + seconds,
        time_limit=HOUR,
        gpus=1,
        cpus=1,
        nodes=1,
    )


def test_the_users_own_begin_is_the_floor() -> None:
    begin = NOON + HOUR
    subject = make_subject(make_job(eligible_time=begin), make_annotation(user_begin=begin))
    decision = decide(subject, curve=make_curve([-1.0] * 4 + [-2.0] + [-1.0] * 91))
    assert decision.begin is None or decision.begin >= begin


def test_a_begin_of_the_users_is_not_taken_back() -> None:
    begin = NOON + 5 * HOUR
    subject = make_subject(make_job(eligible_time=begin), make_annotation(user_begin=begin))
    decision = decide(subject)
    assert (decision.reason, decision.begin) == (Reason.BEGIN_AHEAD, None)


def test_a_lease_on_a_job_that_need_not_wait_is_taken_back() -> None:
    job = make_job(eligible_time=NOON + 100)
    subject = make_subject(job, make_annotation(lease=NOON + 100))
    assert decide(subject, curve=make_curve([-1.0] * 96)).begin == NOON


def test_without_a_signal_everything_is_left_as_it_is() -> None:
    subject = make_subject(make_job(eligible_time=CLEAN_AT), held=Held(begin=CLEAN_AT))
    decision = decide(subject, curve=None)
    assert (decision.action, decision.reason) == (Action.LEAVE, Reason.NO_SIGNAL)
    assert (decision.begin, decision.site_factor) == (None, None)


def test_a_signal_that_ends_before_the_run_would_moves_nobody() -> None:
    assert decide(make_subject(), curve=make_curve([2.0, -1.0])).reason is Reason.SHORT_SIGNAL


def reason_of(**job: Any) -> Reason:
    decision = decide(make_subject(make_job(**job)))
    assert decision.action is Action.LEAVE
    return decision.reason


def test_what_we_may_not_touch_is_left_with_its_reason() -> None:
    assert reason_of(priority_set=True) is Reason.PRIORITY_SET
    assert reason_of(held=True) is Reason.HELD
    assert reason_of(het=True) is Reason.HETEROGENEOUS
    assert reason_of(batch=False) is Reason.INTERACTIVE
    assert reason_of(cron=True) is Reason.INTERACTIVE
    assert reason_of(reservation="exam") is Reason.RESERVED
    assert reason_of(dependency="afterok:1(unfulfilled)") is Reason.DEPENDENT
    assert reason_of(origin="west") is Reason.NOT_ORIGIN


def test_a_job_a_person_changed_is_left() -> None:
    assert decide(make_subject(held=Held(theirs=True))).reason is Reason.THEIRS


def test_a_job_without_limit_and_max_delay_is_never_put_off() -> None:
    subject = make_subject(
        make_job(time_limit=None), make_annotation(make_contract(max_delay=None))
    )
    assert (decide(subject).action, decide(subject).reason) == (Action.RUN, Reason.UNBOUNDED)


def test_without_a_limit_only_the_tags_own_max_delay_puts_off() -> None:
    unlimited = make_job(time_limit=None)
    assert decide(make_subject(unlimited)).reason is Reason.UNBOUNDED
    annotation = make_annotation(tag="class=evaluation,max_delay=24h")
    assert decide(make_subject(unlimited, annotation)).action is Action.DEFER


def crowd(hours: float) -> Queue:
    wide = make_job(1, gpus=32, time_limit=int(hours * HOUR))
    return make_queue([wide])


def test_nothing_new_is_put_off_while_the_queue_is_deep() -> None:
    assert decide(make_subject(), queue=crowd(3)).action is Action.DEFER
    decision = decide(make_subject(), queue=crowd(5))
    assert (decision.action, decision.reason) == (Action.RUN, Reason.BUSY)


def test_without_a_signal_a_deep_queue_changes_nothing() -> None:
    decision = decide(make_subject(), queue=crowd(5), curve=None)
    assert (decision.action, decision.reason) == (Action.LEAVE, Reason.NO_SIGNAL)


def test_what_was_put_off_stays_so_when_the_queue_fills() -> None:
    subject = make_subject(make_job(eligible_time=CLEAN_AT), held=Held(begin=CLEAN_AT))
    assert decide(subject, queue=crowd(5)).action is Action.LEAVE


def test_nothing_new_is_put_off_near_max_job_count() -> None:
    assert decide(make_subject(), queue=make_queue(job_count=6_000)).reason is Reason.LIMITS


def test_nothing_of_a_user_near_his_submit_limit_is_put_off() -> None:
    jobs = [make_job(number) for number in range(8)]
    queue = make_queue(jobs, submit_limits=(("alice", 10),))
    bob = make_subject(make_job(50, user="bob"))
    assert decide(make_subject(jobs[0]), queue=queue).reason is Reason.LIMITS
    assert decide(bob, queue=queue).action is Action.DEFER


def test_nothing_new_is_put_off_while_the_ledger_is_away() -> None:
    assert decide(make_subject(), blocked=Reason.NO_LEDGER).reason is Reason.NO_LEDGER


def test_a_job_narrowed_to_the_other_cluster_is_priced_there() -> None:
    subject = make_subject(make_job(siblings=("west",)))
    assert decide(subject).reason is Reason.NO_SIGNAL


def test_the_terms_are_the_numbers_it_was_decided_on() -> None:
    terms = decide(make_subject()).terms
    assert terms["effective_at_once"] == 2.0
    assert terms["effective_at_start"] == -1.0
    assert terms["time_limit"] == HOUR
    assert terms["slack"] == 24 * HOUR


def test_what_may_not_wait_at_all_has_no_slack() -> None:
    critical = make_contract(WorkloadClass.LATENCY_CRITICAL, max_delay=0)
    terms = decide(make_subject(annotation=make_annotation(critical))).terms
    assert (terms["slack"], terms["max_delay"]) == (None, 0)


def test_the_same_inputs_give_the_same_plan() -> None:
    subjects = [make_subject(make_job(number)) for number in range(20)]
    first, second = plan(*subjects), plan(*subjects)
    assert first.begin.tolist() == second.begin.tolist()
    assert first.points.tolist() == second.points.tolist()


def test_a_cluster_without_jobs_of_ours_has_an_empty_plan() -> None:
    assert len(plan().subjects) == 0


def test_slurms_own_delay_after_a_requeue_is_not_shortened() -> None:
    delayed = NOON + 120
    job = make_job(eligible_time=delayed, restarts=1)
    held = Held(begin=delayed, floor=delayed, restarts=1)
    annotation = make_annotation(make_contract(max_delay=0))
    decision = decide(make_subject(job, annotation, held))
    assert (decision.action, decision.begin) == (Action.RUN, None)


def test_a_job_that_somebody_gave_a_reservation_gets_its_begin_back() -> None:
    job = make_job(reservation="exam", eligible_time=CLEAN_AT)
    decision = decide(make_subject(job, held=Held(begin=CLEAN_AT)))
    assert (decision.action, decision.reason, decision.begin) == (
        Action.RUN,
        Reason.RESERVED,
        NOON,
    )


def test_what_ended_does_not_count_against_a_submit_limit() -> None:
    subject = make_subject()
    ended = [make_job(number, state=JobState.OTHER) for number in range(200, 220)]
    queue = make_queue([subject.job, *ended], submit_limits=(("alice", 20),))
    assert decide(subject, queue=queue).action is Action.DEFER


def test_no_boost_is_worth_more_than_half_of_all_age_however_soon_age_is_full() -> None:
    contract = make_contract(WorkloadClass.LATENCY_CRITICAL, urgency=100, max_delay=0)
    subject = make_subject(annotation=make_annotation(contract))
    queue = make_queue([subject.job], age_points_per_hour=6e8, age_points_most=10_000_000)
    assert decide(subject, queue=queue).site_factor == 5_000_000


def test_a_job_that_its_origin_may_no_longer_run_is_decided_where_it_waits() -> None:
    narrowed = make_job(origin="west", siblings=("east",))
    assert decide(make_subject(narrowed)).reason is Reason.CLEANER_LATER
    assert narrowed.home == "west"
    offered = make_job(origin="west", siblings=("east", "west"))
    assert decide(make_subject(offered)).reason is Reason.NOT_ORIGIN

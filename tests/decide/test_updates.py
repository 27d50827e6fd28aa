"""Only differences are sent, what changes the next backfill first, and never too many."""

from dataclasses import replace

import pytest

from slurm_energy.decide.plan import Plan
from slurm_energy.decide.planner import plan_cluster
from slurm_energy.decide.reconcile import reconcile
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.updates import Rank, batch, intended, told, update_cap
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Fate, Outcome, Update
from slurm_energy.model.held import Held
from slurm_energy.model.job import Health, JobState
from slurm_energy.model.policy import DEFAULT_CLASSES, Policy
from tests.builders import (
    CLEAN_AT,
    CLEAN_BEGIN,
    DEAR_THEN_CHEAP,
    HOUR,
    NOON,
    make_annotation,
    make_contract,
    make_job,
    make_queue,
    make_running,
    make_subject,
)

POLICY = Policy()
EVALUATION = replace(DEFAULT_CLASSES[WorkloadClass.EVALUATION], stop=True)
ALLOWED = Policy(classes={**DEFAULT_CLASSES, WorkloadClass.EVALUATION: EVALUATION})
URGENT = make_contract(WorkloadClass.LATENCY_CRITICAL, urgency=90, max_delay=0)


def plan(*subjects: Subject, now: int = NOON) -> Plan:
    every_class = dict.fromkeys(WorkloadClass, DEAR_THEN_CHEAP)
    queue = make_queue([s.job for s in subjects])
    return plan_cluster(queue, subjects, {"east": every_class}, POLICY, {}, now)


def updates(*subjects: Subject, policy: Policy = POLICY, now: int = NOON) -> list[Update]:
    return list(batch(plan(*subjects, now=now), make_queue(), policy, 30).updates)


def test_a_deferral_is_one_begin_time() -> None:
    (update,) = updates(make_subject())
    assert (update.begin, update.site_factor) == (CLEAN_BEGIN, None)


def test_nothing_is_sent_in_a_cycle_where_nothing_changed() -> None:
    deferred = make_subject(make_job(eligible_time=CLEAN_AT), held=Held(begin=CLEAN_AT))
    assert updates(deferred) == []
    assert updates(deferred, now=NOON + 600) == []


def test_what_was_sent_is_not_sent_again_once_it_is_read_back() -> None:
    subject = make_subject()
    noted = intended({subject.key: subject.held}, updates(subject))
    job = replace(subject.job, eligible_time=CLEAN_BEGIN)
    held = reconcile(noted[subject.key], job, subject.annotation, NOON + 30)
    assert held == Held(begin=CLEAN_BEGIN, age_since=NOON)
    assert updates(replace(subject, job=job, held=held), now=NOON + 30) == []


def test_what_did_not_arrive_is_sent_again() -> None:
    subject = make_subject()
    noted = intended({subject.key: subject.held}, updates(subject))
    held = reconcile(noted[subject.key], subject.job, subject.annotation, NOON + 30)
    assert updates(replace(subject, held=held), now=NOON + 30)[0].begin == CLEAN_BEGIN


def test_an_unreadable_site_factor_is_not_written() -> None:
    subject = make_subject(make_job(site_factor=None), make_annotation(URGENT))
    assert updates(subject) == []


def test_releases_go_before_leases_boosts_and_the_rest() -> None:
    due = make_contract(deadline=NOON + HOUR, urgency=0)
    release = make_subject(
        make_job(1, eligible_time=NOON + 600), make_annotation(due), Held(begin=NOON + 600)
    )
    boost = make_subject(make_job(2), make_annotation(URGENT))
    leased = make_subject(make_job(3, eligible_time=NOON + 50), make_annotation(lease=NOON + 50))
    far = make_subject(make_job(4, eligible_time=NOON + HOUR), held=Held(begin=NOON + HOUR))
    sent = updates(far, boost, leased, release)
    assert [(update.key.job_id, Rank(update.rank)) for update in sent] == [
        (1, Rank.RELEASE),
        (3, Rank.KEEP),
        (2, Rank.BOOST),
        (4, Rank.LATER),
    ]


def test_of_many_leases_the_one_that_saves_most_is_kept_first() -> None:
    small, large = make_subject(make_job(1, gpus=1)), make_subject(make_job(2, gpus=8))
    assert [update.key.job_id for update in updates(small, large)] == [2, 1]


def test_more_than_the_cap_waits_for_later_turns() -> None:
    subjects = [make_subject(make_job(number)) for number in range(10)]
    found = batch(plan(*subjects), make_queue(), Policy(update_cap=4), 30)
    assert (len(found.updates), found.skipped) == (4, 6)


def stopping(*subjects: Subject, policy: Policy = ALLOWED) -> list[Update]:
    queue = make_queue([s.job for s in subjects])
    curves = {"east": dict.fromkeys(WorkloadClass, DEAR_THEN_CHEAP)}
    pending = [s for s in subjects if s.job.state is JobState.PENDING]
    running = [s for s in subjects if s.job.state is JobState.RUNNING]
    whole = plan_cluster(queue, pending, curves, policy, {}, NOON, running=running)
    return list(batch(whole, queue, policy, 30).updates)


def test_a_stop_names_the_run_and_the_begin() -> None:
    (update,) = stopping(make_running(NOON - HOUR, accrue_time=NOON - 2 * HOUR))
    assert (update.stop, update.run_start, update.begin) == (True, NOON - HOUR, CLEAN_AT)
    assert (update.warned, update.rank, update.age_since) == (0, Rank.STOP, NOON - 2 * HOUR)


def test_stops_come_after_what_we_owe_and_are_a_tenth_of_what_may_be_sent() -> None:
    leased = make_subject(make_job(3, eligible_time=NOON + 50), make_annotation(lease=NOON + 50))
    runs = [make_running(job_id=number, gpus=number) for number in range(10, 40)]
    found = stopping(*runs, leased, policy=replace(ALLOWED, update_cap=30))
    assert [update.key.job_id for update in found] == [3, 39, 38, 37]


def test_a_stop_under_way_comes_before_new_ones() -> None:
    told_now = Held(begin=NOON, begin_sent=CLEAN_AT, stopping=NOON, warned=NOON - 5)
    runs = [make_running(job_id=1, held=told_now), make_running(job_id=2, gpus=8)]
    (update,) = stopping(*runs, policy=replace(ALLOWED, update_cap=10))
    assert (update.key.job_id, update.warned, update.begin) == (1, NOON - 5, CLEAN_AT)


def test_who_was_told_is_noted_only_where_slurm_took_it() -> None:
    subject = make_running()
    (update,) = stopping(subject)
    noted = intended({subject.key: subject.held}, [update])
    assert (noted[subject.key].stopping, noted[subject.key].warned) == (NOON, 0)
    for fate, at in ((Fate.SENT, NOON + 3), (Fate.UNKNOWN, 0), (Fate.RECORDED, 0)):
        assert told(noted, [Outcome(update, fate)], NOON + 3)[subject.key].warned == at
    again = replace(update, warned=NOON)
    assert told(noted, [Outcome(again, Fate.SENT)], NOON + 60) == noted


def test_rate_limits_cap_at_sixty() -> None:
    assert update_cap(make_queue(rate_limited=True), POLICY) == 60


@pytest.mark.parametrize(
    "health",
    [
        Health(server_threads=200),
        Health(mean_cycle_us=20_000_000),
        Health(update_mean_us=50_000),
        Health(dbd_queue=5_000),
    ],
)
def test_harm_in_sdiag_quarters_the_cap(health: Health) -> None:
    assert update_cap(make_queue(health=health), Policy(update_cap=100)) == 25
    assert update_cap(make_queue(health=Health()), Policy(update_cap=100)) == 100

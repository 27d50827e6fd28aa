"""One turn after the other: what reaches Slurm, and what never does."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from slurm_energy.decide.durations.runtimes import History
from slurm_energy.decide.durations.shapes import Shapes
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.job import Health, Job
from slurm_energy.model.lease import Lease
from slurm_energy.report import sentence
from slurm_energy.shadow import Shadow
from tests.builders import (
    CLEAN_AT,
    CLEAN_BEGIN,
    HOUR,
    NOON,
    make_annotation,
    make_contract,
    make_signals,
    some,
)
from tests.worlds import AwayLedger, GivenLead, Town


class Telling:
    """A part of the town that tells which of its questions was asked."""

    def __init__(self, part: object, said: list[str]) -> None:
        self._part = part
        self._said = said

    def __getattr__(self, name: str) -> object:
        self._said.append(name)
        return getattr(self._part, name)


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_dirty_hour_defers_an_evaluation_until_the_clean_one(town: Town) -> None:
    job = town.submit()
    record = some(town.daemon().turn().record)
    assert town.east.job(job).eligible_time == CLEAN_BEGIN
    assert (record.deferred, record.sent) == (1, 1)


def test_an_untagged_job_is_never_touched(town: Town) -> None:
    town.east.submit(comment="beam energy:13TeV")
    assert town.daemon().turn().outcomes == []


def test_no_update_in_a_turn_where_nothing_changed(town: Town) -> None:
    for _ in range(5):
        town.submit()
    daemon = town.daemon()
    daemon.turn()
    town.later(30)
    assert daemon.turn().outcomes == []


def test_a_decision_is_recorded_when_it_changes_and_not_again(town: Town) -> None:
    town.submit()
    daemon = town.daemon()
    daemon.turn()
    town.later(30)
    daemon.turn()
    (recorded,) = town.ledger.decisions
    assert recorded.decision.reason is Reason.CLEANER_LATER
    assert len(town.ledger.cycles) == 2


def test_a_restarted_daemon_does_not_repeat_what_is_recorded(town: Town) -> None:
    town.submit()
    town.daemon().turn()
    town.later(30)
    town.daemon().turn()
    assert len(town.ledger.decisions) == 1


def test_turns_are_numbered_on_over_a_restart(town: Town) -> None:
    first = town.daemon()
    first.turn()
    first.turn()
    town.later(30)
    assert town.daemon().turn().number == 3


def test_a_restarted_daemon_goes_on_with_what_it_had_written(town: Town) -> None:
    job = town.submit()
    town.daemon().turn()
    town.later(30)
    turn = town.daemon().turn()
    assert turn.plans["east"].actions == [Action.DEFER]
    assert turn.outcomes == []
    assert town.east.job(job).eligible_time == CLEAN_BEGIN


def test_a_daemon_that_died_between_noting_and_sending_goes_on(town: Town) -> None:
    job = town.submit()
    town.daemon(actuators={"east": Shadow()}).turn()
    assert town.east.job(job).eligible_time == NOON
    town.later(30)
    town.daemon().turn()
    assert town.east.job(job).eligible_time == CLEAN_BEGIN


def test_a_daemon_that_lost_its_memory_leaves_what_it_does_not_know(town: Town) -> None:
    job = town.submit()
    town.daemon().turn()
    town.held.saved = {}
    town.later(30)
    turn = town.daemon().turn()
    assert turn.plans["east"].reasons == [Reason.THEIRS]
    assert town.east.job(job).eligible_time == CLEAN_BEGIN


def test_the_owners_start_now_is_his_last_word(town: Town) -> None:
    job = town.submit()
    daemon = town.daemon()
    daemon.turn()
    town.later(60)
    town.east.set_begin(job, town.clock.now())
    for _ in range(3):
        town.later(30)
        assert daemon.turn().outcomes == []
    assert town.east.job(job).eligible_time == NOON + 60


def test_a_persons_last_word_outlives_the_daemon_that_heard_it(town: Town) -> None:
    job = town.submit()
    daemon = town.daemon()
    daemon.turn()
    town.later(30)
    town.submit()
    daemon.turn()
    town.east.set_begin(job, town.clock.now())
    town.later(30)
    daemon.turn()
    town.later(3 * HOUR)
    assert town.daemon().turn().plans["east"].reasons[0] is Reason.THEIRS


def test_a_site_factor_a_person_set_is_never_overwritten(town: Town) -> None:
    contract = make_contract(WorkloadClass.LATENCY_CRITICAL, urgency=90, max_delay=0)
    job = town.submit(contract)
    daemon = town.daemon()
    daemon.turn()
    town.east.set_site_factor(job, 5)
    town.later(30)
    assert daemon.turn().outcomes == []


def test_missing_signals_leave_everything_as_it_is(town: Town) -> None:
    job = town.submit()
    daemon = town.daemon()
    daemon.turn()
    town.signals.now = {"east": make_signals(None)}
    town.later(30)
    turn = daemon.turn()
    assert turn.outcomes == []
    assert turn.plans["east"].reasons == [Reason.NO_SIGNAL]
    assert town.east.job(job).eligible_time == CLEAN_BEGIN


def test_a_silent_cluster_is_left_and_said(town: Town) -> None:
    town.submit()
    daemon = town.daemon()
    with town.east.silent():
        turn = daemon.turn()
    record = some(turn.record)
    assert record.unread == ("east",)
    assert "could not read east" in sentence(turn, record)


def test_memory_outlives_a_silent_turn(town: Town) -> None:
    town.submit()
    daemon = town.daemon()
    daemon.turn()
    with town.east.silent():
        town.later(30)
        daemon.turn()
    town.later(30)
    assert daemon.turn().plans["east"].actions == [Action.DEFER]


def test_a_follower_watches_and_writes_only_its_table(town: Town) -> None:
    job = town.submit()
    turn = town.daemon(lead=GivenLead(leads=False)).turn()
    assert turn.plans["east"].actions == [Action.DEFER]
    assert town.east.job(job).eligible_time == NOON
    assert town.ledger.cycles == []
    assert [lease.workload_class for lease in town.table.leases] == [WorkloadClass.EVALUATION]


def test_a_follower_that_takes_over_knows_what_the_leader_wrote(town: Town) -> None:
    leader, follower_lead = town.daemon(), GivenLead(leads=False)
    follower = town.daemon(lead=follower_lead)
    follower.turn()
    job = town.submit()
    leader.turn()
    town.later(30)
    follower_lead.leads = True
    turn = follower.turn()
    assert turn.plans["east"].actions == [Action.DEFER]
    assert town.east.job(job).eligible_time == CLEAN_BEGIN


def test_a_lead_lost_between_deciding_and_applying_sends_nothing(town: Town) -> None:
    job = town.submit()
    town.lead.lost_meanwhile = True
    turn = town.daemon().turn()
    assert "nothing was sent" in turn.problems[0]
    assert town.east.job(job).eligible_time == NOON


def test_what_can_not_be_noted_is_not_sent(town: Town) -> None:
    job = town.submit()
    daemon = town.daemon()
    daemon.turn()
    town.held.away = True
    town.submit()
    town.later(30)
    turn = daemon.turn()
    assert turn.outcomes == []
    assert "nothing was sent" in turn.problems[0]
    assert town.east.job(job).eligible_time == CLEAN_BEGIN


def test_while_the_ledger_is_away_nothing_new_is_put_off_nor_leased(town: Town) -> None:
    job = town.submit()
    ledger = AwayLedger(town.clock, town.ledger._question)
    turn = town.daemon(ledger=ledger).turn()
    assert turn.plans["east"].reasons == [Reason.NO_LEDGER]
    assert town.east.job(job).eligible_time == NOON
    assert list(town.table.leases) == []


def test_shadow_decides_and_records_and_changes_nothing(town: Town) -> None:
    job = town.submit()
    record = some(town.daemon(actuators={"east": Shadow()}).turn().record)
    assert record.deferred == 1
    assert len(town.ledger.decisions) == 1
    assert town.ledger.outcomes == []
    assert town.east.job(job).eligible_time == NOON


def test_the_table_leases_the_class_that_waits_now(town: Town) -> None:
    town.daemon().turn()
    assert town.table.leases == [Lease(WorkloadClass.EVALUATION, CLEAN_AT)]


def test_a_full_queue_leases_nothing(town: Town) -> None:
    town.east.facts["job_count"] = 9_000
    town.daemon().turn()
    assert list(town.table.leases) == []


def test_a_lease_of_the_hook_is_extended(town: Town) -> None:
    annotation = make_annotation(lease=NOON + 60)
    job = town.submit_annotated(annotation, begin=NOON + 60)
    town.daemon().turn()
    assert town.east.job(job).eligible_time == CLEAN_BEGIN


def test_a_damaged_annotation_is_said_and_left(town: Town) -> None:
    job = town.east.submit(admin_comment="slurm-energy:v=1,class=evaluation")
    turn = town.daemon().turn()
    assert f"job {job}" in turn.problems[0]
    assert turn.outcomes == []


def test_of_many_damaged_annotations_some_are_named_and_the_rest_counted(town: Town) -> None:
    for _ in range(500):
        town.east.submit(admin_comment="slurm-energy:v=1,class=evaluation")
    problems = town.daemon().turn().problems
    assert len(problems) == 11
    assert problems[-1] == "east: 490 more such jobs"


def test_a_requeued_job_is_decided_again_on_the_slack_it_has_left(town: Town) -> None:
    job = town.submit()
    daemon = town.daemon()
    daemon.turn()
    town.later(3 * HOUR)
    town.east.start(job)
    daemon.turn()
    town.east.requeue(job)
    town.later(30)
    assert daemon.turn().plans["east"].reasons == [Reason.BEGIN_AHEAD]
    town.later(120)
    assert daemon.turn().plans["east"].reasons == [Reason.CLEAN_NOW]


def test_slurms_own_delay_after_a_requeue_is_not_taken_back(town: Town) -> None:
    town.signals.now = {"east": make_signals([100.0] * 72, [30.0] * 72)}
    job = town.submit()
    daemon = town.daemon()
    daemon.turn()
    town.east.start(job)
    town.later(30)
    daemon.turn()
    town.east.requeue(job)
    town.later(30)
    assert daemon.turn().outcomes == []
    assert town.east.job(job).eligible_time == NOON + 30 + 120


def test_who_takes_the_lead_asks_what_was_written_before_it_looks(town: Town) -> None:
    said: list[str] = []
    daemon = town.daemon(held=Telling(town.held, said), readers={"east": Telling(town.east, said)})
    daemon.turn()
    daemon.turn()
    assert said == ["load", "read", "read"]


def test_a_follower_looks_before_it_asks_what_was_written(town: Town) -> None:
    said: list[str] = []
    parts = {"held": Telling(town.held, said), "readers": {"east": Telling(town.east, said)}}
    town.daemon(lead=GivenLead(leads=False), **parts).turn()
    assert said == ["read", "load"]


class Class:
    """Run times as they are asked for, and the lessons before or after."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._history = History()

    def learn(self, now: int, *, leading: bool) -> Sequence[str]:  # noqa: ARG002
        self.said.append("learns as leader" if leading else "learns as follower")
        return ["something is not known"]

    def shapes(
        self, jobs: Sequence[Job], classes: Sequence[WorkloadClass], slot: int, slots: int
    ) -> Shapes:
        self.said += ["plans"] * bool(jobs)
        return self._history.shapes(jobs, classes, slot, slots)


def test_who_takes_the_lead_learns_before_it_plans_and_a_follower_learns_too(town: Town) -> None:
    town.submit()
    at_school, lead = Class(), GivenLead(leads=False)
    daemon = town.daemon(run_times=at_school, lessons=at_school.learn, lead=lead)
    assert daemon.turn().problems == ["something is not known"]
    assert at_school.said == ["plans", "learns as follower"]
    lead.leads = True
    at_school.said.clear()
    for _ in range(2):
        town.later(30)
        assert daemon.turn().problems == ["something is not known"]
    assert at_school.said == ["learns as leader", "plans", "plans", "learns as leader"]


def test_a_decision_is_not_repeated_because_its_cluster_was_silent_for_a_turn(town: Town) -> None:
    town.submit()
    daemon = town.daemon()
    daemon.turn()
    with town.east.silent():
        daemon.turn()
    daemon.turn()
    assert len(town.ledger.decisions) == 1


def test_a_refusal_is_counted_as_failed(town: Town) -> None:
    town.east.refuse(town.submit(), "Access/permission denied")
    record = some(town.daemon().turn().record)
    assert (record.sent, record.failed) == (0, 1)


def test_harm_in_sdiag_lets_fewer_updates_through(town: Town) -> None:
    town.policy = replace(town.policy, update_cap=8)
    town.east.facts["health"] = Health(server_threads=250)
    for _ in range(10):
        town.submit()
    record = some(town.daemon().turn().record)
    assert (record.sent, record.skipped) == (2, 8)

"""The laws of the loop, under any order of what users, people, Slurm, grid and death may do.

Hypothesis plays users, administrators, Slurm and misfortune against a daemon on one cluster, and
after every turn asks what was sent, and what holds.
"""

from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from slurm_energy.cycle import Cycle
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.contract import Annotation, Sensitivity, WorkloadClass
from slurm_energy.model.decision import Action, Reason, Update
from slurm_energy.model.job import JobState
from slurm_energy.turn import Turn
from tests.builders import HOUR, MINUTE, make_annotation, make_contract, make_signals
from tests.worlds import GivenLead, Town

HOURS = 72
BAND = 120
"""Twelve hours of age at the ten points an hour of the fake cluster."""
GRIDS = st.lists(st.sampled_from([50.0, 100.0, 300.0, 600.0]), min_size=2, max_size=8)
"""Hours, repeated for three days."""
CLASSES = st.sampled_from([one for one in WorkloadClass if one is not WorkloadClass.UNMANAGED])
SPANS = st.integers(1, 40).map(lambda quarters: quarters * 15 * MINUTE)
PAUSES = st.sampled_from([30, 60, 15 * MINUTE, HOUR, 5 * HOUR])
OWED = {Reason.DEADLINE_NEAR, Reason.NEVER, Reason.UNBOUNDED, Reason.OPTED_OUT}
"""Reasons to act that need no signal: what the contract itself says."""


@dataclass
class Known:
    """What the test remembers of a job that the daemon may have forgotten."""

    annotation: Annotation | None
    begin: int | None = None
    """A begin time that a person set."""
    before: int | None = None
    """What it was before that; None once the daemon has noted that the job is a person's."""
    points: int | None = None
    """A SiteFactor that a person set."""
    floor: int = 0
    """The begin time that Slurm wrote at a requeue."""

    def fade(self, now: int) -> None:
        """A begin time that was past and is past again: nobody can tell that it changed."""
        if self.before is not None and max(self.begin or 0, self.before) <= now:
            self.begin = self.before = None


class SwitchableLedger:
    """The town's ledger, whose database goes and comes."""

    def __init__(self, town: Town) -> None:
        self._ledger = town.ledger
        self.away = False

    def available(self) -> bool:
        return not self.away

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


class Loop(RuleBasedStateMachine):
    jobs = Bundle("jobs")
    blank = False
    """Whether the daemon has lost its memory and looked at nothing since."""

    @initialize(grid=GRIDS)
    def begin(self, grid: list[float]) -> None:
        self.town = Town()
        self.ledger = SwitchableLedger(self.town)
        self.start = self.town.clock.now()
        self.dawn(grid)
        self.known: dict[int, Known] = {}
        self.promised: dict[int, int] = {}
        self.durable = True
        """Whether the daemon's store knows all that it knows."""
        self.daemon = self.daemon_born()

    def daemon_born(self, **parts: Any) -> Cycle:
        return self.town.daemon(ledger=self.ledger, **parts)

    def watcher(self, **parts: Any) -> Cycle:
        """A daemon just started that only looks on."""
        return self.daemon_born(lead=GivenLead(leads=False), **parts)

    # What users do

    @rule(
        target=jobs,
        workload_class=CLASSES,
        deadline=st.none() | SPANS,
        max_delay=SPANS | st.none(),
        limit=st.sampled_from([10 * MINUTE, HOUR, 5 * HOUR]) | st.none(),
        user_begin=st.none() | SPANS,
        leased=st.booleans(),
        sensitivity=st.sampled_from(Sensitivity),
        urgency=st.integers(0, 100),
        nodes=st.integers(1, 4),
    )
    def submit(
        self,
        workload_class: WorkloadClass,
        deadline: int | None,
        max_delay: int | None,
        limit: int | None,
        user_begin: int | None,
        leased: bool,
        nodes: int,
        **terms: Any,
    ) -> int:
        now = self.town.clock.now()
        contract = make_contract(
            workload_class,
            deadline=None if deadline is None else now + deadline,
            max_delay=0 if workload_class is WorkloadClass.LATENCY_CRITICAL else max_delay,
            **terms,
        )
        begin = 0 if user_begin is None else now + user_begin
        lease = now + MINUTE if leased and not begin and contract.max_delay != 0 else 0
        annotation = make_annotation(contract, submit=now, user_begin=begin, lease=lease)
        job = self.town.submit_annotated(
            annotation, begin=begin or lease, time_limit=limit, nodes=nodes
        )
        self.known[job] = Known(annotation)
        return job

    @rule(target=jobs)
    def submit_patient(self) -> int:
        """An evaluation that may wait a day: most of what is put off."""
        annotation = make_annotation(submit=self.town.clock.now())
        job = self.town.submit_annotated(annotation)
        self.known[job] = Known(annotation)
        return job

    @rule(target=jobs, comment=st.sampled_from(["", "free energy: run 3"]))
    def submit_untagged(self, comment: str) -> int:
        job = self.town.east.submit(comment=comment)
        self.known[job] = Known(None)
        return job

    @rule(job=jobs)
    def owner_says_now(self, job: int) -> None:
        self._set_begin(job, self.town.clock.now())

    @rule(job=jobs, ahead=SPANS)
    def owner_says_later(self, job: int, ahead: int) -> None:
        self._set_begin(job, self.town.clock.now() + ahead + 7)

    @rule(job=jobs)
    def cancel(self, job: int) -> None:
        if self._state(job) is not None:
            self.town.east.cancel(job)

    # What administrators do

    @rule(job=jobs, points=st.integers(200, 300))
    def admin_sets_site_factor(self, job: int, points: int) -> None:
        if self._state(job) is JobState.PENDING:
            self.town.east.set_site_factor(job, points)
            self.known[job].points = points

    @rule(job=jobs)
    def admin_sets_priority(self, job: int) -> None:
        if self._state(job) is JobState.PENDING:
            self.town.east.set_priority(job, 99)

    @rule(job=jobs)
    def hold(self, job: int) -> None:
        if self._state(job) is JobState.PENDING:
            self.town.east.set_priority(job, 0)

    @rule(job=jobs)
    def release(self, job: int) -> None:
        if self._state(job) is JobState.PENDING:
            self.town.east.change(job, held=False, priority_set=False)

    # What Slurm does

    @rule(job=jobs)
    def starts(self, job: int) -> None:
        shown = self.town.east.job(job) if self._state(job) is JobState.PENDING else None
        if shown and not shown.held and (shown.eligible_time or 0) <= self.town.clock.now():
            self.town.east.start(job)

    @rule(job=jobs)
    def requeued(self, job: int) -> None:
        if self._state(job) is JobState.RUNNING:
            self.town.east.requeue(job)
            known = self.known[job]
            known.floor = self.town.clock.now() + 120
            known.begin = known.before = None
            self.promised.pop(job, None)

    @rule(job=jobs)
    def ends(self, job: int) -> None:
        if self._state(job) is JobState.RUNNING:
            self.town.east.finish(job)

    # What befalls us

    @rule(grid=GRIDS)
    def dawn(self, grid: list[float]) -> None:
        hour = (self.town.clock.now() - self.start) // HOUR
        self.grid = [grid[0]] * hour + grid * (HOURS // len(grid))
        self.town.signals.now = {"east": make_signals(self.grid, self.grid)}

    @rule()
    def signal_lost(self) -> None:
        self.town.signals.now = {"east": make_signals(None)}

    @rule()
    def signal_back(self) -> None:
        self.town.signals.now = {"east": make_signals(self.grid, self.grid)}

    @rule(away=st.booleans())
    def database(self, away: bool) -> None:
        self.ledger.away = self.town.held.away = away

    @rule(lost=st.booleans())
    def lead_lost_in_the_turn(self, lost: bool) -> None:
        self.town.lead.lost_meanwhile = lost

    @rule(leads=st.booleans())
    def lead(self, leads: bool) -> None:
        self.town.lead.leads = leads

    @rule()
    def daemon_dies_and_comes_back(self) -> None:
        self.durable = True
        self.daemon = self.daemon_born()

    @rule()
    def daemon_comes_back_without_memory(self) -> None:
        """What a person wrote is told from what Slurm shows, as long as it lies ahead."""
        self.town.held.saved = {}
        self.blank = True
        for known in self.known.values():
            known.before = 0 if known.begin is not None else None
        self.daemon_dies_and_comes_back()

    # The turn, and the laws

    @rule()
    def next_turn(self) -> None:
        self.turn(30)

    @rule(pause=PAUSES)
    def turn(self, pause: int) -> None:
        town = self.town
        self.blank = False
        town.later(pause)
        for known in self.known.values():
            known.fade(town.clock.now())
        before = {job: town.east.job(job) for job in self.known if self._state(job)}
        sent = len(town.east.received)
        watched = self.watcher().turn()
        self.last = turn = self.daemon.turn()
        plan = turn.plans["east"]
        rows = {subject.key.job_id: row for row, subject in enumerate(plan.subjects)}
        if self.durable and not town.held.away:
            same_plan(plan, watched.plans["east"])
        for update in town.east.received[sent:]:
            job = update.key.job_id
            assert turn.leading
            assert town.lead.holding()
            self.only_ours(update)
            self.within_bounds(update, plan, rows[job], turn)
            self.compare_and_set(update)
            self.nothing_without_a_signal(update, before[job].eligible_time, plan, rows[job])
            if update.begin is not None:
                bound = plan.promises[rows[job]].latest_start
                self.promised[job] = max(turn.at, bound if bound is not None else turn.at)
        self.durable = not (turn.leading and town.held.away)
        if turn.leading and self.durable:
            for known in self.known.values():
                known.before = None

    def only_ours(self, update: Update) -> None:
        """An update goes to a marked job, and never to one that somebody holds or prioritised."""
        assert self.known[update.key.job_id].annotation is not None
        job = self.town.east.job(update.key.job_id)
        assert not job.held
        assert not job.priority_set

    def within_bounds(self, update: Update, plan: Plan, row: int, turn: Turn) -> None:
        """Begin between the user's own and the latest start, SiteFactor in the band."""
        annotation = plan.subjects[row].annotation
        bound = plan.promises[row].latest_start
        if update.begin is not None:
            assert update.begin >= annotation.user_begin
            assert update.begin >= self.known[update.key.job_id].floor
            if plan.actions[row] is Action.DEFER:
                assert bound is not None
                assert update.begin <= bound
                self.deadline_kept(update.begin, plan.subjects[row])
            else:
                assert update.begin <= max(turn.at, plan.subjects[row].begin_floor)
        if update.site_factor is not None:
            assert 0 <= update.site_factor <= BAND

    def deadline_kept(self, begin: int, subject: Subject) -> None:
        """Begun then and run to its limit, the job ends in time."""
        deadline = subject.annotation.contract.deadline
        if deadline is not None:
            assert begin + (subject.job.time_limit or 0) < deadline

    def compare_and_set(self, update: Update) -> None:
        """A person's field is not written, nor any other of that job."""
        known = self.known[update.key.job_id]
        assert known.begin is None, "a person set its begin time"
        assert known.points is None, "a person set its SiteFactor"

    def nothing_without_a_signal(
        self, update: Update, before: int | None, plan: Plan, row: int
    ) -> None:
        """Without a signal only what a contract owes is sent, and nothing is put off by it."""
        if self.town.signals.now["east"].carbon is not None:
            return
        assert plan.reasons[row] in OWED
        if update.begin is not None:
            assert before is not None
            assert update.begin <= before

    @invariant()
    def eligible_by_the_latest_start_as_it_was_when_we_wrote(self) -> None:
        for job, latest in self.promised.items():
            if self._state(job) is JobState.PENDING and self.known[job].begin is None:
                assert (self.town.east.job(job).eligible_time or 0) <= latest

    @invariant()
    def what_a_person_set_stays(self) -> None:
        for job, known in self.known.items():
            if self._state(job) is not None:
                shown = self.town.east.job(job)
                assert known.points in (None, shown.site_factor)
                assert known.begin in (None, shown.eligible_time)

    def _state(self, job: int) -> JobState | None:
        """Its state while Slurm knows it."""
        return next((one.state for one in self.town.east.read().jobs if one.job_id == job), None)

    def _set_begin(self, job: int, begin: int) -> None:
        if self._state(job) is JobState.PENDING:
            before = self.town.east.job(job).eligible_time
            if before != begin:
                self.town.east.set_begin(job, begin)
                self.promised.pop(job, None)
                known = self.known[job]
                if self.blank and begin <= self.town.clock.now():
                    # Who never saw the job put off sees one that is eligible, as any other.
                    known.begin = known.before = None
                    return
                known.before = before if known.begin is None else known.before
                known.begin = begin


def same_plan(one: Plan, other: Plan) -> None:
    """Two daemons that see the same decide the same."""
    assert list(one.actions) == list(other.actions)
    assert list(one.reasons) == list(other.reasons)
    assert np.array_equal(one.begin, other.begin)
    assert np.array_equal(one.points, other.points)


Loop.TestCase.settings = settings(max_examples=250, stateful_step_count=50, deadline=None)
TestLoop = Loop.TestCase

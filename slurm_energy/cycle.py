"""One turn of the loop, on one page: read, decide, apply, record, report. Start reading here."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from slurm_energy.decide.boards import DEFAULT_MODEL
from slurm_energy.decide.curvebook import CurveBook
from slurm_energy.decide.gridevent import ABOVE_EVENTS, event_leases
from slurm_energy.decide.guard import Subject, crowded, stoppable
from slurm_energy.decide.lease import leases
from slurm_energy.decide.market import Outlook
from slurm_energy.decide.planner import plan_cluster
from slurm_energy.decide.powernow import PowerNow
from slurm_energy.decide.roster import subject_of
from slurm_energy.decide.shapes import RunTimes
from slurm_energy.decide.threshold import gpus_ahead, thresholded
from slurm_energy.decide.updates import batch, intended, told
from slurm_energy.decide.watts import machines
from slurm_energy.errors import InputError, LedgerError, SlurmError
from slurm_energy.model.budget import Spent
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Decision, Fate, Reason
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobKey, JobState, Queue
from slurm_energy.model.policy import Policy
from slurm_energy.model.power import PowerModel
from slurm_energy.ports import (
    Actuator,
    Annotator,
    Chore,
    Clock,
    HeldStore,
    Lead,
    Ledger,
    PowerMeter,
    QueueReader,
    SignalSource,
    SpentStore,
    TableWriter,
)
from slurm_energy.power import UNLIMITED
from slurm_energy.report import summarise
from slurm_energy.turn import Turn

MOST_TOLD = 10
"""Jobs with a damaged annotation that are named in one turn; the others are counted."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything a turn needs from outside."""

    clock: Clock
    readers: Mapping[str, QueueReader]
    actuators: Mapping[str, Actuator]
    signals: SignalSource
    annotate: Annotator
    ledger: Ledger
    held: HeldStore
    lead: Lead
    table: TableWriter
    run_times: RunTimes
    spent: SpentStore
    power: PowerMeter = UNLIMITED
    chores: Sequence[Chore] = ()


@dataclass(frozen=True, slots=True)
class CycleSettings:
    """What was configured for the turn."""

    local: str
    """The cluster whose submit hook reads our table."""
    mode: str
    policy: Policy
    interval: int
    max_delays: Mapping[WorkloadClass, int]
    machines: PowerModel = field(default_factory=lambda: DEFAULT_MODEL)
    """What is known of the machines' draw."""


class Cycle:
    """The loop's body and its memory between turns."""

    def __init__(self, world: World, settings: CycleSettings, number: int = 0) -> None:
        self.world = world
        self.settings = settings
        self._number = number
        self._held: dict[JobKey, Held] = {}
        self._saved: Mapping[JobKey, Held] = {}
        self._led = False
        self._outlooks: dict[str, Outlook] = {}
        self._curves = CurveBook(settings.policy)
        self._known: dict[tuple[str, JobState], Mapping[int, Subject]] = {}
        self._spent: dict[str, Spent] = {}
        self._recalled = False
        self._said: dict[JobKey, tuple[Action, Reason]] = {}

    def turn(self) -> Turn:
        """One turn. Raises nothing that a missing cluster, signal or database explains."""
        self._number += 1
        turn = Turn(self._number, self.world.clock.now())
        with self._timed(turn, "read"):
            self._read(turn)
        with self._timed(turn, "decide"):
            self._decide(turn)
        with self._timed(turn, "apply"):
            self._apply(turn)
        with self._timed(turn, "account"):
            self._account(turn)
        with self._timed(turn, "record"):
            self._record(turn)
        return turn

    def _read(self, turn: Turn) -> None:
        """Every cluster's queue and signals. A cluster that does not answer is left as it is.

        Who takes the lead knows what was written before it looks: what it then finds besides is a
        person's. A follower looks first: what the leader writes meanwhile is still to come.
        """
        turn.leading = self.world.lead.acquire()
        takes_over, follows = turn.leading and not self._led, not turn.leading
        self._recalled = self._recalled and self._led and turn.leading
        if takes_over:
            self._remember(turn)
            self._count_on(turn)
        turn.signals = self.world.signals.read(turn.at)
        turn.problems += [p for known in turn.signals.values() for p in known.problems]
        turn.power = self.world.power.read(turn.at)
        turn.problems += [p for limit in turn.power.values() for p in limit.problems]
        for cluster, reader in self.world.readers.items():
            try:
                turn.queues[cluster] = reader.read()
            except SlurmError as error:
                turn.problems.append(f"{cluster}: {error}")
        if follows:
            self._remember(turn)

    def _decide(self, turn: Turn) -> None:
        """A plan for every cluster that was read, and the table for the hook beside us."""
        policy, ledger = self.settings.policy, self.world.ledger
        ours = {
            name: self._subjects(queue, self._held, turn) for name, queue in turn.queues.items()
        }
        ahead = {name: gpus_ahead(queue, ours[name]) for name, queue in turn.queues.items()}
        turn.curves = {
            cluster: thresholded(
                self._curves.of(cluster, known, turn.at), policy.thresholds, ahead.get(cluster, {})
            )
            for cluster, known in turn.signals.items()
        }
        known = self._recall_spent(turn) and ledger.available()
        blocked = None if known else Reason.NO_LEDGER
        waits = ledger.usual_waits()
        held: dict[JobKey, Held] = {}
        for cluster, queue in turn.queues.items():
            subjects = ours[cluster]
            turn.running[cluster] = running = self._stoppable(queue, turn)
            held |= {subject.key: subject.held for subject in (*subjects, *running)}
            turn.plans[cluster] = plan = plan_cluster(
                queue,
                subjects,
                turn.curves,
                policy,
                waits,
                turn.at,
                blocked,
                running=running,
                run_times=self.world.run_times,
                outlook=self._outlooks.get(cluster, Outlook()),
                spent=self._spent.get(cluster, Spent()),
                ahead=ahead[cluster],
                power=self._power(queue, turn),
            )
            self._outlooks[cluster], self._spent[cluster] = plan.outlook, plan.spent
            turn.batches[cluster] = batch(plan, queue, policy, self.settings.interval)
        self._held = _kept(self._held, turn) | held
        self._tell_hook(turn, blocked)

    def _power(self, queue: Queue, turn: Turn) -> PowerNow:
        """What limits this cluster's draw; what it draws now is noted beside it."""
        limit = turn.power.get(queue.cluster)
        where = machines(queue, self.settings.machines)
        power = PowerNow(limit, where, self.settings.interval)
        drawn = power.drawn(queue)
        if drawn is not None:
            turn.drawn[queue.cluster] = drawn
        return power

    def _tell_hook(self, turn: Turn, blocked: Reason | None) -> None:
        """The table for the submit hook beside us: every daemon writes its own cluster's."""
        local, policy = self.settings.local, self.settings.policy
        queue = turn.queues.get(local)
        blocked = blocked or (crowded(queue, policy, turn.at) if queue else None)
        mine = {} if blocked else turn.curves.get(local, {})
        try:
            delays = self.settings.max_delays
            found = leases(mine, delays, policy, turn.at)
            limit = None if blocked in ABOVE_EVENTS else turn.power.get(local)
            found = event_leases(found, limit, delays, turn.at, self.settings.interval)
            self.world.table.write(found, turn.at)
        except SlurmError as error:
            turn.problems.append(str(error))

    def _apply(self, turn: Turn) -> None:
        """Send what is worth sending, if we lead: noted first, so that a death loses nothing."""
        if not turn.leading:
            return
        updates = [update for found in turn.batches.values() for update in found.updates]
        if not updates and self._held == self._saved:
            return
        if not self.world.lead.holding():
            turn.leading = False
            turn.problems.append("the lead was lost in this turn; nothing was sent")
            return
        noted = intended(self._held, updates)
        try:
            self.world.held.save(noted)
        except LedgerError as error:
            turn.problems.append(f"{error}; nothing was sent")
            return
        self._held = self._saved = noted
        for cluster, found in turn.batches.items():
            if found.updates:
                turn.outcomes += self.world.actuators[cluster].apply(found.updates)
        self._held = told(self._held, turn.outcomes, self.world.clock.now())
        if self._held != self._saved:
            self._save_told(turn)

    def _save_told(self, turn: Turn) -> None:
        """Who was told of his stop; where that can't be kept, he is told once more."""
        try:
            self.world.held.save(self._held)
        except LedgerError as error:
            turn.problems.append(str(error))
        else:
            self._saved = self._held

    def _account(self, turn: Turn) -> None:
        """What a leader does now and then; what is drawn, every daemon remembers."""
        turn.problems += self.world.power.drawn(turn.drawn, turn.at)
        if turn.leading:
            turn.problems += [p for chore in self.world.chores for p in chore(turn.at)]

    def _record(self, turn: Turn) -> None:
        """One aggregate row, the decisions that changed, the effects."""
        turn.record = summarise(turn, self.settings.mode, tuple(self.world.readers))
        if turn.leading:
            effects = [outcome for outcome in turn.outcomes if outcome.fate is not Fate.RECORDED]
            self.world.ledger.record(turn.record, list(self._changed(turn)), effects)
            self.world.ledger.record_signals(turn.at, turn.signals)
            self._keep_spent(turn)
        self._led = turn.leading

    def _recall_spent(self, turn: Turn) -> bool:
        """Whether what is spent of the budgets is known; until then nothing new is put off."""
        if self._recalled or not self.settings.policy.budgets.bound:
            return True
        try:
            self._spent = dict(self.world.spent.load())
        except LedgerError as error:
            turn.problems.append(str(error))
            return False
        self._recalled = turn.leading
        return True

    def _keep_spent(self, turn: Turn) -> None:
        """What is spent of the budgets; while the database is away nothing new is put off."""
        if self._recalled:
            try:
                self.world.spent.save(self._spent)
            except LedgerError as error:
                turn.problems.append(str(error))

    def _remember(self, turn: Turn) -> None:
        """What we hold in jobs, as the last leader saved it; without it nobody leads."""
        try:
            self._saved = self.world.held.load()
        except LedgerError as error:
            turn.problems.append(f"{error}; only watching")
            self._saved, turn.leading = {}, False
        self._held = dict(self._saved)

    def _count_on(self, turn: Turn) -> None:
        """Number turns on from the last leader's, so that a cycle's number names one turn."""
        with suppress(LedgerError):
            turn.number = max(turn.number, (self.world.ledger.last_cycle() or 0) + 1)
        self._number = turn.number

    def _subjects(
        self,
        queue: Queue,
        memory: Mapping[JobKey, Held],
        turn: Turn,
        state: JobState = JobState.PENDING,
    ) -> list[Subject]:
        """Our jobs in this state, each with what is known to hold in its fields."""
        subjects, damaged = [], []
        known = self._known.get((queue.cluster, state), {})
        for job in queue.jobs:
            if job.state is not state:
                continue
            try:
                annotation = self.world.annotate(job)
            except InputError as error:
                damaged.append(f"job {job.job_id}: {error}")
                continue
            if annotation is not None:
                last = known.get(job.job_id)
                subjects.append(subject_of(job, annotation, memory, turn.at, last))
        turn.problems += damaged[:MOST_TOLD]
        if len(damaged) > MOST_TOLD:
            turn.problems.append(f"{queue.cluster}: {len(damaged) - MOST_TOLD} more such jobs")
        self._known[queue.cluster, state] = {one.job.job_id: one for one in subjects}
        return subjects

    def _stoppable(self, queue: Queue, turn: Turn) -> list[Subject]:
        """Our running jobs that may be stopped at all; none is looked at where no class is."""
        policy = self.settings.policy
        if not any(kind.stop for kind in policy.classes.values()):
            return []
        running = self._subjects(queue, self._held, turn, JobState.RUNNING)
        return [subject for subject in running if stoppable(subject, policy)]

    def _changed(self, turn: Turn) -> Iterator[Decision]:
        """Decisions whose action or reason is new; a new lead goes on from what was recorded."""
        if not self._led:
            self._said = self._recorded(turn)
        said = {key: one for key, one in self._said.items() if key.cluster not in turn.plans}
        for plan in turn.plans.values():
            for row, subject in enumerate(plan.subjects):
                said[subject.key] = now = (plan.actions[row], plan.reasons[row])
                if self._said.get(subject.key) != now:
                    yield plan.decision(row, turn.number)
        self._said = said

    def _recorded(self, turn: Turn) -> dict[JobKey, tuple[Action, Reason]]:
        """What the ledger says of the present jobs; nothing while it is away."""
        keys = [subject.key for plan in turn.plans.values() for subject in plan.subjects]
        try:
            last = self.world.ledger.last_decisions(keys)
        except LedgerError:
            return {}
        return {key: (one.decision.action, one.decision.reason) for key, one in last.items()}

    @contextmanager
    def _timed(self, turn: Turn, phase: str) -> Iterator[None]:
        started = self.world.clock.elapsed()
        yield
        turn.seconds[phase] = self.world.clock.elapsed() - started


def _kept(memory: Mapping[JobKey, Held], turn: Turn) -> dict[JobKey, Held]:
    """Memory of jobs that may be pending again: those that run, and those of unread clusters."""
    present = {
        (cluster, job.job_id) for cluster, queue in turn.queues.items() for job in queue.jobs
    }
    return {
        key: held
        for key, held in memory.items()
        if key.cluster not in turn.queues or (key.cluster, key.job_id) in present
    }

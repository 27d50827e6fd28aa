"""One turn of the loop, on one page: read, decide, apply, account, record. Start reading here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from slurm_energy.decide.lease import leases
from slurm_energy.decide.market.market import Outlook
from slurm_energy.decide.planner import plan_cluster
from slurm_energy.decide.power.elsewhere import Elsewhere
from slurm_energy.decide.power.powernow import PowerNow
from slurm_energy.decide.power.watts import machines
from slurm_energy.decide.pricing.curvebook import CurveBook
from slurm_energy.decide.pricing.rates import RateBook
from slurm_energy.decide.pricing.threshold import gpus_ahead, thresholded
from slurm_energy.decide.rules.gridevent import ABOVE_EVENTS, event_leases
from slurm_energy.decide.rules.guard import crowded
from slurm_energy.decide.updates import batch, intended, told
from slurm_energy.errors import LedgerError, SlurmError
from slurm_energy.model.decision import Fate, Reason
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobKey, Queue
from slurm_energy.model.rates import MachinePrice
from slurm_energy.news import News
from slurm_energy.purse import Purse
from slurm_energy.report import summarise
from slurm_energy.roll import Roll
from slurm_energy.turn import Turn
from slurm_energy.world import CycleSettings, World


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
        self._rates = RateBook(settings.rates)
        self._roll = Roll(world.annotate, settings.policy)
        self._purse = Purse(world.spent, bound=settings.policy.budgets.bound)
        self._news = News(world.ledger)

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
        self._purse.begin(goes_on=self._led and turn.leading)
        if takes_over:
            self._remember(turn)
            self._count_on(turn)
        turn.signals = self.world.signals.read(turn.at)
        # Clusters may share a provider.
        turn.problems += dict.fromkeys(p for one in turn.signals.values() for p in one.problems)
        turn.power = self.world.power.read(turn.at)
        turn.problems += dict.fromkeys(p for one in turn.power.values() for p in one.problems)
        for cluster, reader in self.world.readers.items():
            try:
                turn.queues[cluster] = queue = reader.read()
                self.world.see(queue)
            except SlurmError as error:
                turn.problems.append(f"{cluster}: {error}")
        if follows:
            self._remember(turn)
        if takes_over:
            self._learn(turn)

    def _decide(self, turn: Turn) -> None:
        """A plan for every cluster that was read, and the table for the hook beside us."""
        policy, ledger = self.settings.policy, self.world.ledger
        ours = {
            name: self._roll.pending(queue, self._held, turn) for name, queue in turn.queues.items()
        }
        ahead = {
            name: gpus_ahead(queue, ours[name]) if policy.thresholds else {}
            for name, queue in turn.queues.items()
        }
        turn.curves = {
            cluster: thresholded(
                self._curves.of(cluster, known, turn.at, self._hours(cluster, turn)),
                policy.thresholds,
                ahead.get(cluster, {}),
            )
            for cluster, known in turn.signals.items()
        }
        known = self._purse.recall(turn) and ledger.available()
        blocked = None if known else Reason.NO_LEDGER
        waits = ledger.usual_waits()
        held: dict[JobKey, Held] = {}
        for cluster, queue in turn.queues.items():
            subjects = ours[cluster]
            turn.running[cluster] = running = self._roll.stoppable(queue, self._held, turn)
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
                spent=self._purse.of(cluster),
                ahead=ahead[cluster],
                power=self._power(queue, turn),
            )
            self._outlooks[cluster], self._purse.spent[cluster] = plan.outlook, plan.spent
            turn.batches[cluster] = batch(plan, queue, policy, self.settings.interval)
        self._held = _kept(self._held, held, turn) | held
        self._tell_hook(turn, blocked)

    def _hours(self, cluster: str, turn: Turn) -> MachinePrice | None:
        """What an hour of a cluster's machines costs; None where nothing is charged."""
        slot = turn.at - turn.at % self.settings.policy.slot
        return self._rates.of(cluster, turn.queues.get(cluster), slot)

    def _power(self, queue: Queue, turn: Turn) -> PowerNow:
        """What limits this cluster's draw; what it draws now is noted beside it."""
        limit = turn.power.get(queue.cluster)
        where = machines(queue, self.settings.machines, self.world.drawn_before)
        kinds = {} if limit is None else self._roll.kinds(queue)
        others = [
            machines(one, self.settings.machines, self.world.drawn_before)
            for name, one in turn.queues.items()
            if name != queue.cluster
        ]
        elsewhere = Elsewhere(others, self.world.speeds)
        power = PowerNow(limit, where, self.settings.interval, kinds, elsewhere)
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
        if self._led or not turn.leading:
            self._learn(turn)
        if turn.leading:
            turn.problems += [p for chore in self.world.chores for p in chore(turn.at)]

    def _record(self, turn: Turn) -> None:
        """One aggregate row, the decisions that changed, the effects."""
        turn.record = summarise(turn, self.settings.mode, tuple(self.world.readers))
        if turn.leading:
            effects = [outcome for outcome in turn.outcomes if outcome.fate is not Fate.RECORDED]
            self.world.ledger.record(turn.record, self._news.of(turn, led=self._led), effects)
            self.world.ledger.record_signals(turn.at, turn.signals)
            self._purse.keep(turn)
        self._led = turn.leading

    def _remember(self, turn: Turn) -> None:
        """What we hold in jobs, as the last leader saved it; without it nobody leads."""
        try:
            self._saved = self.world.held.load()
        except LedgerError as error:
            turn.problems.append(f"{error}; only watching")
            self._saved, turn.leading = {}, False
        self._held = dict(self._saved)

    def _learn(self, turn: Turn) -> None:
        """How long jobs run; who takes the lead knows that before it decides."""
        turn.problems += self.world.lessons(turn.at, leading=turn.leading)

    def _count_on(self, turn: Turn) -> None:
        """Number turns on from the last leader's, so that a cycle's number names one turn."""
        with suppress(LedgerError):
            turn.number = max(turn.number, (self.world.ledger.last_cycle() or 0) + 1)
        self._number = turn.number

    @contextmanager
    def _timed(self, turn: Turn, phase: str) -> Iterator[None]:
        started = self.world.clock.elapsed()
        yield
        turn.seconds[phase] = self.world.clock.elapsed() - started


def _kept(
    memory: Mapping[JobKey, Held], seen: Mapping[JobKey, Held], turn: Turn
) -> dict[JobKey, Held]:
    """Memory of jobs that may be pending again: those that run, and those of unread clusters.

    Without those that were ``seen`` in this turn.
    """
    others = [key for key in memory if key not in seen]
    present = {
        (cluster, job.job_id)
        for cluster, queue in turn.queues.items()
        for job in (queue.jobs if others else ())
    }
    return {
        key: memory[key]
        for key in others
        if key.cluster not in turn.queues or (key.cluster, key.job_id) in present
    }

"""One play: a scene, and the daemon's own cycle driven through the ports it always has.

Read :meth:`Play.run` first. Nothing here decides anything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from slurm_energy.cycle import Cycle
from slurm_energy.decide.durations.shapes import RunTimes
from slurm_energy.errors import InputError
from slurm_energy.harvest import Harvest
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.policy import Policy
from slurm_energy.model.report import Recorded
from slurm_energy.ports import SignalSource
from slurm_energy.simulate.agreement import TraceAgreement
from slurm_energy.simulate.clock import SimulatedClock
from slurm_energy.simulate.cluster.build import Clusters, check_widths
from slurm_energy.simulate.memory import (
    NoTable,
    OnlyLead,
    SimulatedHeld,
    SimulatedLedger,
    SimulatedSpent,
)
from slurm_energy.simulate.power import UNPOWERED, Powered
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.schedule import NodeOff, Schedule
from slurm_energy.simulate.sight import Spoke, next_step
from slurm_energy.world import CycleSettings, World

BEAT = 900
"""The cycle runs at least this often, in seconds."""

Tell = Callable[[str, Sequence[JobEnd]], None]
"""Given a cluster and the ends of its last hour or more, some of them told before."""
Progress = Callable[[float], None]
"""Told now and then which share of the period is over."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a play came to. Everything but ``seconds`` is the same for the same input."""

    schedule: Schedule
    dark: tuple[NodeOff, ...]
    """When nodes were powered down."""
    turns: int
    updates: int
    """Changes that reached a job, stops included."""
    stops: int
    problems: Mapping[str, int]
    """What went wrong in turns, and how often."""
    decisions: tuple[Recorded, ...]
    """What was decided anew and when, if that was asked for."""
    seconds: Mapping[str, float] = field(compare=False)
    forecasters: Spoke = field(default_factory=dict, kw_only=True)
    """Who was chosen to tell the future; empty where there was no choice."""
    """Real time by phase of the turn; no part of the result."""


def simulate(
    scene: Scene,
    policy: Policy,
    signals: SignalSource,
    run_times: RunTimes,
    *,
    tell: Tell | None = None,
    keep_decisions: bool = False,
    name: str = "slurm-energy",
    progress: Progress | None = None,
    power: Powered = UNPOWERED,
) -> Outcome:
    """Play the scene under the daemon's cycle in mode live.

    ``tell`` is told how jobs ended, as run times that are learned want it. ``power`` is what
    limits the draw or makes it dear, see :func:`~slurm_energy.simulate.power.powered`.

    Raises ``InputError`` for a job that its cluster could never start.
    """
    clock = SimulatedClock(scene.start)
    clusters = Clusters(scene, clock)
    ledger = SimulatedLedger(clock, keep_decisions=keep_decisions)
    world = World(
        clock=clock,
        readers=clusters.doors,
        actuators=clusters.doors,
        signals=signals,
        annotate=TraceAgreement(scene.jobs),
        ledger=ledger,
        held=SimulatedHeld(),
        lead=OnlyLead(),
        table=NoTable(),
        run_times=run_times,
        spent=SimulatedSpent(),
        power=power.meter,
        chores=(Harvest(clusters.doors, ledger, tell),),
    )
    settings = CycleSettings(
        local=scene.sites[0].name,
        mode="live",
        policy=policy,
        interval=BEAT,
        max_delays={},
        rates={site.name: site.rates for site in scene.sites},
        machines=power.machines,
    )
    play = Play(scene, clock, clusters, Cycle(world, settings), progress)
    play.run()
    return play.outcome(name, ledger)


def first_come(scene: Scene, *, progress: Progress | None = None) -> Outcome:
    """Play the scene without us: the same clusters and backfill in mode off."""
    clock = SimulatedClock(scene.start)
    play = Play(scene, clock, Clusters(scene, clock), None, progress)
    play.run()
    return play.outcome("first-come", SimulatedLedger(clock))


class Play:
    """A scene as it is played; ``cycle`` None: mode off."""

    def __init__(
        self,
        scene: Scene,
        clock: SimulatedClock,
        clusters: Clusters,
        cycle: Cycle | None,
        progress: Progress | None,
    ) -> None:
        self._scene = scene
        self._clock = clock
        self._clusters = clusters
        self._cycle = cycle
        self._progress = progress
        self._beat = scene.start
        self._to_come = len(scene.jobs)

    def run(self) -> None:
        """Until every job has ended: what happens, then a turn, then Slurm starts what it may."""
        clusters = self._clusters
        check_widths(self._scene.jobs, clusters.controllers)
        clusters.open(self._scene.start)
        self._expect(0)
        while self._to_come or not clusters.empty:
            now = self._next_moment()
            self._clock.move_to(now)
            for action, arguments in clusters.events.due(now):
                action(*arguments)
            self._turn(now)
            clusters.schedule()
        clusters.close(max(self._clock.now(), self._scene.end))

    def outcome(self, name: str, ledger: SimulatedLedger) -> Outcome:
        """What it came to."""
        diary = self._clusters.diary
        return Outcome(
            schedule=diary.schedule(name),
            dark=tuple(sorted(diary.dark)),
            turns=ledger.turns,
            updates=diary.updates,
            stops=diary.stops,
            problems=dict(sorted(ledger.problems.items())),
            decisions=tuple(ledger.decisions),
            seconds=dict(ledger.seconds),
        )

    def _expect(self, index: int) -> None:
        """The next job comes at its submit."""
        if index < len(self._scene.jobs):
            self._clusters.events.at(self._scene.jobs[index].submit, self._arrive, index)

    def _arrive(self, index: int) -> None:
        self._to_come -= 1
        self._clusters.federation.submit(self._scene.jobs[index])
        self._expect(index + 1)

    def _turn(self, now: int) -> None:
        """Run the cycle if a job came, ended or came back, or its beat is due."""
        stirred = self._clusters.stirred()
        if self._cycle is None or not (stirred or now >= self._beat):
            return
        self._cycle.turn()
        if now >= self._beat:
            self._beat = min(now - now % BEAT + BEAT, next_step(self._scene.sites, now))
            self._tell(now)

    def _tell(self, now: int) -> None:
        if self._progress is not None:
            whole = max(1, self._scene.end - self._scene.start)
            self._progress(min(1.0, (now - self._scene.start) / whole))

    def _next_moment(self) -> int:
        """The next event, or the cycle's beat if that is earlier."""
        event = self._clusters.events.next_time()
        if event is None:
            waiting = [job.job_id for one in self._clusters.controllers for job in one.table.jobs()]
            raise InputError(
                f"jobs {waiting[:5]} can't start: nothing will free the nodes they need; "
                "bring lost nodes back"
            )
        return event if self._cycle is None else min(event, self._beat)

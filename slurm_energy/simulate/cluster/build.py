"""From a scene to its clusters: the composition root of the simulated world."""

from itertools import count

from slurm_energy.errors import InputError
from slurm_energy.ports import Clock
from slurm_energy.simulate.cluster.controller import Controller
from slurm_energy.simulate.cluster.diary import Diary
from slurm_energy.simulate.cluster.door import Door
from slurm_energy.simulate.cluster.federation import Federation
from slurm_energy.simulate.cluster.machines import (
    AlwaysOn,
    Machines,
    NodeMachines,
    PoolMachines,
    Power,
    PowerSaving,
)
from slurm_energy.simulate.cluster.records import partition_of
from slurm_energy.simulate.cluster.surroundings import Surroundings
from slurm_energy.simulate.events import EventHeap
from slurm_energy.simulate.scene import Pool, Scene, Site
from slurm_energy.simulate.trace import TraceJob


class Clusters:
    """All clusters of a scene, the doors to them, and what they share."""

    def __init__(self, scene: Scene, clock: Clock) -> None:
        self.events = EventHeap()
        self.diary = Diary()
        first_free = 1 + max((job.number for job in scene.jobs), default=0)
        around = Surroundings(
            clock,
            self.events,
            self.diary,
            ids=count(first_free),
            queueing=scene.queueing,
            interruption_cost=scene.interruption_cost,
        )
        self.powers: list[Power] = []
        self.controllers = [
            Controller(site.name, number, self._machines(number, site), around)
            for number, site in enumerate(scene.sites)
        ]
        names = sorted({partition_of(job) for job in scene.jobs}) or ["gpu"]
        self.doors = {one.cluster: Door(one, names) for one in self.controllers}
        self.federation = Federation(self.controllers)
        if len(self.controllers) > 1:
            for one in self.controllers:
                one.peers = self.federation

    def open(self, now: int) -> None:
        """The play begins: everything is idle."""
        for power in self.powers:
            power.open(now)

    def close(self, end: int) -> None:
        """The play is over."""
        for power in self.powers:
            power.close(end)

    def schedule(self) -> None:
        """Every cluster starts what may start; the primary first."""
        for one in self.controllers:
            one.schedule()

    @property
    def empty(self) -> bool:
        """Whether no cluster has a job."""
        return not any(len(one.table) for one in self.controllers)

    def stirred(self) -> bool:
        """Whether a job came, ended or came back since the last time this was asked."""
        found = any(one.stirred for one in self.controllers)
        for one in self.controllers:
            one.stirred = False
        return found

    def _machines(self, number: int, site: Site) -> Machines:
        if isinstance(site.machines, Pool):
            return PoolMachines(site.name, site.machines)
        power: AlwaysOn | PowerSaving = AlwaysOn()
        rule = site.machines.power_down
        if rule is not None:
            power = PowerSaving(number, site.machines.count, rule, self.events, self.diary)
        self.powers.append(power)
        return NodeMachines(site.name, site.machines, power)


def check_widths(jobs: tuple[TraceJob, ...], controllers: list[Controller]) -> None:
    """Raise ``InputError`` for a job that its cluster could never start, however idle."""
    for job in jobs:
        machines = controllers[0].machines
        if machines.room.place(machines.need(job)) is None:
            raise InputError(
                f"job {job.number} wants {job.gpus} GPUs, {job.cpus} CPUs and {job.nodes} nodes; "
                f"{controllers[0].cluster} has {machines.gpus} GPUs on {len(machines.names)} "
                "nodes; give it more, or leave the job out"
            )

"""Power in a scene: what its machines draw, as the planner predicts it, and what a limit asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from slurm_energy.decide.gpus.boards import DEFAULT_MODEL
from slurm_energy.decide.power.peak import month
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.power import GpuPower, Peak, PowerLimit, PowerModel
from slurm_energy.ports import PowerMeter
from slurm_energy.power import UNLIMITED, Metered
from slurm_energy.simulate.draw import UNIT_KW, WATTS, extra_kw, idle_kw
from slurm_energy.simulate.scene import Pool, Scene, Site
from slurm_energy.simulate.schedule import Schedule
from slurm_energy.simulate.steps import Steps, steps

UNIT = "unit"
"""What a pool's units are called where a GPU type is."""


@dataclass(frozen=True, slots=True)
class Powered:
    """What a turn wants to know of power."""

    meter: PowerMeter = UNLIMITED
    machines: PowerModel = DEFAULT_MODEL


UNPOWERED = Powered()
"""Nothing limits, nothing is charged."""


def powered(scene: Scene, limit: PowerLimit) -> Powered:
    """``limit`` at every site of the scene; a job is predicted to draw what it will."""
    sites = {site.name: replace(limit, base=WATTS * idle_kw(site.machines)) for site in scene.sites}
    return Powered(Metered(_Limits(sites), _Peaks()), _machines(scene.sites))


def demand_cost(scene: Scene, schedule: Schedule, charge: float) -> float:
    """What ``charge`` per kW and month comes to: each site's highest draw in each month, in UTC."""
    cost = 0.0
    for index, site in enumerate(scene.sites):
        at = schedule.site == index
        kw = extra_kw(site.machines, schedule.units[at])
        drawn = steps(schedule.start[at], schedule.end[at], kw)
        cost += charge * sum(idle_kw(site.machines) + peak for peak in _peaks(drawn).values())
    return cost


def _peaks(drawn: Steps) -> Mapping[int, float]:
    """The highest value of each month in which there is one."""
    found: dict[int, float] = {}
    times, values = drawn.times.tolist(), drawn.values.tolist()
    for since, until, value in zip(times[:-1], times[1:], values[:-1], strict=True):
        for number in range(month(since), month(until - 1) + 1):
            found[number] = max(found.get(number, 0.0), value)
    return found


def _machines(sites: Sequence[Site]) -> PowerModel:
    """Every class draws what the scene says; a CPU draws nothing of its own."""
    return PowerModel(
        gpus=dict(_gpu(site) for site in sites),
        shares=dict.fromkeys(WorkloadClass, 1.0),
        untyped={site.name: _gpu(site)[0] for site in sites},
    )


def _gpu(site: Site) -> tuple[str, GpuPower]:
    machines = site.machines
    if isinstance(machines, Pool):
        active = WATTS * UNIT_KW
        idle = 0.0 if machines.units is None else machines.idle_share * active
        return f"{UNIT}-{site.name}".lower(), GpuPower(idle, active)
    return machines.gpu_type, GpuPower(machines.idle_gpu_watts, machines.active_gpu_watts)


class _Limits:
    """Implements :class:`~slurm_energy.ports.PowerSource` with what never changes."""

    def __init__(self, limits: Mapping[str, PowerLimit]) -> None:
        self._limits = limits

    def read(self, now: int) -> Mapping[str, PowerLimit]:  # noqa: ARG002
        """The same at all times."""
        return self._limits


class _Peaks:
    """Implements :class:`~slurm_energy.ports.PeakStore` as long as the play lasts."""

    def load(self) -> Mapping[str, Peak]:
        """Nothing was before."""
        return {}

    def save(self, peaks: Mapping[str, Peak]) -> None:
        """Nothing comes after."""

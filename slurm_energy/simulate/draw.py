"""What jobs and machines draw, in kW: by the job for its share, by the site for the whole."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.simulate.columns import Ints
from slurm_energy.simulate.scene import Nodes, Pool
from slurm_energy.simulate.schedule import NodeOff

Floats = NDArray[np.float64]

WATTS = 1000.0
"""In a kW."""
UNIT_KW = 1.0
"""What a pool's unit draws while a job has it."""


@dataclass(frozen=True, slots=True)
class Spared:
    """Pieces in which a node drew less than it does idling (or more, while it boots).

    A column per field; times are seconds since the epoch.
    """

    start: Ints
    end: Ints
    kw: Floats
    """Below idling."""


def job_kw(machines: Pool | Nodes, units: Ints, cpus: Ints) -> Floats:
    """What pieces of that many units draw, idle machines apart: the job's own account.

    On nodes: its GPUs at active watts, and of each node's base watts the share that it holds of
    the node's GPUs or CPUs, whichever is larger.
    """
    if isinstance(machines, Pool):
        return np.multiply(units, UNIT_KW, dtype=np.float64)
    share = np.maximum(units / max(1, machines.gpus), cpus / max(1, machines.cpus))
    watts: Floats = units * machines.active_gpu_watts + share * machines.base_watts
    return watts / WATTS


def extra_kw(machines: Pool | Nodes, units: Ints) -> Floats:
    """What that many units draw more when they are active than when they idle."""
    return np.multiply(units, _extra_unit(machines), dtype=np.float64)


def idle_kw(machines: Pool | Nodes) -> float:
    """What the whole site draws when nothing runs; 0 for a pool without limit."""
    if isinstance(machines, Pool):
        return (machines.units or 0) * _idle_unit(machines)
    return machines.count * idle_node_watts(machines) / WATTS


def idle_node_watts(machines: Nodes) -> float:
    """What one idle node draws."""
    return machines.base_watts + machines.gpus * machines.idle_gpu_watts


def spared(machines: Pool | Nodes, dark: Sequence[NodeOff], until: int) -> Spared:
    """What powering these nodes of one site down saves, as far as ``until``."""
    down = machines.power_down if isinstance(machines, Nodes) else None
    if down is None or not isinstance(machines, Nodes):
        none = np.zeros(0, np.int64)
        return Spared(none, none, np.zeros(0))
    times = np.array([(one.off, one.boot, one.up) for one in dark], dtype=np.int64).reshape(-1, 3)
    off, boot, up = np.minimum(times, until).T
    idle = idle_node_watts(machines)
    saved = np.repeat([idle - down.off_watts, idle - down.boot_watts], len(dark)) / WATTS
    return Spared(np.append(off, boot), np.append(boot, up), saved)


def units_of(machines: Pool | Nodes) -> int | None:
    """How many units may run at once; None: without limit."""
    return machines.units if isinstance(machines, Pool) else machines.count * machines.gpus


def _extra_unit(machines: Pool | Nodes) -> float:
    if isinstance(machines, Pool):
        return UNIT_KW - _idle_unit(machines)
    return (machines.active_gpu_watts - machines.idle_gpu_watts) / WATTS


def _idle_unit(pool: Pool) -> float:
    return 0.0 if pool.units is None else UNIT_KW * pool.idle_share

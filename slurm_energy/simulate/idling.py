"""How much capacity idled while jobs waited: the price of deferral that nobody else shows."""

import numpy as np
from numpy.typing import NDArray

from slurm_energy.simulate.columns import Columns, Ints
from slurm_energy.simulate.draw import units_of
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.schedule import Schedule
from slurm_energy.simulate.steps import Steps, steps

HOUR = 3600.0


def idle_while_waiting(
    scene: Scene, schedule: Schedule, jobs: Columns, who: NDArray[np.bool_]
) -> float | None:
    """Unit-hours that were idle on the primary while these jobs, submitted, did not run.

    At each moment the smaller of the two counts: units that idle, units that are waited for.
    None where the primary has no limit: there something always idles.
    """
    capacity = units_of(scene.sites[0].machines)
    if capacity is None:
        return None
    here = schedule.site == 0
    busy = steps(schedule.start[here], schedule.end[here], schedule.units[here])
    waited = _waited_for(schedule, jobs, who)
    moments = np.union1d(busy.times, waited.times)
    lost = np.minimum(capacity - busy.at(moments), waited.at(moments)).clip(min=0.0)
    return float(lost[:-1] @ np.diff(moments)) / HOUR if len(moments) else 0.0


def _waited_for(schedule: Schedule, jobs: Columns, who: NDArray[np.bool_]) -> Steps:
    """Units of these jobs' tasks that were submitted, not running and not at their end."""
    row = jobs.rows(schedule.job)
    mine = who[row]
    start, end, units = schedule.start[mine], schedule.end[mine], schedule.units[mine]
    job, last = _last_ends(row[mine], schedule.task[mine], end)
    return steps(
        np.concatenate((jobs.submit[job], start)),
        np.concatenate((last, end)),
        np.concatenate((jobs.units[job], -units)),
    )


def _last_ends(row: Ints, task: Ints, end: Ints) -> tuple[Ints, Ints]:
    """The job and the last end of every task that has pieces."""
    order = np.lexsort((end, task, row))
    row, task, end = row[order], task[order], end[order]
    last = np.append((np.diff(row) != 0) | (np.diff(task) != 0), [True] * bool(len(row)))
    return row[last], end[last]

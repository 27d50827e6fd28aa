"""Policies that others published, as they are: what ours is compared with.

Run at once; Lowest-Slot, Lowest-Window and Carbon-Time as GAIA gives them (Hanafy et al.,
ASPLOS 2024); Ecovisor's threshold as GAIA compares with it (Souza et al., ASPLOS 2023). All know
the true signal and no job's run time, have no capacity limit, and stay on the primary. Lowest-
Window and Carbon-Time know the mean run time of the job's queue, its partition, over the trace.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from slurm_energy.simulate.columns import Columns, Ints, columns
from slurm_energy.simulate.integral import Integral, integral
from slurm_energy.simulate.pieces import whole_runs
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.schedule import Schedule
from slurm_energy.simulate.suspend import suspended

Floats = NDArray[np.float64]

HOUR = 3600


def run_at_once(scene: Scene) -> Schedule:
    """Every job starts at its submission: the baseline where capacity has no limit."""
    jobs = columns(scene.jobs)
    return whole_runs("run at once", jobs, jobs.submit)


def lowest_slot(scene: Scene) -> Schedule:
    """Every job starts in the cleanest hour it may wait for: now, or a clock hour to come."""
    jobs = columns(scene.jobs)
    series = scene.sites[0].carbon
    first = -(-jobs.submit // HOUR) * HOUR
    starts = np.column_stack((jobs.submit, _hourly(first, jobs)))
    index = np.searchsorted(series.times, starts, side="right") - 1
    open_ = (starts <= (jobs.submit + jobs.promised)[:, None]) & (starts < series.end)
    intensity = np.where(open_, np.array(series.values)[index], np.inf)
    return whole_runs("lowest-slot", jobs, _picked(starts, intensity))


def lowest_window(scene: Scene) -> Schedule:
    """Every job starts where a run of its queue's mean length emits least, at whole hours."""
    jobs = columns(scene.jobs)
    starts, emitted, _ = _windows(scene, jobs)
    return whole_runs("lowest-window", jobs, _picked(starts, emitted))


def carbon_time(scene: Scene) -> Schedule:
    """Every job starts where it saves most per hour until its end, were it of mean length."""
    jobs = columns(scene.jobs)
    starts, emitted, length = _windows(scene, jobs)
    saved = emitted[:, :1] - emitted
    until_end = starts - jobs.submit[:, None] + length[:, None]
    return whole_runs("carbon-time", jobs, _picked(starts, -saved / until_end))


def ecovisor(scene: Scene) -> Schedule:
    """Jobs run while intensity is below the 30th percentile of the day after their submission.

    The threshold stays as it was at submission. A job waits, and is suspended again, until it has
    waited for as long as it may; then it runs to its end. One that can't be interrupted waits
    for its first start only.
    """
    return suspended("ecovisor", scene, columns(scene.jobs))


PUBLISHED: Mapping[str, Callable[[Scene], Schedule]] = {
    "run-at-once": run_at_once,
    "lowest-slot": lowest_slot,
    "lowest-window": lowest_window,
    "carbon-time": carbon_time,
    "ecovisor": ecovisor,
}
"""By the name that ``--policy`` takes."""


def _windows(scene: Scene, jobs: Columns) -> tuple[Ints, Floats, Floats]:
    """Possible starts, what a run of the queue's mean length emits from each, and that length.

    Starts lie whole hours after submission; one that may not be chosen emits without end.
    """
    grams: Integral = integral(scene.sites[0].carbon)
    length = _queue_means(scene, jobs)
    starts = _hourly(jobs.submit, jobs)
    ends = starts + length[:, None]
    open_ = (starts <= (jobs.submit + jobs.promised)[:, None]) & (ends <= grams.edges[-1])
    open_[:, 0] = True
    last = grams.edges[-1]
    emitted = grams.between(np.minimum(starts, last), np.minimum(ends, last))
    return starts, np.where(open_, emitted, np.inf), length


def _hourly(first: Ints, jobs: Columns) -> Ints:
    """Starts at every hour from ``first``, as many as the most patient job may need."""
    hours = int(jobs.promised.max(initial=0)) // HOUR + 1
    return first[:, None] + HOUR * np.arange(hours, dtype=np.int64)


def _picked(starts: Ints, worth: Floats) -> Ints:
    """By job, the start with the least worth; the earliest of equals."""
    picked: Ints = np.take_along_axis(starts, np.argmin(worth, axis=1)[:, None], axis=1)[:, 0]
    return picked


def _queue_means(scene: Scene, jobs: Columns) -> Floats:
    """By job, the mean run time of all jobs of its partition."""
    _, queue = np.unique([job.partition for job in scene.jobs], return_inverse=True)
    total = np.bincount(queue, jobs.run)
    return (total / np.bincount(queue))[queue]

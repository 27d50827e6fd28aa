"""The age that a deferral costs a job, given back as points of SiteFactor.

Where limits are enforced, Slurm forgets a job's age when its begin time is moved ahead, and gives
it none while it waits. What is owed is known as soon as the begin time is, so both are written
together: the job has it when it becomes eligible, whether we live or not.
"""

from math import ceil

import numpy as np
from numpy.typing import NDArray

from slurm_energy.model.contract import Annotation
from slurm_energy.model.held import Held
from slurm_energy.model.job import Job, Queue

MOST_POINTS = 2**30
"""A site may weigh age by more than SiteFactor can hold beside a boost."""
GRAIN = 60
"""Seconds: age is given back in whole minutes, so that a moment's difference sends no update."""


def earning_since(job: Job, annotation: Annotation, held: Held) -> int:
    """Since when the job would be earning age if we had not touched it."""
    if held.age_since is not None:
        return held.age_since
    submit = job.submit_time if job.restarts else annotation.submit
    return job.accrue_time or max(submit, annotation.user_begin, held.floor)


def owed_seconds(job: Job, annotation: Annotation, held: Held, begin: int) -> int:
    """Age that is lost through us by the time the job is eligible, in whole minutes.

    ``begin`` is the begin time to be written now; 0: none, and then only what we wrote earlier
    counts.
    """
    if held.age_since is None and not begin:
        return 0
    until = begin or job.accrue_time or job.eligible_time
    if until is None:
        return 0
    return ceil(max(0, until - earning_since(job, annotation, held)) / GRAIN) * GRAIN


def owed_by_all(
    touched: NDArray[np.bool_],
    earning: NDArray[np.int64],
    aging: NDArray[np.int64],
    begin: NDArray[np.int64],
    queue: Queue,
) -> NDArray[np.int32]:
    """:func:`owed_points` of many jobs; shapes are (jobs,).

    ``touched``: whether we changed its begin time; ``earning``: :func:`earning_since`; ``aging``:
    since when it earns age, below 0: not yet; ``begin``: to be written now, 0: none.
    """
    if not queue.forgets_age or not queue.age_points_per_hour:
        return np.zeros(len(begin), dtype=np.int32)
    until = np.where(begin > 0, begin, aging)
    owes = (touched | (begin > 0)) & (until >= 0)
    seconds = np.ceil(np.maximum(0, until - earning) / GRAIN) * GRAIN
    most = MOST_POINTS if queue.age_points_most is None else queue.age_points_most
    points = np.ceil(seconds * queue.age_points_per_hour / 3600)
    return np.where(owes, np.minimum(points, min(most, MOST_POINTS)), 0).astype(np.int32)


def owed_points(job: Job, annotation: Annotation, held: Held, begin: int, queue: Queue) -> int:
    """The same in points of SiteFactor; 0 where Slurm forgets nothing.

    Never more than all that age can give: it would have stopped growing at PriorityMaxAge.
    """
    if not queue.forgets_age or not queue.age_points_per_hour:
        return 0
    seconds = owed_seconds(job, annotation, held, begin)
    most = MOST_POINTS if queue.age_points_most is None else queue.age_points_most
    return min(ceil(seconds * queue.age_points_per_hour / 3600), most, MOST_POINTS)

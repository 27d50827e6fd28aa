"""Begin times of one slot spread over it, so that what expires together makes no step in demand.

A begin time is the slot's start plus an offset that hangs on the job alone: its id by Fibonacci
hashing (Knuth, The Art of Computer Programming 3, 6.4), so that the consecutive ids of one loop
of ``sbatch`` fall evenly, better than random draws would. Nothing depends on which other jobs
there are: a job's begin does not wander when they come and go.

More urgent jobs go first: nodes that become free belong to whoever is eligible first, so a lesser
job released earlier would take them from a more urgent one. They use the slot's first part, from
all of it for urgency 0 to half of it for 100: never later than a lesser job with the same offset,
and still no more than twice as many a second as an even spread has.
"""

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio."""
_BITS = 24
_MOST_URGENT_SHARE = 0.5
"""The part of a slot over which jobs of urgency 100 are spread."""


def spread(
    start: Seconds,
    latest: Seconds,
    job_ids: NDArray[np.int64],
    urgency: NDArray[np.int64],
    kept: Seconds,
    slot: int,
) -> Seconds:
    """Begin times by job, each in ``[start, start + slot)`` and never past ``latest``.

    Shapes are (jobs,). ``start`` is the chosen slot's first second, or any other moment at which
    many would begin together, such as the end of a grid event; ``latest`` the latest start (one
    before ``start`` is kept to); ``urgency`` 0 to 100. ``kept`` is the begin time a job has from
    us already, 0 for none: one in the same slot stands, so that nothing is sent for seconds.
    """
    last = np.minimum(latest, start + slot - 1)
    room = np.maximum(last - start + 1, 1)
    share = 1 - (1 - _MOST_URGENT_SHARE) * np.clip(urgency, 0, 100) / 100
    width = np.maximum(1, np.floor(room * share))
    begin = np.minimum(start + np.floor(unit(job_ids) * width).astype(np.int64), last)
    stands = (kept >= start) & (kept <= last)
    return np.where(stands, kept, begin)


def unit(job_ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """A number in [0, 1) for each job id, even over any run of consecutive ids."""
    mixed = job_ids.astype(np.uint64) * _GOLDEN
    return (mixed >> np.uint64(64 - _BITS)).astype(np.float64) / (1 << _BITS)

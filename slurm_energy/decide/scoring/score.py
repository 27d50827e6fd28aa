"""How much every pending job matters now: its SiteFactor, from slack, urgency and energy.

::

    ramp   = 1 - clip(slack / horizon[row], 0, 1)
    slot   = clip(floor(slack / slot_seconds), 0, S - 1)
    worth  = urgency_weight[row] * urgency / 100 + energy[row, slot]
    points = floor(band[row] * ramp * min(worth, 1.0) / quantum) * quantum

Points are never negative, never above the band, 0 once slack reaches the horizon, and never fall
when slack shrinks. The queue is three columns, one entry a job: slack in seconds (latest start
minus now; negative when overdue, ``NO_LATEST_START`` where there is none), urgency 0-100, and the
row of the table that holds for the job.

:func:`score_one` is the specification and tells its terms; :func:`score` is for whole queues.
"""

from math import floor
from typing import Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.scoring.score_table import NO_LATEST_START, ScoreTable
from slurm_energy.errors import InputError

try:
    from slurm_energy.decide.scoring import _score
except ImportError:  # not compiled here: slower, and equal to the bit
    KERNEL: Literal["compiled", "plain"] = "plain"
else:
    KERNEL = "compiled"

__all__ = ["KERNEL", "NO_LATEST_START", "Score", "ScoreTable", "score", "score_one", "score_plain"]

Slack = NDArray[np.int32]
Urgency = NDArray[np.uint8]
Row = NDArray[np.uint16]
Points = NDArray[np.int32]
Number = TypeVar("Number", np.int32, np.uint8, np.uint16)


class Score(NamedTuple):
    """One job's points, after the terms they came from."""

    ramp: float
    slot: int
    worth: float
    points: int


def score_one(slack: int, urgency: int, row: int, table: ScoreTable) -> Score:
    """One job's points with their terms: the specification. Checks nothing."""
    slots = table.energy.shape[1]
    ramp = 1.0 - min(max(slack / float(table.horizon[row]), 0.0), 1.0)
    slot = min(max(slack // table.slot_seconds, 0), slots - 1)
    worth = float(table.urgency_weight[row]) * urgency / 100 + float(table.energy[row, slot])
    quanta = floor(int(table.band[row]) * ramp * min(worth, 1.0) / table.quantum)
    return Score(ramp, slot, worth, quanta * table.quantum)


def score_plain(slack: Slack, urgency: Urgency, row: Row, table: ScoreTable) -> Points:
    """As :func:`score`, job by job in Python."""
    columns = _checked(slack, urgency, row, table)
    jobs = zip(*(column.tolist() for column in columns), strict=True)
    return np.array([score_one(s, u, r, table).points for s, u, r in jobs], dtype=np.int32)


def score(slack: Slack, urgency: Urgency, row: Row, table: ScoreTable) -> Points:
    """Points of SiteFactor for every job, shape (jobs,).

    ``slack`` (int32 seconds), ``urgency`` (uint8, 0-100) and ``row`` (uint16, of ``table``) are
    columns of one length. ``KERNEL`` says whether the compiled loop does it, which leaves the GIL
    to others meanwhile, or the plain one. Raises :class:`~slurm_energy.errors.InputError` for a
    wrong type, shape, urgency or row.
    """
    if KERNEL == "plain":
        return score_plain(slack, urgency, row, table)
    columns = _checked(slack, urgency, row, table)
    points = np.empty(len(slack), dtype=np.int32)
    _score.fill(
        *columns,
        table.horizon,
        table.urgency_weight,
        table.band,
        table.energy,
        table.slot_seconds,
        table.quantum,
        points,
    )
    return points


def _checked(
    slack: Slack, urgency: Urgency, row: Row, table: ScoreTable
) -> tuple[Slack, Urgency, Row]:
    """The three columns, contiguous, such that the compiled loop may trust them."""
    if not slack.shape == urgency.shape == row.shape or slack.ndim != 1:
        msg = (
            f"slack, urgency and row have shapes {slack.shape}, {urgency.shape} and {row.shape}; "
            "give one of each per job"
        )
        raise InputError(msg)
    return (
        _column("slack", slack, np.int32, NO_LATEST_START),
        _column("urgency", urgency, np.uint8, 100),
        _column("row", row, np.uint16, len(table.band) - 1),
    )


def _column(
    name: str, column: NDArray[Number], dtype: type[Number], highest: int
) -> NDArray[Number]:
    """The column itself, or a copy where its entries are not side by side."""
    if column.dtype != dtype:
        msg = f"{name} is {column.dtype}; convert it with .astype(numpy.{np.dtype(dtype)})"
        raise InputError(msg)
    if column.size and column.max() > highest:
        job = int(np.argmax(column > highest))
        msg = f"{name} is {column[job]} for job number {job}; allowed are at most {highest}"
        raise InputError(msg)
    return np.ascontiguousarray(column)

"""What a boost is made of, for ``explain``: the parts of a SiteFactor beside the age given back.

They multiply to the boost by hand, as in :mod:`score`::

    boost = boost_most * ramp_share * (weight_urgency * urgency / 100 + weight_waiting * regret)

The sum in brackets counts as 1 at most, and the product goes down to a whole ``boost_step``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from slurm_energy.decide.pricing.price import Line
from slurm_energy.decide.scoring.points import CurvesByCluster, levels_of, regret_of, table_of
from slurm_energy.decide.scoring.score import score_one
from slurm_energy.model.job import Queue
from slurm_energy.model.policy import Policy

Terms = Mapping[str, float | int | str | None]

_DIGITS = 6
"""Of a share: fewer would move a product across a step."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What of one job counts for its points."""

    line: Line
    urgency: int
    slack: int
    """Seconds, as the score has them."""
    waiting: float
    """Price of waiting in the mean over the run; NaN: nobody asked."""


def boost_terms(job: Scored, queue: Queue, curves: CurvesByCluster, policy: Policy) -> Terms:
    """The parts of one job's boost, as far as they shaped it.

    Only that there is none, where age gives no points; only its slack, where that is ample.
    """
    slack, waiting = np.array([job.slack], dtype=np.int32), np.array([job.waiting])
    row = (*job.line, int(levels_of(slack, waiting, policy.levels)[0]))
    table = table_of([row], queue, curves, policy)
    found = score_one(job.slack, job.urgency, 0, table)
    most = int(table.band[0])
    if not most:
        return {"boost_most": 0}
    kind = policy.classes[job.line[1]]
    slack_told = {
        "boost": found.points,
        "boost_most": most,
        "ramp": kind.ramp,
        "ramp_share": round(found.ramp, _DIGITS),
    }
    if not found.ramp:
        return slack_told
    slots = table.energy.shape[1]
    regret = np.broadcast_to(regret_of(row, curves, policy, slots), slots)
    return {
        **slack_told,
        "boost_step": table.quantum,
        "weight_urgency": kind.urgency,
        "weight_waiting": kind.energy,
        "waiting_regret": round(float(regret[found.slot]), _DIGITS),
    }

"""Survival curves on a grid: what a time limit alone says, and how ended runs change it.

A curve holds the chance that a run lasts longer than ``k`` slots, column by column.
"""

import numpy as np
from numpy.typing import NDArray

Curves = NDArray[np.float64]
Seconds = NDArray[np.int64]
NO_LIMIT = 0
"""In an array of time limits: there is none."""

_REACHED = 0.1
"""Share of runs that their limit ends, where nothing else is known."""
_SPREAD = 0.2
"""Standard deviation of the logarithm of like run times, where there are few."""


def prior(limits: Seconds, typical: int, slot: int, slots: int) -> Curves:
    """What to expect where only the time limit is known; shape (limits, slots).

    Users ask for more than they need: a run lasts no longer than the share ``x`` of its limit with
    probability 0.9 ``sqrt(x)``, so half of them end by 31 % of it and one in ten reaches it. (Run
    times as a share of the request spread over all of it, with a peak at its end: Mu'alem and
    Feitelson, IEEE TPDS 12(6), 2001.) Without a limit: exponential, of mean ``typical`` seconds.
    """
    time = np.arange(slots, dtype=np.float64) * slot
    limited = limits[:, None] != NO_LIMIT
    share = np.minimum(time / np.where(limited, limits[:, None], 1), 1.0)
    below = 1.0 - (1.0 - _REACHED) * np.sqrt(share)
    return cut(np.where(limited, below, np.exp(-time / typical)), limits, slot)


def certain(limits: Seconds, typical: int, slot: int, slots: int) -> Curves:
    """Every run lasts until its limit, or ``typical`` seconds where there is none."""
    lasts = np.where(limits == NO_LIMIT, typical, limits)
    return cut(np.ones((len(limits), slots)), lasts, slot)


def cut(curves: Curves, limits: Seconds, slot: int) -> Curves:
    """The same with nothing alive from the limit on: what would last longer ends there."""
    time = np.arange(curves.shape[1]) * slot
    over = (time >= limits[:, None]) & (limits[:, None] != NO_LIMIT) & (time > 0)
    return np.where(over, 0.0, curves)


def updated(curves: Curves, ended: Curves, at_risk: Curves, weight: float) -> Curves:
    """``curves`` as a belief worth ``weight`` runs, after having seen some.

    ``ended[i, k]`` runs ended within the slot before column ``k``, of ``at_risk[i, k]`` that had
    lasted until then; a run that was cut short is at risk as long as it was seen and never ends.
    The posterior mean under a Dirichlet process with censored runs (Susarla and Van Ryzin, JASA
    71, 1976): with no run seen it is ``curves``, with very many the Kaplan-Meier estimate.
    """
    before, after = weight * curves[:, :-1], weight * curves[:, 1:]
    seen = before + at_risk[:, 1:]
    lost = (before - after) + ended[:, 1:]
    hazard = np.divide(lost, seen, out=np.ones_like(seen), where=seen > 0)
    out = np.ones_like(curves)
    np.cumprod(1.0 - np.clip(hazard, 0.0, 1.0), axis=1, out=out[:, 1:])
    return out


def counts(runs: Seconds, ended: NDArray[np.bool_], slot: int, slots: int) -> tuple[Curves, Curves]:
    """(ended, at risk) by column, of runs in seconds; where not ``ended``, they were cut short."""
    bins = np.minimum(-(-runs // slot), slots)
    lasted = np.bincount(bins, minlength=slots + 1)
    gone = np.bincount(bins[ended], minlength=slots + 1)
    at_risk = np.cumsum(lasted[::-1])[::-1]
    return gone[:slots].astype(np.float64), at_risk[:slots].astype(np.float64)


def smoothed_counts(
    runs: Seconds, ended: NDArray[np.bool_], slot: int, slots: int
) -> tuple[Curves, Curves]:
    """The same for few runs: each that ended is spread, as the next one will not last the same.

    The spread is logistic in the logarithm of time, a fifth of the run time either way.
    """
    time = np.arange(slots, dtype=np.float64) * slot
    off = np.log(np.maximum(time, 1e-9)) - np.log(runs[:, None])
    scale = _SPREAD * np.sqrt(3) / np.pi
    over = 1.0 / (1.0 + np.exp(-np.clip(off / scale, -40.0, 40.0)))
    over[:, 0] = 0.0
    over[~ended] = runs[~ended, None] < time
    gone = over[ended].sum(axis=0)
    at_risk = np.full(slots, float(len(runs)))
    at_risk[1:] -= over.sum(axis=0)[:-1]
    return np.diff(gone, prepend=0.0), at_risk

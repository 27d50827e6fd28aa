"""When to start: the slot that minimises the mean price of the run, plus a price on delay."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.price import Curve, Values

Seconds = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ask:
    """What one curve is asked, a column per field and a row per job.

    ``earliest`` and ``latest`` bound the start; ``run`` is the predicted run time; ``kept`` the
    begin time it has from us already (0: none); ``weight`` scales energy against delay.
    """

    earliest: Seconds
    latest: Seconds
    run: Seconds
    kept: Seconds
    weight: Values


@dataclass(frozen=True, slots=True)
class Answer:
    """Chosen starts. ``start == earliest`` where nothing later is better by ``least_gain``."""

    start: Seconds
    price_first: Values
    """Mean price of the run when started at once; NaN outside the curve."""
    price_chosen: Values


def best_starts(curve: Curve, ask: Ask, delay_price: float, least_gain: float) -> Answer:
    """The start for each job; jobs that ask the same are answered once.

    ``delay_price`` is per hour of waiting after ``earliest``. A begin time already given is kept
    while it is within ``least_gain`` of the best: a forecast that wobbles moves nobody.
    """
    columns = np.stack(
        [
            curve_slots(curve, ask.earliest),
            np.minimum((ask.latest - curve.start) // curve.slot, len(curve.values)),
            np.maximum(1, -(-ask.run // curve.slot)),
            np.where(ask.kept > 0, (ask.kept - curve.start) // curve.slot, -1),
            np.round(ask.weight * 1000).astype(np.int64),
        ],
        axis=1,
    )
    questions, which = np.unique(columns, axis=0, return_inverse=True)
    area = np.concatenate(([0.0], np.cumsum(curve.values)))
    delay_per_slot = delay_price * curve.slot / 3600
    answers = [_answer(area, row.tolist(), delay_per_slot, least_gain) for row in questions]
    slots, first, chosen = (np.asarray(part) for part in zip(*answers, strict=True))
    which = which.reshape(-1)
    later = slots[which] > columns[:, 0]
    start = np.where(later, curve.start + slots[which] * curve.slot, ask.earliest)
    return Answer(start.astype(np.int64), first[which], chosen[which])


def curve_slots(curve: Curve, times: Seconds) -> Seconds:
    """The slot each time falls into, never before the curve's first."""
    return np.maximum(0, (times - curve.start) // curve.slot)


def _answer(
    area: Values, question: list[int], delay_per_slot: float, least_gain: float
) -> tuple[int, float, float]:
    """(slot, price at once, price chosen) for one question; only runs wholly on the curve count."""
    first, latest, length, kept, thousandths = question
    last = min(latest, len(area) - 1 - length)
    if last < first:
        return first, float("nan"), float("nan")
    starts = np.arange(first, last + 1)
    price = (area[starts + length] - area[starts]) / length
    cost = price * (thousandths / 1000) + delay_per_slot * (starts - first)
    best = int(np.argmin(cost))
    if first < kept <= last and cost[kept - first] <= cost[best] + least_gain:
        best = kept - first
    if cost[best] > cost[0] - least_gain:
        best = 0
    return first + best, float(price[0]), float(price[best])

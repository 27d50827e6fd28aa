"""The chosen start beside others that the job could have: for ``explain``, worked out when asked.

Each is priced as the market priced it: the mean over the job's run times of what each slot costs,
in one piece from its start on, with the congestion price of the cluster that it would pay.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from slurm_energy.decide.market.congestion import Congestion
from slurm_energy.decide.pricing.price import Curve, Values

Terms = Mapping[str, float | int | str | None]
STARTS = ("once", "half", "start", "later", "latest")
"""Names of the starts that may be compared."""


@dataclass(frozen=True, slots=True)
class Window:
    """When a job may start, in seconds since the epoch; ``chosen`` is ``earliest`` or later."""

    earliest: int
    chosen: int
    latest: int
    until: int
    """Later starts are not looked at yet."""


@dataclass(frozen=True, slots=True)
class Pricing:
    """What a start costs this job."""

    curve: Curve
    weight: float
    """By which its sensitivity multiplies the curve."""
    delay: float
    """Price of waiting an hour, in hours of run at one standard deviation."""
    congestion: Congestion | None
    """None: it pays none."""
    alive: Values
    """Shape (slots,): its distribution of run times, see :class:`~..durations.shapes.Shapes`."""


def alternative_terms(window: Window, pricing: Pricing) -> Terms:
    """``NAME_start`` and what is expected of it, for each start worth comparing.

    ``once`` is its earliest; ``start`` the chosen one; ``half`` the best after at most half of that
    wait, where that is better than at once; ``later`` the best later one of a job that does not
    wait; ``latest`` its latest start.
    """
    found: dict[str, float | int | str | None] = {"delay_per_hour": _number(pricing.delay)}
    columns = _Columns(pricing)
    for name, time in _starts(window, columns):
        slot = pricing.curve.slot_of(time)
        if 0 <= slot < len(columns.effective):
            found[f"{name}_time"] = time
            found[f"carbon_at_{name}"] = _number(columns.carbon[slot])
            found[f"price_at_{name}"] = _number(columns.price[slot])
            found[f"effective_at_{name}"] = _number(columns.effective[slot])
            found[f"congestion_at_{name}"] = _number(columns.surcharge[slot])
    return found


class _Columns:
    """By start slot, what a run begun in it is expected to meet."""

    def __init__(self, pricing: Pricing) -> None:
        curve, count = pricing.curve, len(pricing.curve.values)
        congestion = pricing.congestion
        self.surcharge = (
            np.zeros(count) if congestion is None else congestion.moved_to(curve.start, count)
        )
        self._alive, self._curve = pricing.alive, curve
        self.effective = self._expected(pricing.weight * curve.values + self.surcharge, whole=True)
        length = max(1.0, float(pricing.alive.sum()))
        self.cost = self.effective + pricing.delay * np.arange(count) / length
        self.carbon, self.price = self._signal(curve.carbon), self._signal(curve.price)

    def best_after(self, time: int, until: int) -> int | None:
        """The begin of the least dear slot after that of ``time``, waiting counted; None: none."""
        first = self._curve.slot_of(time) + 1
        after = min(self._curve.slot_of(until) + 1, len(self.cost))
        if first >= after:
            return None
        slot = first + int(np.argmin(self.cost[first:after]))
        return self._curve.start + slot * self._curve.slot

    def is_better(self, time: int, other: int) -> bool:
        """Whether one start is less dear than another, waiting counted."""
        first, second = self._curve.slot_of(time), self._curve.slot_of(other)
        return bool(self.cost[first] < self.cost[second])

    def _signal(self, values: Values | None) -> Values:
        count = len(self.effective)
        if values is None:
            return np.full(count, np.nan)
        return self._expected(values[:count], whole=False)

    def _expected(self, values: Values, *, whole: bool) -> Values:
        """Weighed by the chance of running; past the end 0 (``whole``), or not counted."""
        weights = np.ones(len(values))
        padded, counted = (
            np.concatenate([column, np.zeros(len(self._alive) - 1)]) for column in (values, weights)
        )
        over = self._alive.sum() if whole else np.correlate(counted, self._alive, "valid")
        return np.asarray(np.correlate(padded, self._alive, "valid") / over, dtype=np.float64)


def _starts(window: Window, columns: _Columns) -> Iterator[tuple[str, int]]:
    yield "once", window.earliest
    waits = window.chosen > window.earliest
    half = window.earliest + (window.chosen - window.earliest) // 2
    name, until = ("half", half) if waits else ("later", min(window.latest, window.until))
    best = columns.best_after(window.earliest, until)
    if best is not None and (name == "later" or columns.is_better(best, window.earliest)):
        yield name, best
    if waits:
        yield "start", window.chosen
    if window.latest > max(window.chosen, window.earliest):
        yield "latest", window.latest


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)

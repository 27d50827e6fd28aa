"""The demand charge: which watts of a month's highest draw are free, and what more of them costs.

A charge per kW of the month's highest draw is paid once, by what raises it, and by nothing else.
So up to the highest draw so far everything is free, and above it each kW costs the whole charge,
however long it is drawn. A new month begins at nothing, and a rule that took that at its word would
let no flexible job start beside the base load; so a floor is free that the month reaches anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from slurm_energy.model.power import Peak, PowerLimit

FALL = 0.9
"""Of the last month's highest draw, what a new month has free from its first hour. So the peak can
fall by a tenth a month, and a cluster that can't do with less is not stopped on every first."""
FIRST = 0.5
"""Of what may be drawn, what a first month has free: nobody knows yet what this cluster needs."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What bounds a cluster's draw, and what makes more of it dear; watts above idle."""

    most: float
    """More may not be drawn; infinite without a contract."""
    free: float
    """So much may be drawn without a charge; infinite where none is due."""
    charge: float
    """Price of a kW above that."""
    full: float
    """More can't be drawn; infinite where that is not known."""


def free_watts(limit: PowerLimit, most: float) -> float:
    """Watts that may be drawn without causing a charge.

    ``most``: what the machines can draw at all, 0 where that is not known. What this month has
    drawn already is free, and what it reaches anyway: as configured, else :data:`FALL` of the last
    month's highest draw, else :data:`FIRST` of what may be drawn.
    """
    return max(limit.peak or 0.0, _floor(limit, most))


def _floor(limit: PowerLimit, most: float) -> float:
    if limit.usual_peak is not None:
        return limit.usual_peak
    if limit.last_peak is not None:
        return FALL * limit.last_peak
    bounds = [watts for watts in (limit.contract, most) if watts]
    return FIRST * min(bounds, default=0.0)


def charged(extra: float, charge: float, watts: float, hours: float) -> float:
    """What ``extra`` watts more in the month's peak cost, per MWh of a slot of the job's own run.

    ``charge`` per kW; the job draws ``watts`` and a slot lasts ``hours``. A job all of whose watts
    lie above the peak pays the charge once, whatever its size: 1000 times the charge by hours.
    """
    return 1000 * charge * (extra / watts) / hours


def peak_terms(limit: PowerLimit, raises: float | None) -> Mapping[str, float | None]:
    """What the demand charge did to a decision, for ``explain``; empty where none is due.

    ``raises``: W by which the job would lift the month's peak at once; None: nobody asked.
    """
    if not limit.demand_charge:
        return {}
    return {
        "month_peak": limit.peak,
        "demand_charge": limit.demand_charge,
        "peak_raise": None if raises is None else round(raises),
        "peak_cost": None if raises is None else round(limit.demand_charge * raises / 1000, 2),
    }


def raised(peak: Peak | None, watts: float, now: int) -> Peak:
    """The month's highest draw, after ``watts`` are drawn at ``now``; a new month begins anew."""
    current = month(now)
    if peak is None:
        return Peak(current, watts)
    if peak.month != current:
        return Peak(current, watts, peak.watts)
    return Peak(current, max(peak.watts, watts), peak.before)


def month(now: int) -> int:
    """The calendar month (UTC) of a time, as months since year 0."""
    moment = datetime.fromtimestamp(now, UTC)
    return 12 * moment.year + moment.month - 1

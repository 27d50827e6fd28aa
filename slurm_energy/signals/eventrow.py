"""A grid event as people and gateways write one: what is allowed in it, whoever carries it."""

from slurm_energy.errors import SeriesError
from slurm_energy.model.power import GridEvent, Origin
from slurm_energy.signals.table import epoch_seconds

LONGEST = 7 * 86400
"""Seconds; an event that lasts longer is a contract, or a wrong year."""
MOST = 1e6
"""Kilowatts; no cluster draws a gigawatt, so that more is watts by mistake."""
_REASON = 200
"""Characters of a reason that are kept."""


def grid_event(
    start: str, end: str, kilowatts: float, reason: str, origin: Origin = Origin.FILE
) -> GridEvent:
    """The event. Raises ``SeriesError`` naming the value, what is allowed and the cure."""
    since, until = _moment("start", start), _moment("end", end)
    if not 0 < until - since <= LONGEST:
        told = (
            f"it lasts {until - since} s; allowed is up to {LONGEST // 86400} days after its start"
        )
        raise SeriesError(f"end {end!r}: {told}; longer is a schedule")
    if not 0 <= kilowatts <= MOST:
        allowed = f"allowed is 0 to {MOST:g}"
        raise SeriesError(f"kw {kilowatts:g}: {allowed}; write the kW that may still be drawn")
    told = " ".join(reason.split())[:_REASON]
    return GridEvent(since, until, 1000 * kilowatts, told or "grid event", origin)


def _moment(name: str, text: str) -> int:
    try:
        return epoch_seconds(text)
    except SeriesError as error:
        raise SeriesError(f"{name}: {error}") from None

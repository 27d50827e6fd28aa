"""Whether a series may be used now: by its age, and by whether it says anything of now."""

from dataclasses import dataclass

from slurm_energy.model.series import Series

CLOCK_TOLERANCE = 300
"""Seconds a series may claim to be issued ahead of our clock; clocks differ."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a series must be to be used; all in seconds of wall time."""

    stale_after: float | None = None
    """Age past which it is stale; None: never."""
    lag: int = 0
    """How long ago it may have ended: where measured values come late, a forecast goes on."""

    def distrust(self, series: Series, now: int) -> str | None:
        """Why the series can't be used now, in one line; None when it can."""
        signal = series.signal
        name = f"{signal.name.lower()} from {series.source}"
        if not series.times or not series.times[0] <= now < series.end + self.lag:
            reach = f"only {series.times[0]} to {series.end} (epoch)" if series.times else "nothing"
            return f"{name}: says nothing about now, {reach}"
        age = series.age(now)
        if self.stale_after is not None and age > self.stale_after:
            return (
                f"{name}: {series.values[-1] if series.at(now) is None else series.at(now):g} "
                f"{signal} is stale, {age} s old, allowed {self.stale_after:g} s; "
                "see what should renew it"
            )
        if age < -CLOCK_TOLERANCE:
            return f"{name}: issued {-age} s ahead of our clock, allowed {CLOCK_TOLERANCE} s"
        return None

"""How recorded time runs against wall time: one to one, or faster in a replay."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimeScale:
    """An affine map: ``speed`` recorded seconds pass in one wall second.

    Whatever belongs to the signal's world (its grain, its stale age, planning slots, margins) is
    given in recorded seconds and passes through :meth:`wall`; Slurm's begin times are wall time
    and don't.
    """

    start_recorded: float = 0.0
    """The recorded moment that is shown at ``start_wall``; seconds since the epoch."""
    start_wall: float = 0.0
    speed: float = 1.0

    def wall(self, recorded_seconds: float) -> float:
        """Wall seconds in which so many recorded seconds pass."""
        return recorded_seconds / self.speed

    def recorded(self, wall_seconds: float) -> float:
        """Recorded seconds that pass in so many wall seconds."""
        return wall_seconds * self.speed

    def wall_time(self, recorded_time: float) -> float:
        """The wall moment at which a recorded moment is shown."""
        return self.start_wall + self.wall(recorded_time - self.start_recorded)

    def recorded_time(self, wall_time: float) -> float:
        """The recorded moment that is shown at a wall moment."""
        return self.start_recorded + self.recorded(wall_time - self.start_wall)


REAL_TIME = TimeScale()
"""Recorded time is wall time: every installation that replays nothing."""

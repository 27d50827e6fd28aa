"""What we last wrote into a job's fields: the other half of every compare-and-set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """What holds in one job's fields. ``*_sent`` is written down, sent, and not yet read back.

    ``begin`` is the begin time that held when we last looked, whoever gave it; None: never seen.
    """

    begin: int | None = None
    begin_sent: int | None = None
    site_factor: int = 0
    site_factor_sent: int | None = None
    restarts: int = 0
    theirs: bool = False
    """A person changed a field since: we touch this job no more."""
    age_since: int | None = None
    """Since when it was earning age as we first changed its begin time; None: we did not."""
    floor: int = 0
    """Begin time that Slurm itself gave at a requeue; we never go below it. 0: none."""
    done: int = 0
    """Seconds of work it had behind it when we last stopped it; 0: we never did."""
    stops: int = 0
    """How often we stopped it."""
    stopping: int = 0
    """Start of the run that we are about to stop, written down before anything is sent; 0: none."""
    warned: int = 0
    """When that run was told to save its state; 0: not yet."""

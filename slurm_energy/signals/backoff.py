"""When to ask a provider again: after a good answer at its next value, after a bad one later."""

from random import Random

FIRST = 30
"""Seconds after the first failure."""
LONGEST = 3600
"""Seconds between two tries of a provider that stays away."""
SPREAD = 0.1
"""Share of a resolution step over which all who ask for the same value are spread."""
LATEST = 60


def after_success(now: int, resolution: int, random: Random) -> int:
    """The next value's moment, and a little more: not everybody asks in the same second."""
    following = (now // resolution + 1) * resolution
    return following + round(random.uniform(0, min(LATEST, SPREAD * resolution)))


def after_failure(now: int, failures: int, retry_after: int | None, random: Random) -> int:
    """Twice as long with each failure, never sooner than the provider asked for.

    At random between half and all of it ("equal jitter"; M. Brooker, AWS Architecture Blog, 2015).
    """
    longest = min(LONGEST, FIRST * 2 ** min(failures - 1, 12))
    pause = round(random.uniform(longest / 2, longest))
    return now + max(pause, retry_after or 0)

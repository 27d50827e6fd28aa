"""When the next turn is due."""

from collections.abc import Iterable, Mapping

from slurm_energy.model.series import ClusterSignals

LEAST_PAUSE = 1
"""Seconds between the starts of two turns at least, however fast a signal steps."""


def next_turn(at: int, interval: int, signals: Mapping[str, ClusterSignals]) -> int:
    """The moment of the turn after the one at ``at``: an interval later, sooner if a signal steps.

    All in seconds since the epoch.
    """
    steps = [step for step in _steps(at, signals.values()) if step is not None]
    return max(at + LEAST_PAUSE, min([at + interval, *steps]))


def _steps(at: int, known: Iterable[ClusterSignals]) -> Iterable[int | None]:
    for signals in known:
        for series in (signals.carbon, signals.price):
            if series is not None:
                yield series.next_step(at)

"""How hard slurmctld worked between two readings; its own means count since midnight."""

from dataclasses import dataclass

from slurm_energy.model.job import Health


@dataclass(frozen=True, slots=True)
class Totals:
    """What sdiag counts; times in microseconds."""

    server_threads: int
    dbd_queue: int
    cycles: int
    """Runs of the main scheduler since the counters were reset."""
    cycle_time: int
    updates: int
    """REQUEST_UPDATE_JOB calls since the counters were reset."""
    update_time: int


_NOTHING = Totals(0, 0, 0, 0, 0, 0)


class Pulse:
    """Turns totals into what happened since the last ones; the first time, since the reset."""

    def __init__(self) -> None:
        self._last = _NOTHING

    def health(self, totals: Totals) -> Health:
        """The controller's health now; a mean is None where nothing happened to be averaged."""
        last, self._last = self._last, totals
        if totals.cycles < last.cycles or totals.updates < last.updates:
            last = _NOTHING
        return Health(
            server_threads=totals.server_threads,
            mean_cycle_us=_mean(totals.cycle_time - last.cycle_time, totals.cycles - last.cycles),
            update_mean_us=_mean(
                totals.update_time - last.update_time, totals.updates - last.updates
            ),
            dbd_queue=totals.dbd_queue,
        )


def _mean(total: int, count: int) -> int | None:
    return total // count if count else None

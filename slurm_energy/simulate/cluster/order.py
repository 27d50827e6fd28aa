"""The queue in Slurm's order: age and SiteFactor, then submission."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from slurm_energy.model.job import Job


class QueueOrder:
    """Eligible jobs, highest priority first.

    Age grows alike for all, so who is ahead is settled by when each began to earn it: a SiteFactor
    is worth the hours of age that it equals. That holds while age grows, up to PriorityMaxAge.
    """

    def __init__(self, age_points_per_hour: float) -> None:
        self._seconds_per_point = 3600 / age_points_per_hour
        self._line: list[tuple[float, int, int]] = []
        self._keys: dict[int, tuple[float, int, int]] = {}

    def enter(self, job: Job, order: int) -> None:
        """Line up, or move to where the job belongs now."""
        self.leave(job.job_id)
        since = job.submit_time if job.accrue_time is None else job.accrue_time
        key = (since - (job.site_factor or 0) * self._seconds_per_point, order, job.job_id)
        self._keys[job.job_id] = key
        insort(self._line, key)

    def leave(self, job_id: int) -> None:
        """Step out; nothing happens where it does not stand in line."""
        key = self._keys.pop(job_id, None)
        if key is not None:
            del self._line[bisect_left(self._line, key)]

    def __iter__(self) -> Iterator[int]:
        """Job ids in order, as they stand now."""
        return iter([job_id for _, _, job_id in self._line])

    def __len__(self) -> int:
        return len(self._line)

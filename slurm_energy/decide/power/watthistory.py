"""Mean watts of a GPU while jobs of a kind run, learned from the energy that accounting has.

Slurm counts energy where a site has an acct_gather_energy plugin, by node: it is the job's own
where nodes are not shared, and another's besides where they are. So a mean draw below the GPU's
idle draw or far above its full load is not believed, and of a group the median is taken. The groups
are those of run times (:mod:`likeness`): the most specific with enough runs speaks. Each cluster
has its own, for its GPUs are its own.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from slurm_energy.decide.durations.likeness import GroupKey, Traits, groups, label
from slurm_energy.model.contract import Contract, WorkloadClass
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import Job

LEAST_RUNS = 3
"""Runs of a group before they count for more than the class's prior."""
NEWEST = 64
"""Runs of a group that are remembered."""
MOST_GROUPS = 20_000
"""Groups remembered; past that the half without news for the longest is forgotten."""
MOST_ASKED = 100_000
"""Answers remembered until a run is learned."""
SHORTEST_RUN = 300
"""Seconds; the energy of a shorter run is loading and the meter's own grain."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a group's runs drew."""

    watts_per_gpu: float
    """The whole draw over the GPUs, CPUs counted in."""
    cpus_per_gpu: float
    group: str
    """In words: ``alice's train-*``."""
    runs: int


class WattHistory:
    """Mean draws by cluster and group, as far as accounting tells energy."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, GroupKey], deque[tuple[float, float]]] = {}
        self._found: dict[tuple[str, Traits], Measured | None] = {}

    def learn(self, end: JobEnd, contract: Contract | None = None) -> None:
        """Take in how a job ended; nothing where accounting has no energy of it."""
        drawn = _mean_draw(end)
        if drawn is None:
            return
        kind = WorkloadClass.UNMANAGED if contract is None else contract.workload_class
        traits = Traits(end.user, end.account, end.name, end.partition, kind, end.time_limit)
        for key in groups(traits):
            if key is not None:
                # At the end: whoever has news is forgotten last.
                runs = self._runs.pop((end.ran_on, key), deque(maxlen=NEWEST))
                runs.append((drawn, end.cpus / end.gpus))
                self._runs[end.ran_on, key] = runs
        self._found.clear()
        if len(self._runs) > MOST_GROUPS:
            self._forget()

    def of(self, job: Job, kind: WorkloadClass) -> Measured | None:
        """What jobs like this one drew on its cluster; None: too few of them, or no energy."""
        if not self._runs:
            return None
        traits = Traits(job.user, job.account, job.name, job.partition, kind, job.time_limit)
        asked = job.cluster, traits
        if asked not in self._found:
            if len(self._found) >= MOST_ASKED:
                self._found.clear()
            self._found[asked] = next(self._groups(*asked), None)
        return self._found[asked]

    def _groups(self, cluster: str, traits: Traits) -> Iterator[Measured]:
        """Those of a job that have enough runs, the most specific first."""
        for key in groups(traits):
            runs = None if key is None else self._runs.get((cluster, key))
            if key is not None and runs is not None and len(runs) >= LEAST_RUNS:
                drawn, cpus = (median(one) for one in zip(*runs, strict=True))
                yield Measured(drawn, cpus, label(key), len(runs))

    def _forget(self) -> None:
        """Keep the half with the newest runs."""
        kept = list(self._runs.items())[-MOST_GROUPS // 2 :]
        self._runs = dict(kept)


def _mean_draw(end: JobEnd) -> float | None:
    """A run's mean W over its GPUs; None where it can't be told."""
    if not end.energy or not end.gpus or end.start is None or end.end is None:
        return None
    seconds = end.end - end.start
    return end.energy / seconds / end.gpus if seconds >= SHORTEST_RUN else None

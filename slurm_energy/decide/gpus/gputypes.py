"""On which GPU type a job runs: what it asked for, or the only type there is where it may run."""

from collections.abc import Collection
from typing import NamedTuple

from slurm_energy.decide.gpus.boards import known_as
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import Node, Partition, Queue
from slurm_energy.model.power import PowerModel


class Placed(NamedTuple):
    """What of a pending job says on which GPUs it will run."""

    cluster: str
    partition: str
    gpu_type: str
    gpus: int


class GpuTypes:
    """The types by cluster and partition, from the nodes that were seen last.

    A type is named as the power model knows it. It is empty where nobody can tell it: a partition
    with several types, or with GPUs without a type of which the site has told none.
    """

    def __init__(self, model: PowerModel) -> None:
        self._names = {*model.gpus, *model.speeds}
        self._untyped = model.untyped
        self._seen: dict[str, tuple[tuple[Node, ...], tuple[Partition, ...]]] = {}
        self._of: dict[str, dict[str, str]] = {}
        self.version = 0
        """Another number whenever another answer may be given."""

    def see(self, queue: Queue) -> None:
        """Take in which nodes a cluster has, and in which partitions."""
        seen = queue.nodes, queue.partitions
        if self._seen.get(queue.cluster) == seen:
            return
        self._seen[queue.cluster] = seen
        kinds = {node.name: node.gpu_type for node in queue.nodes if node.gpus}
        found = {
            part.name: self._only(queue.cluster, {kinds[one] for one in part.nodes & kinds.keys()})
            for part in queue.partitions
        }
        found[""] = self._only(queue.cluster, set(kinds.values()))
        if self._of.get(queue.cluster) != found:
            self._of[queue.cluster] = found
            self.version += 1

    def there(self) -> list[str]:
        """Every type that some job may be told to run on, in order."""
        found = {name for known in self._of.values() for name in known.values()}
        return sorted(found - {""})

    def of(self, job: Placed) -> str:
        """The type a pending job gets; empty without a GPU, or where nobody can tell."""
        if not job.gpus:
            return ""
        if job.gpu_type:
            return self._named(job.gpu_type)
        known = self._of.get(job.cluster)
        if known is None:
            return self._only(job.cluster, {""})
        names = {known.get(part, known[""]) for part in job.partition.split(",")}
        return names.pop() if len(names) == 1 else ""

    def ran(self, end: JobEnd) -> str:
        """The type an ended job had; empty without a GPU, or where nobody can tell."""
        return self._only(end.ran_on, {end.gpu_type}) if end.gpus else ""

    def _only(self, cluster: str, names: Collection[str]) -> str:
        """The one of these, with the site's word for GPUs that have no type; else empty."""
        found = {self._named(name or self._untyped.get(cluster, "")) for name in names}
        return found.pop() if len(found) == 1 else ""

    def _named(self, name: str) -> str:
        return known_as(name, self._names)

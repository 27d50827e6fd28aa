"""How long jobs of a width usually queue in a partition, as the past tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


def width(gpus: int, nodes: int) -> int:
    """A job's width class: its GPUs (its nodes where it has none), rounded up to a power of two."""
    size = max(gpus or nodes, 1)
    return 1 << (size - 1).bit_length()


class WaitKey(NamedTuple):
    """What shares one usual wait."""

    cluster: str
    partition: str
    width: int


@dataclass(frozen=True, slots=True)
class QueueWaits:
    """Seconds from eligible to start at one quantile, where the past holds enough samples."""

    seconds: Mapping[WaitKey, int] = field(default_factory=dict)

    def of(self, cluster: str, partition: str, gpus: int, nodes: int) -> int | None:
        """Tell the usual wait of such a job; None where too few have been seen."""
        return self.seconds.get(WaitKey(cluster, partition, width(gpus, nodes)))

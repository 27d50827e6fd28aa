"""GPUs and memory out of Slurm's TRES and GRES strings."""

import re
from collections import Counter

_GPU = re.compile(r"(?:^|[,;])(?:gres[/:])?gpu(?P<type>[:/][A-Za-z_][^=:,;]*)?[=:](?P<count>\d+)")
_MEMORY = re.compile(r"(?:^|,)mem=(\d+(?:\.\d+)?)([KMGTP]?)")
_MIB = {"K": 1 / 1024, "": 1, "M": 1, "G": 1024, "T": 1024**2, "P": 1024**3}
_PLAIN = re.compile(r"(?:^|[,;])(?:gres[/:])?gpu(?=$|[,;(])")


def count(text: str) -> int:
    """GPUs named in ``cpu=4,gres/gpu=8``, ``gpu:h100:8(IDX:0-7)`` or ``gres/gpu:2``; 0 if none.

    Where Slurm gives the total beside a count for each type, the total is taken.
    """
    total, typed = 0, 0
    for match in _GPU.finditer(text):
        if match["type"]:
            typed += int(match["count"])
        else:
            total += int(match["count"])
    return total or typed or len(_PLAIN.findall(text))


def gpu_type(*texts: str) -> str:
    """The GPU type that the first of these texts names: of several the most frequent; or empty."""
    for text in texts:
        counts: Counter[str] = Counter()
        for match in _GPU.finditer(text):
            if match["type"]:
                counts[match["type"][1:]] += int(match["count"])
        if counts:
            return min(counts, key=lambda name: (-counts[name], name))
    return ""


def types(text: str) -> set[str]:
    """The GPU types that ``gres/gpu:h100=4,gres/gpu=4`` names; empty where it names none."""
    return {match["type"][1:] for match in _GPU.finditer(text) if match["type"]}


def memory(tres: str) -> int | None:
    """MiB of memory in ``cpu=4,mem=62.50G``; None where it names none."""
    match = _MEMORY.search(tres)
    return None if match is None else round(float(match[1]) * _MIB[match[2]])


def requested(
    tres: str, per_job: str, per_node: str, per_task: str, *, nodes: int, tasks: int
) -> int:
    """GPUs a job asked for in all; from its requests where accounting does not track GPUs."""
    return (
        count(tres) or count(per_job) or count(per_node) * nodes or count(per_task) * max(tasks, 1)
    )

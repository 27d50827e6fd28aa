"""GPU counts out of Slurm's TRES and GRES strings."""

import re

_GPU = re.compile(r"(?:^|[,;])(?:gres[/:])?gpu(?P<type>[:/][A-Za-z_][^=:,;]*)?[=:](?P<count>\d+)")
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


def requested(
    tres: str, per_job: str, per_node: str, per_task: str, *, nodes: int, tasks: int
) -> int:
    """GPUs a job asked for in all; from its requests where accounting does not track GPUs."""
    return (
        count(tres) or count(per_job) or count(per_node) * nodes or count(per_task) * max(tasks, 1)
    )

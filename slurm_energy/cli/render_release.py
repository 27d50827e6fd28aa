"""``release`` as text and as JSON."""

from typing import Any

from slurm_energy.cli.context import Screen
from slurm_energy.cli.table import cut
from slurm_energy.service.release import Released


def release_answer(done: Released) -> dict[str, Any]:
    """What was released and what was not, as plain values."""
    return {
        "released": [{"cluster": key.cluster, "job": key.job_id} for key in sorted(done.jobs)],
        "left": [{"cluster": o.cluster, "job": o.job_id, "why": o.why} for o in done.left],
        "problems": done.problems,
        "clusters": list(done.clusters),
    }


def render_release(done: Released, screen: Screen) -> list[str]:
    """A count, then one line for each job that does not come back entirely."""
    count = len(done.jobs)
    nothing = done.complete and not count
    lines = [
        "nothing of ours was left to take back"
        if nothing
        else f"released {count} job{'' if count == 1 else 's'}"
    ]
    lines += [f"not entirely: job {one.job_id} on {one.cluster}: {one.why}" for one in done.left]
    lines += [f"problem: {problem}" for problem in done.problems]
    if len(done.clusters) > 1:
        lines.append("mode is off on this controller; run the same on those of the other clusters")
    return lines if screen.width is None else [cut(line, screen.width) for line in lines]

"""A dependent's deadline binds the job it waits for."""

import re
from collections.abc import Mapping, Sequence

from slurm_energy.model.job import Job

_PREDECESSOR = re.compile(r"(?:after\w*):((?:\d+(?:_\S*?)?(?:\+\d+)?(?:\([^)]*\))?:?)+)")
_JOB_ID = re.compile(r"(\d+)(?:_[\d*]+)?(?:\+\d+)?(?:\([^)]*\))?")


def predecessors(dependency: str) -> tuple[int, ...]:
    """Job ids named by a dependency such as ``afterok:12(unfulfilled),afterany:13:14``."""
    return tuple(
        int(job_id) for ids in _PREDECESSOR.findall(dependency) for job_id in _JOB_ID.findall(ids)
    )


def bring_forward(
    jobs: Sequence[Job], latest: Mapping[int, int | None], run: Mapping[int, int]
) -> Mapping[int, int]:
    """Latest starts by job id that dependents bring forward, only those that change.

    ``latest`` holds each job's own latest start, ``run`` its time limit, both in seconds. A
    predecessor must have ended by its dependent's latest start; chains pass it on. A job without
    a latest start is never put off, so nothing is taken from it.
    """
    own = {job_id: bound for job_id, bound in latest.items() if bound is not None}
    # The last submitted first: a chain, however long, is then walked once.
    waiting = sorted(
        ((job.job_id, predecessors(job.dependency)) for job in jobs if job.dependency),
        reverse=True,
    )
    moved: dict[int, int] = {}
    for _ in waiting:
        changed = False
        for dependent, before in waiting:
            bound = moved.get(dependent, own.get(dependent))
            if bound is None:
                continue
            for job_id in before:
                needed = bound - run.get(job_id, 0)
                if job_id in own and needed < moved.get(job_id, own[job_id]):
                    moved[job_id] = needed
                    changed = True
        if not changed:
            break
    return moved

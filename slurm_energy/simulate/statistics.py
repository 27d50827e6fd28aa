"""What a trace is made of, in figures: ``python -m slurm_energy.simulate.statistics TRACE``.

``TRACE`` is a file of jobs, or what ``--generate`` takes, such as ``seed=1,jobs=10000,days=28``.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from slurm_energy.simulate.generate import generate
from slurm_energy.simulate.request import made_of
from slurm_energy.simulate.trace import Trace, TraceJob, span
from slurm_energy.simulate.traces.read import read

_COUNTER = re.compile(r"[-_.#]?\d+$")
_QUANTILES = (0.1, 0.5, 0.9, 0.99)

Figure = float | Mapping[str, float]


def statistics(trace: Trace) -> Mapping[str, Figure]:
    """Counts, shares (0 to 1), quantiles and GPU-hours of a trace with jobs; times in seconds.

    ``repeat_share`` is the share of jobs whose user has run the same name stem before.
    """
    jobs = trace.jobs
    limited = [job for job in jobs if job.limit]
    hours = sum(map(gpu_hours, jobs))
    period = span(jobs) / 3600
    return {
        "jobs": len(jobs),
        "tasks": sum(job.tasks for job in jobs),
        "users": len({job.user for job in jobs}),
        "accounts": len({job.account for job in jobs}),
        "stems": len({_work(job) for job in jobs}),
        "span_hours": period,
        "gpu_hours": hours,
        "mean_gpus": hours / period if period else 0.0,
        "jobs_by_class": _by(jobs, _class, lambda _: 1.0),
        "gpu_hours_by_class": _by(jobs, _class, gpu_hours),
        "run": _quantiles(job.run for job in jobs),
        "limit_over_run": _quantiles(job.limit / job.run for job in limited if job.limit),
        "used_share_of_limit": _quantiles(job.run / job.limit for job in limited if job.limit),
        "at_limit_share": _share(jobs, lambda job: job.limit is not None and job.run >= job.limit),
        "jobs_by_width": _by(jobs, lambda job: str(job.gpus), lambda _: 1.0),
        "gpu_hours_over_8_gpus_share": _part(jobs, lambda job: job.gpus > 8),
        "repeat_share": _repeat_share(jobs),
        "array_share": _share(jobs, lambda job: job.tasks > 1),
        "deadline_share": _share(jobs, lambda job: job.deadline is not None),
        "max_delay_share": _share(jobs, lambda job: job.max_delay is not None),
        "interruptible_gpu_hours_share": _part(jobs, lambda job: job.interruptible),
    }


def trace_of(text: str) -> Trace:
    """The trace in a file, or a made one. Raises ``InputError``."""
    if not text.startswith("seed="):
        return read(Path(text))
    made = made_of(text)
    return generate(made.seed, made.jobs, made.days, widest=made.widest)


def told(found: Mapping[str, Figure]) -> str:
    """A line a figure."""
    lines = (
        f"{name}: {figure:.4g}"
        if isinstance(figure, float | int)
        else f"{name}: {', '.join(f'{key} {one:.4g}' for key, one in figure.items())}"
        for name, figure in found.items()
    )
    return "".join(f"{line}\n" for line in lines)


def gpu_hours(job: TraceJob) -> float:
    """GPU-hours (or unit-hours) of all its tasks."""
    return job.gpus * job.tasks * job.run / 3600


def stem(name: str) -> str:
    """The name without the number that counts its runs: ``train-bert`` of ``train-bert-12``."""
    return _COUNTER.sub("", name) or name


def _work(job: TraceJob) -> tuple[str, str]:
    return job.user, stem(job.name)


def _class(job: TraceJob) -> str:
    return str(job.workload_class or "none")


def _by(
    jobs: Iterable[TraceJob], key: Callable[[TraceJob], str], value: Callable[[TraceJob], float]
) -> Mapping[str, float]:
    """Sums by key; shorter keys first, so that numbers stand in their order."""
    sums: defaultdict[str, float] = defaultdict(float)
    for job in jobs:
        sums[key(job)] += value(job)
    return {name: sums[name] for name in sorted(sums, key=lambda name: (len(name), name))}


def _share(jobs: tuple[TraceJob, ...], true: Callable[[TraceJob], bool]) -> float:
    return sum(map(true, jobs)) / len(jobs)


def _part(jobs: tuple[TraceJob, ...], true: Callable[[TraceJob], bool]) -> float:
    """Share of the GPU-hours."""
    whole = sum(map(gpu_hours, jobs))
    return sum(gpu_hours(job) for job in jobs if true(job)) / whole if whole else 0.0


def _quantiles(values: Iterable[float]) -> Mapping[str, float]:
    """``p10`` to ``p99`` and ``max``; empty for no values."""
    found = np.array(list(values), dtype=np.float64)
    if not found.size:
        return {}
    named = {f"p{round(100 * q)}": float(np.quantile(found, q)) for q in _QUANTILES}
    return named | {"max": float(found.max())}


def _repeat_share(jobs: tuple[TraceJob, ...]) -> float:
    named = [job for job in jobs if job.name]
    return 1 - len({_work(job) for job in named}) / len(named) if named else 0.0


if __name__ == "__main__":
    sys.stdout.write(told(statistics(trace_of(*sys.argv[1:]))))

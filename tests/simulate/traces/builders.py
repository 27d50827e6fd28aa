"""Small trace files, and the one job a test is about."""

from pathlib import Path

from slurm_energy.simulate.trace import Trace, TraceJob


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def only(trace: Trace) -> TraceJob:
    (job,) = trace.jobs
    return job

"""``docs/metrics.md`` from the definitions: ``python -m slurm_energy.service.document``."""

import sys

from slurm_energy.service.metrics import METRICS, Definition

_HEAD = """# Metrics

Made from `slurm_energy/service/metrics.py` by `python -m slurm_energy.service.document`; do not
edit.

The daemon serves them for Prometheus on the loopback address `metrics.listen` of the
configuration. Counters count from the daemon's start. What is not known has no sample, never 0. No
label names a job or a user.

| metric | type | labels | meaning |
|---|---|---|---|
"""

_TAIL = """
## What is not here

Refusals by the submit hook are not counted. The hook runs under slurmctld's locks, so it opens no
socket and writes no file, and Slurm keeps no record of a job that it refused: whatever we counted
elsewhere would be a guess. The user sees each refusal at `sbatch`.
"""


def document() -> str:
    """The page as Markdown."""
    return _HEAD + "".join(map(_row, METRICS)) + _TAIL


def _row(metric: Definition) -> str:
    kind = "counter" if metric.counter else "gauge"
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {kind} | {labels} | {metric.meaning} |\n"


if __name__ == "__main__":
    sys.stdout.write(document())

"""What a job costs at its starts, for ``explain``: PUE, energy, machines, and both together.

Energy and machines are told apart, and their sum is named so. What a reservation costs is paid
whether the job runs or not, so it is in none of them.
"""

from collections.abc import Mapping

from slurm_energy.decide.pricing.price import Curve, MachineCurve
from slurm_energy.model.job import Job

Terms = Mapping[str, float | int | str | None]
HOUR = 3600


def cost_terms(
    curve: Curve | None, job: Job, starts: Mapping[str, int], seconds: int
) -> dict[str, float | int | str | None]:
    """By name of each start: ``pue_at_NAME``, ``energy_cost_at_NAME`` and so on, for one task.

    ``seconds`` is the run that is counted; costs are in the currency of energy prices, and None
    where the curve does not reach. Nothing is counted for a run of which nothing is known (0).
    """
    found: dict[str, float | int | str | None] = {}
    if curve is None:
        return found
    if curve.pue is not None:
        for name, time in starts.items():
            found[f"pue_at_{name}"] = _number(curve.mean(curve.pue, time, seconds))
    hours = curve.machines.get(job.partition, curve.machines.get(""))
    if hours is not None and seconds > 0:
        found["cost_run"] = seconds
        for name, time in starts.items():
            found |= _costs(curve, hours, job, name, (time, seconds))
    return found


def _costs(curve: Curve, hours: MachineCurve, job: Job, name: str, run: tuple[int, int]) -> Terms:
    price, gpu, cpu = (
        curve.mean(column, *run) for column in (curve.price, hours.gpu_hour, hours.cpu_hour)
    )
    length = run[1] / HOUR
    energy = None if price is None else hours.rates.kw(job.gpus, job.cpus) * length / 1000 * price
    machines = None if gpu is None or cpu is None else length * (job.gpus * gpu + job.cpus * cpu)
    total = None if energy is None or machines is None else energy + machines
    return {
        f"energy_cost_at_{name}": _number(energy),
        f"compute_cost_at_{name}": _number(machines),
        f"total_cost_at_{name}": _number(total),
    }


def _number(value: float | None) -> float | None:
    return None if value is None else round(value, 4)

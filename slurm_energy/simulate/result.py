"""The document that ``simulate --json`` writes: one policy, its baseline and its bound.

Keys always come in this order, numbers are rounded to six decimals, so that the same run gives
the same bytes; only ``seconds`` tells wall time. ``null`` is "not known" or "does not apply".

docs/simulate.md tells what every key means.
"""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slurm_energy.simulate.bound import Kind
from slurm_energy.simulate.draw import units_of
from slurm_energy.simulate.judge import Judged
from slurm_energy.simulate.score import Score, Tally, late_through_us
from slurm_energy.simulate.sight import Spoke
from slurm_energy.simulate.weights import Weighed

FORMAT = 1

Document = dict[str, object]


class Point(NamedTuple):
    """One that was compared: what it saves, at what delay."""

    policy: str
    kind: str
    mean_delay_hours: float
    carbon_saved_percent: float | None
    deadline_misses: int


@dataclass(frozen=True, slots=True)
class Run:
    """What is told of the run itself."""

    seed: int | None = None
    skipped: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    frontier: Sequence[Point] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    costs: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    demand_cost: Mapping[str, float] = field(default_factory=dict)
    """Of baseline and policy; empty without a charge."""
    weights: Sequence[Weighed] = ()
    forecasters: Spoke = field(default_factory=dict)
    """Whose forecasts were taken; empty where there was no choice."""


def result(judged: Judged, run: Run) -> Document:
    """The document; ``json.dumps`` takes it as it is."""
    policy, baseline = judged.policy, judged.baseline
    return {
        "format": FORMAT,
        **_names(judged),
        **_savings(judged),
        "baseline": _sides(baseline, baseline),
        "policy": _sides(policy, baseline),
        "bound": None
        if judged.bound is None
        else _sides(judged.bound, baseline, real=_real(judged)),
        "counts": {
            "jobs": policy.all.jobs,
            "left_out": judged.scene.left_out,
            "too_wide": judged.scene.too_wide,
            "skipped": run.skipped,
            "late_through_us": int(late_through_us(policy, baseline).sum()),
        },
        "period": {
            "start": _moment(judged.scene.start),
            "end": _moment(judged.scene.end),
            "cluster_until": _moment(judged.until),
        },
        "sites": [
            {"name": site.name, "units": units_of(site.machines)} for site in judged.scene.sites
        ],
        "costs": {name: _all_rounded(one) for name, one in run.costs.items()} or None,
        "demand_cost": {name: _rounded(cost) for name, cost in run.demand_cost.items()} or None,
        "forecasters": {
            site: {signal: dict(sorted(steps.items())) for signal, steps in signals.items()}
            for site, signals in run.forecasters.items()
        }
        or None,
        "interruption_cost_seconds": judged.scene.interruption_cost,
        "frontier": [_rounded_point(point) for point in run.frontier],
        "weights": [
            {key: _rounded(value) for key, value in one._asdict().items()} for one in run.weights
        ],
        "options": dict(run.options),
        "seed": run.seed,
        "seconds": {name: _rounded(took) for name, took in sorted(run.seconds.items())},
        "versions": dict(sorted(run.versions.items())),
    }


def _names(judged: Judged) -> Document:
    best = judged.best
    return {
        "policy_name": judged.policy.policy,
        "baseline_name": judged.baseline.policy,
        "bound_name": best.name if best else None,
        "bound_problem": judged.problem or None,
        "bound_kind": best.kind.value if best else None,
        "one_block_name": judged.one_block.policy,
    }


def _savings(judged: Judged) -> Document:
    without, policy = judged.baseline.all, judged.policy.all
    best = judged.bound.all.carbon_kg if judged.bound else None
    one_block = judged.one_block.all.carbon_kg
    return {
        "carbon_saved_percent": _saved(without.carbon_kg, policy.carbon_kg),
        "cluster_carbon_saved_percent": _saved(without.cluster_carbon_kg, policy.cluster_carbon_kg),
        "energy_cost_saved_percent": _saved(without.energy_cost, policy.energy_cost),
        "bound_saved_percent": _saved(without.carbon_kg, best),
        "one_block_saved_percent": _saved(without.carbon_kg, one_block),
        "share_of_bound": _share(without.carbon_kg, policy.carbon_kg, best),
        "one_block_share_of_bound": _share(without.carbon_kg, one_block, best),
    }


def point_of(kind: str, score: Score, baseline: Score) -> Point:
    """Where a score lies between delay and saving, seen from the baseline."""
    saved = _saved(baseline.all.carbon_kg, score.all.carbon_kg)
    return Point(score.policy, kind, score.all.mean_delay_hours, saved, score.all.deadline_misses)


def _rounded_point(point: Point) -> Document:
    return point._asdict() | {"mean_delay_hours": _rounded(point.mean_delay_hours)}


def _real(judged: Judged) -> bool:
    return judged.best is not None and judged.best.kind is Kind.EXACT


def to_json(document: Document) -> str:
    """The document as text: indented, in order, with a line's end. The same for the same run."""
    return json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def versions() -> Mapping[str, str]:
    """Versions of what a result depends on, as installed."""
    packages = {name: version(name) for name in ("slurm-energy", "numpy", "scipy")}
    return {"python": platform.python_version(), **packages}


def _sides(score: Score, baseline: Score, *, real: bool = True) -> Document:
    late = late_through_us(score, baseline)
    return {
        "all": _fields(score.all, late, real=real),
        "by_class": {
            name: _fields(tally, late[score.workload_class == name], real=real)
            for name, tally in score.by_class.items()
        },
    }


def _fields(tally: Tally, late: NDArray[np.bool_], *, real: bool) -> Document:
    return {
        "jobs": tally.jobs,
        "energy_kwh": _rounded(tally.energy_kwh),
        "carbon_kg": _rounded(tally.carbon_kg),
        "energy_cost": _rounded(tally.energy_cost),
        "cluster_carbon_kg": _rounded(tally.cluster_carbon_kg),
        "mean_delay_hours": _rounded(tally.mean_delay_hours),
        "p95_delay_hours": _rounded(tally.p95_delay_hours),
        "deadline_misses": tally.deadline_misses,
        "late_through_us": int(late.sum()),
        "gpu_hours_idle_while_deferred": (
            _rounded(tally.gpu_hours_idle_while_deferred) if real else None
        ),
        "peak_kw": _rounded(tally.peak_kw) if real else None,
    }


def _share(without: float, found: float, best: float | None) -> float | None:
    if best is None or best >= without:
        return None
    return _rounded((without - found) / (without - best))


def _saved(without: float | None, found: float | None) -> float | None:
    if without is None or found is None or without <= 0:
        return None
    return _rounded(100 * (1 - found / without))


def _all_rounded(values: Mapping[str, float | None]) -> Document:
    return {name: _rounded(value) for name, value in values.items()}


def _rounded(value: float | None) -> float | None:
    """Six decimals, and no negative zero."""
    return None if value is None else round(value, 6) + 0.0


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""The result of ``simulate`` in a few lines; all of it is in the JSON and the report."""

from collections.abc import Mapping
from typing import Any

from slurm_energy.cli.table import Column, table
from slurm_energy.cli.words import number, text

_COLUMNS = (
    Column("", least=12),
    Column("CARBON kg", right=True),
    Column("SAVED %", right=True),
    Column("DELAY h", right=True),
    Column("P95 h", right=True),
    Column("LATE", right=True),
    Column("COST", right=True, drop=1),
)


def render_simulate(found: Mapping[str, Any], width: int | None = None) -> list[str]:
    """A row each for baseline, policy and bound, and what they are."""
    sides = ["baseline", "policy", *(["bound"] if found["bound"] else [])]
    counts = found["counts"]
    return [
        *table(_COLUMNS, [_row(found, side) for side in sides], width),
        f"baseline: {found['baseline_name']}",
        f"policy: {found['policy_name']}; late through us {counts['late_through_us']}",
        f"bound: {found['bound_name'] or found['bound_problem']}",
        f"share of the bound: {number(found['share_of_bound'])}; "
        f"one block at best {number(found['one_block_saved_percent'], ' %')} saved",
        *_forecasters(found["forecasters"]),
        *_costs(found["costs"]),
        f"jobs {counts['jobs']}; left out {counts['left_out']}, too wide {counts['too_wide']}, "
        f"malformed rows skipped {counts['skipped']}",
    ]


def _forecasters(spoke: Mapping[str, Any] | None) -> list[str]:
    """Of how many steps who told the future, where there was a choice."""
    return [
        f"forecasts of {signal} at {site}, steps: "
        + ", ".join(f"{name} {count}" for name, count in steps.items())
        for site, signals in (spoke or {}).items()
        for signal, steps in signals.items()
    ]


def _costs(costs: Mapping[str, Any] | None) -> list[str]:
    """Energy, machines and both; and whether PUE is in."""
    if costs is None:
        return []
    told = ", ".join(f"{site} {number(pue)}" for site, pue in costs["pue"].items() if pue)
    lines = [f"PUE is in all carbon and energy costs: {told}"] if told else []
    for side in ("baseline", "policy"):
        cost = costs[side]
        if cost["compute_cost"] is not None:
            lines.append(
                f"{side} costs: energy {number(cost['energy_cost'])}, "
                f"machines {number(cost['compute_cost'])}, "
                f"together {number(cost['total_cost'])}"
            )
    return lines


def _row(found: Mapping[str, Any], side: str) -> list[str]:
    saved = {"policy": found["carbon_saved_percent"], "bound": found["bound_saved_percent"]}
    total = found[side]["all"]
    return [
        side,
        number(total["carbon_kg"]),
        number(saved.get(side)),
        number(total["mean_delay_hours"]),
        number(total["p95_delay_hours"]),
        text(total["deadline_misses"]),
        number(total["energy_cost"]),
    ]

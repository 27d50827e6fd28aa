"""The terms of a decision in groups that a reader asks for; nothing is computed here."""

from collections.abc import Mapping, Sequence
from typing import Any

from slurm_energy.cli.context import Screen
from slurm_energy.cli.render_boost import BOOST_TERMS, boost
from slurm_energy.cli.render_runtime import RUN_TERMS, run_time
from slurm_energy.cli.render_task import ARRAY_TERMS, array
from slurm_energy.cli.table import Column, table
from slurm_energy.cli.words import duration, moment, number, text, wrapped

Terms = Mapping[str, Any]

_MOMENTS = frozenset(
    {
        "deadline",
        "slurm_deadline",
        "user_begin",
        "dependent",
        "checkpoint",
        "grid_event_end",
        "account_until",
    }
)
_DURATIONS = frozenset(
    {
        "max_delay",
        "slo_wait",
        "time_limit",
        "usual_wait",
        "margin",
        "slack",
        "work_done",
        "class_mean_delay",
        "class_most_delay",
        "account_mean_delay",
        "account_most_delay",
        "cost_run",
    }
)
_WATTS = frozenset(
    {"predicted_watts", "power_limit", "grid_event_watts", "month_peak", "peak_raise"}
)

_GROUPS: Mapping[str, Sequence[str]] = {
    "contract": ("class", "rule", "urgency", "sensitivity"),
    "promise": (
        "deadline",
        "slurm_deadline",
        "max_delay",
        "slo_wait",
        "dependent",
        "user_begin",
        "time_limit",
        "usual_wait",
        "margin",
        "slack",
    ),
    "interruptions": ("stops", "work_done", "checkpoint"),
    "effective price": (
        "weight_carbon",
        "weight_price",
        "sensitivity_factor",
        "delay_per_hour",
        "least_gain",
    ),
    "waiting": ("cost_of_waiting", "effective_with_stops"),
    "threshold": ("threshold", "gpus_ahead"),
    "budgets": (
        "class_mean_delay",
        "class_most_delay",
        "account_mean_delay",
        "account_most_delay",
        "deferred_share",
        "most_deferred_share",
        "idle_gpu_hours",
        "most_idle_gpu_hours",
    ),
    "account, which has waited as long as its queue alone would make it": ("account_until",),
    "PUE, which carbon and prices have in them": ("pue_at_once", "pue_at_start"),
    "cost at once": (
        "energy_cost_at_once",
        "compute_cost_at_once",
        "total_cost_at_once",
        "cost_run",
    ),
    "cost at the chosen start": (
        "energy_cost_at_start",
        "compute_cost_at_start",
        "total_cost_at_start",
    ),
    "power": (
        "predicted_watts",
        "predicted_kwh",
        "watts_from",
        "power_limit",
        "grid_event",
        "grid_event_from",
        "grid_event_watts",
        "grid_event_end",
    ),
    "demand charge": ("demand_charge", "month_peak", "peak_raise", "peak_cost"),
}
_STARTS: Mapping[str, str] = {
    "once": "at once",
    "half": "half-way",
    "start": "chosen",
    "later": "best later",
    "latest": "latest",
}
_AT_START = ("carbon", "price", "effective", "congestion")
_STARTS_TERMS = frozenset(
    {f"{name}_time" for name in _STARTS}
    | {f"{what}_at_{name}" for name in _STARTS for what in _AT_START}
    | {f"short_at_{name}" for name in _STARTS}
    | {"congestion", "carbon_now", "price_now"}
)


_ELSEWHERE = ("watts_on_", "kwh_on_")
"""What follows is the name of a cluster."""


def render_terms(terms: Terms, screen: Screen) -> list[str]:
    """Run time, starts compared, then a line a group; what no group has comes last."""
    if not terms:
        return ["  terms: none recorded"]
    lines = [*run_time(terms, screen), *_now(terms, screen), *_starts(terms, screen)]
    grouped = {*RUN_TERMS, *_STARTS_TERMS, *BOOST_TERMS, *ARRAY_TERMS, "released_by"}
    for title, names in _GROUPS.items():
        grouped.update(names)
        lines += _line(title, names, terms, screen)
        if title == "promise":
            lines += array(terms, screen)
        if title == "waiting":
            lines += boost(terms, screen) or _line(title, ["age_given_back"], terms, screen)
    grouped.add("age_given_back")
    elsewhere = sorted(
        (name for name in terms if name.startswith(_ELSEWHERE)),
        key=lambda name: (name.partition("_on_")[2], name.startswith("kwh")),
    )
    lines += _line("power elsewhere", elsewhere, terms, screen)
    rest = [name for name in terms if name not in grouped and name not in elsewhere]
    return lines + _line("other", rest, terms, screen)


def _now(terms: Terms, screen: Screen) -> list[str]:
    """What the signals are at the moment; a run that starts now meets their means, told apart."""
    known = [
        f"{what} {number(terms[name])}"
        for what, name in (("carbon", "carbon_now"), ("price", "price_now"))
        if terms.get(name) is not None
    ]
    return wrapped(f"  signals now: {', '.join(known)}", screen.width) if known else []


_START_COLUMNS = [
    Column("  START"),
    Column("AT"),
    Column("WAIT", right=True, drop=1),
    Column("gCO2/kWh", right=True),
    Column("PRICE/MWh", right=True),
    Column("EFFECTIVE", right=True),
    Column("CONGESTION", right=True, drop=2),
]


def _starts(terms: Terms, screen: Screen) -> list[str]:
    """The starts that were compared, each with what the run is expected to meet."""
    first = terms.get("once_time")
    if first is None:
        return _recorded_starts(terms, screen)
    known = sorted(
        (int(time), name) for name in _STARTS if (time := terms.get(f"{name}_time")) is not None
    )
    rows = [
        [
            f"  {_STARTS[name]}",
            moment(time, screen.now),
            duration(time - first) if time > first else text(None),
            *(number(terms.get(f"{what}_at_{name}")) for what in _AT_START),
        ]
        for time, name in known
    ]
    return [
        "  starts compared; means over the run, effective price in standard deviations:",
        *table(_START_COLUMNS, rows, screen.width),
        *_short(terms, [name for _, name in known], screen),
    ]


def _short(terms: Terms, names: Sequence[str], screen: Screen) -> list[str]:
    """Which resource makes a start dear by congestion, and by how much it is wanted."""
    told = [
        f"{_STARTS[name]} {terms[f'short_at_{name}']}"
        for name in names
        if _has(terms, f"short_at_{name}")
    ]
    line = f"  wanted of what may be planned: {', '.join(told)}"
    return wrapped(line, screen.width) if told else []


def _recorded_starts(terms: Terms, screen: Screen) -> list[str]:
    """The means of a run from now to its time limit, where no market was asked."""
    found = [
        f"{what} {number(terms[name])}"
        for what in _AT_START
        if terms.get(name := f"{what}_at_once") is not None
    ]
    line = f"  if it starts now, means until its time limit: {', '.join(found)}"
    return wrapped(line, screen.width) if found else []


def _line(title: str, names: Sequence[str], terms: Terms, screen: Screen) -> list[str]:
    """``title: name value, …``; nothing where no term of it has a value."""
    told = [
        f"{_words(name)} {_term(name, terms[name], screen.now)}".lstrip()
        for name in names
        if _has(terms, name)
    ]
    if not told:
        return []
    return wrapped(f"  {title}: {', '.join(told)}", screen.width)


_WORDS: Mapping[str, str] = {
    "max_delay": "max_delay",
    "weight_carbon": "carbon x",
    "weight_price": "price x",
    "sensitivity_factor": "both by its sensitivity x",
    "delay_per_hour": "price of an hour's wait",
    "least_gain": "a later start must be better by",
    "cost_of_waiting": "later against now over the run",
    "effective_with_stops": "effective price with stops",
    "most_deferred_share": "of at most",
    "class_most_delay": "of at most",
    "account_most_delay": "of at most",
    "most_idle_gpu_hours": "of at most",
    "threshold": "",
    "account_until": "it goes by",
    "pue_at_once": "at once",
    "pue_at_start": "at the chosen start",
    "cost_run": "for a run of",
    **{
        f"{kind}_cost_at_{name}": told
        for kind, told in (("energy", "energy"), ("compute", "machines"), ("total", "together"))
        for name in ("once", "start")
    },
    "predicted_watts": "this job about",
    "predicted_kwh": "over its run",
    "power_limit": "the cluster at most",
    "grid_event_from": "from the",
    "grid_event_watts": "at most",
    "grid_event_end": "until",
    "watts_from": "learned from",
    "demand_charge": "per kW of the month's peak",
    "month_peak": "the peak so far",
    "peak_raise": "this job at once would add",
    "peak_cost": "for",
}
"""Where a term's own name with blanks does not say it; ``max_delay`` is written so in a tag."""


def _words(name: str) -> str:
    kind, _, cluster = name.partition("_on_")
    if f"{kind}_on_" in _ELSEWHERE:
        return f"on {cluster} about" if kind == "watts" else f"over its run on {cluster}"
    return _WORDS.get(name, name.replace("_", " "))


def _has(terms: Terms, name: str) -> bool:
    return terms.get(name) is not None


def _term(name: str, value: Any, now: int) -> str:
    if name in _MOMENTS:
        return moment(value, now)
    if name in _DURATIONS:
        return duration(value)
    if name in _WATTS or name.startswith("watts_on_"):
        return f"{value / 1000:.3g} kW"
    if name == "predicted_kwh" or name.startswith("kwh_on_"):
        return f"{value:.3g} kWh"
    return number(value) if isinstance(value, float) else str(value)

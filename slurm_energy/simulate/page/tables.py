"""The page's tables, and the figures at its top."""

from collections.abc import Sequence
from html import escape

from slurm_energy.simulate.page.load import draw
from slurm_energy.simulate.page.svg import element
from slurm_energy.simulate.page.words import MISSING, figure, percent
from slurm_energy.simulate.result import Document, Point
from slurm_energy.simulate.study import Study
from slurm_energy.simulate.weights import Weighed

_ROWS = (
    ("energy_kwh", "Energy of jobs, kWh"),
    ("carbon_kg", "Carbon of jobs, kgCO2eq"),
    ("cluster_carbon_kg", "Carbon of the cluster, idle power included, kgCO2eq"),
    ("energy_cost", "Cost of the jobs' energy, in the price's currency"),
    ("mean_delay_hours", "Mean delay, h"),
    ("p95_delay_hours", "95th percentile of delay, h"),
    ("deadline_misses", "Jobs late"),
    ("late_through_us", "Jobs late that were not without the policy"),
    ("gpu_hours_idle_while_deferred", "Unit-hours idle while jobs waited"),
    ("peak_kw", "Highest power, kW"),
)
_KINDS = {
    "policy": "this policy",
    "preset": "preset, played alike",
    "published": "published policy",
    "bound": "clairvoyant optimum",
}
_SIDES = {"baseline": "Without", "policy": "Policy", "bound": "Bound"}


def headline(found: Document) -> str:
    """What one wants to know first."""
    total = _part(found, "policy")
    idle = found["cluster_carbon_saved_percent"] != found["carbon_saved_percent"]
    known = [
        ("Carbon of jobs saved", percent(_number(found["carbon_saved_percent"]))),
        ("Carbon of the cluster saved", percent(_number(found["cluster_carbon_saved_percent"]))),
        ("Cost of energy saved", percent(_number(found["energy_cost_saved_percent"]))),
        ("Share of the bound", percent(_times_100(_number(found["share_of_bound"])))),
        ("Mean delay", figure(_number(total["mean_delay_hours"]), "h")),
        ("Late through the policy", figure(_number(total["late_through_us"]), "jobs")),
    ]
    items = "".join(
        element("div", element("dt", escape(said)), element("dd", escape(value)))
        for said, value in known
        if value != MISSING and (idle or said != "Carbon of the cluster saved")
    )
    return element("dl", items, class_="figures")


def sides(found: Document) -> str:
    """Baseline, policy and bound side by side."""
    shown = [side for side in _SIDES if found[side] is not None]
    rows = [
        [said, *(figure(_number(_part(found, side)[key])) for side in shown)]
        for key, said in _ROWS
        if any(_part(found, side)[key] is not None for side in shown)
    ]
    caption = (
        f"Without: {found['baseline_name']}. Policy: {found['policy_name']}. "
        f"Bound: {found['bound_name'] or found['bound_problem']}."
    )
    return table(caption, ["All jobs", *(_SIDES[side] for side in shown)], rows)


def classes(found: Study, document: Document) -> str:
    """By class: how clean its energy was, and how long its jobs were delayed."""
    sites = found.ground.scene.sites
    titles = ["Class", "Jobs", "Mean intensity, gCO2eq/kWh", "Mean delay, h"]
    titles += ["95th percentile, h", "Late", *(f"Energy at {site.name}" for site in sites[1:])]
    rows = [
        [
            name,
            figure(tally.jobs),
            _change(*(_clean(document, side, name) for side in ("baseline", "policy"))),
            _change(found.judged.baseline.by_class[name].mean_delay_hours, tally.mean_delay_hours),
            figure(tally.p95_delay_hours),
            figure(tally.deadline_misses),
            *(_moved(found, name) for _ in sites[1:]),
        ]
        for name, tally in found.judged.policy.by_class.items()
    ]
    return table("Without the policy → with it.", titles, rows)


def _moved(found: Study, name: str) -> str:
    """The share of a class's energy that is used at the second site, without and with us."""
    scene = found.ground.scene
    drawn = [draw(scene, one.schedule) for one in (found.baseline, found.policy)]
    shares = [100 * one.of(name, 1).energy() / max(1e-9, one.of(name).energy()) for one in drawn]
    return " → ".join(percent(share) for share in shares)


def compared(points: Sequence[Point]) -> str:
    """Every point of the frontier, the greatest saving first."""
    order = sorted(points, key=lambda point: -(point.carbon_saved_percent or 0.0))
    rows = [
        [
            point.policy,
            _KINDS[point.kind],
            percent(point.carbon_saved_percent),
            figure(point.mean_delay_hours),
            figure(point.deadline_misses),
        ]
        for point in order
    ]
    titles = ["Policy", "What it is", "Carbon saved", "Mean delay, h", "Jobs late"]
    return table("All on the same jobs, grid and machines.", titles, rows, words=1)


def weights(played: Sequence[Weighed]) -> str:
    """Every weight, what it saves, and the most that it could save."""
    rows = [
        [
            f"{one.carbon_weight:g}",
            percent(one.carbon_saved_percent),
            percent(one.energy_cost_saved_percent),
            figure(one.mean_delay_hours),
            percent(one.bound_carbon_saved_percent),
            percent(one.bound_energy_cost_saved_percent),
        ]
        for one in played
    ]
    titles = ["Weight of carbon", "Carbon saved", "Cost saved", "Mean delay, h"]
    titles += ["Carbon, optimum", "Cost, optimum"]
    return table("The price has the rest of the weight.", titles, rows)


def table(
    caption: str, titles: Sequence[str], rows: Sequence[Sequence[str]], words: int = 0
) -> str:
    """A table whose first column names the row; ``words``: how many more columns are text."""
    head = "".join(
        element("th", escape(title), scope="col", class_="words" if 0 < index <= words else None)
        for index, title in enumerate(titles)
    )
    body = "".join(
        element(
            "tr",
            element("th", escape(row[0]), scope="row"),
            *(
                element("td", escape(cell), class_="words" if index < words else None)
                for index, cell in enumerate(row[1:])
            ),
        )
        for row in rows
    )
    content = element("caption", escape(caption)) + element("thead", element("tr", head))
    return element(
        "div", element("table", content, element("tbody", body)), class_="scroll", tabindex="0"
    )


def _change(before: float | None, after: float | None) -> str:
    return f"{figure(before)} → {figure(after)}"


def _clean(document: Document, side: str, name: str) -> float | None:
    """Grams per kWh that a class used."""
    held = document[side]
    known = held["by_class"][name] if isinstance(held, dict) else {}
    energy = _number(known.get("energy_kwh"))
    carbon = _number(known.get("carbon_kg"))
    return None if not energy or carbon is None else 1000 * carbon / energy


def _part(found: Document, side: str) -> Document:
    held = found[side]
    return held["all"] if isinstance(held, dict) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _times_100(value: float | None) -> float | None:
    return None if value is None else 100 * value

"""The fourth figure: what everybody saves, at what mean delay."""

from collections.abc import Sequence

from slurm_energy.simulate.curve import Spot
from slurm_energy.simulate.page.figure import NARROW, Drawing, Figure
from slurm_energy.simulate.page.labels import Label, spread_out
from slurm_energy.simulate.page.panel import ROW, TICK, Panel, panel
from slurm_energy.simulate.page.svg import element, polyline, text, ticks
from slurm_energy.simulate.result import Point

LEFT, RIGHT, TOP, HEIGHT, FOOT = 52, 16, 28, 330, 44
KINDS = {
    "policy": "this policy",
    "preset": "other presets, played alike",
    "published": "published policies",
    "bound": "clairvoyant optima",
}
_SIZE = 5.5


_SERVED = (
    "Published policies see the true signal and know no capacity: here each chooses when a job may "
    "start, and the cluster's own queue serves it, in one piece. The one-block optimum has no "
    "capacity limit."
)
_FREE = "Higher and further left is better. Optima and published policies see the true signal."


def frontier(points: Sequence[Point], curve: Sequence[Spot], *, limited: bool) -> Figure:
    """Mean delay against carbon saved; ``limited``: on a capacity.

    ``curve`` is the clairvoyant frontier, empty where it would not be comparable.
    """
    kinds = [kind for kind in KINDS if any(point.kind == kind for point in points)]
    best = max(points, key=lambda point: point.carbon_saved_percent or 0.0)
    return Figure(
        name="frontier",
        title="Carbon saved against mean delay",
        described=f"A point for each of {len(points)} policies and optima; most is saved by "
        f"{best.policy}, {best.carbon_saved_percent or 0.0:.1f} %, at a mean delay of "
        f"{best.mean_delay_hours:.1f} hours. The table below has all of them.",
        draw=lambda width: _drawing(points, curve, width),
        legend=[(f"mark {kind}", KINDS[kind]) for kind in kinds]
        + ([("bound", "whole runs, clairvoyant")] if curve else []),
        note=_SERVED if limited else _FREE,
    )


def _drawing(points: Sequence[Point], curve: Sequence[Spot], width: int) -> Drawing:
    known = [(point, point.carbon_saved_percent or 0.0) for point in points]
    delay = 1.06 * max(1.0, *(point.mean_delay_hours for point in points))
    high, low = max(1.0, *(saved for _, saved in known)), min(0.0, *(saved for _, saved in known))
    bottom = TOP + HEIGHT
    place = panel(LEFT, width - RIGHT, TOP, bottom, (0.0, delay), high, "carbon saved", low)
    below = text(
        "mean delay, hours", (LEFT + width) / 2, bottom + TICK + 2 * ROW, class_="tick middle"
    )
    labels = spread_out(
        [
            Label(place.x(point.mean_delay_hours), place.y(saved), short(point))
            for point, saved in known
        ],
        (LEFT, width - RIGHT),
        7.0 if width > NARROW else 6.6,
    )
    return Drawing(
        bottom + FOOT,
        place.rows(label=lambda value: f"{value:g} %")
        + place.columns(ticks(0, delay, width // 80))
        + _curve(place, curve)
        + "".join(_mark(place, point, saved) for point, saved in reversed(known))
        + "".join(text(one.text, one.x, one.y, class_="name") for one in labels)
        + place.heading()
        + below,
    )


def _curve(place: Panel, curve: Sequence[Spot]) -> str:
    points = [(place.x(one.mean_delay_hours), place.y(one.carbon_saved_percent)) for one in curve]
    return element("path", d=polyline(points), class_="bound") if points else ""


def _mark(place: Panel, point: Point, saved: float) -> str:
    x, y = place.x(point.mean_delay_hours), place.y(saved)
    said = element("title", f"{short(point)}: {saved:.1f} % at {point.mean_delay_hours:.1f} h")
    style = f"mark {point.kind}"
    if point.kind == "published":
        return element("circle", said, cx=x, cy=y, r=_SIZE, class_=style)
    if point.kind == "bound":
        d = f"M{x:.1f} {y - 7:.1f}L{x + 7:.1f} {y + 5:.1f}H{x - 7:.1f}Z"
        return element("path", said, d=d, class_=style)
    size = _SIZE if point.kind == "preset" else _SIZE + 2
    return element(
        "rect", said, x=x - size, y=y - size, width=2 * size, height=2 * size, class_=style
    )


def short(point: Point) -> str:
    """A name that fits beside a mark."""
    if point.kind == "bound":
        return "one-block optimum" if point.policy.startswith("one-block") else "bound"
    return point.policy.rpartition("/")[2].split(",")[0]

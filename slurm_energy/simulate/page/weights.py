"""The fifth figure: what each weight of carbon and price saves of both, and could save."""

from collections.abc import Iterator, Sequence

from slurm_energy.simulate.page.figure import NARROW, Drawing, Figure
from slurm_energy.simulate.page.labels import Label, spread_out
from slurm_energy.simulate.page.panel import ROW, TICK, Panel
from slurm_energy.simulate.page.svg import Scale, element, polyline, text, ticks
from slurm_energy.simulate.result import Document
from slurm_energy.simulate.weights import Weighed

LEFT, RIGHT, TOP, HEIGHT, FOOT = 52, 16, 28, 330, 44
CLOSE = 9
"""Pixels between marks that share a name's place."""
ABOVE = 9
"""Pixels by which a name stands higher than its mark, off the line through it."""
_SIZE = 5.5
_PARTS = {0.25: "\N{VULGAR FRACTION ONE QUARTER}", 0.5: "\N{VULGAR FRACTION ONE HALF}"}
_PARTS[0.75] = "\N{VULGAR FRACTION THREE QUARTERS}"

Spot = tuple[float, float, str]
"""Cost saved, carbon saved, and its name."""


def weights(played: Sequence[Weighed], document: Document) -> Figure:
    """Cost saved against carbon saved, a mark for each weight of carbon."""
    mine, best = list(_spots(played)), list(_optima(played))
    own = list(_own(document))
    first, last = mine[0], mine[-1]
    return Figure(
        name="weights",
        title="Carbon saved against cost saved",
        described=f"A mark for each of {len(mine)} weights. Price alone saves {first[1]:.1f} % of "
        f"the carbon and {first[0]:.1f} % of the cost, carbon alone {last[1]:.1f} % and "
        f"{last[0]:.1f} %. The table below has all of them.",
        draw=lambda width: _drawing(mine, best, own, width),
        legend=[("mark preset round", "the policy with another weight")]
        + [("mark policy", "this policy")] * bool(own)
        + [("mark bound", "clairvoyant optimum of the same weight")] * bool(best),
        note="Numbers are the weight of carbon: at 1 carbon alone counts, at 0 price alone. Higher "
        "and further right is better; the axes do not begin at 0.",
    )


def _spots(played: Sequence[Weighed]) -> Iterator[Spot]:
    for one in played:
        carbon, cost = one.carbon_saved_percent or 0.0, one.energy_cost_saved_percent or 0.0
        yield cost, carbon, _named(one.carbon_weight)


def _optima(played: Sequence[Weighed]) -> Iterator[Spot]:
    for one in played:
        carbon, cost = one.bound_carbon_saved_percent, one.bound_energy_cost_saved_percent
        if carbon is not None and cost is not None:
            yield cost, carbon, _named(one.carbon_weight)


def _own(document: Document) -> Iterator[Spot]:
    carbon, cost = document["carbon_saved_percent"], document["energy_cost_saved_percent"]
    if isinstance(carbon, float) and isinstance(cost, float):
        yield cost, carbon, "this policy"


def _named(weight: float) -> str:
    return _PARTS.get(weight, f"{weight:g}")


def _drawing(
    mine: Sequence[Spot], best: Sequence[Spot], own: Sequence[Spot], width: int
) -> Drawing:
    bottom = TOP + HEIGHT
    place = _panel([*mine, *best, *own], width, bottom)
    labels = spread_out([*_names(place, best), *_names(place, mine)], (LEFT, width - RIGHT), 8.0)
    below = text("cost saved", (LEFT + width) / 2, bottom + TICK + 2 * ROW, class_="tick middle")
    most = width // (80 if width > NARROW else 70)
    return Drawing(
        bottom + FOOT,
        place.rows(label=_percent)
        + place.columns(ticks(place.x.low, place.x.high, most), _percent)
        + _line(place, best, "bound")
        + _line(place, mine, "preset")
        + "".join(_triangle(place, one) for one in best)
        + "".join(_square(place, one) for one in own)
        + "".join(_circle(place, one) for one in mine)
        + "".join(text(one.text, one.x, one.y, class_="name") for one in labels)
        + place.heading()
        + below,
    )


def _names(place: Panel, spots: Sequence[Spot]) -> Sequence[Label]:
    """A label for each mark, and one for all that lie on one another."""
    found = list[Label]()
    for cost, carbon, name in spots:
        x, y = place.x(cost), place.y(carbon)
        last = found[-1] if found else None
        if last and abs(last.x - x) < CLOSE and abs(last.y + ABOVE - y) < CLOSE:
            found[-1] = last._replace(text=f"{last.text}, {name}")
        else:
            found.append(Label(x, y - ABOVE, name))
    return found


def _panel(spots: Sequence[Spot], width: int, bottom: float) -> Panel:
    """Axes about the marks: what lies between them is what the figure is for."""
    x = _around([one[0] for one in spots])
    low, high = _around([one[1] for one in spots])
    y = Scale(low, high, bottom, TOP)
    return Panel(Scale(*x, LEFT, width - RIGHT), y, "carbon saved")


def _around(values: Sequence[float]) -> tuple[float, float]:
    """From a little below the least to a little above the largest, at least a point apart."""
    low, high = min(values), max(values)
    over = max(0.5, 0.08 * (high - low))
    return low - over, high + over


def _percent(value: float) -> str:
    return f"{value:g} %".replace("-", "\N{MINUS SIGN}")


def _line(place: Panel, spots: Sequence[Spot], style: str) -> str:
    points = [(place.x(cost), place.y(carbon)) for cost, carbon, _ in spots]
    return element("path", d=polyline(points), class_=style) if points else ""


def _circle(place: Panel, spot: Spot) -> str:
    x, y = place.x(spot[0]), place.y(spot[1])
    return element("circle", _said(spot, "weight"), cx=x, cy=y, r=_SIZE, class_="mark preset")


def _square(place: Panel, spot: Spot) -> str:
    x, y, size = place.x(spot[0]), place.y(spot[1]), _SIZE + 3
    sides = {"x": x - size, "y": y - size, "width": 2 * size, "height": 2 * size}
    return element("rect", _said(spot, ""), **sides, class_="mark policy")


def _triangle(place: Panel, spot: Spot) -> str:
    x, y = place.x(spot[0]), place.y(spot[1])
    d = f"M{x:.1f} {y - 7:.1f}L{x + 7:.1f} {y + 5:.1f}H{x - 7:.1f}Z"
    return element("path", _said(spot, "optimum of weight"), d=d, class_="mark bound")


def _said(spot: Spot, kind: str) -> str:
    cost, carbon, name = spot
    said = f"{kind} {name}".strip()
    return element("title", f"{said}: {carbon:.1f} % of the carbon, {cost:.1f} % of the cost")

"""The third figure: how long jobs of each class were delayed, as cumulative distributions."""

import numpy as np

from slurm_energy.simulate.page.figure import Drawing, Figure
from slurm_energy.simulate.page.grid import Cells
from slurm_energy.simulate.page.panel import ROW, TICK, panel
from slurm_energy.simulate.page.svg import Scale, element, polyline, text, ticks
from slurm_energy.simulate.score import Score
from slurm_energy.simulate.study import Study

POINTS = 160
"""Places along the x axis at which a distribution is drawn."""
HOUR = 3600
_PERCENT = (0.0, 25.0, 50.0, 75.0, 100.0)


def delays(found: Study) -> Figure:
    """By class, the share of jobs that are delayed by no more than so many hours."""
    judged = found.judged
    sides = [("ours", judged.policy), ("without", judged.baseline)]
    legend = [("ours", "with the policy"), ("without", "without it")]
    if judged.bound is not None:
        sides.append(("bound", judged.bound))
        legend.append(("bound", "the bound, one optimum among its equals"))
    return Figure(
        name="delays",
        title="How long jobs were delayed, by class",
        described="For each class, the share of its jobs whose delay is at most so many hours, "
        "with the policy, without it and at the bound. The table of classes has mean and 95th "
        "percentile.",
        draw=lambda width: _drawing(sides, width),
        legend=legend,
        note="Delay: last end minus submit minus run time. What interruptions cost is delay.",
    )


def _drawing(sides: list[tuple[str, Score]], width: int) -> Drawing:
    names = list(sides[0][1].by_class)
    cells = Cells(width, len(names), foot=ROW + 4)
    parts = list[str]()
    for index, name in enumerate(names):
        hours = {style: _hours(score, name) for style, score in sides}
        high = max(1.0, *(float(one.max(initial=0.0)) for one in hours.values()))
        left, right, top, bottom = cells.place(index)
        place = panel(left, right, top, bottom, (0.0, high), 100.0, name)
        parts.append(place.rows(_PERCENT, lambda value: f"{value:g} %"))
        parts += [_curve(place.x, place.y, one, style) for style, one in hours.items()]
        parts.append(place.columns(ticks(0, high, 5)))
        below = bottom + TICK + 2 * ROW
        parts.append(text("delay, hours", (left + right) / 2, below, class_="tick middle"))
        parts.append(place.heading())
    return Drawing(cells.height, "".join(parts))


def _hours(score: Score, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.sort(score.delay[score.workload_class == name] / HOUR)


def _curve(
    x: Scale, y: Scale, hours: np.ndarray[tuple[int], np.dtype[np.float64]], style: str
) -> str:
    at = np.linspace(x.low, x.high, POINTS)
    share = 100 * np.searchsorted(hours, at + 1e-9, side="right") / max(1, len(hours))
    points = zip((x(one) for one in at.tolist()), (y(one) for one in share.tolist()), strict=True)
    return element("path", d=polyline(points), class_=style)

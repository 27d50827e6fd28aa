"""The first figure: the grid and its effective price, and below them when each class ran."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from slurm_energy.model.series import Series
from slurm_energy.simulate.columns import Ints
from slurm_energy.simulate.page.figure import NARROW, Drawing, Figure
from slurm_energy.simulate.page.load import Draw, bins, draw, mean
from slurm_energy.simulate.page.moments import moments, told
from slurm_energy.simulate.page.panel import Panel, panel
from slurm_energy.simulate.page.prices import effective_prices
from slurm_energy.simulate.page.svg import area, element, staircase
from slurm_energy.simulate.study import Study

LEFT, RIGHT, TOP, GAP, SIGNAL, CLASS, FOOT = 52, 12, 24, 36, 130, 76, 24
"""Pixels: margins, between panels, and heights of the two kinds of panel."""
STYLES = ("signal", "signal second")
"""Of the sites, the primary first."""
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, slots=True)
class _Strip:
    """One panel of the figure, before it has a place."""

    title: str
    height: int
    lines: Sequence[tuple[str, Sequence[float]]]
    """Style and values by bin; one of style ``ours`` is filled."""


def period(found: Study) -> Figure:
    """Carbon and price, what both were worth to the policy, and the power of each class."""
    names = ", ".join(found.judged.policy.by_class)
    signals = f"Carbon intensity{' and price' if _priced(found) else ''}"
    worth = "the policy's effective price" if found.outcome else ""
    return Figure(
        name="period",
        title="When each class ran, against the grid",
        described=f"{', '.join(filter(None, (signals, worth)))} over the period, and below it the "
        f"power of the classes {names} with the policy and without it.",
        draw=lambda width: _drawing(found, width),
        legend=[
            ("ours-fill", "with the policy"),
            ("without", "without it"),
            ("signal", found.ground.scene.sites[0].name),
            *[("signal second", site.name) for site in found.ground.scene.sites[1:]],
        ],
        note="Times are UTC. Power is that of running jobs, without idle units."
        + (f" {_EFFECTIVE}" if found.outcome else ""),
    )


_EFFECTIVE = (
    "The effective price is what the planner weighs hours by: carbon and price in standard "
    "deviations (SD) from their mean over 28 days and what lies ahead, by a class's weights; "
    "drawn from the true signals, without what congestion adds."
)


def _priced(found: Study) -> bool:
    return found.ground.scene.sites[0].price is not None


def _drawing(found: Study, width: int) -> Drawing:
    scene, until = found.ground.scene, found.judged.until
    edges = bins(scene.start, until, 240 if width <= NARROW else 720)
    x, top, parts = (float(scene.start), float(until)), TOP, list[str]()
    times = moments(scene.start, until, width // 90)
    strips = [*_signals(found, edges), *_effective(found, edges), *_classes(found, edges)]
    for index, strip in enumerate(strips):
        high = max(max(values, default=0.0) for _, values in strip.lines)
        low = min(0.0, *(min(values, default=0.0) for _, values in strip.lines))
        place = panel(LEFT, width - RIGHT, top, top + strip.height, x, high, strip.title, low)
        last = index == len(strips) - 1
        parts += [
            place.rows(),
            _lines(place, edges.tolist(), strip),
            place.columns(times, told, told=last),
        ]
        parts.append(place.heading())
        top += strip.height + GAP
    return Drawing(top - GAP + FOOT, "".join(parts))


def _lines(place: Panel, edges: Sequence[float], strip: _Strip) -> str:
    drawn = ""
    for style, values in strip.lines:
        shape = area if style == "ours-fill" else staircase
        drawn += element("path", d=shape(place.x, place.y, edges, values), class_=style)
    return drawn


def _signals(found: Study, edges: Ints) -> Iterator[_Strip]:
    sites = found.ground.scene.sites
    yield _strip("Carbon intensity, gCO2eq/kWh", [site.carbon for site in sites], edges)
    prices = [site.price for site in sites if site.price is not None]
    if _priced(found):
        yield _strip("Price of energy, per MWh", prices, edges)


def _effective(found: Study, edges: Ints) -> Iterator[_Strip]:
    """A strip for each pair of weights that a class has."""
    for (carbon, price), sites in effective_prices(found, edges).items():
        parts = [
            f"{one:g} {TIMES} {name}" for one, name in ((carbon, "carbon"), (price, "price")) if one
        ]
        known = [np.nan_to_num(one).tolist() for one in sites]
        lines = list(zip(STYLES, known, strict=False))
        yield _Strip(f"Effective price, SD: {' + '.join(parts)}", SIGNAL, lines)


def _strip(title: str, signals: Sequence[Series], edges: Ints) -> _Strip:
    known = [mean(one, edges).tolist() for one in signals]
    return _Strip(title, SIGNAL, list(zip(STYLES, known, strict=False)))


def _classes(found: Study, edges: Ints) -> Iterator[_Strip]:
    scene = found.ground.scene
    ours, without = (draw(scene, one.schedule) for one in (found.policy, found.baseline))
    for name, tally in found.judged.policy.by_class.items():
        power = [_power(ours, name, edges), _power(without, name, edges)]
        lines = list(zip(("ours-fill", "without"), power, strict=True))
        yield _Strip(f"{name}, kW ({tally.jobs} jobs)", CLASS, lines)


def _power(drawn: Draw, name: str, edges: Ints) -> Sequence[float]:
    found: Sequence[float] = drawn.of(name).mean_kw(edges).tolist()
    return found

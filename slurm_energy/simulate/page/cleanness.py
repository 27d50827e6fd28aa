"""The second figure: how clean the hours were in which each class used its energy."""

from collections.abc import Sequence

from slurm_energy.simulate.page.figure import Drawing, Figure
from slurm_energy.simulate.page.grid import Cells
from slurm_energy.simulate.page.load import CLEANNESS, Draw, draw, energy_by_cleanness
from slurm_energy.simulate.page.panel import Panel, panel
from slurm_energy.simulate.page.svg import element, staircase
from slurm_energy.simulate.study import Study

TENTHS = tuple(range(CLEANNESS + 1))


def cleanness(found: Study) -> Figure:
    """By class, the share of its energy in each tenth of the hours, with us and without."""
    return Figure(
        name="cleanness",
        title="How clean the hours were in which each class ran",
        described="For each class, the share of its energy in each tenth of the period's hours, "
        "from the cleanest to the dirtiest. A policy that follows the grid is high on the left.",
        draw=lambda width: _drawing(found, width),
        legend=[("ours-fill", "with the policy"), ("without", "without it")],
        note=f"Hours are those of the period, sorted by the carbon intensity of "
        f"{found.ground.scene.sites[0].name}, in ten equal parts.",
    )


def _drawing(found: Study, width: int) -> Drawing:
    scene = found.ground.scene
    names = list(found.judged.policy.by_class)
    shares = [
        [_shares(found, draw(scene, played.schedule).of(name)) for name in names]
        for played in (found.policy, found.baseline)
    ]
    high = max(max(one) for side in shares for one in side)
    cells = Cells(width, len(names))
    parts = [
        _cell(panel(*cells.place(index), (0.0, float(CLEANNESS)), high, name), ours, without)
        for index, (name, ours, without) in enumerate(zip(names, *shares, strict=True))
    ]
    return Drawing(cells.height, "".join(parts))


def _shares(found: Study, drawn: Draw) -> Sequence[float]:
    """Percent of the energy in each tenth."""
    energy = energy_by_cleanness(found.ground.scene, drawn, found.judged.until)
    shares: Sequence[float] = (100 * energy / max(1e-9, energy.sum())).tolist()
    return shares


def _cell(place: Panel, ours: Sequence[float], without: Sequence[float]) -> str:
    bars = "".join(
        element(
            "rect",
            x=place.x(index + 0.08),
            y=place.y(value),
            width=place.x(0.92) - place.x(0.08),
            height=place.bottom - place.y(value),
            class_="ours-fill",
        )
        for index, value in enumerate(ours)
    )
    line = element("path", d=staircase(place.x, place.y, TENTHS, without), class_="without")
    ends = {0.5: "cleanest", CLEANNESS / 2: "hours", CLEANNESS - 0.5: "dirtiest"}
    return (
        place.rows(label=lambda value: f"{value:g} %")
        + bars
        + line
        + place.columns(list(ends), lambda value: ends[value])
        + place.heading()
    )

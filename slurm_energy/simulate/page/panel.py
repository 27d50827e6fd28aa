"""One panel of a figure: two scales with their axes, in pixels of the figure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slurm_energy.simulate.page.svg import Scale, line, number, text, ticks

TICK = 4
ROW = 15
"""Pixels of a line of text."""

Label = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Panel:
    """A rectangle with an x axis below and a y axis on its left."""

    x: Scale
    y: Scale
    title: str = ""

    @property
    def bottom(self) -> float:
        """The x axis' place."""
        return self.y.first

    def rows(self, wanted: Sequence[float] | None = None, label: Label = number) -> str:
        """Grid lines and their values; about one every 28 pixels unless told."""
        most = max(2, int((self.y.first - self.y.last) // 28))
        values = ticks(self.y.low, self.y.high, most) if wanted is None else wanted
        return "".join(
            line(self.x.first, self.y(one), self.x.last, self.y(one), class_="grid")
            + text(label(one), self.x.first - 6, self.y(one) + 4, class_="tick end")
            for one in values
        )

    def columns(self, values: Sequence[float], label: Label = number, *, told: bool = True) -> str:
        """The x axis with ticks, and their labels if ``told``."""
        axis = line(self.x.first, self.bottom, self.x.last, self.bottom, class_="axis")
        for one in values:
            at = self.x(one)
            axis += line(at, self.bottom, at, self.bottom + TICK, class_="axis")
            if told:
                axis += text(label(one), at, self.bottom + TICK + ROW - 3, class_="tick middle")
        return axis

    def heading(self) -> str:
        """The title above the panel, at its left."""
        return text(self.title, self.x.first, self.y.last - 6, class_="heading")


def panel(
    left: float,
    right: float,
    top: float,
    bottom: float,
    x: tuple[float, float],
    high: float,
    title: str = "",
    low: float = 0.0,
) -> Panel:
    """A panel in that rectangle; ``x`` from and to, ``y`` to a little over ``high``."""
    over = 0.06 * (max(high, 0.0) - low) or 1.0
    return Panel(Scale(*x, left, right), Scale(low, high + over, bottom, top), title)

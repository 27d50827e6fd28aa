"""Where equal panels lie: side by side on a wide page, one below the other on a narrow one."""

from dataclasses import dataclass

LEFT, RIGHT, TOP, BOTTOM = 50, 26, 26, 24
CELL = 190
"""Height of a panel with its title and ticks, in pixels."""
LEAST = 300
"""Width below which a panel is not squeezed."""


@dataclass(frozen=True, slots=True)
class Cells:
    """``count`` panels on a page of some width."""

    width: int
    count: int
    foot: int = 0
    """Pixels kept below each panel for the name of its x axis."""

    @property
    def abreast(self) -> int:
        """How many lie side by side, so that no single one is left for the last row."""
        most = max(1, min(self.count, self.width // LEAST))
        alone = most > 2 and self.count % most == 1
        return most - 1 if alone else most

    @property
    def height(self) -> int:
        """Of all rows."""
        return -(-self.count // self.abreast) * (CELL + self.foot)

    def place(self, index: int) -> tuple[float, float, float, float]:
        """Left, right, top and bottom of a panel's axes."""
        row, column = divmod(index, self.abreast)
        wide = self.width / self.abreast
        top = row * (CELL + self.foot)
        return column * wide + LEFT, (column + 1) * wide - RIGHT, top + TOP, top + CELL - BOTTOM

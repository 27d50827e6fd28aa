"""The picture in the README: `python -m demo 2>&1 | python -m demo.picture`."""

import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

TARGET = Path(__file__).parents[1] / "docs/demo.svg"
SHOWN = {
    "Act one": 4,
    "Two users submit": 5,
    "The queue a few seconds later": 16,
    "Why does this evaluation wait": 4,
    "Waiting for the clean hours": 9,
    "The reckoning": 9,
}
"""Scenes that are shown, and how many of their lines."""
WIDTH = 112
FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""What rich would fetch from elsewhere; the picture stands for itself."""


def excerpt(lines: list[str]) -> list[str]:
    """The scenes of ``SHOWN``, shortened."""
    kept: list[str] = []
    left = 0
    for line in lines:
        if line.startswith("== "):
            left = next((n for name, n in SHOWN.items() if name in line), 0)
            kept += ["", line] if left else []
        elif left and line:
            kept.append(line)
            left -= 1
    return kept


def main() -> None:
    """Copy standard input through and write the picture."""
    lines = []
    for line in sys.stdin:
        sys.stdout.write(line)
        lines.append(line.rstrip("\n"))
    with Path("/dev/null").open("w") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere)
        console.print(Text("$ make demo", style="bold"))
        for line in excerpt(lines):
            heading = line.startswith("== ")
            console.print(Text(line[:WIDTH], style="bold cyan" if heading else ""))
        TARGET.write_text(FONTS.sub("", console.export_svg(title="slurm-energy")))


if __name__ == "__main__":
    main()

"""Fair timing on a machine that others use too: contenders take turns, medians with quartiles."""

import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Spread:
    """What repeated timings say: seconds, the middle one and the quartiles around it."""

    median: float
    low: float
    high: float
    repeats: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
        return cls(median, low, high, len(seconds))


@dataclass(frozen=True, slots=True)
class Budget:
    """A promise with its source; ``least`` is the smallest value that keeps it."""

    name: str
    value: float
    least: float
    source: str

    @property
    def kept(self) -> bool:
        return self.value >= self.least

    def __str__(self) -> str:
        verdict = "kept" if self.kept else "MISSED"
        return (
            f"{verdict:6}  {self.name}: {self.value:.2f}, at least {self.least:g} ({self.source})"
        )


def interleaved(
    contenders: Mapping[str, Callable[[], object]], repeats: int
) -> dict[str, list[float]]:
    """Seconds of every turn. Each round starts with another contender; round 0 warms up."""
    names = list(contenders)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(repeats + 1):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            started = time.perf_counter()
            contenders[name]()
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def machine() -> str:
    """The processor, as the kernel names it, and the versions that matter."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def print_rows(rows: Sequence[Mapping[str, object]]) -> None:
    """A plain table: keys of the first row are the heading, numbers to the right."""
    cells = [list(rows[0])] + [[_cell(value) for value in row.values()] for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for line in cells:
        first, *others = (
            text.ljust(width) if column == 0 else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([first, *others]))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else f"{value}"


def finish(report: Mapping[str, object], budgets: Sequence[Budget], *, as_json: bool) -> None:
    """Prints the budgets (or the whole report as JSON) and exits 1 when one is missed."""
    if as_json:
        kept = [
            {"name": b.name, "value": b.value, "least": b.least, "kept": b.kept, "source": b.source}
            for b in budgets
        ]
        print(json.dumps({**report, "budgets": kept}, indent=2))
    else:
        print(*budgets, sep="\n")
    sys.exit(0 if all(budget.kept for budget in budgets) else 1)

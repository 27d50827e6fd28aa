"""How long a job is thought to run: who like it ended when, in words and as a small histogram."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from slurm_energy.cli.context import Screen
from slurm_energy.cli.plot import BLOCKS, PLAIN
from slurm_energy.cli.words import duration, wrapped

RUN_TERMS = ("run_low", "run_median", "run_long", "run_from", "run_samples", "run_deciles")
_MOST_COLUMNS = 40
_EIGHTHS = 8


def run_time(terms: Mapping[str, Any], screen: Screen) -> Iterator[str]:
    """By when such runs have ended, and what that was learned from; nothing where nobody asked."""
    if terms.get("run_median") is None:
        return
    low, half, long = (duration(terms.get(name)) for name in RUN_TERMS[:3])
    source, samples = terms["run_from"], terms["run_samples"]
    if samples:
        told = f"10 % end within {low}, half within {half}, 90 % within {long}"
        learned = f"learned from {source} ({samples} ended jobs)"
    else:
        told = f"{long} is taken, from {source}"
        learned = "no job like it has ended yet"
    yield from wrapped(f"  run time: {told}; {learned}", screen.width)
    yield from _histogram(terms.get("run_deciles"), screen)


def _histogram(told: str | None, screen: Screen) -> Iterator[str]:
    """``0 |▂█▅▂| 3h``: how many end when; nothing where all end at the same time."""
    times = [] if told is None else [int(one) for one in told.split()]
    if len(set(times)) < 2:
        return
    end = f"| {duration(times[-1])}, how many end when"
    start = "    0 |"
    room = _MOST_COLUMNS if screen.width is None else screen.width - len(start) - len(end)
    if room >= _EIGHTHS:
        yield f"{start}{_bar(times, min(room, _MOST_COLUMNS), screen)}{end}"


def _bar(times: Sequence[int], columns: int, screen: Screen) -> str:
    width = times[-1] / columns
    ended = [_ended(times, column * width) for column in range(columns)] + [1.0]
    shares = [after - before for before, after in pairwise(ended)]
    marks, most = BLOCKS if screen.blocks else PLAIN, max(shares)
    return "".join(marks[-(-round(share / most * 1000) * _EIGHTHS // 1000)] for share in shares)


def _ended(times: Sequence[int], time: float) -> float:
    """The share of runs that have ended by ``time``, on straight lines between the known ones."""
    shares = (0.0, *(tenth / 10 for tenth in range(1, len(times))), 1.0)
    known = (0, *times)
    after = bisect_right(known, time)
    if after == len(known):
        return 1.0
    first, last = known[after - 1], known[after]
    part = (time - first) / (last - first)
    return shares[after - 1] + part * (shares[after] - shares[after - 1])

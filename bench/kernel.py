"""The scoring kernel against its twin, a naive and a cache-blocked numpy: ``make bench-kernel``.

Everything runs in one process, one thread, taking turns. All results are compared first and must
be equal to the bit. ``score`` is the call the daemon makes (checks its columns, allocates the
result); ``fill`` is the compiled loop alone, into a result that exists already, as the blocked
numpy gets it too.
"""

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bench.numpy_scores import Blocked, naive
from bench.timing import Budget, Spread, finish, interleaved, machine, print_rows
from slurm_energy.decide.scoring import _score
from slurm_energy.decide.scoring.score import ScoreTable, score, score_plain

Columns = tuple[NDArray[np.int32], NDArray[np.uint8], NDArray[np.uint16]]

HOUR, SLOT = 3600, 900
ROWS, SLOTS = 24, 192  # 2 clusters x 4 classes x 3 sensitivities, two days of quarter hours
BYTES = 4 + 1 + 2 + 4  # slack, urgency and row read, points written
TWIN_JOBS = 50_000
BLOCKS = (8192, 16_384, 32_768, 65_536, 131_072, 262_144)
SOURCE = "what the priority calculator has to beat, set before it was written"


def make_table(random: np.random.Generator) -> ScoreTable:
    """A quarter of the rows latency-critical, the others ramp over 1 to 24 hours."""
    rows = np.arange(ROWS)
    return ScoreTable(
        horizon=np.where(rows % 4 == 0, np.inf, (1.0 + rows) * HOUR),
        urgency_weight=random.uniform(0.2, 0.8, ROWS),
        band=random.integers(500, 5000, ROWS).astype(np.int32),
        energy=np.sort(random.random((ROWS, SLOTS)), axis=1)[:, ::-1],
        slot_seconds=SLOT,
        quantum=10,
    )


def make_columns(random: np.random.Generator, jobs: int) -> Columns:
    """Slack from one hour overdue to two days, in no order that a branch or cache could guess."""
    return (
        random.integers(-HOUR, 48 * HOUR, jobs, dtype=np.int32),
        random.integers(0, 101, jobs, dtype=np.uint8),
        random.integers(0, ROWS, jobs, dtype=np.uint16),
    )


def best_block(table: ScoreTable, columns: Columns) -> int:
    """The block size at which numpy is fastest here, so that it is met at its best."""
    some = slice(1_000_000)
    slack, urgency, row = columns[0][some], columns[1][some], columns[2][some]
    points = np.empty(len(slack), np.int32)

    def scorer(block: int) -> Callable[[], object]:
        blocked = Blocked(table, block)
        return lambda: blocked(slack, urgency, row, points)

    seconds = interleaved({str(block): scorer(block) for block in BLOCKS}, 5)
    return int(min(seconds, key=lambda block: Spread.of(seconds[block]).median))


def contenders(
    table: ScoreTable, columns: Columns, blocked: Blocked
) -> dict[str, Callable[[], object]]:
    """By name; ``copy`` moves as many bytes as the kernel must, half read and half written."""
    slack, urgency, row = columns
    jobs, few = len(slack), slice(TWIN_JOBS)
    ready, other = np.zeros(jobs, np.int32), np.zeros(jobs, np.int32)
    source = np.ones(jobs * BYTES // 2, np.uint8)
    target = np.zeros_like(source)

    def fill() -> NDArray[np.int32]:
        _score.fill(
            slack,
            urgency,
            row,
            table.horizon,
            table.urgency_weight,
            table.band,
            table.energy,
            table.slot_seconds,
            table.quantum,
            ready,
        )
        return ready

    scorers: dict[str, Callable[[], NDArray[np.int32]]] = {
        "score": lambda: score(slack, urgency, row, table),
        "fill": fill,
        "blocked numpy": lambda: blocked(slack, urgency, row, other),
        "naive numpy": lambda: naive(slack, urgency, row, table),
        "twin": lambda: score_plain(slack[few], urgency[few], row[few], table),
    }
    want = scorers["score"]()
    for name, scorer in scorers.items():
        got = scorer()
        np.testing.assert_array_equal(got, want[: len(got)], err_msg=name)
    return {**scorers, "copy": lambda: np.copyto(target, source)}


def measure(jobs: int, repeats: int) -> list[dict[str, object]]:
    """One row per contender; ns and GB/s per job scored, so that the twin's are comparable."""
    random = np.random.default_rng(20)
    table, columns = make_table(random), make_columns(random, jobs)
    block = best_block(table, columns)
    seconds = interleaved(contenders(table, columns, Blocked(table, block)), repeats)
    copy = Spread.of(seconds["copy"]).median
    kernel = Spread.of(seconds["score"]).median
    rows: list[dict[str, object]] = []
    for name, turns in seconds.items():
        scale = jobs / min(jobs, TWIN_JOBS) if name == "twin" else 1.0
        spread = Spread.of([turn * scale for turn in turns])
        label = {"twin": f"twin (scaled from {TWIN_JOBS})", "blocked numpy": f"{name} ({block})"}
        rows.append(
            {
                "contender": label.get(name, name),
                "jobs": jobs,
                "ms": spread.median * 1e3,
                "quartiles": f"{spread.low * 1e3:.2f}-{spread.high * 1e3:.2f}",
                "ns/job": spread.median / jobs * 1e9,
                "GB/s": jobs * BYTES / spread.median / 1e9,
                "of copy": f"{copy / spread.median:.0%}",
                "x score": spread.median / kernel,
            }
        )
    return rows


def budgets(rows: list[dict[str, object]]) -> list[Budget]:
    """Ratios to ``score``, the call the daemon makes, at the size of these rows."""
    found = []
    for row in rows:
        name, jobs, ratio = str(row["contender"]), row["jobs"], float(str(row["x score"]))
        for start, least in (("naive", 4.0), ("blocked", 1.5)):
            if name.startswith(start):
                found.append(Budget(f"{jobs} jobs, {name} / score", ratio, least, SOURCE))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, nargs="+", default=[1_000_000, 32_000_000])
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    by_size = [measure(jobs, arguments.repeats) for jobs in arguments.jobs]
    if not arguments.json:
        print(f"{machine()}, numpy {np.__version__}, one thread; {BYTES} bytes a job")
        for rows in by_size:
            print_rows(rows)
            print()
    everything = [row for rows in by_size for row in rows]
    report = {"machine": machine(), "numpy": np.__version__, "bytes": BYTES, "rows": everything}
    finish(report, budgets(everything), as_json=arguments.json)


if __name__ == "__main__":
    main()

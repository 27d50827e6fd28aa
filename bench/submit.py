"""What our submit hook costs, with a real sbatch and a real slurmctld: ``make bench-submit``.

Contenders take turns, a few hundred jobs each, on a queue of 0 and of 10,000 pending jobs: no
job_submit plugin, an empty Lua script, our hook with a job it leaves alone, and our hook with a
tagged job of a class that is being deferred now (parsed, resolved, annotated, leased). Latency is
that of the sbatch process; the controller's share is sdiag's, for REQUEST_SUBMIT_BATCH_JOB.

Needs root and the laboratory; uses the instance that SLURM_ENERGY_LAB names, by default ``bench``.
"""

import argparse
import os
import statistics
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from bench.controller import USER, Controller
from bench.timing import Budget, finish, machine, print_rows
from lab.laboratory import Lab
from slurm_energy.config.rules import RulesSettings
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.lease import Lease
from slurm_energy.model.rules import Mode
from slurm_energy.slurm.tables import NowTable, render_now, render_rules

ROOT = Path(__file__).parents[1]
OURS = (ROOT / "etc/job_submit.lua").read_text()
EMPTY = (ROOT / "lab/etc/pass-through.lua").read_text()
RULES = ROOT / "tests/vectors/rules.toml"
TAGGED = "energy:class=evaluation,deadline=+12h"
REQUEST = "REQUEST_SUBMIT_BATCH_JOB"
FELT = "a fifth of an sbatch, which varies more by itself"
HELD_UP = "first measured 0.8; a change that doubles the hook's share is seen"


@dataclass(slots=True)
class Contender:
    """A hook, a job for it, and what was seen of them so far."""

    name: str
    lua: str | None
    comment: str
    annotated: bool
    seconds: list[float] = field(default_factory=list)
    count: int = 0
    microseconds: int = 0

    @property
    def job_name(self) -> str:
        return self.name.replace(",", "").replace(" ", "-")


def contenders() -> list[Contender]:
    return [
        Contender("no plugin", None, TAGGED, annotated=False),
        Contender("empty script", EMPTY, TAGGED, annotated=False),
        Contender("our hook, untagged", OURS, "", annotated=False),
        Contender("our hook, tagged", OURS, TAGGED, annotated=True),
    ]


def write_tables(controller: Controller) -> None:
    """Rules of a site with a few of each kind; evaluation is being deferred for half an hour."""
    rules = RulesSettings.model_validate(tomllib.loads(RULES.read_text())).to_rules()
    now = int(time.time())
    lease = Lease(WorkloadClass.EVALUATION, now + 1800)
    table = NowTable("east", Mode.LIVE, now, now + 1800, cycle=30, leases=(lease,))
    controller.host.write("/etc/slurm-energy/rules.table", render_rules(rules))
    controller.host.write("/var/lib/slurm-energy/now.table", render_now(table))


def take_turn(controller: Controller, contender: Contender, jobs: int) -> None:
    """Submit this many jobs, and make sure that the hook did what it is timed for."""
    controller.plugin(contender.lua)
    name, comments = contender.job_name, [contender.comment]
    controller.submit("sbatch", name, 5, comments)  # the first load the script and the tables
    before = controller.rpc(REQUEST)
    contender.seconds += controller.submit("sbatch", name, jobs, comments)
    after = controller.rpc(REQUEST)
    contender.count += after.count - before.count
    contender.microseconds += after.microseconds - before.microseconds
    shown = controller.host.run(["scontrol", "show", "job", "--oneliner"], user=USER).stdout
    lines = [line for line in shown.splitlines() if f"JobName={name} " in line]
    if not lines or any(("slurm-energy:" in line) != contender.annotated for line in lines):
        raise SystemExit(f"{contender.name}: AdminComment is not as expected: {lines[:1]}")


def measure(controller: Controller, queue: int, jobs: int, rounds: int) -> list[dict[str, object]]:
    """One row per contender at this many pending jobs."""
    controller.plugin(None)
    controller.fill(queue, [""])
    everyone = contenders()
    for turn in range(rounds):
        write_tables(controller)
        for contender in everyone[turn % 4 :] + everyone[: turn % 4]:
            take_turn(controller, contender, jobs)
        controller.cancel([contender.job_name for contender in everyone])
    return [_row(contender, queue) for contender in everyone]


def _row(contender: Contender, queue: int) -> dict[str, object]:
    cuts = statistics.quantiles(contender.seconds, n=100, method="inclusive")
    return {
        "contender": contender.name,
        "pending": queue,
        "jobs": len(contender.seconds),
        "sbatch/s": 1 / statistics.fmean(contender.seconds),
        "median ms": cuts[49] * 1e3,
        "99 % ms": cuts[98] * 1e3,
        "longest ms": max(contender.seconds) * 1e3,
        "controller us": contender.microseconds / contender.count,
    }


def budgets(rows: list[dict[str, object]]) -> list[Budget]:
    """Our hook with a tagged job: to the user against no plugin, to slurmctld against a script."""
    found = []
    by_name = {(row["pending"], row["contender"]): row for row in rows}
    for queue in sorted({row["pending"] for row in rows}, key=str):
        for rival, column, least, source in (
            ("no plugin", "median ms", 0.8, FELT),
            ("empty script", "controller us", 0.6, HELD_UP),
        ):
            theirs, ours = by_name[queue, rival], by_name[queue, "our hook, tagged"]
            ratio = float(str(theirs[column])) / float(str(ours[column]))
            found.append(Budget(f"{queue} pending, {column}, {rival} / ours", ratio, least, source))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pending", type=int, nargs="+", default=[0, 10_000])
    parser.add_argument("--jobs", type=int, default=300, help="jobs a turn")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    controller = Controller(Lab.open(os.environ.get("SLURM_ENERGY_LAB", "bench")))
    controller.prepare()
    rows: list[dict[str, object]] = []
    for queue in sorted(arguments.pending):
        rows += measure(controller, queue, arguments.jobs, arguments.rounds)
    if not arguments.json:
        print(f"{machine()}, Slurm with its default scheduler settings, nodes down")
        print_rows(rows)
    finish({"machine": machine(), "rows": rows}, budgets(rows), as_json=arguments.json)


if __name__ == "__main__":
    main()

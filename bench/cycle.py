"""A turn of the daemon at 30,000 pending jobs in a real slurmctld: ``make bench-cycle``.

Jobs are submitted through our hook, so they are tagged and annotated as on a site; nodes are down,
so they stay. Then the daemon's own cycle takes turns, with nothing replaced: pyslurm's worker, the
embedded ledger, a day of carbon that makes some classes wait. Read, decide, apply and record are
its own timings; memory is resident.

Needs root and the laboratory; uses the instance that SLURM_ENERGY_LAB names, by default ``bench``.
"""

import argparse
import math
import os
import time
import tomllib

from bench.controller import Controller
from bench.submit import OURS
from bench.timing import Budget, Spread, finish, machine, print_rows
from lab.laboratory import Lab
from slurm_energy.config.rules import RulesSettings
from slurm_energy.slurm.tables import render_rules

STATE = "/var/lib/slurm-energy-bench"
CONFIG, CARBON = f"{STATE}/config.toml", f"{STATE}/carbon.csv"
DAEMON = "slurm-energy"
HOUR = 3600
PHASES = ("read", "decide", "apply", "record")
COMMENTS = [
    "energy:class=evaluation,deadline=+20h",
    "energy:class=evaluation,urgency=60",
    "energy:class=training,deadline=+30h,sensitivity=high",
    "energy:class=nearline",
    "energy:class=latency-critical",
    "",
]
SETTINGS = f"""\
[site]
mode = "live"

[daemon]
cluster = "east"
state_directory = "{STATE}"
socket = "{STATE}/query.sock"

[signals.clusters.east]
carbon = {{ csv = "{CARBON}" }}
"""
SOURCE = "a turn every 30 s on a shared host may take a tenth of it, updates apart"
BUSY_SECONDS = 3.0


def carbon(now: int) -> str:
    """Two days of carbon intensity, made up: low at midday and at its worst in the evening."""
    start = now - now % HOUR - HOUR
    lines = ["time,value,unit"]
    for hour in range(49):
        at = start + hour * HOUR
        value = 350 - 200 * math.sin(2 * math.pi * (hour - 2) / 24 + math.pi)
        lines.append(f"{at},{value:.0f},gCO2eq/kWh")
    return "\n".join(lines) + "\n"


def prepare(controller: Controller, jobs: int) -> None:
    """The queue, and all that the daemon reads."""
    controller.prepare()
    host = controller.host
    rules = RulesSettings.model_validate({"site": tomllib.loads(SETTINGS)["site"]}).to_rules()
    host.write("/etc/slurm-energy/rules.table", render_rules(rules))
    host.run(["rm", "--force", "/var/lib/slurm-energy/now.table"])
    controller.plugin(OURS)
    controller.fill(jobs, COMMENTS)
    host.run(["rm", "--recursive", "--force", STATE])
    host.run(["install", "-d", f"--owner={DAEMON}", f"--group={DAEMON}", "--mode=755", STATE])
    host.write(CONFIG, SETTINGS)
    host.write(CARBON, carbon(int(time.time())))


def measure(controller: Controller, turns: int) -> tuple[list[dict[str, object]], dict[str, float]]:
    """A row per phase, and what else the turns tell. The first turn starts things: told apart."""
    found = controller.script("turns.py", {"config": CONFIG, "turns": turns}, DAEMON)
    problems = {problem for turn in found for problem in turn["problems"]}
    if problems:
        raise SystemExit("the cycle met problems: " + "; ".join(sorted(problems)))
    first, *later = found
    rows: list[dict[str, object]] = []
    for phase in PHASES:
        spread = Spread.of([turn["seconds"][phase] for turn in later])
        rows.append(
            {
                "phase": phase,
                "first ms": first["seconds"][phase] * 1e3,
                "ms": spread.median * 1e3,
                "quartiles": f"{spread.low * 1e3:.1f}-{spread.high * 1e3:.1f}",
            }
        )
    last = found[-1]
    updates = sum(turn["updates"] for turn in later)
    facts = {
        "pending": last["pending"],
        "deferred": last["deferred"],
        "turns": len(later),
        "updates per turn": updates / len(later),
        "ms per update": sum(t["seconds"]["apply"] for t in later) * 1e3 / max(1, updates),
        "daemon MB": last["resident"]["daemon"] / 1e6,
        "worker MB": last["resident"]["worker"] / 1e6,
        "slurmctld MB": controller.memory() / 1e6,
    }
    return rows, facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pending", type=int, default=30_000)
    parser.add_argument("--turns", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    controller = Controller(Lab.open(os.environ.get("SLURM_ENERGY_LAB", "bench")))
    prepare(controller, arguments.pending)
    rows, facts = measure(controller, arguments.turns)
    if not arguments.json:
        print(f"{machine()}, Slurm with its default scheduler settings, nodes down")
        print_rows(rows)
        print(", ".join(f"{name} {value:.3g}" for name, value in facts.items()))
    thinking = sum(float(str(row["ms"])) for row in rows if row["phase"] != "apply") / 1e3
    budget = Budget("3 s / read, decide and record together", BUSY_SECONDS / thinking, 1.0, SOURCE)
    finish({"machine": machine(), "rows": rows, "facts": facts}, [budget], as_json=arguments.json)


if __name__ == "__main__":
    main()

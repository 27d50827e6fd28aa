"""The play, scene by scene; each says what it shows."""

import subprocess
import time

from demo.balance import GPU_KW, Line, balance
from demo.cast import WRONG, Part, blockers, cast
from demo.evidence import runs
from demo.scene import SPEED, Day, generated_day, set_up
from lab.laboratory import Lab
from lab.progress import wait_until

SEED = 7
LONGEST = 300
"""Seconds after which the last job must have ended: deadlines are five minutes."""
EVERY = 10
SPRIO = ["sprio", "--local", "-S", "-Y", "-o", "%.10i %9u %.9Y %.9S"]


def play(lab: Lab) -> bool:
    """The whole demo on a laboratory that is up; whether every deadline was kept."""
    day = generated_day(int(time.time()))
    _opening(lab, day)
    submitted = _submit(lab)
    _look(lab, submitted)
    _watch(lab, day)
    return _reckon(lab, day)


def say(text: str = "") -> None:
    """Print one line at once."""
    print(text, flush=True)


def _scene(title: str) -> None:
    say()
    say(f"== {title}")


def _opening(lab: Lab, day: Day) -> None:
    _scene("The stage")
    set_up(lab, day)
    east = lab.host("east")
    say(
        "Two federated clusters, east and west, 32 GPUs each, unmodified Slurm "
        + east.run(["scontrol", "--version"]).stdout.split()[-1]
        + "; slurm-energyd live on both."
    )
    say(
        f"Carbon and price are generated, not measured: a day in June, {SPEED} times as fast, "
        f"from {day.recorded(day.started):%H:%M} on. One recorded hour takes {3600 // SPEED} s."
    )
    say(east.run(["slurm-energy", "signals"], user="alice").stdout.rstrip())


def _submit(lab: Lab) -> dict[str, list[int]]:
    """Submit everything with real sbatch as the two users; job ids by name."""
    _scene("Two users submit with sbatch; one of alice's tags is wrong")
    refused = _sbatch(lab, WRONG)
    say(f"$ sbatch --comment={WRONG.tag!r} …")
    say(refused.stderr.strip().splitlines()[0])
    shown: set[str] = set()
    submitted: dict[str, list[int]] = {}
    for part in [*blockers(), *cast(SEED)]:
        done = _sbatch(lab, part)
        if done.returncode:
            raise SystemExit(f"demo: sbatch refused {part.name}: {done.stderr.strip()}")
        submitted.setdefault(part.name, []).append(int(done.stdout.split()[3]))
        if done.stderr.strip() and part.name not in shown:
            shown.add(part.name)
            say(f"$ sbatch --job-name={part.name} --comment={part.tag!r} …")
            say(done.stderr.strip())
    say(f"{sum(map(len, submitted.values()))} jobs submitted.")
    return submitted


def _sbatch(lab: Lab, part: Part) -> subprocess.CompletedProcess[str]:
    return lab.host("east").run(part.argv, user=part.user, check=False)


def _look(lab: Lab, submitted: dict[str, list[int]]) -> None:
    _scene("The queue a few seconds later: annotated, deferred, reordered")
    east = lab.host("east")
    wait_until("the first deferral", lambda: "defer" in _queue(lab), 30)
    lines = _queue(lab).splitlines()
    say("\n".join([*lines[:1], *lines[6:14], "…", *lines[22:30], f"… {len(lines) - 1} rows"]))
    _scene("Why does this evaluation wait? (as alice)")
    say(_explain(lab, "alice", submitted["eval"][-1]))
    _scene("And this chat request? (as bob)")
    say(_explain(lab, "bob", submitted["chat"][-1]))
    _scene("So Slurm's own order, SiteFactor in the last column, begins with")
    say("\n".join(east.run(SPRIO).stdout.splitlines()[:6]))


def _queue(lab: Lab) -> str:
    argv = ["slurm-energy", "queue"]
    return lab.host("east").run(argv, env={"COLUMNS": "110"}).stdout.rstrip()


def _explain(lab: Lab, user: str, job: int) -> str:
    done = lab.host("east").run(["slurm-energy", "explain", str(job)], user=user, check=False)
    return (done.stdout or done.stderr).rstrip()


def _watch(lab: Lab, day: Day) -> None:
    _scene("Waiting for the clean hours")
    began = time.time()
    while True:
        running, waiting = _counts(lab)
        clock = day.recorded(time.time())
        grams = day.carbon["east"].at(clock.timestamp()) or 0.0
        bar = "#" * round(grams / 10)
        say(f"{clock:%H:%M}  {running:3} running {waiting:3} waiting  {grams:4.0f} g/kWh {bar}")
        if running + waiting == 0:
            return
        if time.time() - began > LONGEST:
            raise SystemExit(f"demo: jobs still there after {LONGEST} s; see make lab-shell")
        time.sleep(EVERY)


def _counts(lab: Lab) -> tuple[int, int]:
    """Jobs that run and jobs that wait, each counted once in the federation."""
    text = lab.host("east").run(["squeue", "--federation", "-h", "-o", "%i %t"]).stdout
    states = dict(line.split() for line in text.splitlines())
    running = sum(state in ("R", "CG") for state in states.values())
    return running, len(states) - running


def _reckon(lab: Lab, day: Day) -> bool:
    _scene("The reckoning")
    lines = balance(runs(lab, day.started), day)
    say(f"{'class':17} jobs deferred in time  mean wait   carbon    at once    cost   at once")
    for name, line in lines.items():
        say(_row(name, line))
    total = lines["all"]
    say(
        f"At {GPU_KW} kW per GPU (assumed), against the same jobs started at their submit: "
        f"{_saved(total.as_run.carbon, total.at_once.carbon)} carbon, "
        f"{_saved(total.as_run.money, total.at_once.money)} cost."
    )
    return total.in_time == total.with_deadline


def _row(name: str, line: Line) -> str:
    due = f"{line.in_time}/{line.with_deadline}" if line.with_deadline else "-"
    return (
        f"{name:17} {line.jobs:4} {line.deferred:8} {due:>7} {line.mean_wait:8.0f} s "
        f"{line.as_run.carbon:7.2f} kg {line.at_once.carbon:7.2f} kg "
        f"{line.as_run.money:7.2f} {line.at_once.money:7.2f}"
    )


def _saved(now: float, before: float) -> str:
    change = 100 * (now - before) / before if before else 0.0
    return f"{change:+.0f} %"

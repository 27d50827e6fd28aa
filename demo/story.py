"""The play in two acts, scene by scene; each says what it shows.

Act one is the cluster as it is today: the same jobs in shadow mode, where the daemon changes
nothing and learns how long jobs run. It is what act two is measured against.
"""

import subprocess
import time
from collections.abc import Mapping, Sequence

from demo.balance import Run, balance, side_by_side
from demo.cast import WRONG, Part, blockers, cast
from demo.evidence import runs
from demo.scene import OPENING, SPEED, Day, generated_day, set_up
from lab.laboratory import Lab
from lab.progress import wait_until

SEED = 7
LONGEST = 300
"""Seconds after which the last job must have ended: deadlines are five minutes."""
EVERY = 10
SPRIO = ["sprio", "--local", "-S", "-Y", "-o", "%.10i %9u %.9Y %.9S"]


def play(lab: Lab) -> bool:
    """The whole demo on a laboratory that is up; whether every deadline was kept."""
    _stage(lab)
    before = _act_one(lab)
    day = generated_day(int(time.time()))
    _scene("Act two: the same morning and the same jobs, now live")
    set_up(lab, day, "live")
    say(lab.host("east").run(["slurm-energy", "signals"], user="alice").stdout.rstrip())
    submitted = _submit(lab)
    _look(lab, submitted)
    _scene("Waiting for the clean hours")
    now = _watch(lab, day, submitted)
    _scene("The reckoning: before is act one, now is act two, both as Slurm accounted for them")
    return _reckon(before, now, day)


def say(text: str = "") -> None:
    """Print one line at once."""
    print(text, flush=True)


def _scene(title: str) -> None:
    say()
    say(f"== {title}")


def _stage(lab: Lab) -> None:
    _scene("The stage")
    version = lab.host("east").run(["scontrol", "--version"]).stdout.split()[-1]
    say(f"Two federated clusters, east and west, 32 GPUs each, unmodified Slurm {version}.")
    say(
        f"Carbon and price are generated, not measured: a day in June, {SPEED} times as fast, "
        f"from {OPENING:%H:%M} on. One recorded hour takes {3600 // SPEED} s."
    )


def _act_one(lab: Lab) -> list[Run]:
    """The jobs as Slurm starts them by itself, watched in shadow mode; how they ran."""
    day = generated_day(int(time.time()))
    _scene("Act one: the cluster as it is today, slurm-energyd watching in shadow mode")
    set_up(lab, day, "shadow")
    submitted: dict[str, list[int]] = {}
    for part in _parts():
        submitted.setdefault(part.name, []).append(_job(part, _sbatch(lab, part.today)))
    say(f"{_count(submitted)} jobs submitted. Shadow mode decides, records and changes nothing:")
    say("every job starts when Slurm starts it. The daemon learns how long such jobs run.")
    return _watch(lab, day, submitted)


def _parts() -> list[Part]:
    return [*blockers(), *cast(SEED)]


def _count(submitted: Mapping[str, list[int]]) -> int:
    return sum(map(len, submitted.values()))


def _submit(lab: Lab) -> dict[str, list[int]]:
    """Submit everything with real sbatch as the two users; job ids by name."""
    _scene("Two users submit with sbatch; one of alice's tags is wrong")
    refused = _sbatch(lab, WRONG)
    say(f"$ sbatch --comment={WRONG.tag!r} …")
    say(refused.stderr.strip().splitlines()[0])
    shown: set[str] = set()
    submitted: dict[str, list[int]] = {}
    for part in _parts():
        done = _sbatch(lab, part)
        submitted.setdefault(part.name, []).append(_job(part, done))
        if done.stderr.strip() and part.name not in shown:
            shown.add(part.name)
            say(f"$ sbatch --job-name={part.name} --comment={part.tag!r} …")
            say(done.stderr.strip())
    say(f"{_count(submitted)} jobs submitted.")
    return submitted


def _sbatch(lab: Lab, part: Part) -> subprocess.CompletedProcess[str]:
    return lab.host("east").run(part.argv, user=part.user, check=False)


def _job(part: Part, done: subprocess.CompletedProcess[str]) -> int:
    if done.returncode:
        raise SystemExit(f"demo: sbatch refused {part.name}: {done.stderr.strip()}")
    return int(done.stdout.split()[3])


def _look(lab: Lab, submitted: dict[str, list[int]]) -> None:
    _scene("The queue a few seconds later: annotated, deferred, reordered")
    east = lab.host("east")
    wait_until("the first deferral", lambda: "defer" in _queue(lab), 30)
    lines = _queue(lab).splitlines()
    say("\n".join([*lines[:1], *lines[6:14], "…", *lines[22:30], f"… {len(lines) - 1} rows"]))
    _scene("Why does this evaluation wait? (as alice)")
    waits = submitted["eval"][-1]
    wait_until(f"job {waits} waiting", lambda: "defer" in _explain(lab, "alice", waits), 30)
    say(_explain(lab, "alice", waits))
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


def _watch(lab: Lab, day: Day, submitted: Mapping[str, list[int]]) -> list[Run]:
    """Show the clusters at work until all of these jobs have ended; how they ran."""
    began = time.time()
    while True:
        running, waiting = _counts(lab)
        clock = day.recorded(time.time())
        grams = day.carbon["east"].at(clock.timestamp()) or 0.0
        bar = "#" * round(grams / 10)
        say(f"{clock:%H:%M}  {running:3} running {waiting:3} waiting  {grams:4.0f} g/kWh {bar}")
        if running + waiting == 0:
            break
        if time.time() - began > LONGEST:
            raise SystemExit(f"demo: jobs still there after {LONGEST} s; see make lab-shell")
        time.sleep(EVERY)
    wanted = {job for jobs in submitted.values() for job in jobs}
    wait_until("accounting to know how the jobs ended", lambda: wanted <= _ended(lab, day), 30)
    return [run for run in runs(lab, day.started) if run.job_id in wanted]


def _ended(lab: Lab, day: Day) -> set[int]:
    return {run.job_id for run in runs(lab, day.started)}


def _counts(lab: Lab) -> tuple[int, int]:
    """Jobs that run and jobs that wait, each counted once in the federation."""
    text = lab.host("east").run(["squeue", "--federation", "-h", "-o", "%i %t"]).stdout
    states = dict(line.split() for line in text.splitlines())
    running = sum(state in ("R", "CG") for state in states.values())
    return running, len(states) - running


def _reckon(before: Sequence[Run], now: Sequence[Run], day: Day) -> bool:
    """Both acts on one day: the first job of each comes at the same recorded moment."""
    between = min(run.submit for run in now) - min(run.submit for run in before)
    lines = balance(now, day)
    for line in side_by_side(balance(before, day.earlier(between)), lines):
        say(line)
    return lines["all"].in_time == lines["all"].with_deadline

"""A job that checkpoints is stopped in a dirty hour and goes on in a clean one, step by step."""

import time
from datetime import UTC, datetime
from functools import partial

import pytest

from lab.host import Host
from slurm_energy.model.decision import Reason
from tests.lab.grid import CLEAN, Grid
from tests.lab.hands import ON_EAST, UNTOUCHED, cancel, show, show_seconds
from tests.lab.scenario import SLURM, TURN, Scenario
from tests.lab.waiting import eventually, throughout

pytestmark = pytest.mark.lab

ALLOWED = """
[policy]
interruption_cost = "1s"
least_run = "45m"

[policy.classes.evaluation]
stop = true
"""
"""A quarter of the slowest minute: the replay makes 12 s of the 45 minutes."""
WARNING = 6
STEPS = 50
REQUEUE = 120
"""Seconds that Slurm itself keeps a requeued job from starting."""
WORK = f"""
#SBATCH --signal=B:USR1@{WARNING}
here=$HOME/work-$SLURM_JOB_ID
save() {{
    echo $step >$here.new && mv $here.new $here.saved
    scontrol update jobid=$SLURM_JOB_ID comment="energy:checkpoint=$(date -u +%FT%TZ)"
}}
# Told that the end is near: save, and do nothing more unless the end does not come.
trap 'save; sleep 40' USR1
trap save USR2
step=$(cat $here.saved 2>/dev/null || echo 0)
echo "$(date +%s) $step" >>$here.starts
while [ $step -lt {{steps}} ]; do
    sleep 0.5
    step=$((step + 1))
    echo $step >>$here.steps
done
"""
INTERRUPTIBLE = "energy:class=evaluation,interruptible=yes"


def work(scenario: Scenario, tag: str = INTERRUPTIBLE, steps: int = STEPS) -> int:
    """A job that runs on east, half a second a step."""
    job = scenario.submit(tag, ON_EAST, "--time=1", script=WORK.replace("{steps}", str(steps)))
    eventually(lambda: lines(scenario.east, job, "steps"), f"a step of job {job}", SLURM)
    return job


def lines(host: Host, job: int, what: str) -> list[str]:
    """What the job wrote down, line by line; nothing where it wrote nothing."""
    return host.run(["cat", f"/home/alice/work-{job}.{what}"], check=False).stdout.splitlines()


def dirty(scenario: Scenario, seconds: float) -> float:
    """From now on the grid is dirty for so long; when it turns clean."""
    return max(scenario.write_grid(host, Grid(dirty=seconds)) for host in scenario.hosts)


def wait_until_stopped(scenario: Scenario, job: int, restarts: int = 1) -> int:
    """Its begin time once it is back in the queue and waits for the clean hour."""

    def begin() -> int:
        shown = show(scenario.east, job)
        back = (shown["JobState"], shown["Restarts"]) == ("PENDING", str(restarts))
        ahead = scenario.deferred_until(job)
        slurms = show_seconds(scenario.east, job, "SubmitTime") + REQUEUE + 5
        return ahead if back and ahead > slurms else 0

    return eventually(begin, f"stop {restarts} of job {job}", WARNING + TURN + SLURM)


def finished(scenario: Scenario, job: int) -> int:
    """When it completed; 0: not yet."""
    shown = scenario.job(job)
    return shown.end if shown is not None and shown.state == "COMPLETED" else 0


def row(scenario: Scenario, job: int) -> tuple[str | None, str | None]:
    """(decision, code) as ``slurm-energy queue`` on the leader's host shows them."""
    found = scenario.decision(job, scenario.wait_for_lead())
    return (None, None) if found is None else (found["decision"], found["code"])


def test_nothing_is_stopped_where_the_site_has_not_allowed_it(scenario: Scenario) -> None:
    scenario.configure(CLEAN)
    scenario.start()
    job = work(scenario)
    dirty(scenario, 300)
    scenario.wait_for_turns(scenario.east, 4)
    assert row(scenario, job) == (None, None)
    assert show(scenario.east, job)["Restarts"] == "0"
    eventually(lambda: finished(scenario, job), "its end", STEPS)


def test_it_is_stopped_in_the_dirty_hour_and_goes_on_from_its_checkpoint_in_the_clean_one(
    scenario: Scenario,
) -> None:
    scenario.configure(CLEAN, ALLOWED)
    scenario.start()
    deadline = int(time.time()) + 420
    stated = datetime.fromtimestamp(deadline, UTC).isoformat()
    job = work(scenario, f"{INTERRUPTIBLE},deadline={stated}")
    again = work(scenario, steps=100_000)
    unwilling = work(scenario, "energy:class=evaluation", steps=STEPS)
    late = work(scenario, f"{INTERRUPTIBLE},deadline=+3m", steps=STEPS)
    clean = dirty(scenario, REQUEUE + 60)
    begins = [wait_until_stopped(scenario, each) for each in (job, again)]
    assert [clean <= begin <= clean + 60 for begin in begins] == [True, True]
    for untouched in (unwilling, late):
        assert show(scenario.east, untouched)["Restarts"] == "0"
    saved = int(lines(scenario.east, job, "saved")[0])
    assert 0 < saved < STEPS
    throughout(
        lambda: show(scenario.east, job)["JobState"] == "PENDING", "it waits", clean - time.time()
    )
    within = begins[0] - time.time() + SLURM + STEPS
    end = eventually(lambda: finished(scenario, job), "its end", within)
    assert end <= deadline
    first, second = (line.split() for line in lines(scenario.east, job, "starts"))
    assert (first[1], second[1]) == ("0", str(saved))
    assert int(second[0]) >= clean
    steps = [int(line) for line in lines(scenario.east, job, "steps")]
    assert steps == list(range(1, STEPS + 1))
    _only_with_a_checkpoint(scenario, again)


def _only_with_a_checkpoint(scenario: Scenario, job: int) -> None:
    """The second stop of a job waits for its word that it has saved its state since."""
    eventually(lambda: len(lines(scenario.east, job, "starts")) == 2, "its resumption", SLURM)
    dirty(scenario, 600)
    wanted = ("go on", Reason.NO_CHECKPOINT.code)
    eventually(lambda: row(scenario, job) == wanted, "going on", TURN + 15)
    throughout(lambda: show(scenario.east, job)["Restarts"] == "1", "it runs on", 8)
    scenario.east.run(["scancel", "--batch", "--signal=USR2", str(job)], user="alice")
    wait_until_stopped(scenario, job, restarts=2)
    cancel(scenario, job)


def test_killed_between_the_steps_of_a_stop_nothing_is_lost_and_release_gives_the_job_back(
    scenario: Scenario,
) -> None:
    scenario.configure(CLEAN, ALLOWED)
    scenario.start()
    told, sent_back = work(scenario, steps=STEPS * 2), work(scenario, steps=STEPS * 2)
    clean = dirty(scenario, 500)
    for job in (told, sent_back):
        eventually(partial(lines, scenario.east, job, "saved"), "its state", TURN + SLURM)
    scenario.kill_for_good()
    throughout(
        lambda: show(scenario.east, told)["JobState"] == "RUNNING", "it was only told", WARNING + 2
    )
    scenario.east.run(["scontrol", "--local", "requeue", str(sent_back)], user="slurm-energy")
    scenario.start()
    for job in (told, sent_back):
        assert clean <= wait_until_stopped(scenario, job) <= clean + 60
    bystander = scenario.submit(UNTOUCHED, ON_EAST)
    scenario.wait_for_start(bystander)
    _release(scenario, str(told))
    _is_given_back(scenario, told)
    assert scenario.deferred_until(sent_back) >= clean
    scenario.kill_for_good()
    _release(scenario, "--all")
    _is_given_back(scenario, sent_back)


def _release(scenario: Scenario, what: str) -> None:
    """Everything comes back: also the points of a job that is not eligible yet."""
    done = scenario.east.run(["slurm-energy", "release", what], check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _is_given_back(scenario: Scenario, job: int) -> None:
    """It may start as soon as Slurm's own delay after a requeue is over."""
    begin = show_seconds(scenario.east, job, "EligibleTime")
    submit = show_seconds(scenario.east, job, "SubmitTime")
    assert submit + REQUEUE <= begin <= submit + REQUEUE + 30

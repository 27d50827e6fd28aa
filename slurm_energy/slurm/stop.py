"""Stopping a running job: tell it, give it the time it asked for, send it back, set its begin.

One call makes one step and may be made again: what was done is told by the update itself
(``warned``) and by what Slurm shows.
"""

from collections.abc import Sequence
from typing import Protocol

from slurm_energy.errors import SlurmRefused, SlurmUnavailable
from slurm_energy.model.decision import Fate, Outcome, Update
from slurm_energy.model.job import Job, JobState
from slurm_energy.slurm import answers, usersignal
from slurm_energy.slurm.commands import Commands
from slurm_energy.slurm.fates import fate
from slurm_energy.slurm.usersignal import UserSignal


class Back(Protocol):
    """What a stop needs of a :class:`~slurm_energy.slurm.client.Source`."""

    def requeue(self, job_id: int) -> str:
        """Send a running job back to the queue; Slurm's complaint, or empty."""

    def update(self, updates: Sequence[Update]) -> Sequence[str]:
        """Change jobs' fields; Slurm's complaint, or empty, for each."""


def over(job: Job | None, update: Update) -> str:
    """Why the run that ``update`` would stop is no longer there; empty while it is."""
    if job is None or job.state is not JobState.RUNNING:
        return "no longer running"
    return "" if job.start_time == update.run_start else "another run since it was read"


def step(update: Update, back: Back, commands: Commands, now: int) -> Outcome:
    """The next step of one stop; SENT also while the job still has time to save its state.

    Raises ``SlurmUnavailable``: nobody knows then whether the step was made, so the next turn
    looks and makes it again.
    """
    job_id = update.key.job_id
    try:
        wish = _wish(job_id, commands)
    except SlurmRefused as error:
        return Outcome(update, Fate.REFUSED, str(error))
    if wish is not None and not update.warned:
        complaint = _tell(job_id, wish, commands)
        told = f"told to save its state ({wish.name}); goes back in {wish.seconds} s"
        return Outcome(update, fate(complaint), complaint or told)
    left = 0 if wish is None else update.warned + wish.seconds - now
    if left > 0:
        return Outcome(update, Fate.SENT, f"has {left} s more to save its state")
    return _send_back(update, back)


def _send_back(update: Update, back: Back) -> Outcome:
    """Requeue, and the begin time at once: Slurm keeps it while the old run still ends."""
    complaint = back.requeue(update.key.job_id)
    if complaint:
        return Outcome(update, fate(complaint), complaint)
    try:
        (complaint,) = back.update([Update(update.key, begin=update.begin)])
    except SlurmUnavailable as error:
        complaint = str(error)
    detail = f"; its begin time is Slurm's own: {complaint}" if complaint else ""
    return Outcome(update, Fate.SENT, f"sent back to the queue{detail}")


def _wish(job_id: int, commands: Commands) -> UserSignal | None:
    """The signal the job asked for at submit. Operators may read scripts.

    Raises ``SlurmRefused`` where we may not, ``SlurmUnavailable``.
    """
    answer = commands.json(["scontrol", "--local", "show", "job", str(job_id), "--json"])
    record = next(iter(answers.records(answer, "jobs")), {})
    script = commands.run(["scontrol", "--local", "write", "batch_script", str(job_id), "-"])
    if script.code:
        error = SlurmUnavailable if fate(script.complaint) is Fate.UNKNOWN else SlurmRefused
        raise error(f"its script can't be read: {script.complaint}")
    return usersignal.asked(
        str(record.get("submit_line") or ""), str(record.get("command") or ""), script.out
    )


def _tell(job_id: int, wish: UserSignal, commands: Commands) -> str:
    whom = ["--batch"] if wish.batch else []
    answer = commands.run(["scancel", *whom, f"--signal={wish.name}", str(job_id)])
    return answer.complaint.rpartition(": ")[2] if answer.code else ""

"""Who gave a job back, for ``explain``: told by ``release`` afterwards, while a daemon answers."""

from collections.abc import Sequence

from slurm_energy.application import Memory
from slurm_energy.model.decision import Action, Decision, Reason
from slurm_energy.model.job import JobKey
from slurm_energy.service.answers import Answer, Viewer
from slurm_energy.turn import Turn


def note_release(
    turn: Turn, keys: Sequence[JobKey], who: Viewer, memory: Memory, now: int
) -> Answer:
    """How many of these jobs now have the release by ``who`` as their last recorded decision.

    Only jobs that he may change, and that something was decided for. Raises ``LedgerError``.
    """
    users = {
        (job.home, job.job_id): job.user for queue in turn.queues.values() for job in queue.jobs
    }
    his = [key for key in keys if who.may_see(users.get((key.cluster, key.job_id)))]
    last = memory.last_decisions(his)
    notes = [
        Decision(
            key=key,
            cycle=turn.number,
            action=Action.RUN,
            reason=Reason.RELEASED,
            begin=None,
            site_factor=None,
            latest_start=one.decision.latest_start,
            terms={"released_by": who.user or "a user without a name"},
        )
        for key, one in last.items()
    ]
    # A moment has one decision of a job, and this one is later than the turn's.
    memory.note(max(now, turn.at + 1), notes)
    return {"noted": len(notes)}

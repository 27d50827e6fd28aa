"""One turn in one sentence and one aggregate row."""

from collections import Counter

from slurm_energy.model.decision import Action, CycleRecord, Fate
from slurm_energy.model.job import JobState
from slurm_energy.turn import Turn

_DONE = (Fate.SENT, Fate.RECORDED)


def summarise(turn: Turn, mode: str, clusters: tuple[str, ...]) -> CycleRecord:
    """The turn's aggregate: counts by class and reason, updates, seconds by phase.

    A federated job counts once, at its origin.
    """
    rows = [
        (plan, row)
        for plan in turn.plans.values()
        for row, subject in enumerate(plan.subjects)
        if not subject.job.is_sibling
    ]
    classes = Counter(plan.subjects[row].annotation.contract.workload_class for plan, row in rows)
    reasons = Counter(plan.reasons[row] for plan, row in rows)
    return CycleRecord(
        cycle=turn.number,
        at=turn.at,
        mode=mode,
        clusters=clusters,
        unread=tuple(cluster for cluster in clusters if cluster not in turn.queues),
        pending=sum(
            job.state is JobState.PENDING and not job.is_sibling
            for queue in turn.queues.values()
            for job in queue.jobs
        ),
        managed=len(rows),
        deferred=sum(plan.actions[row] is Action.DEFER for plan, row in rows),
        by_class={name.value: count for name, count in classes.items()},
        by_reason={reason.code: count for reason, count in reasons.items()},
        sent=sum(outcome.fate in _DONE for outcome in turn.outcomes),
        skipped=sum(found.skipped for found in turn.batches.values()),
        failed=sum(outcome.fate not in _DONE for outcome in turn.outcomes),
        seconds=dict(turn.seconds),
        problems=tuple(turn.problems),
    )


def sentence(turn: Turn, record: CycleRecord) -> str:
    """What the daemon's log says of one turn."""
    took = ", ".join(f"{phase} {value:.2f} s" for phase, value in turn.seconds.items())
    unread = f"; could not read {' '.join(record.unread)}" if record.unread else ""
    role = "lead" if turn.leading else "follow"
    return (
        f"cycle {record.cycle} ({record.mode}, {role}): {record.pending} pending, "
        f"{record.managed} ours, {record.deferred} deferred; {record.sent} updates sent, "
        f"{record.skipped} left for later, {record.failed} failed{unread}; {took}"
    )

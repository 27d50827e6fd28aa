"""One turn in one sentence and one aggregate row."""

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from slurm_energy.decide.columns.coded import ACTIONS, REASONS, Coded
from slurm_energy.model.decision import Action, CycleRecord, Fate, Reason
from slurm_energy.model.job import JobState
from slurm_energy.turn import Turn

if TYPE_CHECKING:
    from slurm_energy.model.contract import WorkloadClass

_DONE = (Fate.SENT, Fate.RECORDED)


def summarise(turn: Turn, mode: str, clusters: tuple[str, ...]) -> CycleRecord:
    """The turn's aggregate: counts by class and reason, updates, seconds by phase.

    A federated job counts once, at its origin.
    """
    classes: Counter[WorkloadClass] = Counter()
    actions: Counter[Action] = Counter()
    reasons: Counter[Reason] = Counter()
    for plan in turn.plans.values():
        own = ~plan.rows.sibling
        for line, count in enumerate(np.bincount(plan.rows.line[own]).tolist()):
            classes[plan.lines[line][1]] += count
        actions.update(Coded(ACTIONS, plan.actions.codes[own]).counts())
        reasons.update(Coded(REASONS, plan.reasons.codes[own]).counts())
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
        managed=actions.total(),
        deferred=actions[Action.DEFER],
        by_class={name.value: count for name, count in classes.items() if count},
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

"""How much of its budgets a cluster has spent: pure steps, in the order in which a turn takes them.

:func:`advance` before planning, :func:`charged` after it. A delay is charged in full when it is
given and paid back when the job is let go early, so that no budget is found to be overdrawn later.
Every job counts by ``exp(-age / window)`` since its submit: all weights fade alike, so a mean or a
share stays as it is until a job comes or is put off. A hard window would let a mean rise merely
because undelayed jobs leave it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import exp

from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.budget import DAY, Budgets, Charge, Spent, Tally
from slurm_energy.model.job import Job, JobKey, JobState, Queue

RECOVERED = 0.8
"""Share of the idle budget below which jobs are put off again: no flutter at its edge."""

LONGEST_TURN = 3600
"""Seconds: of longer ones nobody knows what stood idle; only so much of them is counted."""
FORGOTTEN = 1e-9
"""Jobs: an account whose jobs count for less altogether, after 20 windows, is forgotten."""

GRACE = 120
"""Seconds by which the clocks of controller and daemon may differ."""

Which = tuple[int, int]
"""A job's id and submit time."""
Charges = Mapping[JobKey, Charge]


def charge(subject: Subject, begin: int, spent: Spent, typical_run: int, now: int) -> Charge:
    """What giving this job the begin time ``begin`` takes; what it took before is part of it.

    ``typical_run``: seconds assumed for a job without a time limit.
    """
    known = spent.open.get(subject.key)
    return Charge(
        workload_class=subject.annotation.contract.workload_class,
        account=subject.job.account,
        submit=subject.annotation.submit,
        tasks=max(1, subject.job.array_task_count),
        gpu_hours=_gpu_hours(subject.job, typical_run),
        gpus=subject.job.gpus,
        since=max(now, subject.begin_floor) if known is None else known.since,
        begin=begin,
    )


def advance(
    spent: Spent,
    queue: Queue,
    subjects: Sequence[Subject],
    budgets: Budgets,
    typical_run: int,
    now: int,
) -> Spent:
    """``spent`` as this turn finds it: faded, with the jobs that came and without those that went.

    A job counts in the first turn that sees it, if that is soon after its submit. One that came and
    went between two turns is not seen, which only makes the budgets tighter.
    """
    ours = {subject.key: subject for subject in subjects if not subject.job.is_sibling}
    sums = Sums(spent, budgets.window, now)
    asked = {
        (job.job_id, job.submit_time): job
        for job in queue.jobs
        if job.state is not JobState.OTHER and not job.is_sibling
    }
    for which in _new(asked, spent.asked, spent.at):
        sums.asked(asked[which], typical_run)
    came = {(one.job.job_id, one.annotation.submit): one for one in ours.values()}
    for which in _new(came, spent.came, spent.at):
        sums.came(came[which])
    still = {key: one for key, one in spent.open.items() if key in ours and one.begin > now}
    sums.pay_back(spent.open, still)
    again = {
        key: charge(subject, begin, spent, typical_run, now)
        for key, subject in ours.items()
        if key not in still and (begin := subject.our_begin(now)) is not None
    }
    for key, one in again.items():
        # Stopped while it ran, and back in the queue. Any other was put off, and charged, by a
        # turn whose memory is gone: it only has to be known again.
        if ours[key].job.restarts and ours[key].job.submit_time > spent.at:
            sums.put_off(one, None)
    idle = _idle_hours(spent, now)
    resting = _resting(spent, idle, budgets.idle_gpu_hours)
    return replace(
        sums.total(),
        asked=_lately(asked, now),
        came=_lately(came, now),
        open=still | again,
        idle_gpu_hours=idle,
        resting=resting,
    )


def charged(spent: Spent, charges: Charges, gpus_idle: int, budgets: Budgets) -> Spent:
    """``spent`` with ``charges``: every job that this turn's plan puts off. Others are let go.

    ``gpus_idle``: the GPUs that stay idle until the next turn unless one of ``charges`` runs.
    """
    sums = Sums(spent, budgets.window, spent.at)
    sums.pay_back(spent.open, charges)
    for key, one in charges.items():
        sums.put_off(one, spent.open.get(key))
    usable = sum(one.gpus * one.tasks for one in charges.values() if one.gpus <= gpus_idle)
    return replace(sums.total(), open=dict(charges), idle_gpus=min(gpus_idle, usable))


class Sums:
    """The sums of a ``Spent``, brought to ``now``, while they are added up."""

    def __init__(self, spent: Spent, window: int, now: int) -> None:
        self._spent, self._window, self._now = spent, window, now
        share = exp(-_passed(spent, now) / window)
        self._classes = {name: one.faded(share) for name, one in spent.classes.items()}
        self._accounts = {
            name: one.faded(share) for name, one in spent.accounts.items() if one.jobs > FORGOTTEN
        }
        self.gpu_hours = spent.gpu_hours * share
        self.deferred_gpu_hours = spent.deferred_gpu_hours * share

    def weight(self, submit: int) -> float:
        """What a job submitted then counts, 0-1."""
        return exp(-max(0, self._now - submit) / self._window)

    def of(self, one: Charge) -> tuple[Tally, Tally]:
        """The tallies of its class and its account."""
        nothing = Tally()
        by_class = self._classes.get(one.workload_class, nothing)
        return by_class, self._accounts.get(one.account, nothing)

    def asked(self, job: Job, typical_run: int) -> None:
        """A job came, ours or not."""
        self.gpu_hours += self.weight(job.submit_time) * _gpu_hours(job, typical_run)

    def came(self, subject: Subject) -> None:
        """A job of ours came: each of its tasks counts in the mean of its class and account."""
        jobs = self.weight(subject.annotation.submit) * max(1, subject.job.array_task_count)
        workload_class, account = subject.annotation.contract.workload_class, subject.job.account
        nothing = Tally()
        by_class, by_account = self._classes.get(workload_class), self._accounts.get(account)
        self._classes[workload_class] = (by_class or nothing).plus(jobs=jobs)
        self._accounts[account] = (by_account or nothing).plus(jobs=jobs)

    def put_off(self, one: Charge, before: Charge | None) -> None:
        """A job is put off, or was ``before`` and has another begin time now."""
        self._delay(one, one.tasks * one.delay)
        if before is None:
            self.deferred_gpu_hours += self.weight(one.submit) * one.gpu_hours
        else:
            self._delay(before, -before.tasks * before.delay)

    def pay_back(self, before: Charges, after: Charges) -> None:
        """Delay that jobs which are put off no more were spared: they went, or were let go."""
        for key, one in before.items():
            if key not in after:
                self._delay(one, -one.tasks * max(0, one.begin - max(self._now, one.since)))

    def total(self) -> Spent:
        """The sums so far."""
        return replace(
            self._spent,
            at=self._now,
            classes=self._classes,
            accounts=self._accounts,
            gpu_hours=self.gpu_hours,
            deferred_gpu_hours=self.deferred_gpu_hours,
        )

    def _delay(self, one: Charge, seconds: int) -> None:
        weighed = self.weight(one.submit) * seconds
        by_class, by_account = self.of(one)
        self._classes[one.workload_class] = by_class.plus(delay=weighed)
        self._accounts[one.account] = by_account.plus(delay=weighed)


def _new(found: Iterable[Which], known: frozenset[Which] | None, at: int) -> Iterator[Which]:
    """Jobs that no turn up to ``at`` has counted.

    A turn reads the queue in the midst of a second, and the controller's clock is not ours: around
    ``at``, only what was counted tells.
    """
    for which in found:
        if which not in (known or ()) and which[1] > (at if known is None else at - GRACE):
            yield which


def _lately(found: Iterable[Which], now: int) -> frozenset[Which]:
    return frozenset(which for which in found if which[1] > now - 2 * GRACE)


def _passed(spent: Spent, now: int) -> int:
    return max(0, now - spent.at) if spent.at else 0


def _gpu_hours(job: Job, typical_run: int) -> float:
    """GPU-hours that all tasks of a job ask for, at its time limit."""
    return job.gpus * max(1, job.array_task_count) * (job.time_limit or typical_run) / 3600


def _idle_hours(spent: Spent, now: int) -> float:
    """Idle GPU-hours by now: the last day's count most, and what stood idle since the last turn."""
    passed = _passed(spent, now)
    seen = min(passed, LONGEST_TURN)
    return spent.idle_gpu_hours * exp(-passed / DAY) + spent.idle_gpus * seen / 3600


def _resting(spent: Spent, idle_hours: float, most: float | None) -> bool:
    if most is None:
        return False
    return idle_hours >= (RECOVERED * most if spent.resting else most)

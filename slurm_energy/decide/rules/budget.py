"""Whether putting a job off is still within the site's budgets, and what must be let go.

What is put off stays so when a mean or the share is used up: its delay was charged when it was
given, its user was told the time, and letting all of it loose at once would make a step in demand.
Idle GPU-hours can't be charged beforehand, so there the oldest put-off jobs are let go, as many as
the idle GPUs can take.
"""

from collections.abc import Iterator, Mapping, Sequence

from slurm_energy.decide.rules.guard import Subject, wants_to_start
from slurm_energy.decide.rules.spending import Charges, Sums
from slurm_energy.model.budget import Budgets, Charge, Spent, Tally
from slurm_energy.model.decision import Reason
from slurm_energy.model.job import JobKey, Queue

Terms = Mapping[str, float | int | str | None]


def over_budget(spent: Spent, budgets: Budgets, subject: Subject) -> Reason | None:
    """Why this job may not be put off, whatever it would gain; None for one that is put off."""
    if not budgets.bound or subject.key in spent.open:
        return None
    workload_class, account = subject.annotation.contract.workload_class, subject.job.account
    by_class = spent.classes.get(workload_class, Tally())
    by_account = spent.accounts.get(account, Tally())
    rules = (
        (spent.resting, Reason.IDLE_SPENT),
        (_used(spent.deferred_share, budgets.deferred_share), Reason.SHARE_SPENT),
        (_used(by_class.mean, budgets.class_delay.get(workload_class)), Reason.CLASS_DELAY_SPENT),
        (_used(by_account.mean, budgets.of_account(account)), Reason.ACCOUNT_DELAY_SPENT),
    )
    return next((reason for holds, reason in rules if holds), None)


def admitted(
    spent: Spent, budgets: Budgets, wishes: Sequence[tuple[JobKey, Charge]]
) -> list[Reason | None]:
    """For each wish to put a job off (further), in order: None, or the budget it would overdraw.

    Give the most worthwhile first. A job that is moved earlier always may be.
    """
    if not budgets.bound:
        return [None] * len(wishes)
    sums = Sums(spent, budgets.window, spent.at)
    answers = []
    for key, wish in wishes:
        before = spent.open.get(key)
        moves_earlier = before is not None and wish.begin <= before.begin
        answer = None if moves_earlier else _overdrawn(sums, wish, before, budgets)
        if answer is None:
            sums.put_off(wish, before)
        answers.append(answer)
    return answers


def let_go(spent: Spent, gpus_idle: int, put_off: Charges) -> tuple[frozenset[JobKey], int]:
    """Jobs of ``put_off`` to release because enough GPUs stood idle for them, and GPUs then left.

    The oldest first, as a queue would; none of ``put_off`` that stays so would fit into what is
    left.
    """
    released: set[JobKey] = set()
    if spent.resting:
        for key, one in sorted(put_off.items(), key=lambda pair: (pair[1].submit, pair[0])):
            if 0 < one.gpus <= gpus_idle:
                released.add(key)
                gpus_idle -= min(gpus_idle, one.gpus * one.tasks)
    return frozenset(released), gpus_idle


def spare_gpus(queue: Queue, put_off: Charges) -> int:
    """Idle GPUs that no eligible job will take: those which only a put-off job could use."""
    ids = {key.job_id for key in put_off}
    spare = queue.gpus_idle
    for job in queue.jobs:
        if job.job_id not in ids and wants_to_start(job, queue.read_at) and job.gpus <= spare:
            spare -= min(spare, job.gpus * max(1, job.array_task_count))
    return spare


def budget_terms(spent: Spent, budgets: Budgets, subject: Subject) -> Terms:
    """What ``explain`` tells of the budgets that bound this job: spent, then permitted."""
    return dict(_terms(spent, budgets, subject)) if budgets.bound else {}


def _terms(
    spent: Spent, budgets: Budgets, subject: Subject
) -> Iterator[tuple[str, float | int | None]]:
    workload_class, account = subject.annotation.contract.workload_class, subject.job.account
    for name, tally, most in (
        ("class", spent.classes.get(workload_class), budgets.class_delay.get(workload_class)),
        ("account", spent.accounts.get(account), budgets.of_account(account)),
    ):
        if most is not None:
            yield f"{name}_mean_delay", round((tally or Tally()).mean)
            yield f"{name}_most_delay", most
    for name, found, limit in (
        ("deferred_share", spent.deferred_share, budgets.deferred_share),
        ("idle_gpu_hours", spent.idle_gpu_hours, budgets.idle_gpu_hours),
    ):
        if limit is not None:
            yield name, round(found, 4)
            yield f"most_{name}", limit


def _used(value: float, most: float | None) -> bool:
    return most is not None and value >= most


def _overdrawn(sums: Sums, wish: Charge, before: Charge | None, budgets: Budgets) -> Reason | None:
    """The budget that this wish would overdraw, or None."""
    weight = sums.weight(wish.submit)
    if before is None and budgets.deferred_share is not None:
        after = sums.deferred_gpu_hours + weight * wish.gpu_hours
        if after > budgets.deferred_share * sums.gpu_hours:
            return Reason.SHARE_SPENT
    more = wish.tasks * wish.delay - (before.tasks * before.delay if before else 0)
    bounds = (
        (budgets.class_delay.get(wish.workload_class), Reason.CLASS_DELAY_SPENT),
        (budgets.of_account(wish.account), Reason.ACCOUNT_DELAY_SPENT),
    )
    for tally, (most, reason) in zip(sums.of(wish), bounds, strict=True):
        if most is not None and tally.delay + weight * more > most * tally.jobs:
            return reason
    return None

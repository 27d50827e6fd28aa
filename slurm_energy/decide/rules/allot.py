"""A plan held to the budgets: who may be put off, who stays as he is, who must be let go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slurm_energy.decide.rules.budget import admitted, let_go, spare_gpus
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.rules.spending import charge, charged
from slurm_energy.model.budget import Budgets, Charge, Spent
from slurm_energy.model.decision import Reason
from slurm_energy.model.job import Queue


@dataclass(frozen=True, slots=True)
class Allotment:
    """What the budgets change in a plan, by row; all other rows stay as they were planned."""

    spent: Spent
    """After this plan."""
    refused: Mapping[int, Reason] = field(default_factory=dict)
    """Rows that may not be put off, and the budget that does not permit it."""
    kept: Mapping[int, int] = field(default_factory=dict)
    """Rows that may not be put off further: the begin time they keep."""
    released: frozenset[int] = frozenset()
    """Rows that must run: enough GPUs stood idle for them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job that a plan puts off. ``worth`` is what waiting saves, in any one unit."""

    row: int
    begin: int
    worth: float
    fixed: bool = False
    """It stays put off, whatever the budgets say: no signal, the ledger away, a grid event."""


def allot(
    spent: Spent,
    budgets: Budgets,
    queue: Queue,
    subjects: Sequence[Subject],
    wanted: Sequence[Wanted],
    typical_run: int,
    now: int,
) -> Allotment:
    """``wanted``, every job that is to be put off after this turn, as far as the budgets permit.

    Where not all can be, those go first that save the most per second of delay. ``spent`` comes
    from :func:`~slurm_energy.decide.rules.spending.advance`.
    """
    if not budgets.bound:
        return Allotment(spent)
    charges = {
        subjects[one.row].key: charge(subjects[one.row], one.begin, spent, typical_run, now)
        for one in wanted
    }
    rows = {subjects[one.row].key: one.row for one in wanted}
    worth = {subjects[one.row].key: one.worth for one in wanted}
    fixed = {subjects[one.row].key for one in wanted if one.fixed}
    wishes = sorted(
        (
            (key, one)
            for key, one in charges.items()
            if key not in fixed and _asks(one, spent.open.get(key))
        ),
        key=lambda pair: (-worth[pair[0]] / _cost(pair[1], now), pair[0]),
    )
    answers = admitted(spent, budgets, wishes)
    no = {key: answer for (key, _), answer in zip(wishes, answers, strict=True) if answer}
    kept = {key: spent.open[key] for key in no if key in spent.open}
    charges = {key: one for key, one in charges.items() if key not in no} | kept
    loose = {key: one for key, one in charges.items() if key not in fixed}
    released, spare = let_go(spent, spare_gpus(queue, charges), loose)
    charges = {key: one for key, one in charges.items() if key not in released}
    return Allotment(
        spent=charged(spent, charges, spare, budgets),
        refused={rows[key]: reason for key, reason in no.items() if key not in kept},
        kept={rows[key]: one.begin for key, one in kept.items() if key not in released},
        released=frozenset(rows[key] for key in released),
    )


def _cost(wish: Charge, now: int) -> int:
    """Seconds of delay still ahead, of all tasks."""
    return max(1, wish.tasks * (wish.begin - max(now, wish.since)))


def _asks(wish: Charge, before: Charge | None) -> bool:
    return before is None or wish.begin > before.begin

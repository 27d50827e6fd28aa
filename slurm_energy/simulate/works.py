"""Who submits what in the generated trace: accounts, users, and the works they run repeatedly."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from slurm_energy.model.contract import WorkloadClass
from slurm_energy.simulate.habits import (
    DAY,
    GPUS_PER_NODE,
    HABITS,
    HOUR,
    LIMITS,
    MINUTE,
    OVER_ASKED,
    Habit,
)

_CLASSES = tuple(HABITS)
_USERS_PER_ACCOUNT = 8
_OWN_MIX = 6.0
"""How near a user's mix of classes stays to the cluster's: the larger, the nearer."""
_ARRAY_SIZES = (4, 8, 16, 32)
_LETTERS = "bcdfghjklmnpqrstvwz"


@dataclass(frozen=True, slots=True)
class Work:
    """Something one user runs again and again under one name stem."""

    stem: str
    user: str
    account: str
    workload_class: WorkloadClass
    gpus: int
    tasks: int
    usual: float
    """Median of its run times in seconds."""
    spread: float
    """Sigma of their logarithm."""
    limit: int
    deadline: int | None
    """Seconds from the submit."""
    max_delay: int | None
    interruptible: bool

    @property
    def nodes(self) -> int:
        """Nodes it needs at least."""
        return -(-self.gpus // GPUS_PER_NODE)


@dataclass(frozen=True, slots=True)
class User:
    """One user: how often he submits what, and when his day begins."""

    weight: float
    works: tuple[Work, ...]
    weights: NDArray[np.float64]
    """By work; they add to 1."""
    shift: int
    """Hours by which his clock differs from the cluster's."""


def users(rng: np.random.Generator, count: int, widest: int) -> tuple[User, ...]:
    """``count`` users in accounts of about eight; a few submit most."""
    accounts = max(1, count // _USERS_PER_ACCOUNT)
    leanings = rng.dirichlet(_OWN_MIX * _shares(), size=accounts)
    return tuple(_user(rng, number, accounts, leanings, widest) for number in range(count))


def tried_once(rng: np.random.Generator, work: Work) -> Work:
    """Something like ``work`` under a name of its own, with run times nobody has seen."""
    usual = _usual(rng, HABITS[work.workload_class])
    letters = "".join(_LETTERS[int(index)] for index in rng.integers(len(_LETTERS), size=5))
    limit = max(work.limit, _round_limit(usual))
    later = None if work.deadline is None else work.deadline - work.limit + limit
    return replace(work, stem=f"try-{letters}", usual=usual, limit=limit, deadline=later, tasks=1)


def _shares() -> NDArray[np.float64]:
    shares = np.array([habit.share for habit in HABITS.values()], dtype=np.float64)
    total: NDArray[np.float64] = shares / shares.sum()
    return total


def _user(
    rng: np.random.Generator,
    number: int,
    accounts: int,
    leanings: NDArray[np.float64],
    widest: int,
) -> User:
    account = int(rng.integers(accounts))
    mix = rng.dirichlet(_OWN_MIX * leanings[account] + 0.05)
    over_ask = OVER_ASKED * float(rng.lognormal(0.0, 0.4))
    names = (f"user{number + 1:02d}", f"lab{account + 1}")
    kinds = [_CLASSES[int(rng.choice(len(mix), p=mix))] for _ in range(2 + int(rng.poisson(4)))]
    works = tuple(
        _work(rng, kind, names, over_ask, min(widest, _width(rng, HABITS[kind]))) for kind in kinds
    )
    return User(
        weight=1.0 / (number + 3),
        works=works,
        weights=rng.dirichlet(np.full(len(works), 0.8)),
        shift=int(rng.integers(-2, 3)),
    )


def _work(
    rng: np.random.Generator,
    kind: WorkloadClass,
    names: tuple[str, str],
    over_ask: float,
    gpus: int,
) -> Work:
    habit = HABITS[kind]
    usual = _usual(rng, habit)
    spread = float(rng.uniform(*habit.within))
    limit = _round_limit(usual * over_ask * float(rng.lognormal(0.0, 0.5)))
    arrayed = rng.random() < habit.arrays
    return Work(
        stem=f"{_one(rng, habit.verbs)}-{_one(rng, habit.things)}",
        user=names[0],
        account=names[1],
        workload_class=kind,
        gpus=gpus,
        tasks=int(_ARRAY_SIZES[int(rng.integers(len(_ARRAY_SIZES)))]) if arrayed else 1,
        usual=usual,
        spread=spread,
        limit=limit,
        deadline=_deadline(rng, limit) if rng.random() < habit.deadlines else None,
        max_delay=habit.max_delays[int(rng.integers(len(habit.max_delays)))],
        interruptible=bool(rng.random() < habit.interruptible),
    )


def _usual(rng: np.random.Generator, habit: Habit) -> float:
    return float(np.clip(habit.median * rng.lognormal(0.0, habit.between), MINUTE, 4 * DAY))


def _width(rng: np.random.Generator, habit: Habit) -> int:
    weights = np.array(list(habit.widths.values()))
    return int(rng.choice(list(habit.widths), p=weights / weights.sum()))


def _round_limit(wanted: float) -> int:
    """The first round number that is enough, or the longest there is."""
    return next((limit for limit in LIMITS if limit >= wanted), LIMITS[-1])


def _deadline(rng: np.random.Generator, limit: int) -> int:
    """Later than a run to the limit by some hours to days: it can be met, with room."""
    return limit + HOUR * int(rng.choice((4, 8, 12, 24, 48)))


def _one(rng: np.random.Generator, names: Sequence[str]) -> str:
    return names[int(rng.integers(len(names)))]

"""When a job runs, stops and resumes: optimal stopping over delay used and work done.

The state of a job is the work ``w`` it has done and the delay ``d`` it has used, in slots; the
time is their sum. Running through a slot costs the slot's price, weighed by the chance ``still[w]``
that the run lasts that long; to go on after a stop costs ``cost`` slots of run time besides::

    on[d, w]      = still[w] * price[d + w] + running[d, w + 1]
    resumed[d, w] = on[d, w] + still[w] * cost * (level + price[d + w])   (on itself at the start)
    waited[d, w]  = stopped[d + 1, w] + still[w] * delay
    running       = min(on, waited),  stopped = min(resumed, waited),  no waiting at d = budget

Prices are known, so all that a job learns is that it goes on; what it does until then is one
path, which also tells what it will take of the capacity. A path that is the best of all that use
at most ``budget`` is the best under every lesser budget that it keeps to: so jobs alike but for
their budget share their answers where they can (:func:`alike`), and nothing else changes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.pricing.price import Values
from slurm_energy.decide.pricing.prices import Index, Prices

try:
    from slurm_energy.decide.market import _stopping
except ImportError:  # not compiled here: slower, and equal to the bit
    _KERNEL = False
else:
    _KERNEL = True

REACH = 96
"""Slots of work looked ahead: a day at a quarter of an hour. Later ones are decided later."""

NEGLIGIBLE = 1e-3
"""Chance of going on below which a run counts as over."""


@dataclass(frozen=True, slots=True)
class Resumables:
    """A column per field, a row per job; slots count from the start of the prices."""

    curve: Index
    shape: Index
    first: Index
    budget: Index
    """Slots it may still wait."""
    done: Values
    """Slots of work behind it."""
    running: NDArray[np.uint8]
    delay: Values
    """Price of waiting a slot, for the whole run."""
    units: Values

    def __len__(self) -> int:
        return len(self.curve)


@dataclass(frozen=True, slots=True)
class Courses:
    """Answers, row by row. Prices are expectations over the work that is left, times slots."""

    at_once: Values
    """Of going now and to the end without a stop."""
    best: Values
    """Of the best course."""
    later: Values
    """By how much waiting a slot is dearer than going now; infinite: it can't wait."""
    wait: Index
    """Slots until it goes; 0: now."""
    worked: int
    """How many courses were worked out; the others are equal to one of these."""


def best_courses(
    prices: Prices,
    alive: Values,
    jobs: Resumables,
    cost: float,
    load: Values,
    order: Index | None = None,
) -> Courses:
    """The course of each job; adds what they are expected to take to ``load``, slot by slot.

    ``cost``: slots of run time that a stop and resumption cost. ``order``: :func:`alike` of the
    jobs, where it is known already.
    """
    at_once, best, later = np.empty((3, len(jobs)))
    wait = np.empty(len(jobs), dtype=np.int64)
    answer = _stopping.answer if _KERNEL else answer_plain
    worked = answer(
        prices.values,
        prices.level,
        alive,
        jobs.curve,
        jobs.shape,
        jobs.first,
        jobs.budget,
        jobs.done,
        jobs.running,
        jobs.units,
        jobs.delay,
        cost,
        REACH,
        load,
        at_once,
        best,
        later,
        wait,
        alike(jobs) if order is None else order,
    )
    return Courses(at_once, best, later, wait, worked)


def alike(jobs: Resumables) -> Index:
    """The jobs in an order that has those alike but for their budget together, largest first."""
    if not len(jobs):
        return jobs.curve
    kind = (jobs.curve * (jobs.shape.max() + 1) + jobs.shape) * (jobs.first.max() + 1) + jobs.first
    return np.lexsort((-jobs.budget, jobs.running, jobs.delay, jobs.done, kind))


def still_going(alive: Values, done: float, most: int) -> list[float]:
    """Chance that a run of this shape goes on after so many more slots, after ``done`` of them."""
    whole = int(done)
    part = done - whole
    still: list[float] = []
    base = 1.0
    while len(still) < most and whole + len(still) < len(alive) - 1:
        at = whole + len(still)
        chance = float(alive[at]) * (1.0 - part) + float(alive[at + 1]) * part
        if not still:
            base = chance
            if base <= 1e-9:
                break
        if chance / base < NEGLIGIBLE:
            break
        still.append(chance / base)
    return still or [1.0]


def answer_plain(
    price: Values,
    level: Values,
    alive: Values,
    curve: Index,
    shape: Index,
    first: Index,
    budget: Index,
    done: Values,
    running: NDArray[np.uint8],
    units: Values,
    delay: Values,
    cost: float,
    most: int,
    load: Values,
    at_once: Values,
    best: Values,
    later: Values,
    wait: Index,
    order: Index | None = None,  # noqa: ARG001 - tells what is alike, which only spares work
) -> int:
    """The specification of the compiled loop, job by job."""
    for job in range(len(curve)):
        still = still_going(alive[shape[job]], float(done[job]), most)
        ahead = price[curve[job], int(first[job]) :].tolist()
        ahead += [0.0] * (len(still) + int(budget[job]))
        question = _Question(
            ahead, still, int(budget[job]), float(level[curve[job]]), cost, float(delay[job])
        )
        started, state = float(done[job]) > 0.0, int(running[job])
        value, go = _sweep(question, started)
        resume = cost * (question.level + ahead[0]) if started and not state else 0.0
        straight = 0.0
        for chance, here in zip(still, ahead, strict=False):
            straight = straight + chance * here
        at_once[job] = straight + resume if started and not state else straight
        best[job] = value[state][0][0]
        later[job] = np.inf
        if question.budget > 0:
            later[job] = value[0][0][1] + question.delay - ahead[0] - value[1][1][0]
            if started and not state:
                later[job] = later[job] - resume
        path = _path(go, state, len(still))
        wait[job] = path[0]
        for work, slot in enumerate(path):
            at = int(first[job]) + slot + work
            if at < len(load):
                load[at] += units[job] * still[work]
    return len(curve)


@dataclass(frozen=True, slots=True)
class _Question:
    price: list[float]
    still: list[float]
    budget: int
    level: float
    cost: float
    delay: float


Planes = list[list[list[float]]]
"""Stopped and running; by work done; by delay used."""


def _sweep(ask: _Question, started: bool) -> tuple[Planes, list[list[list[bool]]]]:
    slots, budget = len(ask.still), ask.budget
    value = [[[0.0] * (budget + 1) for _ in range(slots + 1)] for _ in range(2)]
    go = [[[True] * (budget + 1) for _ in range(slots)] for _ in range(2)]
    for w in range(slots - 1, -1, -1):
        chance = ask.still[w]
        for d in range(budget, -1, -1):
            now = ask.price[d + w]
            on = chance * now + value[1][w + 1][d]
            resumed = on + chance * ask.cost * (ask.level + now) if w > 0 or started else on
            value[0][w][d], value[1][w][d] = resumed, on
            if d < budget:
                waited = value[0][w][d + 1] + chance * ask.delay
                go[0][w][d], go[1][w][d] = resumed <= waited, on <= waited
                value[0][w][d], value[1][w][d] = min(resumed, waited), min(on, waited)
    return value, go


def _path(go: list[list[list[bool]]], state: int, slots: int) -> list[int]:
    """Delay used when each slot of work is run."""
    path: list[int] = []
    delay = 0
    while len(path) < slots:
        if go[state][len(path)][delay]:
            path.append(delay)
            state = 1
        else:
            delay += 1
            state = 0
    return path

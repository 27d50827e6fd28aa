"""All jobs of one cluster at one market: what they ask, what they take, and how it settles.

:func:`trade` turns subjects into columns, lets them settle against the capacity, and gives every
job its answer. It decides nothing about who may be put off: see :mod:`guard` and :mod:`interrupt`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.arrivals import Arrivals, Kind, Newcomer, rounded
from slurm_energy.decide.capacity import Capacity, demand
from slurm_energy.decide.congestion import ROUNDS, Congestion, Settled, Wishes, settle
from slurm_energy.decide.guard import Subject, stoppable
from slurm_energy.decide.points import CurvesByCluster, curve_cluster
from slurm_energy.decide.price import Curve, Values
from slurm_energy.decide.prices import Index, side_by_side
from slurm_energy.decide.promises import Given, work_done
from slurm_energy.decide.shapes import Shapes
from slurm_energy.decide.starts import Asks
from slurm_energy.decide.stopping import Resumables
from slurm_energy.model.contract import Sensitivity, WorkloadClass
from slurm_energy.model.job import Job, JobState
from slurm_energy.model.policy import Policy

AHEAD = 24 * 3600
"""How far ahead arrivals are expected: later ones plan around what is known by then."""
BATCH = 3600
"""Arrivals of this many seconds are expected as one job."""
LEAST_PATIENCE = 0.5
"""Share of its possible delay that a job still uses on a cluster that is wanted altogether."""
FREE_SHARE = 0.2
"""Share of the cluster that must be free of what is expected for jobs to use all their delay."""
HALF = 0.5
"""Share of its expected work that must lie on the known signals, for a start to be considered."""

Line = tuple[str, WorkloadClass, Sensitivity]
"""Whose prices a job pays: cluster, class, sensitivity."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one turn's market leaves to the next."""

    congestion: Congestion | None = None
    arrivals: Arrivals | None = None
    given: Given = field(default_factory=Given)
    """Promises that pending jobs have already."""


FIRST = Outlook()
"""Before the first turn."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """A job that may choose: pending, or running and stoppable; all times since the epoch."""

    subject: Subject
    earliest: int
    latest: int
    kept: int
    """The begin time that it has from us already; 0: none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one job would do. Prices are means over its run, in standard deviations."""

    begin: int
    """When it goes; its earliest: now, as far as the market is concerned."""
    at_once: float
    chosen: float
    later: float
    """By how much the best later course is dearer than going at once, for the whole run."""
    waiting: float
    """The same in the mean over the run: the price of waiting one more cycle."""
    congestion: float
    """The surcharge in the slot in which it goes."""
    median: int
    """Seconds by which half of such runs have ended."""
    long: int
    """Seconds by which nine in ten have ended."""
    learned_from: str
    samples: int
    alive: Values = field(compare=False)
    """Shape (slots,): the distribution of its run times."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What is given before anybody answers: shapes are those of ``applicants``, then ``others``."""

    cluster: str
    now: int
    applicants: Sequence[Applicant]
    others: Sequence[Job]
    """Jobs that take what they take: running ones, and pending ones that do not choose."""
    shapes: Shapes
    curves: CurvesByCluster
    capacity: Capacity
    policy: Policy
    watts: Values | None = None
    """What each of them adds to the cluster's draw, as ``shapes`` has them; None: not limited."""

    def drawn(self, rows: slice | Sequence[int]) -> Values | None:
        """Watts of these of them."""
        return None if self.watts is None else self.watts[rows]


def trade(stage: Stage, outlook: Outlook) -> tuple[Sequence[Answer | None], Outlook]:
    """Every applicant's answer, None where its signals end too early, and the next outlook."""
    arrivals, came = _arrivals(stage, outlook)
    floor = _Floor(stage, arrivals, came)
    if not floor.lines:
        return [None] * len(stage.applicants), replace(outlook, arrivals=arrivals)
    settled = floor.settle(outlook.congestion)
    left = Congestion(floor.prices.start, floor.prices.slot, settled.surcharge)
    return floor.answers(settled), replace(outlook, congestion=left, arrivals=arrivals)


def line_of(subject: Subject) -> Line:
    """Whose prices a job pays."""
    contract = subject.annotation.contract
    return curve_cluster(subject.job), contract.workload_class, contract.sensitivity


def _arrivals(stage: Stage, outlook: Outlook) -> tuple[Arrivals, int]:
    """What came since the last turn is remembered by kind; and how many they were."""
    known = outlook.arrivals or Arrivals(stage.now, stage.now)
    fresh = [
        (row, one.subject)
        for row, one in enumerate(stage.applicants)
        if one.subject.annotation.submit > known.at
        and curve_cluster(one.subject.job) == stage.cluster
    ]
    drawn = stage.drawn([row for row, _ in fresh])
    takes = units_of([subject.job for _, subject in fresh], stage.capacity, drawn)
    newcomers = []
    for (row, _), units in zip(fresh, takes, strict=True):
        one = stage.applicants[row]
        wait = max(0, one.latest - one.earliest) // stage.policy.slot
        alive = stage.shapes.alive[stage.shapes.row[row]]
        newcomers.append(Newcomer(_kind(stage, one, wait), units, wait, alive))
    return known.seen(newcomers, stage.now), len(newcomers)


def _kind(stage: Stage, one: Applicant, wait: int) -> Kind:
    contract = one.subject.annotation.contract
    return Kind(
        contract.workload_class,
        contract.sensitivity,
        stoppable(one.subject, stage.policy),
        rounded(wait),
    )


class _Floor:
    """The columns of one market. Rows of pending blocks and of resumables are told apart here."""

    def __init__(self, stage: Stage, arrivals: Arrivals, came: int) -> None:
        self.stage = stage
        self._came = came
        self._expected = _Expected(arrivals, stage)
        found = {line_of(one.subject) for one in stage.applicants} | self._expected.lines
        self.lines = sorted(line for line in found if _curve(stage, line) is not None)
        if not self.lines:
            return
        policy = stage.policy
        slots = 2 * (policy.horizon // policy.slot) + 1
        self.prices = side_by_side(
            [some for line in self.lines if (some := _curve(stage, line))],
            [policy.sensitivity[sensitivity] for _, _, sensitivity in self.lines],
            slots,
        )
        self._columns()

    def _columns(self) -> None:
        stage, prices = self.stage, self.prices
        index = {line: number for number, line in enumerate(self.lines)}
        shapes = stage.shapes
        self.curve = np.array(
            [index.get(line_of(one.subject), -1) for one in stage.applicants], dtype=np.int64
        )
        self.shape = shapes.row[: len(stage.applicants)]
        earliest = np.array([one.earliest for one in stage.applicants], dtype=np.int64)
        latest = np.array([one.latest for one in stage.applicants], dtype=np.int64)
        self.earliest = earliest
        self.first = np.maximum(0, (earliest - prices.start) // prices.slot)
        horizon = stage.policy.horizon // prices.slot
        half = _slots_until(shapes.alive, HALF)[self.shape]
        known = np.where(self.curve >= 0, prices.known[self.curve], 0)
        latest = earliest + ((latest - earliest) * self._expected.patience).astype(np.int64)
        self.last = np.minimum(
            np.minimum((latest - prices.start) // prices.slot, horizon), known - half
        )
        self.dark = (self.curve < 0) | (self.first > known - half)
        self.resumable = np.array(
            [stoppable(one.subject, stage.policy) for one in stage.applicants], dtype=np.bool_
        )
        asking = [one.subject.job for one in stage.applicants]
        takes = units_of(asking, stage.capacity, stage.drawn(slice(len(asking))))
        here = np.array(
            [curve_cluster(one.subject.job) == stage.cluster for one in stage.applicants]
        )
        self.units = np.where(here, takes, 0.0) if len(takes) else takes
        self.block = np.flatnonzero(~self.dark & ~self.resumable)
        self.course = np.flatnonzero(~self.dark & self.resumable)

    def settle(self, before: Congestion | None) -> Settled:
        """The market at the prices at which it settles, going on from those before."""
        stage, prices = self.stage, self.prices
        slots = prices.values.shape[1]
        surcharge = np.zeros(slots) if before is None else before.moved_to(prices.start, slots)
        alive = np.concatenate([stage.shapes.alive, self._expected.alive])
        wishes = Wishes(
            alive,
            self._asks(len(stage.shapes.alive)),
            self._resumables(len(stage.shapes.alive)),
            _base(stage, slots),
            stage.policy.interruption_cost / prices.slot,
            stage.policy.least_gain,
        )
        here = np.array([cluster == stage.cluster for cluster, _, _ in self.lines])
        # Within a slot the prices stand, unless somebody came: what was told is not told anew.
        moved = before is None or before.start != prices.start
        rounds = ROUNDS if moved else min(1, self._came)
        return settle(prices, here, wishes, _room(stage, slots), surcharge, rounds)

    def _asks(self, first_expected: int) -> Asks:
        rows, prices = self.block, self.prices
        asked = [self.stage.applicants[row] for row in rows.tolist()]
        kept = np.array([one.kept for one in asked], dtype=np.int64)
        delay = (
            self.delay_of(self.curve[rows]) / _lengths(self.stage.shapes.alive)[self.shape[rows]]
        )
        own = Asks(
            self.curve[rows],
            self.shape[rows],
            self.first[rows],
            self.last[rows],
            np.where(kept > 0, (kept - prices.start) // prices.slot, -1),
            delay,
            self.units[rows],
        )
        return self._expected.asks(own, self, first_expected)

    def _resumables(self, first_expected: int) -> Resumables:
        rows, slot, now = self.course, self.prices.slot, self.stage.now
        subjects = [self.stage.applicants[row].subject for row in rows.tolist()]
        own = Resumables(
            self.curve[rows],
            self.shape[rows],
            self.first[rows],
            np.maximum(0, self.last[rows] - self.first[rows]),
            np.array([work_done(one, now) / slot for one in subjects], dtype=np.float64),
            np.array([one.job.state is JobState.RUNNING for one in subjects], dtype=np.uint8),
            self.delay_of(self.curve[rows]),
            self.units[rows],
        )
        return self._expected.resumables(own, self, first_expected)

    def delay_of(self, curve: Index) -> Values:
        """Price of waiting a slot, in slots of run time at one standard deviation, by job."""
        by_line = [self.stage.policy.classes[name].delay for _, name, _ in self.lines]
        return np.array(by_line, dtype=np.float64)[curve]

    def answers(self, settled: Settled) -> Sequence[Answer | None]:
        """Row by row; what the surcharge of a slot with room adds to going now is given back."""
        found: list[Answer | None] = [None] * len(self.stage.applicants)
        lengths = _lengths(self.stage.shapes.alive)
        self._tell_blocks(found, settled, lengths[self.shape[self.block]])
        self._tell_courses(found, settled, lengths[self.shape[self.course]])
        return found

    def _tell_blocks(self, found: list[Answer | None], settled: Settled, length: Values) -> None:
        starts, first, own = settled.starts, self.first[self.block], slice(len(self.block))
        later = starts.later[own] * length
        goes = later + settled.surcharge[first] >= -self.stage.policy.least_gain * length
        start = np.where(goes, first, starts.start[own])
        prices = starts.at_once[own], starts.chosen[own], later, later / length
        self._tell(found, self.block, start, settled.surcharge, prices)

    def _tell_courses(self, found: list[Answer | None], settled: Settled, length: Values) -> None:
        courses, first, own = settled.courses, self.first[self.course], slice(len(self.course))
        later = courses.later[own]
        goes = later + settled.surcharge[first] >= 0
        start = first + np.where(goes, 0, np.maximum(1, courses.wait[own]))
        prices = courses.at_once[own] / length, courses.best[own] / length, later, later / length
        self._tell(found, self.course, start, settled.surcharge, prices)

    def _tell(
        self,
        found: list[Answer | None],
        rows: Index,
        start: Index,
        surcharge: Values,
        prices: tuple[Values, Values, Values, Values],
    ) -> None:
        """Put the answers of ``rows`` down; ``prices``: at once, chosen, later and waiting."""
        shapes, slot = self.stage.shapes, self.prices.slot
        at_once, chosen, later, waiting = prices
        waits = start > self.first[rows]
        begin = np.where(waits, self.prices.start + start * slot, self.earliest[rows])
        median, long = (_slots_until(shapes.alive, share) * slot for share in (0.5, 0.9))
        samples = shapes.samples.tolist()
        kinds = list(
            zip(median.tolist(), long.tolist(), shapes.label, samples, shapes.alive, strict=True)
        )
        columns = (
            begin,
            at_once,
            np.where(waits, chosen, at_once),
            later,
            waiting,
            surcharge[start],
        )
        told = zip(*(column.tolist() for column in columns), strict=True)
        places = zip(rows.tolist(), self.shape[rows].tolist(), strict=True)
        for (row, shape), values in zip(places, told, strict=True):
            found[row] = Answer(*values, *kinds[shape])


class _Expected:
    """Jobs that are likely to come, hour by hour, as rows after those that are there."""

    def __init__(self, arrivals: Arrivals, stage: Stage) -> None:
        limited = bool(stage.capacity.resources)
        rates = arrivals.rates() if limited else {}
        self._kinds = [kind for kind in rates if _curve(stage, (stage.cluster, *kind[:2]))]
        self._rates = [rates[kind] for kind in self._kinds]
        columns = stage.shapes.alive.shape[1]
        self.alive = np.array([one.alive for one in self._rates]).reshape(-1, columns)
        self.lines: set[Line] = {(stage.cluster, *kind[:2]) for kind in self._kinds}
        self._slot = stage.policy.slot
        step = max(1, BATCH // stage.policy.slot)
        self._slots = np.arange(step, AHEAD // stage.policy.slot, step, dtype=np.int64)
        self._units = [one.units * step * stage.policy.slot for one in self._rates]

    @property
    def patience(self) -> float:
        """Share of its possible delay that a job uses, 0-1: a busy queue takes the rest itself.

        Waits grow without bound as the expected load nears the capacity, and the more so as we
        move work into the same hours: where less than ``FREE_SHARE`` stays free, less is used, down
        to ``LEAST_PATIENCE``.
        """
        work = self.alive.sum(axis=1) * self._slot
        load = sum(one.units * float(most) for one, most in zip(self._rates, work, strict=True))
        free = min(max((1.0 - load) / FREE_SHARE, 0.0), 1.0)
        return LEAST_PATIENCE + (1 - LEAST_PATIENCE) * free

    def _rows(self, floor: _Floor, stoppable: bool) -> Sequence[tuple[int, int, int]]:
        """(kind, slot, curve) of each."""
        index = {line: number for number, line in enumerate(floor.lines)}
        return [
            (number, int(slot), index[floor.stage.cluster, kind.workload_class, kind.sensitivity])
            for number, kind in enumerate(self._kinds)
            if kind.stoppable is stoppable
            for slot in self._slots
        ]

    def asks(self, own: Asks, floor: _Floor, first_shape: int) -> Asks:
        """``own``, then those expected that run in one piece."""
        rows = self._rows(floor, stoppable=False)
        if not rows:
            return own
        kind, slot, curve = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
        wait = np.array([self._rates[number].wait for number in kind], dtype=np.int64)
        return Asks(
            np.append(own.curve, curve),
            np.append(own.shape, kind + first_shape),
            np.append(own.first, slot),
            np.append(own.last, slot + wait),
            np.append(own.kept, np.full(len(rows), -1)),
            np.append(own.delay, floor.delay_of(curve) / _lengths(self.alive)[kind]),
            np.append(own.units, np.array(self._units)[kind]),
        )

    def resumables(self, own: Resumables, floor: _Floor, first_shape: int) -> Resumables:
        """``own``, then those expected that may stop."""
        rows = self._rows(floor, stoppable=True)
        if not rows:
            return own
        kind, slot, curve = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
        wait = np.array([self._rates[number].wait for number in kind], dtype=np.int64)
        return Resumables(
            np.append(own.curve, curve),
            np.append(own.shape, kind + first_shape),
            np.append(own.first, slot),
            np.append(own.budget, wait),
            np.append(own.done, np.zeros(len(rows))),
            np.append(own.running, np.zeros(len(rows), dtype=np.uint8)),
            np.append(own.delay, floor.delay_of(curve)),
            np.append(own.units, np.array(self._units)[kind]),
        )


def _curve(stage: Stage, line: Line) -> Curve | None:
    curve = stage.curves.get(line[0], {}).get(line[1])
    return curve if curve is not None and len(curve.values) else None


def _lengths(alive: Values) -> Values:
    """By shape, the expected run time in slots; at least one."""
    return np.asarray(np.maximum(alive.sum(axis=1), 1.0), dtype=np.float64)


def _slots_until(alive: Values, share: float) -> NDArray[np.int64]:
    """By shape, slots after which ``share`` of the runs have ended; at least one."""
    return np.asarray(np.maximum(1, (alive > 1 - share).sum(axis=1)), dtype=np.int64)


def units_of(jobs: Sequence[Job], known: Capacity, watts: Values | None = None) -> Values:
    """What each takes while it runs: its largest share of any resource; else its GPUs."""
    if not known.resources or not jobs:
        return np.array([max(1, job.gpus) for job in jobs], dtype=np.float64)
    most = np.maximum(_finite_most(known), 1e-9)
    return np.asarray((demand(jobs, known, watts).total / most).max(axis=1), dtype=np.float64)


def _room(stage: Stage, slots: int) -> Values | None:
    """By slot, the share of the cluster that may be planned; None: without limit."""
    known = stage.capacity
    if not known.resources:
        return None
    most = np.maximum(_finite_most(known), 1e-9)
    share = np.minimum(known.limit / most, 1.0).min(axis=1)
    full = np.concatenate([share, np.full(max(0, slots - len(share)), share[-1])])[:slots]
    return np.asarray(full * (1 - stage.policy.headroom), dtype=np.float64)


def _finite_most(known: Capacity) -> Values:
    finite = np.where(np.isfinite(known.limit), known.limit, 0.0)
    return np.asarray(finite.max(axis=0, initial=0.0), dtype=np.float64)


def _base(stage: Stage, slots: int) -> Values:
    """What the others take, by slot: they run on, or start at once, as long as such runs last."""
    load = np.zeros(slots)
    drawn = stage.drawn(slice(len(stage.applicants), None))
    takes = units_of(stage.others, stage.capacity, drawn)
    rows = stage.shapes.row[len(stage.applicants) :]
    for job, row, units in zip(stage.others, rows, takes, strict=True):
        running = job.state is JobState.RUNNING and job.start_time is not None
        done = (stage.now - (job.start_time or 0)) // stage.shapes.slot if running else 0
        ahead = stage.shapes.alive[row, max(0, done) :]
        if len(ahead) and ahead[0] > 0:
            still = ahead[:slots] / ahead[0]
            load[: len(still)] += units * still
        else:
            load[0] += units
    return load

"""All jobs of one cluster at one market: what they ask, what they take, and how it settles.

:func:`trade` turns subjects into columns (:mod:`floor`), joins those that are likely to come
(:mod:`expected`), lets them settle against the capacity (:mod:`congestion`), and gives every job
its answer (:mod:`answers`), moved where it would lift the month's peak (:mod:`underpeak`). It
decides nothing about who may be put off: see :mod:`guard` and :mod:`interrupt`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from slurm_energy.decide.columns.given import Given
from slurm_energy.decide.market.answered import Answers
from slurm_energy.decide.market.answers import answers
from slurm_energy.decide.market.arrivals import Arrivals, Kind, Newcomer, rounded
from slurm_energy.decide.market.berths import berthed
from slurm_energy.decide.market.congestion import ROUNDS, Congestion, Settled, Wishes, settle
from slurm_energy.decide.market.crowd import lined_up
from slurm_energy.decide.market.evenly import evenly, remembered
from slurm_energy.decide.market.expected import Expected
from slurm_energy.decide.market.floor import Floor, floor_of
from slurm_energy.decide.market.shares import free_now, room, units_of
from slurm_energy.decide.market.stage import Applicant, Stage
from slurm_energy.decide.market.underpeak import under_peak
from slurm_energy.decide.market.waits import Waits
from slurm_energy.decide.market.wants import wishes
from slurm_energy.decide.pricing.price import Line
from slurm_energy.decide.rules.guard import stoppable
from slurm_energy.decide.scoring.points import curve_cluster


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one turn's market leaves to the next."""

    congestion: Congestion | None = None
    arrivals: Arrivals | None = None
    given: Given = field(default_factory=Given)
    """Columns of the jobs that are there."""
    waits: Waits = field(default_factory=Waits)
    """What accounts wait, and might."""


FIRST = Outlook()
"""Before the first turn."""


def trade(stage: Stage, outlook: Outlook) -> tuple[Answers, Outlook]:
    """Every applicant's answer, None where its signals end too early, and the next outlook."""
    arrivals, came = _arrivals(stage, outlook)
    expected = Expected(arrivals, stage)
    lines = _lines(stage, expected)
    if not lines:
        return Answers.none(len(stage.applicants)), replace(outlook, arrivals=arrivals)
    floor, waits = evenly(floor_of(stage, lines), outlook.waits)
    wanted = wishes(floor, expected)
    settled = _settled(floor, wanted, outlook.congestion, came)
    left = Congestion(floor.prices.start, floor.prices.slot, settled.surcharge)
    free = free_now(stage) - wanted.base[0]
    told = lined_up(floor, wanted, answers(floor, settled, free))
    told = under_peak(floor, settled, told, free)
    waits = remembered(floor, waits, told)
    return told, replace(outlook, congestion=left, arrivals=arrivals, waits=waits)


def _lines(stage: Stage, expected: Expected) -> Sequence[Line]:
    """Whose prices are paid here, in order, as far as a signal tells them."""
    found = stage.applicants.paid() | expected.lines
    return sorted(line for line in found if stage.curve(line) is not None)


def _settled(floor: Floor, wanted: Wishes, before: Congestion | None, came: int) -> Settled:
    """The market at the prices at which it settles, going on from those before."""
    stage, prices = floor.stage, floor.prices
    slots = prices.values.shape[1]
    surcharge = np.zeros(slots) if before is None else before.moved_to(prices.start, slots)
    # Within a slot the prices stand, unless somebody came: what was told is not told anew.
    moved = before is None or before.start != prices.start
    rounds = ROUNDS if moved else min(1, came)
    limit = room(stage, slots)
    settled = settle(prices, floor.here, wanted, limit, surcharge, rounds)
    return berthed(floor, wanted, settled, limit)


def _arrivals(stage: Stage, outlook: Outlook) -> tuple[Arrivals, int]:
    """What came since the last turn is remembered by kind; and how many they were."""
    known = outlook.arrivals or Arrivals(stage.now, stage.now)
    came = np.flatnonzero(stage.applicants.rows.submit > known.at).tolist()
    applying = ((row, stage.applicants[row]) for row in came)
    fresh = [(row, one) for row, one in applying if curve_cluster(one.subject.job) == stage.cluster]
    drawn = stage.drawn([row for row, _ in fresh])
    takes = units_of([one.subject.job for _, one in fresh], stage.capacity, drawn)
    newcomers = []
    for (row, one), units in zip(fresh, takes, strict=True):
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

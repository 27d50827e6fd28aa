"""A settled market's columns as one :class:`~.stage.Answer` a job: see :func:`answers`."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.congestion import Settled
from slurm_energy.decide.floor import Floor
from slurm_energy.decide.price import Values
from slurm_energy.decide.prices import Index
from slurm_energy.decide.shapes import lengths, slots_until
from slurm_energy.decide.stage import Answer
from slurm_energy.decide.starts import expected_means

Mask = NDArray[np.bool_]


def answers(floor: Floor, settled: Settled, free: float) -> Sequence[Answer | None]:
    """Row by row; ``free`` is the share of the cluster that nobody has who does not choose.

    A job waits for what the signals promise, never for the crowd alone: where its later hours are
    no better by themselves, it goes now, and Slurm's queue has the rest. Where units stay free in
    the present slot, its surcharge is given back to those who then would go, dearest wait first.
    """
    found: list[Answer | None] = [None] * len(floor.stage.applicants)
    length = lengths(floor.stage.shapes.alive)[floor.shape]
    told = (
        _blocks(floor, settled, length[floor.block]),
        _courses(floor, settled, length[floor.course]),
    )
    admitted = _admitted(floor, told, free)
    for some in told:
        goes = some.goes | np.isin(some.rows, admitted)
        start = np.where(goes, floor.first[some.rows], some.start)
        _put(found, floor, settled, some._replace(start=start))
    return found


class _Told(NamedTuple):
    """What some rows say; shapes are (rows,)."""

    rows: Index
    goes: Mask
    """Goes now at the market's prices."""
    would: Mask
    """Would go if the present slot had no surcharge."""
    start: Index
    """Slot; of one that goes, where it would go if it waited."""
    at_once: Values
    chosen: Values
    later: Values
    waiting: Values


def _admitted(floor: Floor, told: Sequence[_Told], free: float) -> Index:
    """Rows that go because there is room: what runs stays, others as far as they fit."""
    rows, goes, would, later = (
        np.concatenate([getattr(some, name) for some in told])
        for name in ("rows", "goes", "would", "later")
    )
    units = floor.units[rows]
    runs = np.array([floor.stage.applicants[row].running for row in rows.tolist()], dtype=np.bool_)
    left = free - units[runs].sum() - units[goes & ~runs].sum()
    asking = np.flatnonzero(would & ~goes & ~runs)
    asking = asking[np.lexsort((rows[asking], -later[asking]))]
    fits = np.cumsum(units[asking]) <= left
    return np.append(rows[runs & would], rows[asking[fits]])


def _blocks(floor: Floor, settled: Settled, length: Values) -> _Told:
    """Those that run in one piece."""
    rows, starts, gain = floor.block, settled.starts, floor.stage.policy.least_gain
    first, own = floor.first[rows], slice(len(rows))
    later, start = starts.later[own] * length, starts.start[own]
    crowd = _crowd(floor, settled)
    shape, pays = floor.shape[rows], floor.here[floor.curve[rows]]
    here = starts.at_once[own] - pays * crowd[shape, first]
    vain = starts.chosen[own] - pays * crowd[shape, start] >= here - gain
    would = later + settled.surcharge[first] >= -gain * length
    at_once, chosen = starts.at_once[own], starts.chosen[own]
    goes = vain | (start == first)
    return _Told(rows, goes, would, start, at_once, chosen, later, later / length)


def _crowd(floor: Floor, settled: Settled) -> Values:
    """What the surcharge adds to the mean price of a run, by shape and start slot."""
    alive = floor.stage.shapes.alive
    every = np.arange(len(alive))
    return expected_means(settled.surcharge[None, :], alive, np.zeros_like(every), every)


def _courses(floor: Floor, settled: Settled, length: Values) -> _Told:
    """Those that may stop."""
    rows, courses, signal = floor.course, settled.courses, floor.prices.values
    first, own, curve = floor.first[rows], slice(len(rows)), floor.curve[rows]
    later, wait = courses.later[own], courses.wait[own]
    start = first + np.maximum(1, wait)
    goes = (wait == 0) | (signal[curve, start] >= signal[curve, first])
    would = later + settled.surcharge[first] >= 0
    at_once, chosen = courses.at_once[own] / length, courses.best[own] / length
    return _Told(rows, goes, would, start, at_once, chosen, later, later / length)


def _put(found: list[Answer | None], floor: Floor, settled: Settled, told: _Told) -> None:
    """Put the answers of these rows down."""
    rows, prices = told.rows, floor.prices
    waits = told.start > floor.first[rows]
    columns = (
        np.where(waits, prices.start + told.start * prices.slot, floor.earliest[rows]),
        told.at_once,
        np.where(waits, told.chosen, told.at_once),
        told.later,
        told.waiting,
        settled.surcharge[told.start],
    )
    kinds = _kinds(floor)
    values = zip(*(column.tolist() for column in columns), strict=True)
    places = zip(rows.tolist(), floor.shape[rows].tolist(), strict=True)
    for (row, shape), own in zip(places, values, strict=True):
        found[row] = Answer(*own, *kinds[shape])


def _kinds(floor: Floor) -> Sequence[tuple[int, int, str, int, Values]]:
    """By shape: median and long run in seconds, what it was learned from, samples, ``alive``."""
    shapes, slot = floor.stage.shapes, floor.prices.slot
    median, long = (slots_until(shapes.alive, share) * slot for share in (0.5, 0.9))
    samples = shapes.samples.tolist()
    return list(
        zip(median.tolist(), long.tolist(), shapes.label, samples, shapes.alive, strict=True)
    )

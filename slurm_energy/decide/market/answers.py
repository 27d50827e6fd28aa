"""A settled market's columns as what every job answers: see :func:`answers`."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.durations.shapes import lengths
from slurm_energy.decide.market.answered import AnswerColumns, Answers
from slurm_energy.decide.market.congestion import Settled
from slurm_energy.decide.market.floor import Floor
from slurm_energy.decide.market.starts import expected_means
from slurm_energy.decide.pricing.price import Values
from slurm_energy.decide.pricing.prices import Index

Mask = NDArray[np.bool_]
ROUNDING = 1e-9
"""Standard deviations below which a gain is an error of adding a surcharge and taking it off."""


def answers(floor: Floor, settled: Settled, free: float) -> Answers:
    """Row by row; ``free`` is the share of the cluster that nobody has who does not choose.

    A job waits for what the signals promise, never for the crowd alone: where its later hours are
    no better by themselves, it goes now, and Slurm's queue has the rest. Where units stay free in
    the present slot, its surcharge is given back to those who then would go, dearest wait first.
    """
    count = len(floor.stage.applicants)
    place, column = Answers.none(count).place, AnswerColumns.room(count)
    length = lengths(floor.stage.shapes.alive)[floor.shape]
    told = (
        _blocks(floor, settled, length[floor.block]),
        _courses(floor, settled, length[floor.course]),
    )
    admitted = np.zeros(count, dtype=np.bool_)
    admitted[_admitted(floor, told, free)] = True
    for some in told:
        goes = some.goes | admitted[some.rows]
        start = np.where(goes, floor.first[some.rows], some.start)
        place[some.rows] = some.rows
        _put(column, floor, settled, some._replace(start=start))
    return Answers(place, column, floor.stage.shapes)


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
    runs = floor.stage.applicants.running[rows]
    left = free - units[runs].sum() - units[goes & ~runs].sum()
    asking = np.flatnonzero(would & ~goes & ~runs)
    asking = asking[np.lexsort((rows[asking], -later[asking]))]
    fits = np.cumsum(units[asking]) <= left
    return np.append(rows[runs & would], rows[asking[fits]])


def _blocks(floor: Floor, settled: Settled, length: Values) -> _Told:
    """Those that run in one piece."""
    rows, starts = floor.block, settled.starts
    gain = max(floor.stage.policy.least_gain, ROUNDING)
    first, own = floor.first[rows], slice(len(rows))
    later, start = starts.later[own] * length, starts.start[own]
    shape, pays = floor.shape[rows], floor.here[floor.curve[rows]]
    asked = int(max(first.max(initial=0), start.max(initial=0))) + 1
    crowd = _crowd(floor, settled, asked)
    here = starts.at_once[own] - pays * crowd[shape, first]
    vain = starts.chosen[own] - pays * crowd[shape, start] >= here - gain
    would = later + settled.surcharge[first] >= -gain * length
    at_once, chosen = starts.at_once[own], starts.chosen[own]
    goes = vain | (start == first)
    return _Told(rows, goes, would, start, at_once, chosen, later, later / length)


def _crowd(floor: Floor, settled: Settled, starts: int) -> Values:
    """What the surcharge adds to the mean price of a run, by shape and start slot."""
    alive = floor.stage.shapes.alive
    if not settled.surcharge.any():
        return np.zeros((len(alive), starts))
    every = np.arange(len(alive))
    return expected_means(settled.surcharge[None, :], alive, np.zeros_like(every), every, starts)


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


def _put(found: AnswerColumns, floor: Floor, settled: Settled, told: _Told) -> None:
    """Put the answers of these rows down."""
    rows, prices = told.rows, floor.prices
    waits = told.start > floor.first[rows]
    later = prices.start + told.start * prices.slot
    found.begin[rows] = np.where(waits, later, floor.earliest[rows])
    found.at_once[rows] = told.at_once
    found.chosen[rows] = np.where(waits, told.chosen, told.at_once)
    found.later[rows] = told.later
    found.waiting[rows] = told.waiting
    found.congestion[rows] = settled.surcharge[told.start]
    found.shape[rows] = floor.shape[rows]

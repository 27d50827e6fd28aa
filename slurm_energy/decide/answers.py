"""A settled market's columns as one :class:`~.stage.Answer` a job: see :func:`answers`."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from slurm_energy.decide.congestion import Settled
from slurm_energy.decide.floor import Floor
from slurm_energy.decide.price import Values
from slurm_energy.decide.prices import Index
from slurm_energy.decide.shapes import lengths, slots_until
from slurm_energy.decide.stage import Answer
from slurm_energy.decide.starts import expected_means


def answers(floor: Floor, settled: Settled) -> Sequence[Answer | None]:
    """Row by row; what the surcharge of a slot with room adds to going now is given back.

    A job waits for what the signals promise, never for the crowd alone: where its later hours are
    no better by themselves, it goes now, and Slurm's queue has the rest.
    """
    found: list[Answer | None] = [None] * len(floor.stage.applicants)
    length = lengths(floor.stage.shapes.alive)[floor.shape]
    _put(found, floor, settled, _blocks(floor, settled, length[floor.block]))
    _put(found, floor, settled, _courses(floor, settled, length[floor.course]))
    return found


class _Told(NamedTuple):
    """What some rows say; shapes are (rows,)."""

    rows: Index
    start: Index
    """Slot."""
    at_once: Values
    chosen: Values
    later: Values
    waiting: Values


def _blocks(floor: Floor, settled: Settled, length: Values) -> _Told:
    """Those that run in one piece."""
    rows, starts = floor.block, settled.starts
    first, own = floor.first[rows], slice(len(rows))
    later = starts.later[own] * length
    gain, chosen = floor.stage.policy.least_gain, starts.start[own]
    goes = later + settled.surcharge[first] >= -gain * length
    here = starts.at_once[own] - _crowd(floor, settled, rows, first)
    goes |= starts.chosen[own] - _crowd(floor, settled, rows, chosen) >= here - gain
    start = np.where(goes, first, chosen)
    return _Told(rows, start, starts.at_once[own], starts.chosen[own], later, later / length)


def _crowd(floor: Floor, settled: Settled, rows: Index, start: Index) -> Values:
    """What the surcharge adds to the mean price of these jobs' runs from these starts."""
    alive = floor.stage.shapes.alive
    every = np.arange(len(alive))
    mean = expected_means(settled.surcharge[None, :], alive, np.zeros_like(every), every)
    return np.where(floor.here[floor.curve[rows]], mean[floor.shape[rows], start], 0.0)


def _courses(floor: Floor, settled: Settled, length: Values) -> _Told:
    """Those that may stop."""
    rows, courses = floor.course, settled.courses
    first, own = floor.first[rows], slice(len(rows))
    later = courses.later[own]
    goes = later + settled.surcharge[first] >= 0
    start = first + np.maximum(1, courses.wait[own])
    signal, curve = floor.prices.values, floor.curve[rows]
    goes |= signal[curve, start] >= signal[curve, first]
    start = np.where(goes, first, start)
    at_once, chosen = courses.at_once[own] / length, courses.best[own] / length
    return _Told(rows, start, at_once, chosen, later, later / length)


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

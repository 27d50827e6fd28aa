"""Starts fitted under the month's peak, where lifting it costs more than waiting.

The market's answers say when each job would go by its signals. Here they are laid one upon another
as watts, beside what the others draw. Where they stay under what is free of charge, nothing
changes. A job that would lift the peak pays for what it lifts: it takes the start at which that and
the price of its run and its wait are least. Who must start soonest chooses first, and whoever lifts
the peak lifts it for all: a charge is paid once.

Only who weighs the price pays, in the unit of its own prices: see :func:`~..power.peak.charged`.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from slurm_energy.decide.durations.shapes import lengths
from slurm_energy.decide.market.answered import Answers
from slurm_energy.decide.market.congestion import Settled
from slurm_energy.decide.market.floor import Floor
from slurm_energy.decide.market.shares import load_of_others
from slurm_energy.decide.market.stage import Answer
from slurm_energy.decide.market.starts import expected_means
from slurm_energy.decide.power.peak import Draw, charged
from slurm_energy.decide.power.watts import at_once
from slurm_energy.decide.pricing.price import Values
from slurm_energy.model.decision import Reason

MOST = 2000
"""Jobs whose starts are compared in one turn; of more, the rest waits a slot and is asked then."""
_WATT = 1.0
"""Less than this is rounding."""


def under_peak(floor: Floor, settled: Settled, answers: Answers, free: float) -> Answers:
    """``answers``, those moved that would lift the peak at a higher price than that of waiting.

    ``free`` is the share of the cluster that is free now: who finds no room there waits in Slurm's
    queue, draws nothing yet, and is not touched.
    """
    draw = floor.stage.draw
    if draw is None or not draw.charge:
        return answers
    return _Fitting(floor, settled, draw).fitted(answers, free)


class _Fitting:
    """Watts by slot as jobs are laid upon one another."""

    def __init__(self, floor: Floor, settled: Settled, draw: Draw) -> None:
        self._floor = floor
        self._stage = floor.stage
        self._draw = draw
        slots = floor.prices.values.shape[1]
        self._market = floor.prices.plus(settled.surcharge, floor.here).values
        self._delay = floor.stage.delays(floor.lines)
        self._length = lengths(floor.stage.shapes.alive)
        self._means: dict[tuple[int, int], Values] = {}
        jobs = [*(one.subject.job for one in self._stage.applicants), *self._stage.others]
        self._tasks = np.fromiter(map(at_once, jobs), dtype=np.float64, count=len(jobs))
        self._watts = self._drawn()
        others = self._watts[len(self._stage.applicants) :]
        taken = np.minimum(load_of_others(self._stage, others, slots), draw.full)
        self._load = np.append(taken, np.zeros(slots))
        self._peak = max(draw.free, float(taken.max()))

    def fitted(self, answers: Answers, free: float) -> Answers:
        """See :func:`under_peak`."""
        found, compared = dict[int, Answer](), 0
        for row, answer in self._in_order(answers):
            running = self._stage.applicants[row].running
            slot = self._slot(row, answer)
            if slot == 0 and not running:
                units = float(self._floor.units[row])
                if units > free and (free <= 0 or self._tasks[row] == 1):
                    continue
                free -= min(units, free)
            if running or self._lift(row, answer, slot) <= _WATT:
                self._lay(row, answer, slot)
            elif compared < MOST:
                compared += 1
                found[row] = self._placed(row, answer, slot)
            else:
                found[row] = self._next_time(row, answer, slot)
        return answers.changed(found)

    def _drawn(self) -> Values:
        """What each adds to the draw here with all tasks that may run at once."""
        stage = self._stage
        each = np.zeros(len(self._tasks)) if stage.watts is None else np.nan_to_num(stage.watts)
        elsewhere = self._floor.units[: len(stage.applicants)] <= 0
        each[: len(stage.applicants)][elsewhere] = 0.0
        return np.asarray(each * self._tasks)

    def _in_order(self, answers: Answers) -> Sequence[tuple[int, Answer]]:
        """Those that draw anything: what runs, then by latest start."""
        applicants = self._stage.applicants
        told = [
            (row, answer)
            for row, answer in enumerate(answers)
            if answer is not None and self._watts[row] > 0
        ]
        return sorted(
            told,
            key=lambda one: (
                not applicants[one[0]].running,
                applicants[one[0]].latest,
                applicants[one[0]].subject.job.job_id,
            ),
        )

    def _slot(self, row: int, answer: Answer) -> int:
        return max(int(self._floor.first[row]), self._floor.prices.slot_of(answer.begin))

    def _lift(self, row: int, answer: Answer, slot: int) -> float:
        """W by which it lifts the peak from this slot on."""
        drawn = self._watts[row] * answer.alive
        return float((self._load[slot : slot + len(drawn)] + drawn).max()) - self._peak

    def _lay(self, row: int, answer: Answer, slot: int) -> None:
        drawn = self._watts[row] * answer.alive
        self._load[slot : slot + len(drawn)] += drawn
        self._peak = max(self._peak, float(self._load.max()))

    def _placed(self, row: int, answer: Answer, slot: int) -> Answer:
        """The answer at the least dear start, its lift counted; laid there."""
        first, last = self._window(row)
        charge = self._charge(row)
        if charge == 0 or last == first:
            self._lay(row, answer, slot)
            return answer
        lift = np.maximum(self._lifts(row, answer, first, last), 0.0)
        run = self._run_price(row)[first : last + 1] + charge * lift
        chosen = first + self._least(row, run, slot - first)
        self._lay(row, answer, chosen)
        length = self._length[self._floor.shape[row]]
        told = replace(answer, at_once=float(run[0] / length), raises=float(lift[0]))
        return self._moved(row, told, slot, chosen, float(run[chosen - first] / length))

    def _least(self, row: int, run: Values, asked: int) -> int:
        """Which start costs least with its wait: not left for less than the least gain."""
        curve, shape = self._floor.curve[row], self._floor.shape[row]
        cost = run + self._delay[curve] * np.arange(len(run))
        least = self._stage.policy.least_gain * self._length[shape]
        best = int(np.argmin(cost))
        kept = self._kept(row)
        if 0 <= kept < len(cost) and cost[kept] <= cost[best] + least:
            best = kept
        return best if cost[best] < cost[asked] - least else asked

    def _next_time(self, row: int, answer: Answer, slot: int) -> Answer:
        """The answer a slot later, to be asked again then."""
        _, last = self._window(row)
        if self._charge(row) == 0 or slot + 1 > last:
            return answer
        return self._moved(row, answer, slot, slot + 1, answer.chosen)

    def _moved(self, row: int, answer: Answer, asked: int, slot: int, price: float) -> Answer:
        """The answer with its begin in this slot; why, if that is later than it asked."""
        if slot == asked:
            return replace(answer, chosen=price)
        first = int(self._floor.first[row])
        begin = self._floor.prices.time_of(slot) if slot > first else self._earliest(row)
        reason = Reason.DEMAND_CHARGE if slot > asked else None
        return replace(answer, begin=begin, chosen=price, power=reason)

    def _earliest(self, row: int) -> int:
        return int(self._floor.earliest[row])

    def _window(self, row: int) -> tuple[int, int]:
        """First and last slot it may start in."""
        first = int(self._floor.first[row])
        return first, max(first, int(self._floor.last[row]))

    def _kept(self, row: int) -> int:
        """Slots from its first to the begin that it has from us; -1: it has none."""
        kept = self._stage.applicants[row].kept
        return self._floor.prices.slot_of(kept) - int(self._floor.first[row]) if kept else -1

    def _lifts(self, row: int, answer: Answer, first: int, last: int) -> Values:
        """By start, W by which it would lift the peak; shape (starts,)."""
        drawn = self._watts[row] * answer.alive
        ahead = sliding_window_view(self._load[first : last + len(drawn)], len(drawn))
        return np.asarray((ahead + drawn).max(axis=1) - self._peak)

    def _run_price(self, row: int) -> Values:
        """By start, what its run costs at the market's prices, in deviations times slots."""
        curve, shape = int(self._floor.curve[row]), int(self._floor.shape[row])
        if (curve, shape) not in self._means:
            zero, alive = np.zeros(1, dtype=np.int64), self._stage.shapes.alive[[shape]]
            means = expected_means(self._market[[curve]], alive, zero, zero)
            self._means[curve, shape] = means[0] * self._length[shape]
        return self._means[curve, shape]

    def _charge(self, row: int) -> float:
        """What lifting the peak by a watt costs it, in deviations times slots."""
        cluster, _, sensitivity = line = self._stage.applicants[row].line
        curve = self._stage.curve(line)
        if curve is None or cluster != self._stage.cluster:
            return 0.0
        weight = self._stage.policy.sensitivity[sensitivity] * curve.per_mwh
        hours = self._floor.prices.slot / 3600
        return weight * charged(1.0, self._draw.charge, float(self._watts[row]), hours)

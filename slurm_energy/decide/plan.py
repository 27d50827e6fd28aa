"""The plan of one cluster for one cycle: columns, from which decisions are read on demand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.columns.coded import Coded
from slurm_energy.decide.columns.rows import Rows
from slurm_energy.decide.draft import CHOSEN
from slurm_energy.decide.durations.deciles import deciles
from slurm_energy.decide.market.alternatives import (
    STARTS,
    Pricing,
    Terms,
    Window,
    alternative_terms,
)
from slurm_energy.decide.market.answered import Answers
from slurm_energy.decide.market.market import Outlook
from slurm_energy.decide.market.pressure import Pressure
from slurm_energy.decide.market.stage import Answer
from slurm_energy.decide.power.powernow import PowerNow
from slurm_energy.decide.pricing.costterms import cost_terms
from slurm_energy.decide.pricing.price import Curve, Line
from slurm_energy.decide.pricing.threshold import threshold_terms
from slurm_energy.decide.pricing.weights import weight_terms
from slurm_energy.decide.rules.budget import budget_terms
from slurm_energy.decide.rules.guard import Subject, stoppable
from slurm_energy.decide.rules.promise import Promise
from slurm_energy.decide.rules.promises import Promises, slack_of
from slurm_energy.decide.scoring.boost import Scored, boost_terms
from slurm_energy.decide.scoring.points import CurvesByCluster, curve_cluster
from slurm_energy.model.budget import Spent
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Decision, Reason
from slurm_energy.model.policy import Policy

_EARLY = 0.1
"""Share of runs that have ended by ``run_low``; half and nine tenths are the market's own."""
_NO_POINTS = (Action.LEAVE, Action.GO_ON, Action.STOP)


@dataclass(frozen=True, slots=True)
class Plan:
    """Row ``i`` is ``subjects[i]``; shapes are (jobs,)."""

    cluster: str
    now: int
    subjects: Sequence[Subject]
    rows: Rows
    """The columns of ``subjects``."""
    lines: Sequence[Line]
    """What the numbers in ``rows.line`` mean."""
    promises: Promises
    actions: Coded[Action]
    reasons: Coded[Reason]
    begin: NDArray[np.int64]
    """Begin time that should hold; 0: leave it."""
    points: NDArray[np.int32]
    """SiteFactor that should hold, unless the action is LEAVE."""
    age_points: NDArray[np.int32]
    """The part of ``points`` that gives back the age a deferral costs."""
    price_first: NDArray[np.float64]
    """Effective price of the run when started at once; NaN where it was not asked."""
    price_chosen: NDArray[np.float64]
    curves: CurvesByCluster
    answers: Answers
    """The market's answer to each job that asked; None for the others."""
    outlook: Outlook
    """What this turn leaves to the next."""
    policy: Policy
    spent: Spent
    """What is spent of the budgets after this plan."""
    ahead: Mapping[WorkloadClass, int]
    """GPUs that are wanted ahead of each class."""
    power: PowerNow
    """What limited the draw."""
    pressure: Pressure
    """What the market's answers take of each resource."""

    def decision(self, row: int, cycle: int) -> Decision:
        """The frozen answer for one job, with its terms."""
        promise = self.promises[row]
        bound = promise.latest_start
        leave = self.actions[row] in _NO_POINTS
        return Decision(
            key=self.subjects[row].key,
            cycle=cycle,
            action=self.actions[row],
            reason=self.reasons[row],
            begin=int(self.begin[row]) or None,
            site_factor=None if leave else int(self.points[row]),
            latest_start=bound,
            terms=self._terms(row, promise),
        )

    def gains(self) -> NDArray[np.float64]:
        """By row, what waiting saves: GPU-seconds times standard deviations; 0: nothing is known.

        Nothing comes before what a grid event or the power limit asks.
        """
        saved = self.price_first - self.price_chosen
        worth = saved * np.maximum(1, self.rows.gpus) * self.rows.limit
        worth = np.where(np.isnan(saved), 0.0, worth)
        return np.where(CHOSEN[self.reasons.codes], worth, np.inf)

    def _terms(self, row: int, promise: Promise) -> dict[str, float | int | str | None]:
        latest = promise.latest_start
        subject = self.subjects[row]
        contract = subject.annotation.contract
        curve = self.curves.get(curve_cluster(subject.job), {}).get(contract.workload_class)
        run = subject.job.time_limit or 0
        here = curve.mean_signals(self.now, 0) if curve else (None, None)
        at_once = curve.mean_signals(self.now, run) if curve else (None, None)
        at_start = curve.mean_signals(int(self.begin[row]) or self.now, run) if curve else at_once
        return {
            "class": contract.workload_class.value,
            "rule": contract.rule,
            "urgency": contract.urgency,
            "sensitivity": contract.sensitivity.value,
            **promise.terms,
            "user_begin": subject.annotation.user_begin or None,
            # What may not wait at all has no slack, rather than less and less of it.
            "slack": None if latest is None or contract.max_delay == 0 else latest - self.now,
            **self._boost(row),
            "age_given_back": int(self.age_points[row]) or None,
            "stops": subject.held.stops or None,
            "work_done": subject.held.done or None,
            "checkpoint": subject.annotation.checkpoint or None,
            "carbon_now": _number(here[0]),
            "price_now": _number(here[1]),
            "carbon_at_once": _number(at_once[0]),
            "carbon_at_start": _number(at_start[0]),
            "price_at_once": _number(at_once[1]),
            "price_at_start": _number(at_start[1]),
            "effective_at_once": _number(self.price_first[row]),
            "effective_at_start": _number(self.price_chosen[row]),
            **self._costs(row, curve),
            **self._alternatives(row, curve),
            "effective_with_stops": (
                _number(self.price_chosen[row]) if stoppable(subject, self.policy) else None
            ),
            **_market_terms(self.answers[row], self.policy.slot, subject.job.time_limit),
            **threshold_terms(curve, self.policy.thresholds, contract.workload_class, self.ahead),
            "account_until": self.outlook.waits.until(subject.job.job_id),
            **budget_terms(self.spent, self.policy.budgets, subject),
            **self._power_terms(row, subject),
        }

    def _power_terms(self, row: int, subject: Subject) -> Terms:
        """What it draws here, and with the run time it is thought to have here what it uses."""
        answer = self.answers[row]
        raises = None if answer is None else answer.raises
        hours = None if answer is None else float(answer.alive.sum()) * self.policy.slot / 3600
        return self.power.terms(subject, int(self.begin[row]), self.now, raises, hours)

    def _costs(self, row: int, curve: Curve | None) -> Terms:
        """PUE and money at once and at the chosen start; empty where the site names neither."""
        answer, job = self.answers[row], self.subjects[row].job
        run = (job.time_limit or 0) if answer is None else answer.median
        starts = {"once": self.now, "start": int(self.begin[row]) or self.now}
        return cost_terms(curve, job, starts, run)

    def _alternatives(self, row: int, curve: Curve | None) -> Terms:
        """The chosen start beside others; empty where the market was not asked."""
        answer, subject = self.answers[row], self.subjects[row]
        if answer is None or curve is None:
            return {}
        contract = subject.annotation.contract
        earliest = max(self.now, subject.begin_floor)
        window = Window(
            earliest=earliest,
            chosen=int(self.begin[row]) or earliest,
            latest=self.promises[row].latest_start or earliest,
            until=self.now + self.policy.horizon,
        )
        here = curve_cluster(subject.job) == self.cluster
        pricing = Pricing(
            curve,
            self.policy.sensitivity[contract.sensitivity],
            self.policy.classes[contract.workload_class].delay,
            self.outlook.congestion if here else None,
            answer.alive,
        )
        found = dict(alternative_terms(window, pricing))
        if here:
            found |= self._shortages(found)
        return {**weight_terms(self.policy, contract), **found}

    def _shortages(self, starts: Terms) -> Terms:
        """What is short at those of the compared starts that congestion makes dearer."""
        dear = [name for name in STARTS if starts.get(f"congestion_at_{name}")]
        told = {name: self.pressure.at(int(starts[f"{name}_time"] or 0)) for name in dear}
        return {f"short_at_{name}": found for name, found in told.items() if found is not None}

    def _boost(self, row: int) -> Terms:
        """What its points are made of, beside the age given back; empty where they are left."""
        if self.actions[row] in _NO_POINTS:
            return {}
        answer = self.answers[row]
        scored = Scored(
            line=self.lines[int(self.rows.line[row])],
            urgency=int(self.rows.urgency[row]),
            slack=int(slack_of(self.promises.latest[row : row + 1], self.now)[0]),
            waiting=np.nan if answer is None else answer.waiting,
        )
        return boost_terms(scored, self.promises.grounds.queue, self.curves, self.policy)


def _market_terms(
    answer: Answer | None, slot: int, limit: int | None
) -> dict[str, float | int | str | None]:
    """What the job's answer rests on: run times, the surcharge, what waiting costs.

    Run times are counted in whole slots; the job's own limit in seconds is the most that is told.
    """
    if answer is None:
        return {}
    most = answer.long if limit is None else limit
    return {
        "run_low": min(max(1, int((answer.alive > 1 - _EARLY).sum())) * slot, most),
        "run_median": min(answer.median, most),
        "run_long": min(answer.long, most),
        "run_from": answer.learned_from,
        "run_samples": answer.samples,
        **({"run_deciles": deciles(answer.alive, slot, limit)} if answer.samples else {}),
        "congestion": _number(answer.congestion),
        "cost_of_waiting": _number(answer.later) if np.isfinite(answer.later) else None,
    }


def _number(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else round(float(value), 4)

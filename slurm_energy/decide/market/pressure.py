"""Which resource is short where a slot has a congestion price: worked out when somebody asks.

The market counts each job by its largest share of any resource. Here each resource is counted by
itself, for one slot: what the jobs that are there are expected to take of it by the market's own
answers, against what may be planned. Those that are expected to come are not in it.
"""

import numpy as np

from slurm_energy.decide.market.answered import Answers
from slurm_energy.decide.market.stage import Stage
from slurm_energy.decide.power.capacity import Resource, demand_of, sizes
from slurm_energy.decide.pricing.price import Values
from slurm_energy.decide.pricing.prices import Index
from slurm_energy.decide.scoring.points import curve_cluster
from slurm_energy.model.job import JobState

_LITTLE = 1e-9
"""In place of a limit of nothing: whatever is asked of it is too much."""


class Pressure:
    """One turn's market by resource; each slot is counted once, when it is first asked about."""

    def __init__(self, stage: Stage, answers: Answers) -> None:
        self._stage = stage
        self._answers = answers
        self._takes: Values | None = None
        self._since: Index | None = None
        self._told: dict[int, str | None] = {}

    def at(self, time: int) -> str | None:
        """``70.5 of 60.8 GPUs``: wanted and to be had of what is shortest; None: nothing limits.

        Watts are those above the idle draw.
        """
        known = self._stage.capacity
        slot = (time - known.start) // known.slot if known.resources else -1
        if not 0 <= slot < len(known.limit):
            return None
        if slot not in self._told:
            self._told[slot] = self._count(slot)
        return self._told[slot]

    def _count(self, slot: int) -> str | None:
        known = self._stage.capacity
        room = known.limit[slot] * (1 - self._stage.policy.headroom)
        wanted = self._weights(slot) @ self._all_take()
        shortest = int(np.argmax(wanted / np.maximum(room, _LITTLE)))
        if not np.isfinite(room[shortest]) or wanted[shortest] <= 0:
            return None
        name = known.resources[shortest]
        return f"{_figure(wanted[shortest])} of {_figure(room[shortest])} {_unit(name)}"

    def _weights(self, slot: int) -> Values:
        """By job, the chance that it runs in a slot."""
        shapes, since = self._stage.shapes, self._begun()
        row = shapes.row[: len(since)]
        done, age = np.maximum(0, -since), slot - since
        reach = shapes.alive.shape[1]
        found = np.where(age < reach, shapes.alive[row, np.clip(age, 0, reach - 1)], 0.0)
        base = np.where(done < reach, shapes.alive[row, np.minimum(done, reach - 1)], 0.0)
        # One that lasts longer than any of its kind did is expected to end within the slot.
        late = np.full(len(since), 1.0 if slot == 0 else 0.0)
        still = np.divide(found, base, out=late, where=base > 0)
        return np.where(age >= 0, still, 0.0)

    def _begun(self) -> Index:
        """By job, the slot in which it begins; below 0, when it began."""
        if self._since is None:
            stage = self._stage
            known, jobs = stage.capacity, [one.job for one in stage.applicants.subjects]
            asked, place = self._answers.known, self._answers.place
            begins = np.full(len(place), stage.now)
            begins[asked] = self._answers.told.begin[place[asked]]
            begin = [*begins.tolist(), *[stage.now] * len(stage.others)]
            since = [
                job.start_time
                if job.state is JobState.RUNNING and job.start_time and time <= stage.now
                else time
                for job, time in zip([*jobs, *stage.others], begin, strict=True)
            ]
            self._since = (np.array(since, dtype=np.int64) - known.start) // known.slot
        return self._since

    def _all_take(self) -> Values:
        """Shape (jobs, resources); nothing of a job that is priced on another cluster."""
        if self._takes is None:
            stage = self._stage
            jobs = [one.job for one in stage.applicants.subjects]
            here = np.array([curve_cluster(job) == stage.cluster for job in jobs], dtype=np.bool_)
            here = np.append(here, np.ones(len(stage.others), dtype=np.bool_))
            watts = stage.drawn(slice(len(here)))
            total = demand_of(sizes([*jobs, *stage.others]), stage.capacity, watts).total
            self._takes = total * here[:, None]
        return self._takes


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _unit(name: Resource) -> str:
    return {Resource.WATTS: "W", Resource.MEMORY: "MiB of memory"}.get(name, name.value)

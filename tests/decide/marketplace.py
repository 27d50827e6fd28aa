"""A market of one cluster in a few numbers: quarters of an hour from noon on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.durations.shapes import Shapes
from slurm_energy.decide.market.applicants import Applicants
from slurm_energy.decide.market.market import FIRST, Outlook, trade
from slurm_energy.decide.market.stage import Answer, Applicant, Stage
from slurm_energy.decide.power.capacity import Capacity, Resource
from slurm_energy.decide.pricing.price import Curve
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.policy import Policy
from tests.builders import NOON, make_annotation, make_curve, make_job, make_subject, some

if TYPE_CHECKING:
    from slurm_energy.model.job import Job

SLOT = 900
SLOTS = 2 * 192 + 1
_DEFAULT = Policy()
POLICY = replace(
    _DEFAULT,
    headroom=0.0,
    classes={name: replace(kind, delay=0.0) for name, kind in _DEFAULT.classes.items()},
)
"""Without a price on delay, and with the whole cluster to plan for."""
Values = NDArray[np.float64]


def dip(at: int, depth: float = 2.0, width: int = 4, slots: int = SLOTS) -> Curve:
    """A flat price with a dip of ``width`` slots."""
    values = np.zeros(slots)
    values[at : at + width] = -depth
    return make_curve(values.tolist())


def lasting(slots: int, count: int, columns: int = 192) -> Shapes:
    """``count`` jobs that all last so many slots for certain."""
    alive = (np.arange(columns) < slots).astype(np.float64)[None, :]
    row = np.zeros(count, dtype=np.int64)
    return Shapes(SLOT, np.ascontiguousarray(alive), row, ["a test's"], np.ones(1, dtype=np.int64))


def gpus(limit: float) -> Capacity:
    """So many GPUs in every slot."""
    return Capacity(NOON, SLOT, (Resource.GPUS,), np.full((SLOTS, 1), float(limit)))


NO_LIMIT = Capacity(NOON, SLOT, (), np.zeros((SLOTS, 0)))


def applicant(
    job_id: int = 100, wait: int = 96, subject: Subject | None = None, **job: Any
) -> Applicant:
    """A pending job that may wait so many slots; other fields are the job's."""
    subject = subject or make_subject(make_job(job_id, **job))
    return Applicant(subject, NOON, NOON + wait * SLOT, 0)


def arriving(job_id: int, submit: int, wait: int = 96, **job: Any) -> Applicant:
    """A job that was submitted at ``submit``."""
    subject = make_subject(
        make_job(job_id, submit_time=submit, **job), make_annotation(submit=submit)
    )
    return Applicant(subject, submit, submit + wait * SLOT, 0)


def stage(applicants: Sequence[Applicant], curve: Curve, **changes: Any) -> Stage:
    """These jobs on east, each of four slots, with 8 GPUs."""
    others: Sequence[Job] = changes.pop("others", ())
    curves: Mapping[str, Any] = {"east": dict.fromkeys(WorkloadClass, curve)}
    values: dict[str, Any] = {
        "cluster": "east",
        "now": NOON,
        "others": others,
        "shapes": lasting(4, len(applicants) + len(others)),
        "curves": curves,
        "capacity": gpus(8),
        "policy": POLICY,
    }
    return Stage(applicants=Applicants.of(applicants), **(values | changes))


def slots(answers: Sequence[Answer | None]) -> list[int | None]:
    """In which slot each one goes."""
    return [None if one is None else (one.begin - NOON) // SLOT for one in answers]


def ticking(given: Stage, turns: int, outlook: Outlook = FIRST) -> Outlook:
    """What is left after so many turns, each the first of its slot; the jobs stay as they are.

    A price by slot then counts from the slot before noon.
    """
    for _ in range(turns):
        _, outlook = trade(given, outlook)
        known = some(outlook.congestion)
        price = np.append(0.0, known.price[:-1])
        known = replace(known, start=known.start - SLOT, price=price)
        outlook = replace(outlook, congestion=known)
    return outlook


def surcharges(outlook: Outlook) -> Values:
    """The prices that it left, by slot from noon on."""
    known = some(outlook.congestion)
    return known.moved_to(NOON, SLOTS)

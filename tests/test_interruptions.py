"""Death at every step of a turn: whatever was done by then, the next daemon comes to the same end.

Each call that a turn makes to the outside is an interruption twice, before it takes effect and
after; updates reach Slurm one by one, and each of them is such a call.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Outcome, Update
from slurm_energy.model.job import JobState
from tests.builders import HOUR, MINUTE, NOON, make_annotation, make_contract, make_signals
from tests.worlds import Town

CLEAN_FROM_NOW = make_signals([50.0] * 2 + [400.0] * 70, [20.0] * 2 + [90.0] * 70)
STEPS = ("stays dirty", "turns clean", "is not known")


class Died(BaseException):
    """The process is gone; nothing of ours catches it."""


@dataclass
class Fuse:
    """Burns at every step and ends the process at the last."""

    length: int = 10**9
    burnt: list[str] = field(default_factory=list)

    def burn(self, step: str) -> None:
        self.burnt.append(step)
        if len(self.burnt) > self.length:
            raise Died(step)


class Mortal:
    """A part of the world during whose calls the process may die."""

    def __init__(self, name: str, part: Any, fuse: Fuse) -> None:
        self._name, self._part, self._fuse = name, part, fuse

    def __getattr__(self, call: str) -> Any:
        found = getattr(self._part, call)
        return self._around(found, f"{self._name}.{call}") if callable(found) else found

    def _around(self, call: Callable[..., Any], step: str) -> Callable[..., Any]:
        def mortal(*arguments: Any) -> Any:
            self._fuse.burn(f"before {step}")
            answer = call(*arguments)
            self._fuse.burn(f"after {step}")
            return answer

        return mortal


class MortalHands(Mortal):
    """Sends one update after the other, as a client does."""

    def apply(self, updates: Sequence[Update]) -> tuple[Outcome, ...]:
        send = self._around(self._part.apply, f"{self._name}.apply")
        return tuple(outcome for update in updates for outcome in send([update]))


def turn(town: Town, fuse: Fuse | None = None) -> None:
    """One turn of a daemon that starts now, and may not survive it."""
    parts: dict[str, Mortal | dict[str, Mortal]] = {}
    if fuse is not None:
        parts = {
            name: Mortal(name, getattr(town, name), fuse)
            for name in ("signals", "ledger", "held", "lead", "table")
        }
        parts["readers"] = {"east": Mortal("reader", town.east, fuse)}
        parts["actuators"] = {"east": MortalHands("actuator", town.east, fuse)}
    town.daemon(**parts).turn()


@dataclass
class Morning:
    """A town after one turn, and what users, people and Slurm did since."""

    town: Town
    jobs: dict[str, int]

    def turn(self, fuse: Fuse | None = None) -> None:
        """One turn of a daemon that starts now, and may not survive it."""
        turn(self.town, fuse)

    def end(self) -> dict[str, tuple[int, int | None, bool]]:
        """Eligible from, SiteFactor and whether it is a person's, of each job."""
        now = self.town.clock.now()
        held = {key.job_id: one for key, one in self.town.held.saved.items()}
        return {
            name: (
                max(now, self.town.east.job(job).eligible_time or now),
                self.town.east.job(job).site_factor,
                job in held and held[job].theirs,
            )
            for name, job in self.jobs.items()
        }

    def said(self) -> dict[str, str]:
        """The last recorded reason of each job."""
        ids = {job: name for name, job in self.jobs.items()}
        return {
            ids[one.decision.key.job_id]: one.decision.reason.value
            for one in self.town.ledger.decisions
        }


OVERRULED = {"owner said now": NOON + 10 * MINUTE, "owner said later": NOON + 30 * HOUR}
POINTS = {"admin set SiteFactor": 7}


def morning(then: str) -> Morning:
    """Ten minutes past the first turn."""
    town = Town()
    near = make_contract(deadline=NOON + 2 * HOUR, urgency=60)
    jobs = {
        "put off": town.submit(),
        "put off too": town.submit(),
        "owner said now": town.submit(),
        "owner said later": town.submit(),
        "admin set SiteFactor": town.submit(),
        "admin set Priority": town.submit(),
        "deadline near": town.submit(near),
        "urgent": town.submit(make_contract(WorkloadClass.LATENCY_CRITICAL, max_delay=0)),
        "begins in an hour": town.submit_annotated(
            make_annotation(user_begin=NOON + HOUR), begin=NOON + HOUR
        ),
        "requeued": town.submit(),
        "not ours": town.east.submit(comment="beam energy:13TeV"),
    }
    town.daemon().turn()
    town.later(5 * MINUTE)
    for name, begin in OVERRULED.items():
        town.east.set_begin(jobs[name], begin)
    for name, factor in POINTS.items():
        town.east.set_site_factor(jobs[name], factor)
    town.east.set_priority(jobs["admin set Priority"], 99)
    town.east.start(jobs["requeued"])
    town.later(5 * MINUTE)
    town.east.requeue(jobs["requeued"])
    lease = town.clock.now() + MINUTE
    jobs["leased"] = town.submit_annotated(
        make_annotation(submit=town.clock.now(), lease=lease), begin=lease
    )
    signals = {"stays dirty": town.signals.now["east"], "turns clean": CLEAN_FROM_NOW}
    town.signals.now = {"east": signals.get(then, make_signals(None))}
    return Morning(town, jobs)


def without_interruption(then: str) -> Morning:
    """The same morning with a daemon that lives."""
    calm = morning(then)
    calm.turn()
    calm.town.later(30)
    calm.turn()
    return calm


def interruptions() -> Iterator[Any]:
    for then in STEPS:
        fuse = Fuse()
        morning(then).turn(fuse)
        for length, step in enumerate(fuse.burnt):
            yield pytest.param(then, length, id=f"{then}: {step} ({length})")


EVERYWHERE = pytest.mark.parametrize(("then", "length"), tuple(interruptions()))


@EVERYWHERE
def test_the_next_daemon_comes_to_the_same_end(then: str, length: int) -> None:
    calm, broken = without_interruption(then), morning(then)
    with pytest.raises(Died):
        broken.turn(Fuse(length))
    broken.town.later(30)
    broken.turn()
    assert broken.end() == calm.end()
    assert broken.said() == calm.said()


@EVERYWHERE
def test_without_a_next_daemon_everybody_starts_in_time(then: str, length: int) -> None:
    broken = morning(then)
    with pytest.raises(Died):
        broken.turn(Fuse(length))
    last = {
        one.decision.key.job_id: one.decision.latest_start
        for one in without_interruption(then).town.ledger.decisions
    }
    for name, job_id in broken.jobs.items():
        job, latest = broken.town.east.job(job_id), last.get(job_id)
        assert job.state is JobState.PENDING
        assert not job.held
        if latest is not None and name not in OVERRULED:
            assert (job.eligible_time or 0) <= max(latest, NOON)


@EVERYWHERE
def test_what_a_person_set_is_not_overwritten(then: str, length: int) -> None:
    broken = morning(then)
    with pytest.raises(Died):
        broken.turn(Fuse(length))
    for _ in range(3):
        broken.town.later(HOUR)
        broken.turn()
    jobs = {name: broken.town.east.job(job_id) for name, job_id in broken.jobs.items()}
    assert {name: jobs[name].eligible_time for name in OVERRULED} == OVERRULED
    assert {name: jobs[name].site_factor for name in POINTS} == POINTS
    assert jobs["admin set Priority"].priority_set
    touched = {update.key.job_id for update in broken.town.east.received}
    assert broken.jobs["not ours"] not in touched


def test_a_person_who_acts_while_no_daemon_lives_is_heeded() -> None:
    """Between what was noted and what was sent lies a death, and after it a person's word."""
    fuse = Fuse()
    morning("stays dirty").turn(fuse)
    noted = fuse.burnt.index("after held.save")
    broken = morning("stays dirty")
    with pytest.raises(Died):
        broken.turn(Fuse(noted))
    leased = broken.jobs["leased"]
    broken.town.later(MINUTE)
    broken.town.east.set_begin(leased, wanted := NOON + 20 * HOUR)
    for _ in range(3):
        broken.turn()
        broken.town.later(HOUR)
    assert broken.town.east.job(leased).eligible_time == wanted

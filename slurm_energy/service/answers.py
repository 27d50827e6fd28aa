"""What the daemon answers, read out of the last turn: pure, plain values for JSON.

Times are seconds since the epoch, durations seconds; missing is null, never 0.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slurm_energy import __version__
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.rules.gridevent import event_terms
from slurm_energy.decide.scoring.points import curve_cluster
from slurm_energy.errors import InputError
from slurm_energy.model.contract import Annotation
from slurm_energy.model.decision import Action, CycleRecord, Decision, Reason
from slurm_energy.model.job import Job, JobState
from slurm_energy.model.series import ClusterSignals, Forecast, Series
from slurm_energy.ports import Annotator
from slurm_energy.turn import Turn

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks; ``sees_all`` false: only the jobs of ``user``."""

    user: str | None
    sees_all: bool

    def may_see(self, user: str | None) -> bool:
        """Whether a job of this user may be shown."""
        return self.sees_all or (user is not None and user == self.user)


@dataclass(frozen=True, slots=True)
class Process:
    """What the process adds to a turn for ``status``."""

    now: int
    started: int
    mode: str
    interval: int
    released: str | None
    cycles: int
    failures: int
    backlog: int
    restarts: Mapping[str, int]
    webhook: Mapping[str, str | None] | None = None
    """``problem``: why nobody can post grid events, if so; None: nobody is to."""


def status(turn: Turn | None, process: Process) -> Answer:
    """Mode, lead, the last turn in numbers, each cluster in one row, problems."""
    answer: Answer = {
        "version": __version__,
        "now": process.now,
        "started": process.started,
        "mode": process.mode,
        "released": process.released,
        "interval": process.interval,
        "cycles": process.cycles,
        "failures": process.failures,
        "backlog": process.backlog,
        "restarts": dict(process.restarts),
        "webhook": None if process.webhook is None else dict(process.webhook),
        "turn": None,
        "clusters": [],
        "problems": [],
    }
    if turn is not None and turn.record is not None:
        answer["turn"] = _counts(turn.record, turn.leading)
        answer["clusters"] = [_cluster(name, turn) for name in turn.record.clusters]
        answer["problems"] = list(turn.problems)
    return answer


def _counts(record: CycleRecord, leading: bool) -> Answer:
    names = ("pending", "managed", "deferred", "sent", "skipped", "failed")
    return {
        "number": record.cycle,
        "at": record.at,
        "leading": leading,
        **{name: getattr(record, name) for name in names},
        "by_class": dict(record.by_class),
        "by_reason": dict(record.by_reason),
        "seconds": dict(record.seconds),
    }


def _cluster(name: str, turn: Turn) -> Answer:
    queue, plan = turn.queues.get(name), turn.plans.get(name)
    known = turn.signals.get(name)
    return {
        "cluster": name,
        "read": queue is not None,
        "pending": None if queue is None else sum(_is_pending(job) for job in queue.jobs),
        "managed": None if plan is None else len(plan.subjects),
        "deferred": None if plan is None else plan.actions.count(Action.DEFER),
        "job_count": None if queue is None else queue.job_count,
        "gpus_total": None if queue is None else queue.gpus_total,
        "gpus_idle": None if queue is None else queue.gpus_idle,
        "carbon": value_at(known.carbon if known else None, turn.at),
        "price": value_at(known.price if known else None, turn.at),
        "forecasts": _forecasts(known),
        **_power(name, turn),
    }


def _forecasts(known: ClusterSignals | None) -> Answer:
    """By signal, those that a forecast continues."""
    series = {} if known is None else {"carbon": known.carbon, "price": known.price}
    return {
        name: forecast_told(one.forecast)
        for name, one in series.items()
        if one is not None and one.forecast is not None
    }


def _power(name: str, turn: Turn) -> Answer:
    """What the cluster is thought to draw and may draw, in W; None where no limit is set."""
    limit = turn.power.get(name)
    return {
        "watts": rounded(turn.drawn.get(name)),
        "power_limit": None if limit is None else limit.at(turn.at),
        **event_terms(limit, turn.at),
    }


def queue(turn: Turn, viewer: Viewer, annotate: Annotator) -> Answer:
    """Pending and running jobs that ``viewer`` may see, each with class, promise and decision."""
    rows = [row for name in turn.queues for row in _rows(name, turn, viewer, annotate)]
    return {"at": turn.at, "sees_all": viewer.sees_all, "jobs": rows}


def _rows(cluster: str, turn: Turn, viewer: Viewer, annotate: Annotator) -> Iterator[Answer]:
    plan = turn.plans.get(cluster)
    ours = {} if plan is None else {s.job.job_id: row for row, s in enumerate(plan.subjects)}
    for job in turn.queues[cluster].jobs:
        if (
            job.state is JobState.OTHER
            or not viewer.may_see(job.user)
            or _told_at_origin(job, turn)
        ):
            continue
        row = ours.get(job.job_id)
        if plan is not None and row is not None:
            yield _planned(job, plan, row, turn)
        else:
            yield _unplanned(job, annotate, turn)


def _told_at_origin(job: Job, turn: Turn) -> bool:
    """Whether this is a pending sibling of a federated job whose origin shows it, and decides."""
    return job.is_sibling and job.state is JobState.PENDING and job.origin in turn.queues


def _planned(job: Job, plan: Plan, row: int, turn: Turn) -> Answer:
    decision = plan.decision(row, turn.number)
    return {
        **_shown(job, plan.subjects[row].annotation, turn),
        "slack": decision.terms["slack"],
        "latest_start": decision.latest_start,
        "decision": decision.action.value,
        "code": decision.reason.code,
        "reason": decision.reason.value,
        "begin": decision.begin,
    }


def _unplanned(job: Job, annotate: Annotator, turn: Turn) -> Answer:
    """A job that nothing is decided for: it runs, or it is not ours."""
    reason, code, annotation = None, None, None
    try:
        annotation = annotate(job)
    except InputError as error:
        reason, code = str(error), "damaged"
    if job.state is JobState.PENDING and annotation is None and reason is None:
        reason, code = Reason.UNMANAGED.value, Reason.UNMANAGED.code
    extra = {
        "slack": None,
        "latest_start": None,
        "decision": None,
        "code": code,
        "reason": reason,
        "begin": None,
    }
    return {**_shown(job, annotation, turn), **extra}


def _shown(job: Job, annotation: Annotation | None, turn: Turn) -> Answer:
    contract = None if annotation is None else annotation.contract
    known = turn.signals.get(curve_cluster(job))
    return {
        "cluster": job.cluster,
        "job": job.job_id,
        "array": job.array or None,
        "name": job.name,
        "user": job.user,
        "partition": job.partition,
        "state": job.state.value,
        "gpus": job.gpus,
        "class": None if contract is None else contract.workload_class.value,
        "deadline": None if contract is None else contract.deadline,
        "eligible": job.eligible_time,
        "site_factor": job.site_factor,
        "carbon": value_at(known.carbon if known else None, turn.at),
        "price": value_at(known.price if known else None, turn.at),
    }


def forecast_told(forecast: Forecast | None) -> Answer | None:
    """Who continued a series, from when on, and his record; None: it is the provider's own."""
    if forecast is None:
        return None
    return {
        "source": forecast.name,
        "after": forecast.provider,
        "since": forecast.since,
        "rank": rounded(forecast.rank),
        "error": rounded(forecast.error),
        "days": rounded(forecast.days),
        "reason": forecast.reason,
    }


def decided(decision: Decision, at: int) -> Answer:
    """A decision as it was made at ``at``, with its terms."""
    return {
        "at": at,
        "cycle": decision.cycle,
        "decision": decision.action.value,
        "reason": decision.reason.value,
        "begin": decision.begin,
        "site_factor": decision.site_factor,
        "latest_start": decision.latest_start,
        "terms": dict(decision.terms),
    }


def value_at(series: Series | None, now: int) -> float | None:
    """What a signal is at a moment; None where nobody knows."""
    return None if series is None else series.at(now)


def rounded(value: float | None) -> float | None:
    """With four digits behind the point: more are noise."""
    return None if value is None else round(value, 4)


def _is_pending(job: Job) -> bool:
    return job.state is JobState.PENDING

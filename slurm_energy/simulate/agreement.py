"""What was agreed for the jobs of a trace: their class's contract, narrowed by what they carry."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from slurm_energy.decide.terms.tagtime import render_duration
from slurm_energy.model.contract import Annotation, Contract, WorkloadClass
from slurm_energy.model.job import Job
from slurm_energy.model.rules import ClassRule, default_classes
from slurm_energy.simulate.trace import TraceJob

_REMEMBERED = 10_000
"""Runs whose annotation stays the same object."""


class TraceAgreement:
    """Implements :class:`~slurm_energy.ports.Annotator` by the number in AdminComment.

    A job without a class is nobody's, as one without a tag is on a real cluster. One that is
    interruptible saves its state all the time, and says so.
    """

    def __init__(self, jobs: Iterable[TraceJob]) -> None:
        rules = default_classes()
        self._known = {str(job.number): _annotation(job, rules) for job in jobs}
        self._running: dict[tuple[str, int], Annotation] = {}

    def __call__(self, job: Job) -> Annotation | None:
        """The annotation of the trace's job; None for an unmanaged one."""
        agreed = self._known.get(job.admin_comment)
        if agreed is None or job.start_time is None or not agreed.contract.interruptible:
            return agreed
        return self._saved(agreed, job.admin_comment, job.start_time)

    def contract(self, admin_comment: str) -> Contract | None:
        """What was agreed for an ended job."""
        agreed = self._known.get(admin_comment)
        return None if agreed is None else agreed.contract

    def _saved(self, agreed: Annotation, number: str, started: int) -> Annotation:
        """The annotation of a run that has stated its checkpoint; the same object for a run."""
        run = number, started
        if run not in self._running:
            if len(self._running) >= _REMEMBERED:
                self._running.clear()
            self._running[run] = replace(agreed, checkpoint=started + 1)
        return self._running[run]


def _annotation(job: TraceJob, rules: Mapping[WorkloadClass, ClassRule]) -> Annotation | None:
    workload_class = job.workload_class
    if workload_class is None or workload_class is WorkloadClass.UNMANAGED:
        return None
    rule = rules[workload_class]
    carried = job.max_delay if rule.defer else 0
    contract = Contract(
        workload_class=workload_class,
        urgency=rule.urgency,
        rule="tag",
        deadline=job.deadline,
        max_delay=rule.max_delay if carried is None else carried,
        sensitivity=rule.sensitivity,
        interruptible=job.interruptible,
    )
    return Annotation(
        contract=contract,
        submit=job.submit,
        user_begin=0,
        user_clusters=(),
        lease=0,
        tag=_tag(job, workload_class),
    )


def _tag(job: TraceJob, workload_class: WorkloadClass) -> str:
    """As its user would have written it."""
    parts = [f"class={workload_class.value}"]
    if job.max_delay is not None:
        parts.append(f"max_delay={render_duration(job.max_delay)}")
    if job.interruptible:
        parts.append("interruptible=yes")
    return ",".join(parts)

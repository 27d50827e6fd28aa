"""What was agreed for the jobs of a trace: their class's contract, narrowed by what they carry."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from slurm_energy.decide.tagtime import render_duration
from slurm_energy.model.contract import Annotation, Contract, WorkloadClass
from slurm_energy.model.job import Job
from slurm_energy.model.rules import ClassRule, default_classes
from slurm_energy.simulate.trace import TraceJob


class TraceAgreement:
    """Implements :class:`~slurm_energy.ports.Annotator` by the number in AdminComment.

    A job without a class is an evaluation: what nobody called urgent may wait.
    """

    def __init__(
        self,
        jobs: Iterable[TraceJob],
        classes: Mapping[WorkloadClass, ClassRule] | None = None,
    ) -> None:
        rules = default_classes() if classes is None else classes
        self._known = {str(job.number): _annotation(job, rules) for job in jobs}

    def __call__(self, job: Job) -> Annotation | None:
        """The annotation of the trace's job; None for an unmanaged one.

        A running job that may be interrupted has stated a checkpoint since it started.
        """
        known = self._known.get(job.admin_comment)
        if known is None or not known.contract.interruptible or job.start_time is None:
            return known
        return replace(known, checkpoint=job.start_time + 1)


def class_of(job: TraceJob) -> WorkloadClass:
    """The job's class, or what an unlabelled one is taken as."""
    return job.workload_class or WorkloadClass.EVALUATION


def _annotation(job: TraceJob, rules: Mapping[WorkloadClass, ClassRule]) -> Annotation | None:
    workload_class = class_of(job)
    if workload_class is WorkloadClass.UNMANAGED:
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

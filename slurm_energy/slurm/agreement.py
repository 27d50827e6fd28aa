"""What was agreed for a job: the hook's annotation, and a tag its user changed since."""

from dataclasses import replace
from functools import lru_cache

from slurm_energy.decide.terms import tag as tags
from slurm_energy.decide.terms.classes import resolve
from slurm_energy.decide.terms.matching import JobFacts
from slurm_energy.model.contract import Annotation, Contract, Tag, WorkloadClass
from slurm_energy.model.job import Job
from slurm_energy.model.rules import Rules
from slurm_energy.slurm import annotation as group

OPTED_OUT = Contract(WorkloadClass.UNMANAGED, urgency=0, rule="off", max_delay=0)
"""The user wrote ``energy:off`` into the comment of a job that was ours: we let go of it."""

_CACHED = 65_536
"""Jobs whose parsed annotation is remembered: texts stay the same from cycle to cycle."""


class Agreement:
    """Implements :class:`~slurm_energy.ports.Annotator` under the site's rules.

    AdminComment is the hook's and can't be forged; the comment is the user's, so its tag is
    resolved again under the same rules, from the original submit time. A tag that the rules
    refuse changes nothing: the hook already said so to the user.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._parse = lru_cache(_CACHED)(group.parse)

    def __call__(self, job: Job) -> Annotation | None:
        """The job's annotation, or None where it is not ours. Raises ``InputError``."""
        annotation = self._parse(job.admin_comment) if job.admin_comment else None
        if annotation is None:
            return None
        written = tags.find(job.comment)
        if written is None or written == annotation.tag:
            return annotation
        tag = tags.parse(written)
        annotation = replace(annotation, checkpoint=tag.checkpoint or 0)
        if tag.states_only_a_checkpoint:
            return annotation
        return replace(annotation, contract=self._changed(job, annotation, tag), tag=written)

    def _changed(self, job: Job, annotation: Annotation, tag: Tag) -> Contract:
        """The contract of a tag that was changed after submit."""
        opted_out = replace(
            OPTED_OUT, residency=annotation.contract.residency, region=annotation.contract.region
        )
        if tag.off:
            return opted_out
        facts = JobFacts(
            partition=job.partition,
            qos=job.qos,
            account=job.account,
            name=job.name,
            gpus=job.gpus,
            time_limit=job.time_limit,
            begin=annotation.user_begin,
        )
        found = resolve(self._rules, tag, facts, annotation.submit, annotation.submit)
        return found.contract or opted_out

"""The begin time that Slurm itself writes into a job that it queues again."""

from slurm_energy.model.job import Job

DELAY = 120
"""Seconds from the requeue, which is the new submit time."""
TOLERANCE = 5
"""Seconds that its controller may take between the two."""


def requeue_begin(job: Job) -> int:
    """When Slurm lets the job start again; 0 for one that was never requeued."""
    return job.submit_time + DELAY if job.restarts else 0

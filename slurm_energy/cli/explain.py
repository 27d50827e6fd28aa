"""``slurm-energy explain``."""

import click

from slurm_energy.cli.context import Context, json_option, pass_context, put
from slurm_energy.cli.jobid import job_or_task
from slurm_energy.cli.render_explain import render_explain


@click.command()
@click.argument("job", callback=job_or_task)
@json_option
@pass_context
def explain(context: Context, job: tuple[int, int | None], as_json: bool) -> None:
    """Tell why JOB waits or runs.

    Prints the run time it is thought to have, the starts that were compared, the terms of the
    decision with this job's numbers, and its history; docs/explain.md reads them. Of a job that is
    no longer pending, the last recorded decision and its time. Of one task of an array, such as
    98_4, its place among the tasks that wait as well.
    """
    number, task = job
    # A daemon of an older version does not know of tasks: it tells of the whole array.
    asked = {"job": number} if task is None else {"job": number, "task": task}
    answer = context.ask("explain", **asked)
    put(answer, as_json, lambda screen: render_explain(answer, screen))

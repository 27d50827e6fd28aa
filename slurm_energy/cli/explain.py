"""``slurm-energy explain``."""

import click

from slurm_energy.cli.context import Context, json_option, pass_context, put
from slurm_energy.cli.jobid import job_number
from slurm_energy.cli.render_explain import render_explain


@click.command()
@click.argument("job", callback=job_number)
@json_option
@pass_context
def explain(context: Context, job: int, as_json: bool) -> None:
    """Tell why JOB waits or runs.

    Prints the run time it is thought to have, the starts that were compared, the terms of the
    decision with this job's numbers, and its history; docs/explain.md reads them. Of a job that is
    no longer pending, the last recorded decision and its time.
    """
    answer = context.ask("explain", job=job)
    put(answer, as_json, lambda screen: render_explain(answer, screen))

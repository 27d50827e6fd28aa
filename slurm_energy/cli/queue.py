"""``slurm-energy queue``."""

import click

from slurm_energy.cli.context import Context, json_option, pass_context, put
from slurm_energy.cli.render_queue import render_queue


@click.command()
@json_option
@pass_context
def queue(context: Context, as_json: bool) -> None:
    """List pending and running jobs.

    Like squeue, with each job's class, deadline, slack, signals now, decision and reason.
    """
    answer = context.ask("queue")
    put(answer, as_json, lambda screen: render_queue(answer, screen))

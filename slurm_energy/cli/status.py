"""``slurm-energy status``."""

import click

from slurm_energy.cli.context import Context, json_option, pass_context, put
from slurm_energy.cli.render_status import render_status


@click.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Mode and lead, the last turn, every cluster, what is wrong."""
    answer = context.ask("status")
    put(answer, as_json, lambda screen: render_status(answer, screen))

"""``slurm-energy status``."""

import click

from slurm_energy.cli.context import Context, json_option, pass_context, put
from slurm_energy.cli.render_status import render_status


@click.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Show mode, lead, last turn and problems."""
    answer = context.ask("status")
    put(answer, as_json, lambda screen: render_status(answer, screen))

"""``slurm-energy signals``."""

import click

from slurm_energy.cli.context import Context, json_option, pass_context, put
from slurm_energy.cli.render_signals import render_signals


@click.command()
@json_option
@pass_context
def signals(context: Context, as_json: bool) -> None:
    """Show carbon and prices, now and next."""
    answer = context.ask("signals")
    put(answer, as_json, lambda screen: render_signals(answer, screen))

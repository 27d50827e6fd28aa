"""``slurm-energy signals [test | import]``."""

import click

from slurm_energy.cli.context import Context, json_option, put
from slurm_energy.cli.render_signals import render_signals
from slurm_energy.cli.signals_import import import_
from slurm_energy.cli.signals_test import test


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def signals(click_context: click.Context, as_json: bool) -> None:
    """Show carbon and prices, now and in the next 48 hours.

    With their sources, and how good every forecast has been.
    """
    if click_context.invoked_subcommand is None:
        answer = click_context.ensure_object(Context).ask("signals")
        put(answer, as_json, lambda screen: render_signals(answer, screen))


signals.add_command(test)
signals.add_command(import_)

"""``slurm-energy signals test``."""

import time

import click

from slurm_energy.cli.context import Context, json_option, pass_context, put
from slurm_energy.cli.exits import Exit
from slurm_energy.cli.render_trial import render_trials, trials_answer
from slurm_energy.service.trial import trials


@click.command("test")
@click.argument("source", required=False)
@json_option
@pass_context
def test(context: Context, source: str | None, as_json: bool) -> None:
    """Ask providers once, now, and say what came back; needs no daemon.

    SOURCE is CLUSTER/SIGNAL/NUMBER or its beginning, a key such as energy_charts, or a provider's
    name; without it all are asked. Exit code 1 where one can't be used.
    """
    now = int(time.time())
    told = list(trials(context.config, source, now))
    answer = trials_answer(told, now)
    put(answer, as_json, lambda screen: render_trials(answer, screen))
    sound = all(trial.sound for _, trial in told)
    click.get_current_context().exit(Exit.OK if sound else Exit.PROBLEM)

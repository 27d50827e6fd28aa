"""``slurm-energy release``."""

from collections.abc import Sequence
from contextlib import suppress

import click

from slurm_energy.cli.context import Context, json_option, pass_context, put
from slurm_energy.cli.exits import Exit
from slurm_energy.cli.jobid import job_number
from slurm_energy.cli.render_release import release_answer, render_release
from slurm_energy.errors import SlurmEnergyError
from slurm_energy.model.job import JobKey
from slurm_energy.service.release import release_all, release_job
from slurm_energy.wiring import hands

_AT_ONCE = 40
"""Jobs in one line to the daemon, which takes 4096 bytes."""


def _tell_daemon(context: Context, keys: Sequence[JobKey]) -> None:
    """So that ``explain`` can say who did it; where no daemon or ledger answers, it can't."""
    with suppress(SlurmEnergyError):
        for first in range(0, len(keys), _AT_ONCE):
            context.ask("released", jobs=keys[first : first + _AT_ONCE])


@click.command()
@click.argument("job", callback=job_number, required=False)
@click.option("--all", "everything", is_flag=True, help="Every job; mode off until resume.")
@click.option("--reason", default="an administrator asked", help="Shown by status, with --all.")
@json_option
@pass_context
def release(
    context: Context, job: int | None, everything: bool, reason: str, as_json: bool
) -> None:
    """Give JOB or every job back for good.

    Begin times go to now or the user's own --begin, SiteFactor to 0. Works without daemon and
    database, and lists what can't come back.
    """
    if everything == (job is not None):
        raise click.UsageError("name either a JOB or --all")
    found = hands(context.config)
    if found.config != context.config:
        click.echo(f"{context.config} is not valid; going on with {found.config}", err=True)
    try:
        done = release_all(found, reason) if job is None else release_job(found, job)
    finally:
        found.close()
    _tell_daemon(context, sorted(done.jobs | done.partly))
    put(release_answer(done), as_json, lambda screen: render_release(done, screen))
    click.get_current_context().exit(Exit.OK if done.complete else Exit.PROBLEM)

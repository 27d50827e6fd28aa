"""The command line: verbs, one file each, no logic; what they print is made in ``render_*``."""

from pathlib import Path

import click

from slurm_energy.cli.config import config
from slurm_energy.cli.context import Context
from slurm_energy.cli.doctor import doctor
from slurm_energy.cli.exits import Verbs
from slurm_energy.cli.explain import explain
from slurm_energy.cli.queue import queue
from slurm_energy.cli.release import release
from slurm_energy.cli.resume import resume
from slurm_energy.cli.signals import signals
from slurm_energy.cli.simulate import simulate
from slurm_energy.cli.status import status
from slurm_energy.config.load import DEFAULT_PATH


@click.group(cls=Verbs)
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_PATH,
    show_default=True,
    envvar="SLURM_ENERGY_CONFIG",
    help="The configuration file.",
)
@click.version_option(package_name="slurm-energy")
@click.pass_context
def main(context: click.Context, path: Path) -> None:
    """Energy as a scheduling input for Slurm: see, explain and take back what was decided."""
    context.obj = Context(path)


for verb in (status, queue, explain, signals, release, resume, config, doctor, simulate):
    main.add_command(verb)

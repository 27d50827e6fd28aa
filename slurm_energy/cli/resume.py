"""``slurm-energy resume``."""

import click

from slurm_energy.cli.context import Context, json_option, pass_context, put
from slurm_energy.service.installation import resume_all


@click.command()
@json_option
@pass_context
def resume(context: Context, as_json: bool) -> None:
    """Take back release --all.

    The configured mode holds again from the daemon's next turn.
    """
    before = resume_all(context.config)
    said = "nothing was released" if before is None else f"resumed; it was released: {before}"
    put({"released": before}, as_json, lambda screen: [said])  # noqa: ARG005

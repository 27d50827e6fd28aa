"""``slurm-energy doctor``."""

import click

from slurm_energy.cli.context import Context, json_option, pass_context, put
from slurm_energy.cli.exits import Exit
from slurm_energy.cli.render_doctor import doctor_answer, render_doctor
from slurm_energy.service.doctor import examine
from slurm_energy.service.finding import Verdict
from slurm_energy.service.gather import gather


@click.command()
@json_option
@pass_context
def doctor(context: Context, as_json: bool) -> None:
    """Check the installation and name the cures.

    Looks at the hook and its files, Slurm's settings, privileges, versions, clocks, the daemon,
    the database, and the signals with their files, tokens and providers. Exit code 1 where
    something fails.
    """
    findings = examine(gather(context.config))
    put(doctor_answer(findings), as_json, lambda screen: render_doctor(findings, screen))
    failed = any(finding.verdict is Verdict.FAIL for finding in findings)
    click.get_current_context().exit(Exit.PROBLEM if failed else Exit.OK)

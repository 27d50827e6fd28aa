"""``slurm-energy simulate``."""

from pathlib import Path

import click

from slurm_energy.cli.progress import Bars
from slurm_energy.cli.render_simulate import render_simulate
from slurm_energy.errors import InputError

_FILE = click.Path(path_type=Path, dir_okay=False)
_OUT = click.Path(path_type=Path, dir_okay=False, writable=True, allow_dash=True)


@click.command()
@click.option("--jobs", type=_FILE, help="Jobs: CSV, SWF, or sacct --parsable2 or --json.")
@click.option(
    "--generate",
    metavar="seed=N[,jobs=N][,days=N][,widest=N]",
    help="Made jobs instead, the same for the same seed.  [jobs=1000,days=21,widest=64]",
)
@click.option(
    "--time-unit",
    type=click.Choice(["s", "h"]),
    default="s",
    show_default=True,
    help="Of every time in a CSV file.",
)
@click.option("--skip-malformed", is_flag=True, help="Leave out and count rows that are wrong.")
@click.option("--carbon", metavar="FILE:COLUMN", required=True, help="gCO2eq/kWh over time.")
@click.option("--price", metavar="FILE:COLUMN", help="Price per MWh over time.")
@click.option("--start", metavar="ISO", required=True, help="Such as 2022-10-19T16:00Z.")
@click.option("--hours", type=float, required=True, help="The period; its end cuts nothing off.")
@click.option(
    "--policy",
    metavar="NAME|FILE",
    default="balanced",
    show_default=True,
    help="A preset (balanced, carbon-first, cost-first, performance-first), a TOML file with "
    "[policy], or a published one: run-at-once, lowest-slot, lowest-window, carbon-time, ecovisor.",
)
@click.option("--capacity", type=click.IntRange(1), help="Units of the pool.  [no limit]")
@click.option(
    "--nodes",
    metavar="4x8[,cpus=N][,base=W][,idle=W][,active=W][,down=10m][,boot=5m]",
    help="Nodes and GPUs of each instead of a pool; watts of a node, of an idle and of an active "
    "GPU; idle nodes are powered down after so long and take so long to boot.",
)
@click.option(
    "--slack",
    metavar="short=6h,long=24h",
    help="Longest delay of jobs under 2 h, and of others, that state none. Taken as shown where "
    "the trace says nothing of any job's class, deadline or longest delay.",
)
@click.option(
    "--forecast",
    type=click.Choice(["perfect", "yesterday", "week", "learned", "auto"]),
    default="perfect",
    show_default=True,
    help="What the planner knows of the hours ahead; auto: of the three forecasts the one that has "
    "ranked best so far, a threshold where none ranks, as the daemon does.",
)
@click.option(
    "--run-times",
    type=click.Choice(["online", "trace", "true"]),
    default="online",
    show_default=True,
    help="What it knows of run times: those that ended, its queue's in the whole trace, or all.",
)
@click.option(
    "--interruptible",
    type=click.Choice(["none", "all", "trace"]),
    default="trace",
    show_default=True,
    help="Jobs that may be stopped and resumed; trace: those that say so, if the policy allows.",
)
@click.option(
    "--interruption-cost",
    metavar="DURATION",
    default="0m",
    show_default=True,
    help="Run time lost by each stop. 0m is a stop for free, as no real one is.",
)
@click.option(
    "--idle-power",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Of an idle unit, as a share of the 1 kW of an active one.",
)
@click.option(
    "--demand-charge",
    type=click.FloatRange(0),
    metavar="PRICE",
    help="Of a kW of each month's highest draw, in the currency of --price.  [none]",
)
@click.option(
    "--backfill",
    type=click.Choice(["first-fit", "easy", "conservative"]),
    default="first-fit",
    show_default=True,
    help="How the cluster fills holes, with us and without.",
)
@click.option(
    "--secondary",
    metavar="FILE:COLUMN[,capacity=N][,price=FILE:COLUMN]",
    help="A second cluster, where half of the jobs that are not latency-critical may run.",
)
@click.option(
    "--costs",
    type=_FILE,
    help="A configuration file whose [costs] hold: PUE and rates by the hour, by column name.",
)
@click.option(
    "--frontier",
    is_flag=True,
    help="Play the policy with five weights too, from price alone to carbon alone, each beside "
    "its clairvoyant optimum. Needs --price; takes as long as five more runs.",
)
@click.option("--json", "json_path", type=_OUT, help="Write the result; - for standard output.")
@click.option("--html", "html_path", type=_OUT, help="Write the report: one file, no network.")
def simulate(json_path: Path | None, html_path: Path | None, **options: object) -> None:
    """Try a policy on recorded jobs and signals.

    The daemon's own cycle is played against a simulated cluster, and held against the cluster
    without it and against the best that anybody could do. docs/simulate.md tells more.
    """
    try:
        from slurm_energy.simulate import result, study
        from slurm_energy.simulate.page.report import report
        from slurm_energy.simulate.request import request
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("scipy"):
            raise
        raise InputError(
            "simulate needs scipy; install it: pip install 'slurm-energy[simulate]'"
        ) from error
    with Bars() as bars:
        found = study.study(request(options), bars)
        page = html_path and report(found, study.with_presets(found, bars))
    document = result.result(found.judged, found.run)
    if html_path is not None:
        _write(html_path, str(page))
    if json_path is not None:
        _write(json_path, result.to_json(document))
    if Path("-") not in (json_path, html_path):
        for line in render_simulate(document):
            click.echo(line)


def _write(path: Path, text: str) -> None:
    try:
        with click.open_file(str(path), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; name a file that can be written") from error

"""``slurm-energy signals import``."""

from pathlib import Path
from typing import Any

import click

from slurm_energy.cli.context import Context, json_option, pass_context, put
from slurm_energy.cli.exits import Exit
from slurm_energy.cli.progress import Bars
from slurm_energy.cli.words import moment
from slurm_energy.config.load import load
from slurm_energy.config.sources import KINDS
from slurm_energy.model.series import Signal
from slurm_energy.service.history import Imported, Wanted, import_history
from slurm_energy.signals.table import Layout
from slurm_energy.simulate.options import duration_of

_SIGNALS = {"carbon": Signal.CARBON, "price": Signal.PRICE}


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--cluster", required=True, help="The cluster whose signal it is.")
@click.option("--signal", type=click.Choice(tuple(_SIGNALS)), required=True)
@click.option("--kind", type=click.Choice(tuple(KINDS)), help="Default: as its sources count.")
@click.option("--time", "time_column", default="time", show_default=True, help="Column.")
@click.option("--value", default="value", show_default=True, help="Column.")
@click.option("--unit", default="unit", show_default=True, help="Column.")
@click.option("--fixed-unit", default="", help="The unit of every row, without a unit column.")
@click.option("--longest-step", help="A longer step is a gap, such as 3h; default: the usual one.")
@json_option
@pass_context
def import_(
    context: Context, /, file: Path, cluster: str, signal: str, as_json: bool, **told: Any
) -> None:
    """Load measured values from FILE (.csv or .parquet) into the ledger.

    Forecasts learn from them within the hour. All is written or nothing; what is there already
    stays, so it may be repeated. Exit code 2 where the file has faults.
    """
    longest = told["longest_step"]
    layout = Layout(
        time=told["time_column"],
        value=told["value"],
        unit=told["unit"],
        fixed_unit=told["fixed_unit"],
        currency=load(context.config).signals.currency,
        longest_step=None if longest is None else duration_of(longest, "longest-step"),
    )
    wanted = Wanted(file, cluster, _SIGNALS[signal], told["kind"], layout)
    with Bars() as bars:
        done = import_history(context.config, wanted, bars(file.name))
    if done.faults:
        for fault in done.faults:
            click.echo(f"slurm-energy: {file}: {fault}", err=True)
        click.get_current_context().exit(Exit.USAGE)
    answer = _answer(file, done)
    put(answer, as_json, lambda screen: _lines(answer, screen.now))


def _answer(file: Path, done: Imported) -> dict[str, Any]:
    kind = done.topic.kind
    return {
        "file": str(file),
        "cluster": done.topic.cluster,
        "signal": done.topic.signal.name.lower(),
        "kind": None if kind is None else kind.name.lower(),
        "from": done.first,
        "to": done.until,
        "values": done.values,
        "new": done.new,
        "gaps": done.gaps,
        "ahead": done.ahead,
        "old": done.old,
    }


def _lines(answer: dict[str, Any], now: int) -> list[str]:
    kind = f" ({answer['kind']})" if answer["kind"] else ""
    what = f"{answer['cluster']} {answer['signal']}{kind}"
    reach = f"{moment(answer['from'], now)} to {moment(answer['to'], now)}"
    lines = [
        f"{what}: {answer['values']} values, {reach}; {answer['new']} new, "
        f"{answer['values'] - answer['new']} known already"
    ]
    for count, told in (
        (answer["gaps"], "gaps stay unknown"),
        (answer["ahead"], "values left out: of the time after the file was written"),
        (answer["old"], "values left out: older than ledger.retention"),
    ):
        lines += [f"{count} {told}"] if count else []
    return lines

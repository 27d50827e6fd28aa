"""``queue`` as a table, in squeue's manner."""

from typing import Any

import click

from slurm_energy.cli.context import Screen
from slurm_energy.cli.table import Column, table
from slurm_energy.cli.words import duration, moment, number, text

_STATES = {"PENDING": "PD", "RUNNING": "R", "SUSPENDED": "S"}
_COLOURS = {"defer": "cyan", "run": "green"}


def render_queue(answer: dict[str, Any], screen: Screen) -> list[str]:
    """One row a job, pending ones first, by latest start; a line says what is left out."""
    jobs = sorted(answer["jobs"], key=_order)
    if not jobs:
        return ["no pending or running jobs that you may see"]
    several = len({job["cluster"] for job in jobs}) > 1
    rows = [_row(job, screen.now) for job in jobs]
    lines = table(_columns(several), rows, screen.width)
    if not answer["sees_all"]:
        lines.append("only your own jobs; Operators see all")
    return lines


def _order(job: dict[str, Any]) -> tuple[bool, float, int]:
    latest = float("inf") if job["latest_start"] is None else job["latest_start"]
    return job["state"] != "PENDING", latest, job["job"]


def _columns(several_clusters: bool) -> list[Column]:
    return [
        Column("JOBID", least=14, right=True),
        Column("CLUSTER", drop=3 if several_clusters else 9),
        Column("PARTITION", least=5, drop=8),
        Column("NAME", least=6, drop=6),
        Column("USER", least=5),
        Column("ST"),
        Column("GPUS", drop=7, right=True),
        Column("CLASS", least=10),
        Column("DEADLINE", drop=2),
        Column("SLACK", right=True),
        Column("gCO2/kWh", drop=4, right=True),
        Column("PRICE/MWh", drop=5, right=True),
        Column("DECISION", paint=_painted),
        Column("REASON", least=14, drop=1),
    ]


def _row(job: dict[str, Any], now: int) -> list[str]:
    return [
        job["array"] or str(job["job"]),
        job["cluster"],
        job["partition"],
        job["name"],
        job["user"],
        _STATES.get(job["state"], job["state"][:2]),
        str(job["gpus"]),
        text(job["class"]),
        moment(job["deadline"], now),
        duration(job["slack"]),
        number(job["carbon"]),
        number(job["price"]),
        decision_words(job["decision"], job["begin"], now),
        text(job["code"]),
    ]


def decision_words(decision: str | None, begin: int | None, now: int) -> str:
    """``defer Tue 14:15``, ``stop Tue 14:15``, ``run``, ``leave``."""
    if decision in ("defer", "stop") and begin is not None:
        return f"{decision} {moment(begin, now)}"
    return text(decision)


def _painted(cell: str) -> str:
    colour = _COLOURS.get(cell.split(" ", 1)[0])
    return cell if colour is None else click.style(cell, fg=colour)

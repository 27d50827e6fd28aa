"""``signals`` as text: what is known, its course, who told it how well, and what it costs."""

from typing import Any

import click

from slurm_energy.cli.context import Screen
from slurm_energy.cli.plot import plot
from slurm_energy.cli.table import Column, table
from slurm_energy.cli.words import duration, moment, number, wrapped

_NAMES = ("carbon", "price")
_SIGNAL = [
    Column("CLUSTER", least=7),
    Column("SIGNAL"),
    Column("NOW", right=True),
    Column("UNIT"),
    Column("AGE", right=True),
    Column("ENDS", drop=1),
    Column("KIND"),
    Column("SOURCE", least=24),
]
_FORECAST = [
    Column("CLUSTER", least=7),
    Column("SIGNAL"),
    Column("FORECAST"),
    Column("RANK", right=True),
    Column("ERROR", right=True),
    Column("DAYS", right=True),
    Column("USED", least=8),
]
_CLASS = [Column("CLUSTER", least=7), Column("CLASS"), Column("EFFECTIVE PRICE NOW", right=True)]


def render_signals(answer: dict[str, Any], screen: Screen) -> list[str]:
    """A row a signal, what is wrong, the next 48 h, the forecasts' records, the price by class."""
    clusters = answer["clusters"]
    if not clusters:
        return ["no signals configured; see docs/signals.md"]
    rows = [_signal(c["cluster"], n, c[n], screen.now) for c in clusters for n in _NAMES]
    lines = [*table(_SIGNAL, rows, screen.width)]
    for cluster in clusters:
        lines += _with_pue(cluster)
        lines += [line for told in cluster["problems"] for line in problem_lines(told, screen)]
    lines += [
        line
        for cluster in clusters
        for name in _NAMES
        if cluster[name] is not None
        for line in _course(cluster["cluster"], name, cluster[name], answer["at"], screen)
    ]
    return [*lines, *_records(clusters, screen), *_prices(clusters, screen)]


def problem_lines(problem: str, screen: Screen) -> list[str]:
    """What is wrong, whole, on as many lines as it takes."""
    lines = wrapped(f"problem: {problem}", screen.width)
    return [click.style(line, fg="yellow") for line in lines]


def continued(forecast: dict[str, Any]) -> str:
    """``carbon.csv + learned forecast``: who told the past, and who goes on."""
    return f"{forecast['after']} + {forecast['source']} forecast"


def _with_pue(cluster: dict[str, Any]) -> list[str]:
    """What the signals come to per unit of the machines' energy: what is decided with."""
    if cluster["pue"] is None:
        return []
    told = [
        f"{name} {number(cluster[name]['with_pue'])} {cluster[name]['unit']}"
        for name in _NAMES
        if cluster[name] is not None
    ]
    return [f"{cluster['cluster']}: PUE {number(cluster['pue'])}; with it {', '.join(told)}"]


def _signal(cluster: str, name: str, series: dict[str, Any] | None, now: int) -> list[str]:
    if series is None:
        return [cluster, name, "-", "", "", "", "", "unknown: not weighed"]
    forecast = series["forecast"]
    return [
        cluster,
        name,
        number(series["value"]),
        series["unit"],
        duration(series["age"]),
        moment(series["ends"], now),
        series["kind"] or "",
        series["source"] if forecast is None else continued(forecast),
    ]


def _course(cluster: str, name: str, series: dict[str, Any], at: int, screen: Screen) -> list[str]:
    """A plot of what comes; nothing for what does not change."""
    if series["value"] is None or not series["next"]:
        return []
    steps = [(at, series["value"]), *((time, value) for time, value in series["next"])]
    title = f"{cluster} {name}, {series['unit']}, the next 48 h"
    forecast = series["forecast"]
    if forecast is not None and at < forecast["since"] < steps[-1][0]:
        title += f"; {forecast['source']} forecast from {moment(forecast['since'], at)} on"
    return ["", *wrapped(title, screen.width), *plot(steps, series["ends"], screen)]


def _records(clusters: list[dict[str, Any]], screen: Screen) -> list[str]:
    """One row for everyone who was judged, and for whoever is used without having been."""
    rows = [
        [cluster["cluster"], name, *row]
        for cluster in clusters
        for name in _NAMES
        if cluster[name] is not None
        for row in _judged(cluster["records"].get(name, []), cluster[name]["forecast"], screen.now)
    ]
    return ["", *table(_FORECAST, rows, screen.width)] if rows else []


def _judged(
    records: list[dict[str, Any]], used: dict[str, Any] | None, now: int
) -> list[list[str]]:
    chosen = "provider" if used is None else used["source"]
    judged = {one["source"] for one in records}
    known = records if used is None or chosen in judged else [*records, used]
    return [
        [
            one["source"],
            number(one["rank"]),
            number(one["error"]),
            number(one["days"]),
            _used(used, now) if one["source"] == chosen else "",
        ]
        for one in known
    ]


def _used(forecast: dict[str, Any] | None, now: int) -> str:
    """Since when, and why."""
    if forecast is None:
        return "as far as it reaches"
    return f"from {moment(forecast['since'], now)} on: {forecast['reason']}"


def _prices(clusters: list[dict[str, Any]], screen: Screen) -> list[str]:
    """What an hour costs each class, in standard deviations."""
    rows = [
        [cluster["cluster"], name, number(value)]
        for cluster in clusters
        for name, value in cluster["effective"].items()
    ]
    return ["", *table(_CLASS, rows, screen.width)]

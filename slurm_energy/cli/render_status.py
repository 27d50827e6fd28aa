"""``status`` and ``signals`` as text."""

from typing import Any

import click

from slurm_energy.cli.context import Screen
from slurm_energy.cli.table import Column, cut, table
from slurm_energy.cli.words import duration, moment, number, text


def render_status(answer: dict[str, Any], screen: Screen) -> list[str]:
    """Mode and lead, the last turn, one row a cluster, what is wrong."""
    lines = [_mode(answer), *_turn(answer, screen.now)]
    if answer["clusters"]:
        lines += ["", *table(_CLUSTER, [_cluster(one) for one in answer["clusters"]], screen.width)]
    for one in answer["clusters"]:
        told = [*_power(one, screen), *_used_forecasts(one, screen)]
        lines += told if screen.width is None else [cut(line, screen.width) for line in told]
    lines += [_problem(problem, screen.width) for problem in _problems(answer)]
    return lines


def _used_forecasts(one: dict[str, Any], screen: Screen) -> list[str]:
    """Which signals a forecast continues, and how well it has ranked hours."""
    return [
        f"{one['cluster']}: {name} from {_continued(found)} "
        f"from {moment(found['since'], screen.now)} on, rank {number(found['rank'])}"
        for name, found in one["forecasts"].items()
    ]


def _power(one: dict[str, Any], screen: Screen) -> list[str]:
    """What a limited cluster draws and may draw, and the grid event that is in force."""
    if one["watts"] is None:
        return []
    most = one["power_limit"]
    limit = "without limit now" if most is None else f"limit {most / 1000:.3g} kW"
    event = one["grid_event"]
    until = moment(one["grid_event_end"], screen.now)
    source = one["grid_event_from"]
    told = "" if event is None else f"; grid event from the {source} until {until}: {event}"
    return [f"{one['cluster']}: draws about {one['watts'] / 1000:.3g} kW, {limit}{told}"]


def _mode(answer: dict[str, Any]) -> str:
    turn = answer["turn"]
    role = "" if turn is None else ", leads" if turn["leading"] else ", follows"
    released = answer["released"]
    why = "" if released is None else f", everything released ({released}); see resume"
    return f"slurm-energy {answer['version']}: mode {answer['mode']}{role}{why}"


def _turn(answer: dict[str, Any], now: int) -> list[str]:
    turn = answer["turn"]
    if turn is None:
        return ["no turn completed yet"]
    took = sum(turn["seconds"].values())
    classes = ", ".join(f"{count} {name}" for name, count in sorted(turn["by_class"].items()))
    return [
        f"cycle {turn['number']}, {duration(now - turn['at'])} ago, took {took:.2f} s, "
        f"every {duration(answer['interval'])}",
        f"{turn['pending']} pending, {turn['managed']} ours, {turn['deferred']} deferred"
        + (f" ({classes})" if classes else ""),
        f"{turn['sent']} updates sent, {turn['skipped']} left for later, {turn['failed']} failed",
    ]


_CLUSTER = [
    Column("CLUSTER", least=7),
    Column("PENDING", right=True),
    Column("OURS", right=True),
    Column("DEFERRED", right=True),
    Column("GPUS IDLE", right=True),
    Column("gCO2/kWh", right=True),
    Column("PRICE/MWh", right=True),
]


def _cluster(one: dict[str, Any]) -> list[str]:
    if not one["read"]:
        return [one["cluster"], "unread", "", "", "", number(one["carbon"]), number(one["price"])]
    return [
        one["cluster"],
        text(one["pending"]),
        text(one["managed"]),
        text(one["deferred"]),
        f"{one['gpus_idle']}/{one['gpus_total']}",
        number(one["carbon"]),
        number(one["price"]),
    ]


def _problems(answer: dict[str, Any]) -> list[str]:
    found = list(answer["problems"])
    if answer["failures"]:
        found.append(f"{answer['failures']} turns failed since the start; see the journal")
    if answer["backlog"]:
        found.append(f"{answer['backlog']} rows wait for the ledger's database")
    return found


def _problem(problem: str, width: int | None) -> str:
    line = f"problem: {problem}"
    return click.style(line if width is None else cut(line, width), fg="yellow")


_SIGNAL = [
    Column("CLUSTER", least=7),
    Column("SIGNAL"),
    Column("NOW", right=True),
    Column("UNIT"),
    Column("AGE", right=True),
    Column("NEXT"),
    Column("ENDS", drop=1),
    Column("SOURCE", least=8, drop=2),
]
_CLASS = [Column("CLUSTER", least=7), Column("CLASS"), Column("EFFECTIVE PRICE NOW", right=True)]


def render_signals(answer: dict[str, Any], screen: Screen) -> list[str]:
    """One row a signal, then what an hour costs each class, in standard deviations."""
    clusters = answer["clusters"]
    if not clusters:
        return ["no signals configured"]
    rows = [_signal(c["cluster"], n, c[n], screen.now) for c in clusters for n in _NAMES]
    prices = [
        [cluster["cluster"], name, number(value)]
        for cluster in clusters
        for name, value in cluster["effective"].items()
    ]
    lines = [*table(_SIGNAL, rows, screen.width)]
    lines += [line for cluster in clusters for line in _with_pue(cluster)]
    lines += _forecasts(clusters, screen.width, screen.now)
    lines += ["", *table(_CLASS, prices, screen.width)]
    problems = [problem for cluster in clusters for problem in cluster["problems"]]
    return lines + [_problem(problem, screen.width) for problem in problems]


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


_NAMES = ("carbon", "price")


def _signal(cluster: str, name: str, series: dict[str, Any] | None, now: int) -> list[str]:
    if series is None:
        return [cluster, name, "-", "", "", "unknown: nothing is changed for it", "", ""]
    following = series["next"][0] if series["next"] else None
    ahead = "-" if following is None else f"{number(following[1])} at {moment(following[0], now)}"
    return [
        cluster,
        name,
        number(series["value"]),
        series["unit"],
        duration(series["age"]),
        ahead,
        moment(series["ends"], now),
        _source(series),
    ]


def _source(series: dict[str, Any]) -> str:
    """``carbon.csv + learned forecast`` where its provider told less than is planned with."""
    forecast = series["forecast"]
    return series["source"] if forecast is None else _continued(forecast)


def _continued(forecast: dict[str, Any]) -> str:
    return f"{forecast['after']} + {forecast['source']} forecast"


def _forecasts(clusters: list[dict[str, Any]], width: int | None, now: int) -> list[str]:
    """One row a forecast: since when it is used, and how well it has told the order of hours."""
    rows = [
        [
            cluster["cluster"],
            name,
            forecast["source"],
            moment(forecast["since"], now),
            number(forecast["rank"]),
            number(forecast["error"]),
            number(forecast["days"]),
            forecast["reason"],
        ]
        for cluster in clusters
        for name in _NAMES
        if cluster[name] is not None and (forecast := cluster[name]["forecast"]) is not None
    ]
    return ["", *table(_FORECAST, rows, width)] if rows else []


_FORECAST = [
    Column("CLUSTER", least=7),
    Column("SIGNAL"),
    Column("FORECAST"),
    Column("FROM"),
    Column("RANK", right=True),
    Column("ERROR", right=True),
    Column("DAYS", right=True),
    Column("WHY", least=8, drop=1),
]

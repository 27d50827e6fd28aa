"""``status`` as text."""

from typing import Any

from slurm_energy.cli.context import Screen
from slurm_energy.cli.render_signals import continued, problem_lines
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
    lines += [line for problem in _problems(answer) for line in problem_lines(problem, screen)]
    return lines


def _used_forecasts(one: dict[str, Any], screen: Screen) -> list[str]:
    """Which signals a forecast continues, and how well it has ranked hours."""
    return [
        f"{one['cluster']}: {name} from {continued(found)} "
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
        f"{turn['pending']} pending, {turn['managed']} ours"
        + (f" ({classes})" if classes else "")
        + f", {turn['deferred']} deferred",
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

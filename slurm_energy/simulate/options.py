"""Values of the simulator's options from the text a person wrote; one line when it is none."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slurm_energy.decide.terms.tagtime import parse_duration, parse_moment
from slurm_energy.errors import InputError
from slurm_energy.simulate.habits import CPUS_PER_GPU
from slurm_energy.simulate.scene import Nodes, PowerDown

_SLACK = re.compile(
    r"short=(?P<short>\w+),long=(?P<long>\w+)|long=(?P<first>\w+),short=(?P<last>\w+)"
)


@dataclass(frozen=True, slots=True)
class Slack:
    """The longest delay of a job in the queue for short jobs and in that for long ones; seconds."""

    short: int
    long: int


def slack_of(text: str) -> Slack:
    """``short=6h,long=24h``. Raises ``InputError``."""
    match = _SLACK.fullmatch(text.strip())
    if match is not None:
        short = parse_duration(match["short"] or match["last"])
        long = parse_duration(match["long"] or match["first"])
        if short is not None and long is not None:
            return Slack(short, long)
    msg = f"slack {text!r} is not two durations up to 366d; write it as short=6h,long=24h"
    raise InputError(msg)


def start_of(text: str) -> int:
    """Seconds since the epoch of ``2022-10-19T16:00Z``. Raises ``InputError``."""
    moment = parse_moment(text.strip())
    if moment is None or moment.relative:
        msg = f"start {text!r} is not a time with an offset; write it as 2022-10-19T16:00Z"
        raise InputError(msg)
    return moment.seconds


def duration_of(text: str, option: str) -> int:
    """Seconds in ``0m``, ``5m`` or ``2h``; ``option`` is named where it is none."""
    seconds = parse_duration(text.strip())
    if seconds is None:
        msg = f"{option} {text!r} is not a duration up to 366d; write it as 0m, 90s, 5m or 2h"
        raise InputError(msg)
    return seconds


def column_of(text: str) -> tuple[Path, str]:
    """File and column of ``carbon.csv:DE``; the column follows the last colon."""
    file, colon, column = text.rpartition(":")
    if not (file and colon and column):
        raise InputError(f"{text!r} names no file and column; write it as carbon.csv:DE")
    return Path(file), column


def nodes_of(text: str) -> Nodes:
    """``4x8[,cpus=N][,base=W][,idle=W][,active=W][,down=10m][,boot=5m]``: nodes and GPUs of each.

    Watts are ``base`` of a node, ``idle`` and ``active`` of a GPU. ``down``: idle nodes are powered
    down after so long; they take ``boot`` to come back and draw as idle ones meanwhile. Raises
    ``InputError``.
    """
    size, *rest = text.split(",")
    count, times, gpus = size.partition("x")
    if not times:
        raise InputError(f"nodes {size!r}: write nodes and GPUs of each as 4x8")
    pairs = pairs_of("nodes", rest, ("cpus", "base", "idle", "active", "down", "boot"))
    plain = Nodes(whole_of("nodes", count), each := whole_of("GPUs of a node", gpus), 1)

    def watts(name: str, otherwise: float) -> float:
        return float(whole_of(name, pairs[name], least=0)) if name in pairs else otherwise

    nodes = replace(
        plain,
        cpus=whole_of("cpus", pairs["cpus"]) if "cpus" in pairs else CPUS_PER_GPU * each,
        base_watts=watts("base", plain.base_watts),
        idle_gpu_watts=watts("idle", plain.idle_gpu_watts),
        active_gpu_watts=watts("active", plain.active_gpu_watts),
    )
    if nodes.idle_gpu_watts > nodes.active_gpu_watts:
        told = f"idle={nodes.idle_gpu_watts:g} is more than active={nodes.active_gpu_watts:g}"
        raise InputError(f"nodes: {told}; an idle GPU draws less")
    return replace(nodes, power_down=_power_down(pairs, nodes))


def _power_down(pairs: Mapping[str, str], nodes: Nodes) -> PowerDown | None:
    if "down" not in pairs:
        if "boot" in pairs:
            raise InputError(
                "nodes: boot= says how long a node that was powered down takes; give down="
            )
        return None
    boot = duration_of(pairs.get("boot", "5m"), "boot")
    idle = nodes.base_watts + nodes.gpus * nodes.idle_gpu_watts
    return PowerDown(after=duration_of(pairs["down"], "down"), boot=boot, boot_watts=idle)


def pairs_of(option: str, parts: Sequence[str], known: Sequence[str]) -> Mapping[str, str]:
    """``name=value`` for each part; names are those known. Raises ``InputError``."""
    found = dict[str, str]()
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals or not value or name not in known:
            allowed = ", ".join(f"{one}=..." for one in known)
            raise InputError(f"{option}: {part!r} is none of {allowed}; correct it")
        found[name] = value
    return found


def whole_of(name: str, text: str, least: int = 1) -> int:
    """A whole number. Raises ``InputError``."""
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= 10_000_000):
        raise InputError(f"{name} {text!r} is not a whole number from {least} to 10000000")
    return int(text)

"""Values of the simulator's options from the text a person wrote; one line when it is none."""

import re
from dataclasses import dataclass
from pathlib import Path

from slurm_energy.decide.terms.tagtime import parse_duration, parse_moment
from slurm_energy.errors import InputError

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

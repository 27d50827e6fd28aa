"""``signals test`` as text and as JSON."""

from collections.abc import Sequence
from typing import Any

import click

from slurm_energy.cli.context import Screen
from slurm_energy.cli.words import duration, moment, number, wrapped
from slurm_energy.model.series import Series
from slurm_energy.signals.trial import Trial


def trials_answer(told: Sequence[tuple[str, Trial]], now: int) -> list[dict[str, Any]]:
    """What each source told, as plain values; ``series`` is null where nothing can be used."""
    return [
        {
            "place": place,
            "source": trial.name,
            "where": trial.where,
            "ok": trial.sound,
            "problems": list(trial.problems),
            "licence": trial.licence,
            "rows": trial.rows,
            "unit": trial.unit,
            "resolution": trial.resolution,
            "series": None if trial.series is None else _series(trial.series, now),
        }
        for place, trial in told
    ]


def _series(series: Series, now: int) -> dict[str, Any]:
    return {
        "from": series.times[0],
        "to": series.end,
        "kept_unit": series.signal.value,
        "kind": None if series.kind is None else series.kind.name.lower(),
        "value": series.at(now),
        "age": series.age(now),
        "ahead": max(0, series.end - now),
    }


def render_trials(answer: list[dict[str, Any]], screen: Screen) -> list[str]:
    """A few lines for each source."""
    return [
        line
        for one in answer
        for told in _trial(one, screen.now)
        for line in wrapped(told, screen.width)
    ]


def _trial(one: dict[str, Any], now: int) -> list[str]:
    where = f" ({one['where']})" if one["where"] else ""
    fate = click.style("ok", fg="green") if one["ok"] else click.style("failed", fg="red")
    lines = [f"{one['place']}: {one['source']}{where}: {fate}"]
    if one["series"] is not None:
        lines += _told(one, one["series"], now)
        lines += [f"  licence: {one['licence']}"] if one["licence"] else []
    return [*lines, *(f"  problem: {problem}" for problem in one["problems"])]


def _told(one: dict[str, Any], series: dict[str, Any], now: int) -> list[str]:
    if one["resolution"] is None:
        return [f"  always {number(series['value'])} {series['kept_unit']}{_kind(series)}"]
    unit = one["unit"]
    kept = "" if unit == series["kept_unit"] else f", kept as {series['kept_unit']}"
    reach = f"{moment(series['from'], now)} to {moment(series['to'], now)}"
    lines = [
        f"  {one['rows']} values, {reach}, one each {duration(one['resolution'])}, "
        f"in {unit}{kept}{_kind(series)}"
    ]
    value = "no value for now" if series["value"] is None else f"now {number(series['value'])}"
    ahead = series["ahead"] - one["resolution"]
    future = f"tells {duration(series['ahead'])} ahead" if ahead > 0 else "tells no future"
    return [*lines, f"  {value}, issued {duration(series['age'])} ago; {future}"]


def _kind(series: dict[str, Any]) -> str:
    return "" if series["kind"] is None else f", {series['kind']}"

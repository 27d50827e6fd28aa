"""``explain``: the decision as it was made, with this job's numbers; nothing is computed here."""

from typing import Any

from slurm_energy.cli.context import Screen
from slurm_energy.cli.render_queue import decision_words
from slurm_energy.cli.render_task import task
from slurm_energy.cli.render_terms import render_terms
from slurm_energy.cli.table import Column, table
from slurm_energy.cli.words import moment, text, wrapped


def render_explain(answer: dict[str, Any], screen: Screen) -> list[str]:
    """Who the job is, what was decided and why, its terms, its history."""
    lines: list[str] = []
    for found in answer["found"]:
        lines += [""] if lines else []
        lines += _found(answer["job"], found, answer.get("task"), screen)
    return lines


def _found(
    job_id: int, found: dict[str, Any], asked: dict[str, Any] | None, screen: Screen
) -> list[str]:
    who = ", ".join(part for part in (found["user"], found["name"]) if part)
    head = f"job {job_id} on {found['cluster']}" + (f" ({who})" if who else "")
    if "decision" not in found:
        lines = wrapped(f"{head}: {_undecided(found)}", screen.width)
        return lines + task(job_id, asked, screen)
    told = _released if found["terms"].get("released_by") else _decision
    return [*told(head, job_id, found, asked, screen), *_history(found, screen)]


def _decision(
    head: str, job_id: int, found: dict[str, Any], asked: dict[str, Any] | None, screen: Screen
) -> list[str]:
    words = decision_words(found["decision"], found["begin"], screen.now)
    when = "now" if found["current"] else "last decided"
    lines = [
        f"{head}: {words}",
        *task(job_id, asked, screen),
        f"  because: {found['reason']}",
        f"  {when}: cycle {found['cycle']} at {moment(found['at'], screen.now)}",
        f"  latest start: {_latest(found, screen)}    SiteFactor: {text(found['site_factor'])}",
    ]
    lines = [part for line in lines for part in wrapped(line, screen.width)]
    return lines + render_terms(found["terms"], screen)


def _released(
    head: str, job_id: int, found: dict[str, Any], asked: dict[str, Any] | None, screen: Screen
) -> list[str]:
    """Of a job that somebody gave back: nothing is decided for it any more."""
    by, at = found["terms"]["released_by"], moment(found["at"], screen.now)
    lines = [
        f"{head}: released by {by} at {at}",
        *task(job_id, asked, screen),
        f"  because: {_why(found['reason'], by)}; Slurm alone decides about it since",
    ]
    return [part for line in lines for part in wrapped(line, screen.width)]


def _latest(found: dict[str, Any], screen: Screen) -> str:
    """The latest start; a moment that was past when this was decided needs a word."""
    latest = found["latest_start"]
    if latest is not None and found["terms"].get("max_delay") == 0:
        return "at once, it may never be put off"
    reached = latest is not None and latest <= found["at"]
    return moment(latest, screen.now) + (", reached: it may wait no longer" if reached else "")


def _why(reason: str, by: str | None) -> str:
    """The reason, and who where a person did it."""
    return f"{reason}, by {by}" if by else reason


def _undecided(found: dict[str, Any]) -> str:
    """Of a job that nothing was ever decided for: whose it is can be told while it waits."""
    if found.get("state", "PENDING") == "PENDING":
        return "not ours, nothing is decided for it"
    return "it runs; nothing was decided for it before it started"


def _history(found: dict[str, Any], screen: Screen) -> list[str]:
    history = found["history"]
    if history is None:
        line = f"  history: not known now; {found['history_problem']}"
        return wrapped(line, screen.width)
    if not history:
        return ["  history: nothing recorded yet"]
    rows = [
        [
            f"    {moment(one['at'], screen.now)}",
            decision_words(one["decision"], one["begin"], screen.now),
            text(one["site_factor"]),
            _why(one["reason"], one.get("by")),
        ]
        for one in history
    ]
    columns = [Column("    WHEN"), Column("DECISION"), Column("SITEFACTOR"), Column("WHY", least=8)]
    return ["  history, newest first:", *table(columns, rows, screen.width)]
